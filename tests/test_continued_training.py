"""`WordVectors.partial_fit`: on fitted models and on models from files of every format."""

from pathlib import Path

import numpy as np
import pytest

import textspace
from small_vectors import cosines, small_vectors, topic_texts


@pytest.fixture(scope="module")
def fitted():
    return small_vectors(epochs=3).fit(topic_texts())


NEW_TEXTS = ["apple kumquat pear", "saw kumquat spanner spanner"] * 10
NO_STEP = 1e-35  # a learning rate whose steps vanish beside any float32 of the model


def test_known_words_keep_ids_and_rows_and_new_ones_get_them(fitted, tmp_path):
    fitted.save(tmp_path / "wv.textspace")
    wv = textspace.load(tmp_path / "wv.textspace").set_params(n_threads=1)
    n_known = len(fitted.vocabulary_)
    assert wv.partial_fit(NEW_TEXTS, learning_rate=NO_STEP, epochs=1) is wv
    assert wv.words[:n_known] == fitted.words
    assert wv.words[n_known:] == ["kumquat", "spanner"]
    counts = wv.vocabulary_.counts
    new_counts = {"apple": 10, "pear": 10, "saw": 10, "</s>": 20}
    for word_id, word in enumerate(fitted.words):
        assert counts[word_id] == fitted.vocabulary_.counts[word_id] + new_counts.get(word, 0)
    assert counts[n_known:].tolist() == [20, 20]
    assert wv.vocabulary_.n_tokens == fitted.vocabulary_.n_tokens + 90
    np.testing.assert_array_equal(wv.vectors[:n_known], fitted.vectors)
    np.testing.assert_array_equal(wv.output_vectors_[:n_known], fitted.output_vectors_)
    assert not (wv.output_vectors_[n_known:] > 1e-30).any()
    assert wv["kumquat"].any()
    assert wv.subwords_.n_rows > fitted.subwords_.n_rows
    assert wv.learning_rate == fitted.learning_rate


def test_more_text_moves_the_vectors(fitted, tmp_path):
    fitted.save(tmp_path / "wv.textspace")
    wv = textspace.load(tmp_path / "wv.textspace")
    before = wv.similarity("apple", "saw")
    wv.partial_fit(["kumquat apple durian", "kumquat saw durian"] * 300, epochs=10)
    assert wv.similarity("apple", "saw") > before + 0.2
    assert wv.similarity("apple", "saw") > wv.similarity("pear", "drill") + 0.2
    assert wv.history_[-1].epoch == pytest.approx(10)


def test_min_count_is_that_of_the_new_text(fitted, tmp_path):
    fitted.save(tmp_path / "wv.textspace")
    wv = textspace.load(tmp_path / "wv.textspace").set_params(min_count=11)
    wv.partial_fit(NEW_TEXTS, epochs=1)
    assert "kumquat" in wv
    assert "apple" in wv
    wv.partial_fit(["apple durian pear"] * 10, epochs=1)
    assert "durian" not in wv
    word_id = fitted.vocabulary_.id_of("apple")
    assert wv.vocabulary_.counts[word_id] == fitted.vocabulary_.counts[word_id] + 20


def test_partial_fit_alone_is_fit():
    texts = topic_texts(50)
    np.testing.assert_array_equal(small_vectors().partial_fit(texts).vectors, small_vectors().fit(texts).vectors)


def test_continuing_from_a_fasttext_file_keeps_the_vectors_of_words(fitted, tmp_path):
    fitted.save(tmp_path / "wv.bin")
    wv = textspace.load(tmp_path / "wv.bin")
    assert wv.subwords_.is_dense
    wv.partial_fit(NEW_TEXTS, learning_rate=NO_STEP, epochs=1)
    assert not wv.subwords_.is_dense
    assert wv.words[: len(fitted.words)] == fitted.words
    np.testing.assert_allclose(wv.vectors[: len(fitted.words)], fitted.vectors, atol=1e-7)
    assert len(wv.input_vectors_) < len(wv.words) + wv.n_buckets


@pytest.mark.parametrize("max_n", [0, 5])
def test_continuing_from_plain_vectors(fitted, tmp_path, max_n):
    fitted.save(tmp_path / "wv.vec")
    wv = textspace.load(tmp_path / "wv.vec").set_params(max_n=max_n, min_count=1)
    assert wv.output_vectors_ is None
    wv.partial_fit(NEW_TEXTS, learning_rate=NO_STEP, epochs=1)
    np.testing.assert_allclose(wv.vectors[: len(fitted.words)], fitted.vectors, rtol=1e-5, atol=1e-7)
    assert wv.output_vectors_.shape == (len(wv.words), 10)
    assert (wv.subwords_ is not None) == (max_n > 0)
    wv.partial_fit(NEW_TEXTS, learning_rate=0.05, epochs=1)
    assert wv["kumquat"].any()


def test_hierarchical_softmax_starts_with_a_new_tree(tmp_path):
    wv = small_vectors(loss="hs").fit(topic_texts(100))
    wv.partial_fit(NEW_TEXTS, learning_rate=NO_STEP, epochs=1)
    assert np.abs(wv.output_vectors_).max() < 1e-30
    wv.partial_fit(topic_texts(100), epochs=1)
    assert np.abs(wv.output_vectors_).max() > 1e-3


@pytest.mark.parametrize("changed", [{"dim": 12}, {"min_n": 1}, {"max_n": 6}, {"max_n": 0}, {"n_buckets": 50}])
def test_the_shape_of_a_model_cannot_change(fitted, tmp_path, changed):
    fitted.save(tmp_path / "wv.textspace")
    wv = textspace.load(tmp_path / "wv.textspace").set_params(**changed)
    (name,) = changed
    with pytest.raises(ValueError, match=rf"`{name}` must stay as the model was trained, \d+, got {changed[name]}"):
        wv.partial_fit(NEW_TEXTS)
    np.testing.assert_array_equal(wv.vectors, fitted.vectors)


def test_continuing_from_a_real_fasttext_file(shared: Path):
    wv = textspace.load(shared / "data" / "models" / "lee_fasttext_new.bin")
    words, vectors = wv.words, wv.vectors.copy()
    wv.partial_fit(topic_texts(50), learning_rate=NO_STEP, epochs=1)
    assert wv.words[: len(words)] == words
    np.testing.assert_allclose(wv.vectors[: len(words)], vectors, atol=1e-6)


def test_new_vectors_are_used_at_once(fitted, tmp_path):
    fitted.save(tmp_path / "wv.textspace")
    wv = textspace.load(tmp_path / "wv.textspace")
    wv.nearest("apple")
    old = wv.vectors
    wv.partial_fit(NEW_TEXTS, learning_rate=0.2)
    assert (wv.vectors[: len(old)] != old).any()
    expected = cosines(wv, wv["apple"].astype(np.float64))
    np.testing.assert_allclose(
        [neighbor.similarity for neighbor in wv.nearest("apple", k=3)], np.sort(expected)[::-1][1:4], atol=1e-5
    )
    assert "kumquat" in {neighbor.word for neighbor in wv.nearest("apple", k=100)}
