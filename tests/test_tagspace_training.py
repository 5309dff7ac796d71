"""From tagged texts to tag models."""

from dataclasses import replace

import numpy as np
import pytest

import reference_tagspace as reference
from textspace.formats import write_vectors
from textspace.formats.stored import StoredVectors
from textspace.text.label_ids import KnownLabels
from textspace.text.vocabulary import Vocabulary
from textspace.training.tag_documents import encode_tagged, idf_weights
from textspace.training.tagspace import BAG_START, TagEmbedder, train_tagspace, tree_scores
from textspace.training.tagspace_parameters import PRESETS, TagSpaceParameters, tagspace_preset

TEXTS = [
    f"{word} goes {'with' if i % 2 else 'without'} x{i % 3}" for i, word in enumerate(["sun", "rain", "snow"] * 40)
]
TAGS = [[["hot", "day"], ["wet"], ["cold", "white", "wet"]][i % 3] for i in range(120)]
SMALL = {"dim": 16, "n_filters": 24, "n_threads": 1}


def scores_of(stored, embeddings):
    rule = reference.Rule(cosine=stored.similarity == "cosine", scale=stored.parameters["score_scale"])
    model = {"tags": stored.tag_vectors.astype(np.float64)}
    if stored.tag_bias is not None:
        model["bias"] = stored.tag_bias
    return np.array([reference.scores_of(model, rule, embedding) for embedding in embeddings])


def embed(stored, texts, parameters):
    *_, documents = encode_tagged(
        texts,
        [[]] * len(texts),
        parameters,
        start=stored.features,
        start_tags=KnownLabels(stored.tags, stored.tag_counts),
        extend=False,
    )
    return TagEmbedder(stored, parameters).embed(documents.indptr, documents.rows, n_threads=1)


def best_tags(stored, texts, parameters):
    scores = scores_of(stored, embed(stored, texts, parameters).astype(np.float64))
    return [stored.tags[i] for i in scores.argmax(axis=1)]


@pytest.mark.parametrize("preset", PRESETS)
def test_presets_learn(preset):
    parameters = replace(tagspace_preset(preset), **SMALL, epochs=60)
    if preset == "starspace":
        parameters = replace(parameters, learning_rate=0.1)
    stored = train_tagspace(TEXTS, TAGS, parameters).stored
    assert sorted(stored.tags) == ["cold", "day", "hot", "wet", "white"]
    found = best_tags(stored, TEXTS[:3], parameters)
    assert [tag in own for tag, own in zip(found, TAGS[:3], strict=True)] == [True] * 3


@pytest.mark.parametrize("loss", ["tagspace", "warp", "warp_expected", "hinge", "softmax", "bce", "sampled_softmax"])
def test_every_loss_learns_with_a_bag(loss):
    parameters = TagSpaceParameters(
        loss=loss, dim=16, epochs=40, learning_rate=0.05, n_negatives=4, word_ngrams=2, n_buckets=1000
    )
    stored = train_tagspace(TEXTS, TAGS, parameters).stored
    found = best_tags(stored, TEXTS[:3], parameters)
    assert [tag in own for tag, own in zip(found, TAGS[:3], strict=True)] == [True] * 3


def test_texts_become_rows_without_their_end():
    parameters = TagSpaceParameters(word_ngrams=2, n_buckets=100)
    features, tags, counts, documents = encode_tagged(["a b", "b", ""], [["y", "x", "y"], "y", []], parameters)
    assert (tags, counts.tolist()) == (("y", "x"), [2, 1])
    words = features.vocabulary
    assert documents.indptr[-1] == documents.rows.size
    first = documents.rows[: documents.indptr[1]]
    assert first[:2].tolist() == words.ids_of(["a", "b"]).tolist()
    assert (first[2:] >= len(words)).all()  # n-grams
    assert documents.tag_ids[: documents.tag_indptr[1]].tolist() == [0, 1]
    assert words.ids_of(["</s>"])[0] not in documents.rows


