"""Vectors of words and texts, neighbors and analogies, compared with the reference."""

import numpy as np
import pytest

import reference_vectors as ref
import textspace
from small_vectors import cosines, small_vectors, topic_texts
from textspace import Neighbor, NotFittedError, WordVectors, lookup
from textspace.errors import TextspaceError


@pytest.fixture(scope="module")
def fitted():
    return small_vectors(epochs=3).fit(topic_texts())


@pytest.fixture(scope="module")
def plain():
    """A model without n-grams."""
    return small_vectors(epochs=3, max_n=0).fit(topic_texts())


def test_a_word_vector_is_the_mean_of_its_rows(fitted):
    for word in ("apple", "appleplum", "zzz", ""):
        _, rows = fitted.subwords_.rows_of([word], fitted.vocabulary_)
        padded = np.vstack([fitted.input_vectors_.astype(np.float64), np.zeros(10)])  # row -1 is a row of zeros
        expected = padded[rows].mean(axis=0) if len(rows) else np.zeros(10)
        assert fitted[word].dtype == np.float32
        np.testing.assert_allclose(fitted[word], expected, rtol=1e-5, atol=1e-8)
    assert fitted["appleplum"].any()
    np.testing.assert_array_equal(fitted[b"apple"], fitted["apple"])


def test_vectors_of_the_vocabulary(fitted, plain):
    for wv in (fitted, plain):
        assert wv.vectors.shape == (len(wv.vocabulary_), 10)
        assert wv.vectors is wv.vectors
        for word_id, word in enumerate(wv.words):
            np.testing.assert_array_equal(wv.vectors[word_id], wv[word])
        with pytest.raises(ValueError, match="read-only"):
            wv.vectors[0] = 0


def test_membership_is_that_of_the_vocabulary(fitted):
    assert "apple" in fitted
    assert "appleplum" not in fitted
    assert 3 not in fitted


def test_without_ngrams_unknown_words_are_a_key_error(plain):
    assert plain["apple"].any()
    for action in (
        lambda: plain["appleplum"],
        lambda: plain.nearest("appleplum"),
        lambda: plain.similarity("apple", "appleplum"),
        lambda: plain.analogy("apple", "pear", "appleplum"),
    ):
        with pytest.raises(KeyError, match="'appleplum' is not in the vocabulary, and the model has no n-grams"):
            action()
    assert not plain.embed(["appleplum"]).any()


def test_embed_is_the_mean_of_unit_vectors(fitted, plain):
    texts = ["apple saw", " saw\tsaw\napple\vpear\fplum\r ", "appleplum", "zzz", "", "apple zzz"] * 2
    for wv in (fitted, plain):
        embedded = wv.embed(texts)
        assert embedded.shape == (12, 10)
        assert embedded.dtype == np.float32
        for text, vector in zip(texts, embedded, strict=True):
            known = [word for word in text.split() if wv.subwords_ or word in wv]
            expected = ref.text_vector(np.array([wv[word] for word in known]).reshape(-1, 10).astype(np.float64))
            np.testing.assert_allclose(vector, expected, atol=1e-6)
    assert wv.embed(("apple",)).shape == (1, 10)
    assert not wv.embed([""]).any()


def test_embed_does_not_depend_on_how_many_texts_there_are(fitted):
    texts = topic_texts(lookup.TEXTS_PER_BLOCK + 7)
    embedded = fitted.embed(texts)
    for position in (0, lookup.TEXTS_PER_BLOCK - 1, lookup.TEXTS_PER_BLOCK, len(texts) - 1):
        np.testing.assert_array_equal(embedded[position], fitted.embed([texts[position]])[0])


def test_vocabularies_of_many_blocks_have_the_vectors_of_their_words():
    words = [f"w{number}" for number in range(2 * lookup.WORDS_PER_BLOCK + 3)]
    wv = small_vectors(n_threads=3, epochs=1).fit([" ".join(words)])
    for word_id in (0, lookup.WORDS_PER_BLOCK - 1, lookup.WORDS_PER_BLOCK, len(words)):
        np.testing.assert_array_equal(wv.vectors[word_id], wv[wv.words[word_id]])


def test_embed_splits_as_the_corpus_was_split():
    def on_commas(text):
        return [name.replace(" ", "_") for name in text.split(",")]

    wv = small_vectors(tokenizer=on_commas).fit(["new york,tokyo,new york", "tokyo,new york"] * 20)
    assert "new_york" in wv
    np.testing.assert_allclose(wv.embed(["new york,tokyo"]), wv.embed(["tokyo,new york"]), atol=1e-6)


def test_a_callable_tokenizer_must_be_given_again_after_loading(tmp_path):
    wv = small_vectors(tokenizer=str.split).fit(topic_texts(50))
    wv.save(tmp_path / "wv.textspace")
    loaded = textspace.load(tmp_path / "wv.textspace")
    np.testing.assert_array_equal(loaded["apple"], wv["apple"])
    with pytest.raises(ValueError, match=r"`tokenizer` must be set again with set_params\(tokenizer=...\), got None"):
        loaded.embed(["apple"])
    np.testing.assert_array_equal(loaded.set_params(tokenizer=str.split).embed(["apple"]), wv.embed(["apple"]))


def test_similarity(fitted):
    expected = cosines(fitted, fitted["saw"].astype(np.float64))[fitted.vocabulary_.id_of("apple")]
    assert fitted.similarity("apple", "saw") == pytest.approx(expected, abs=1e-6)
    assert fitted.similarity("apple", "apple") == pytest.approx(1)
    assert type(fitted.similarity("apple", "saw")) is float
    assert fitted.similarity("apple", "") == 0


