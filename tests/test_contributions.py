"""What rows add to scores: every loss, folded and quantized matrices, keywords."""

from dataclasses import replace

import numpy as np
import pytest

import reference_vectors as ref
from textspace.classification.contributions import find_keywords, row_scores
from textspace.formats import StoredClassifier
from textspace.formats.quantized import Int8Rows
from textspace.text.features import TextFeatures
from textspace.text.subwords import Subwords
from textspace.text.vocabulary import Vocabulary

WORDS = ["</s>", "good", "bad", "film"]
LABELS = ("c", "a", "d", "b", "e")


def model(loss="softmax", *, max_n=0, word_ngrams=1, seed=0):
    stream = np.random.default_rng(seed)
    vocabulary = Vocabulary.from_words(WORDS)
    n_buckets = 30 if max_n or word_ngrams > 1 else 0
    buckets = rows = None
    if n_buckets:
        buckets = np.sort(stream.permutation(n_buckets)[:20]).astype(np.int32)
        rows = (len(WORDS) + stream.permutation(20)).astype(np.int32)
    features = TextFeatures(
        vocabulary,
        max_n=max_n,
        min_n=min(2, max_n),
        word_ngrams=word_ngrams,
        n_buckets=n_buckets,
        buckets=buckets,
        bucket_rows=rows,
    )
    return StoredClassifier(
        features,
        LABELS,
        np.array([40, 20, 20, 5, 1]),
        stream.normal(size=(features.n_rows, 6)).astype(np.float32),
        stream.normal(size=(len(LABELS), 6)).astype(np.float32),
        loss,
    )


@pytest.mark.parametrize("loss", ["softmax", "ns", "ova"])
def test_scores_are_products_with_the_output_vector(loss):
    stored = model(loss)
    for label_id in range(len(LABELS)):
        expected = stored.input_vectors.astype(np.float64) @ stored.output_vectors[label_id]
        np.testing.assert_allclose(row_scores(stored, label_id), expected, rtol=1e-6)


def test_scores_of_hierarchical_softmax_are_sums_of_log_odds():
    stored = model("hs")
    tree = ref.huffman_tree(stored.label_counts.tolist())
    for label_id in range(len(LABELS)):
        log_odds = np.zeros(len(stored.input_vectors))
        for node, code in zip(tree.rows[label_id], tree.codes[label_id], strict=True):
            p_right = ref.sigmoid(stored.input_vectors.astype(np.float64) @ stored.output_vectors[node])
            p = p_right if code else 1 - p_right
            log_odds += np.log(p / (1 - p))
        np.testing.assert_allclose(row_scores(stored, label_id), log_odds, rtol=1e-6)


def test_hierarchical_softmax_of_one_label():
    stored = model("hs")
    one = replace(stored, labels=("c",), label_counts=stored.label_counts[:1], output_vectors=stored.output_vectors[:1])
    assert not row_scores(one, 0).any()


def test_some_rows_and_rows_of_zeros():
    stored = model()
    everything = row_scores(stored, 2)
    some = row_scores(stored, 2, np.array([3, -1, 0, 3], np.int32))
    np.testing.assert_allclose(some, [everything[3], 0, everything[0], everything[3]])
    assert row_scores(stored, 2, np.empty(0, np.int32)).shape == (0,)


def test_folded_and_quantized_models():
    stored = model()
    folded = replace(stored, input_vectors=stored.input_vectors @ stored.output_vectors.T, output_vectors=None)
    np.testing.assert_allclose(row_scores(folded, 3), row_scores(stored, 3), rtol=1e-5)
    values = np.array([[1, -2, 3, 4, 5, 6]] * 4, np.int8)
    int8 = replace(stored, input_vectors=Int8Rows(values, np.arange(4, dtype=np.float32)))
    expected = np.arange(4) * (values[0] @ stored.output_vectors[3].astype(np.float64))
    np.testing.assert_allclose(row_scores(int8, 3), expected, rtol=1e-6)
    np.testing.assert_allclose(row_scores(int8, 3, np.array([2], np.int32)), expected[2:3], rtol=1e-6)


def test_keywords_are_the_words_with_the_highest_scores():
    stored = model()
    scores = row_scores(stored, 1)
    found = find_keywords(stored, 1, {}, k=3)
    assert [keyword.text for keyword in found] == [WORDS[word_id] for word_id in np.argsort(-scores)[:3]]
    assert [keyword.weight for keyword in found] == sorted(scores, reverse=True)[:3]
    assert len(find_keywords(stored, 1, {}, k=100)) == len(WORDS)


def test_keywords_count_character_ngrams_and_given_word_ngrams():
    stored = model(max_n=3, word_ngrams=2)
    features, scores = stored.features, row_scores(stored, 1)
    row_of = dict(zip(features.buckets.tolist(), features.bucket_rows.tolist(), strict=True))
    ngrams = Subwords(min_n=2, max_n=3, n_buckets=30, first_row=0).ngrams
    expected = {}
    for word_id, word in enumerate(WORDS):
        buckets = [] if word == "</s>" else [bucket for _, bucket in ngrams(word)]
        assert any(bucket not in row_of for bucket in buckets) or word == "</s>"
        expected[word] = scores[word_id] + sum(scores[row_of[bucket]] for bucket in buckets if bucket in row_of)
    expected["good film"] = scores[9]
    found = find_keywords(stored, 1, {"good film": 9, "not known": -1}, k=10)
    assert {keyword.text: keyword.kind for keyword in found} == dict.fromkeys(WORDS, "word") | {"good film": "ngram"}
    for keyword in found:
        assert keyword.weight == pytest.approx(expected[keyword.text])
    assert found == sorted(found, key=lambda keyword: -keyword.weight)