def test_subword_rows_follow_their_word():
    parameters = TagSpaceParameters(min_n=2, max_n=3, n_buckets=1000)
    features, _, _, documents = encode_tagged(["ab ab"], [["x"]], parameters)
    own = documents.rows.tolist()
    assert own[: len(own) // 2] == own[len(own) // 2 :]
    assert own[0] == features.vocabulary.ids_of(["ab"])[0]
    assert len(own) == 2 * 6  # the word, <a, ab, b>, <ab, ab>


def test_unknown_texts_are_empty():
    parameters = replace(tagspace_preset("fast"), **SMALL, epochs=1, word_ngrams=2)
    stored = train_tagspace(TEXTS, TAGS, parameters).stored
    assert not embed(stored, ["never seen", ""], parameters).any()


def test_idf_is_of_texts_not_of_words():
    *_, documents = encode_tagged(["a a a b", "b", "b c"], [["x"]] * 3, TagSpaceParameters())
    features = encode_tagged(["a a a b", "b", "b c"], [["x"]] * 3, TagSpaceParameters())[0]
    weights = idf_weights(documents, features.n_rows)
    ids = features.vocabulary.ids_of(["a", "b", "c"])
    assert weights[ids] == pytest.approx([np.log(3), 0.01, np.log(3)], rel=1e-6)


@pytest.mark.parametrize("preset", ["fast", "paper"])
def test_the_embedder_embeds_as_the_reference(preset):
    parameters = replace(tagspace_preset(preset), **SMALL, epochs=2)
    stored = train_tagspace(TEXTS, TAGS, parameters).stored
    *_, documents = encode_tagged(TEXTS, TAGS, parameters)
    embeddings = embed(stored, TEXTS[:3], parameters)
    model = {"words": stored.word_vectors.astype(np.float64), "tags": stored.tag_vectors}
    if stored.convolution is not None:
        own = stored.convolution
        model |= {"filters": own.filters.reshape(own.n_filters, own.width, -1), "filter_bias": own.filter_bias}
        model |= {"projection": own.projection, "projection_bias": own.projection_bias}
    rule = reference.Rule(row_weights=stored.row_weights)
    for i, embedding in enumerate(embeddings):
        rows = documents.rows[documents.indptr[i] : documents.indptr[i + 1]]
        np.testing.assert_allclose(embedding, reference.embed(model, rule, rows), atol=1e-5)


def test_ranking_of_the_paper_is_that_of_the_reference():
    parameters = replace(tagspace_preset("paper"), **SMALL, epochs=3)
    stored = train_tagspace(TEXTS, TAGS, parameters).stored
    scores = embed(stored, TEXTS[:6], parameters) @ stored.tag_vectors.T
    expected = scores_of(stored, embed(stored, TEXTS[:6], parameters).astype(np.float64))
    np.testing.assert_allclose(scores, expected, atol=1e-5)
    np.testing.assert_array_equal(scores.argsort(axis=1), expected.argsort(axis=1))


@pytest.mark.parametrize("preset", ["fast", "paper"])
def test_training_goes_on_with_new_words_and_tags(preset):
    parameters = replace(tagspace_preset(preset), **SMALL, epochs=60, learning_rate=0.02)
    start = train_tagspace(TEXTS, TAGS, parameters).stored
    before = start.word_vectors.copy()
    more = ["fog hides everything"] * 60 + TEXTS
    stored = train_tagspace(more, [["grey"]] * 60 + TAGS, parameters, start=start).stored
    assert stored.tags[: len(start.tags)] == start.tags
    assert stored.tags[len(start.tags) :] == ("grey",)
    np.testing.assert_array_equal(start.word_vectors, before)
    found = best_tags(stored, [more[0], *TEXTS[:2]], parameters)
    assert found[0] == "grey"
    assert found[1] in TAGS[0]


def test_words_start_from_a_file(tmp_path):
    vectors = np.arange(32, dtype=np.float32).reshape(2, 16)
    write_vectors(tmp_path / "v.vec", StoredVectors(Vocabulary.from_words(["sun", "absent"]), vectors))
    parameters = replace(
        tagspace_preset("fast"), **SMALL, epochs=1, train_words=False, pretrained_vectors=str(tmp_path / "v.vec")
    )
    stored = train_tagspace(TEXTS, TAGS, parameters).stored
    np.testing.assert_array_equal(stored.word_vectors[stored.features.vocabulary.ids_of(["sun"])[0]], vectors[0])
    narrow = replace(parameters, dim=8)
    with pytest.raises(ValueError, match="`pretrained_vectors` must have `dim` = 8 components, got 16"):
        train_tagspace(TEXTS, TAGS, narrow)


def test_a_convolution_starts_from_the_rows_of_a_bag():
    parameters = replace(tagspace_preset("paper"), **SMALL, epochs=3)
    bag = train_tagspace(TEXTS, TAGS, replace(parameters, **BAG_START)).stored
    stored = train_tagspace(TEXTS, TAGS, replace(parameters, learning_rate=1e-9)).stored
    np.testing.assert_allclose(stored.word_vectors, bag.word_vectors, atol=1e-6)
    np.testing.assert_allclose(stored.tag_vectors, bag.tag_vectors, atol=1e-6)


def test_hierarchical_softmax_learns():
    parameters = TagSpaceParameters(loss="hs", dim=16, epochs=40, learning_rate=0.05, tag_bias=False)
    stored = train_tagspace(TEXTS, TAGS, parameters).stored
    embeddings = embed(stored, TEXTS[:3], parameters)
    scores = tree_scores(embeddings @ stored.tag_vectors.T, stored.tag_counts)
    np.testing.assert_allclose(np.exp(scores).sum(axis=1), 1, atol=1e-5)
    found = [stored.tags[i] for i in scores.argmax(axis=1)]
    assert [tag in own for tag, own in zip(found, TAGS[:3], strict=True)] == [True] * 3
    with pytest.raises(ValueError, match="cannot be trained further"):
        train_tagspace(TEXTS, TAGS, parameters, start=stored)


def test_lines_with_labels_in_them():
    parameters = replace(tagspace_preset("fast"), **SMALL, epochs=1)
    stored = train_tagspace(["__label__a __label__b one two", "__label__a three"], None, parameters).stored
    assert stored.tags == ("a", "b")
    assert "__label__a" not in stored.features.vocabulary.words


def test_what_cannot_be_trained():
    parameters = replace(tagspace_preset("fast"), **SMALL)
    with pytest.raises(ValueError, match="at least 2 different tags"):
        train_tagspace(["a b", "c"], ["x", "x"], parameters)
    with pytest.raises(ValueError, match="no word that occurs `min_count` = 5 times"):
        train_tagspace(["a b", "c"], ["x", "y"], replace(parameters, min_count=5))