@pytest.mark.parametrize("query", ["apple", "appleplum"])
def test_nearest_words(fitted, query):
    expected = cosines(fitted, fitted[query].astype(np.float64))
    order = [word_id for word_id in np.argsort(-expected) if fitted.words[word_id] != query]
    found = fitted.nearest(query, k=5)
    assert [neighbor.word for neighbor in found] == [fitted.words[word_id] for word_id in order[:5]]
    np.testing.assert_allclose([neighbor.similarity for neighbor in found], expected[order[:5]], atol=1e-5)
    assert isinstance(found[0], Neighbor)
    assert type(found[0].similarity) is float
    assert len(fitted.nearest(query)) == 10
    assert len(fitted.nearest(query, k=1000)) == len(order)


def test_nearest_to_a_vector_excludes_nothing(fitted):
    for vector in (fitted["apple"], fitted["apple"].astype(np.float64), 3 * fitted["apple"]):
        assert fitted.nearest(vector, k=1)[0] == Neighbor("apple", pytest.approx(1))


def test_batches_give_what_single_queries_give(fitted):
    def assert_same(batch, single):
        assert [[n.word for n in found] for found in batch] == [[n.word for n in found] for found in single]
        for found, expected in zip(batch, single, strict=True):
            np.testing.assert_allclose([n.similarity for n in found], [n.similarity for n in expected], atol=1e-6)

    words = ["apple", "appleplum", "saw", "apple"]
    assert_same(fitted.nearest_batch(words, k=3), [fitted.nearest(word, k=3) for word in words])
    vectors = np.array([fitted[word] for word in words])
    assert_same(fitted.nearest_batch(vectors, k=3), [fitted.nearest(vector, k=3) for vector in vectors])
    assert_same(fitted.nearest_batch(np.array(words), k=3), fitted.nearest_batch(words, k=3))
    assert fitted.nearest_batch([], k=3) == []


def test_analogy_is_a_minus_b_plus_c(fitted):
    a, b, c = "apple", "pear", "saw"
    expected = cosines(fitted, ref.analogy_query(*(fitted[word].astype(np.float64) for word in (a, b, c))))
    order = [word_id for word_id in np.argsort(-expected) if fitted.words[word_id] not in (a, b, c)]
    found = fitted.analogy(a, b, c, k=4)
    assert [neighbor.word for neighbor in found] == [fitted.words[word_id] for word_id in order[:4]]
    np.testing.assert_allclose([neighbor.similarity for neighbor in found], expected[order[:4]], atol=1e-5)


@pytest.mark.parametrize(
    ("ask", "error", "message"),
    [
        (lambda wv: wv.nearest("apple", k=0), ValueError, "`k` must be >= 1, got 0"),
        (lambda wv: wv.nearest(["apple"]), ValueError, r"`query` must be a word or a vector of shape \(10,\)"),
        (lambda wv: wv.nearest(np.zeros(9)), ValueError, "`query` must be a word or a vector"),
        (lambda wv: wv.nearest(np.full(10, np.nan)), ValueError, "finite"),
        (lambda wv: wv.nearest_batch("apple"), TypeError, r"call nearest\('apple'\)"),
        (
            lambda wv: wv.nearest_batch(np.zeros(10)),
            ValueError,
            r"`queries` must be words or vectors of shape \(N, 10\)",
        ),
        (lambda wv: wv.nearest_batch([None]), TypeError, "a word must be a str, got None"),
        (lambda wv: wv[3], TypeError, "a word must be a str, got 3"),
    ],
)
def test_wrong_questions(fitted, ask, error, message):
    with pytest.raises(error, match=message):
        ask(fitted)


def test_nothing_is_asked_before_training():
    wv = WordVectors()
    for ask in (
        lambda: wv["a"],
        lambda: "a" in wv,
        lambda: wv.vectors,
        lambda: wv.words,
        lambda: wv.nearest("a"),
        lambda: wv.analogy("a", "b", "c"),
        lambda: wv.similarity("a", "b"),
        lambda: wv.embed(["a"]),
        lambda: wv.input_vectors_,
    ):
        with pytest.raises(NotFittedError, match="this WordVectors is not trained yet") as raised:
            ask()
        assert isinstance(raised.value, TextspaceError)


def test_evaluate_reads_test_sets(fitted, tmp_path):
    pairs = tmp_path / "pairs.txt"
    pairs.write_text("apple pear 9\napple saw 1\nhammer drill 8\nhammer plum 2\nAPPLE appleplum 7\n")
    questions = tmp_path / "questions.txt"
    questions.write_text(": fruit\napple pear plum cherry\n: gram-none\napple pear plum zebra\n")
    result = fitted.evaluate(similarity=pairs, analogies=str(questions))
    cosine = [
        fitted.similarity(*pair)
        for pair in (("apple", "pear"), ("apple", "saw"), ("hammer", "drill"), ("hammer", "plum"))
    ]
    ranks = np.argsort(np.argsort(cosine))
    expected = np.corrcoef(ranks, np.argsort(np.argsort([9, 1, 8, 2])))[0, 1]
    assert result.similarity.spearman_in_vocabulary == pytest.approx(expected)
    assert result.similarity.n_out_of_vocabulary == 1
    answer = fitted.analogy("pear", "apple", "plum", k=1)[0].word
    assert result.analogies.total.n_correct == (answer == "cherry")
    assert (result.analogies.total.n_answered, result.analogies.total.n_questions) == (1, 2)
    assert fitted.evaluate(similarity=pairs).analogies is None
    assert fitted.evaluate(analogies=questions).similarity is None
    with pytest.raises(ValueError, match="`similarity` or `analogies` must be the path of a test set"):
        fitted.evaluate()
