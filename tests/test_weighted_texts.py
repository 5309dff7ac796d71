"""Texts as weighted rows, against NumPy in float64."""

import math

import numpy as np
import pytest

from reference_tags import weighted
from textspace import _core
from textspace.training.weighted_texts import texts_of_rows, weighted_texts


def random_texts(n_texts=900, n_rows=300, longest=80, seed=0):
    """Zipfian rows, so that texts have some of them many times; some texts are empty."""
    rng = np.random.default_rng(seed)
    lists = [rng.zipf(1.4, rng.integers(0, longest)) % n_rows for _ in range(n_texts)]
    return np.append(0, np.cumsum([each.size for each in lists])), np.concatenate(lists).astype(np.int32)


def positions(indptr, rows, n_words):
    """Places of words, and of n-grams, in their text."""
    of_text = np.repeat(np.arange(indptr.size - 1), np.diff(indptr))
    before = np.append(0, np.cumsum(rows < n_words))
    words = before[:-1] - before[indptr[:-1]][of_text]
    return np.where(rows < n_words, words, np.arange(rows.size) - indptr[:-1][of_text] - words)


def weighted_by_numpy(indptr, rows, row_weights, *, n_words=0, lead=0.0):
    n_texts, n_rows = indptr.size - 1, row_weights.size
    of_text = np.repeat(np.arange(n_texts), np.diff(indptr))
    shares = 1 + lead * np.exp(positions(indptr, rows, n_words) / -10)
    pairs, places = np.unique(of_text * n_rows + rows, return_inverse=True)
    of_text, row = np.divmod(pairs, n_rows)
    values = (1 + np.log(np.bincount(places, shares, minlength=pairs.size))) * row_weights[row]
    kept = values > 0
    of_text, row, values = of_text[kept], row[kept], values[kept]
    values /= np.sqrt(np.bincount(of_text, values**2, minlength=n_texts))[of_text]
    return np.append(0, np.cumsum(np.bincount(of_text, minlength=n_texts))), row, values


def dense(texts, n_rows):
    matrix = np.zeros((texts.indptr.size - 1, n_rows))
    for text in range(len(matrix)):
        inside = slice(texts.indptr[text], texts.indptr[text + 1])
        matrix[text, texts.rows[inside]] = texts.values[inside]
    return matrix


@pytest.mark.parametrize("n_threads", [1, 3])
@pytest.mark.parametrize(("lead", "longest"), [(0.0, 80), (3.0, 80), (100.0, 3000)])
def test_texts_are_those_of_numpy(n_threads, lead, longest):
    indptr, rows = random_texts(longest=longest)
    row_weights = np.random.default_rng(1).uniform(0.1, 9, 300).astype(np.float32)
    row_weights[::7] = 0
    row_weights[1] = 0  # the most frequent
    found = weighted_texts(indptr, rows, row_weights, n_words=100, lead=lead, n_threads=n_threads)
    expected = weighted_by_numpy(indptr, rows, row_weights, n_words=100, lead=lead)
    assert (found.indptr.dtype, found.rows.dtype, found.values.dtype) == (np.int64, np.int32, np.float32)
    assert np.array_equal(found.indptr, expected[0])
    assert np.array_equal(found.rows, expected[1])
    np.testing.assert_allclose(found.values, expected[2], rtol=3e-7)


@pytest.mark.parametrize("n_threads", [1, 3])
def test_texts_are_counted_once_for_each_row(n_threads):
    indptr, rows = random_texts()
    found = texts_of_rows(indptr, rows, 310, n_threads=n_threads)
    pairs = np.unique(np.repeat(np.arange(900), np.diff(indptr)) * 310 + rows)
    assert found.dtype == np.int64
    assert np.array_equal(found, np.bincount(pairs % 310, minlength=310))


def test_no_texts_and_no_rows():
    nothing = np.zeros(1, np.int64), np.empty(0, np.int32)
    assert texts_of_rows(*nothing, 3, n_threads=2).tolist() == [0, 0, 0]
    assert texts_of_rows(*nothing, 0).tolist() == []
    found = weighted_texts(*nothing, np.empty(0, np.float32), n_threads=2)
    assert [each.tolist() for each in found] == [[0], [], []]
    assert texts_of_rows(np.zeros(3, np.int64), nothing[1], 0).tolist() == []


def test_weighted_texts_are_those_of_the_reference():
    rows, weights = [3, 1, 3, 3, 0], np.array([1, 2, 3, 0.5, 1], np.float32)
    found = weighted_texts(np.array([0, 5, 5]), np.array(rows, np.int32), weights)
    assert found.indptr.tolist() == [0, 3, 3]
    np.testing.assert_allclose(dense(found, 5)[0], weighted(rows, weights), rtol=1e-6)


def test_early_words_count_more_and_ngrams_have_positions_of_their_own():
    rows, weights = [3, 1, 3, 7, 6], np.ones(8, np.float32)
    found = weighted_texts(np.array([0, 0, 5]), np.array(rows, np.int32), weights, n_words=5, lead=3)
    share = [1 + 3 * math.exp(-place / 10) for place in range(3)]
    expected = np.zeros(8)
    expected[[3, 1, 7, 6]] = 1 + np.log([share[0] + share[2], share[1], share[0], share[1]])
    np.testing.assert_allclose(dense(found, 8)[1], expected / np.linalg.norm(expected), rtol=1e-6)
    assert found.indptr.tolist() == [0, 0, 4]


def test_rows_of_weight_zero_are_left_out():
    found = weighted_texts(np.array([0, 2]), np.array([0, 1], np.int32), np.array([0, 2], np.float32))
    assert found.rows.tolist() == [1]
    assert found.values.tolist() == [1]


def test_texts_that_are_too_large_for_memory_lie_in_a_file():
    indptr, rows = random_texts()
    row_weights = np.ones(300, np.float32)
    found = weighted_texts(indptr, rows, row_weights, memory_budget=1000)
    assert isinstance(found.rows, np.memmap)
    assert isinstance(found.values, np.memmap)
    for name, expected in weighted_texts(indptr, rows, row_weights)._asdict().items():
        assert np.array_equal(getattr(found, name), expected)


@pytest.mark.parametrize("indptr", [[0, 2], [1, 3], [0, 4], [0, 4, 3], [0, -1, 3]])
def test_lists_that_do_not_fit_are_refused(indptr):
    with pytest.raises(ValueError, match="indptr"):
        texts_of_rows(np.array(indptr), np.zeros(3, np.int32), 2)
    with pytest.raises(ValueError, match="indptr"):
        weighted_texts(np.array(indptr), np.zeros(3, np.int32), np.ones(2, np.float32))


@pytest.mark.parametrize("row", [-1, 2, 2**31 - 1])
def test_rows_that_there_are_not_are_refused(row):
    indptr, rows = np.array([0, 2, 3]), np.array([0, row, 1], np.int32)
    with pytest.raises(ValueError, match="ids must be"):
        texts_of_rows(indptr, rows, 2)
    with pytest.raises(ValueError, match="ids must be"):
        weighted_texts(indptr, rows, np.ones(2, np.float32))


@pytest.mark.parametrize("short", ["indptr_out", "rows_out", "values_out"])
def test_results_need_room(short):
    out = {"indptr_out": np.empty(2, np.int64), "rows_out": np.empty(3, np.int32), "values_out": np.empty(3, "f")}
    out[short] = out[short][:-1]
    with pytest.raises(ValueError, match=short):
        _core.weigh_texts(
            np.array([0, 3]), np.zeros(3, np.int32), np.ones(1, np.float32), n_words=0, lead=0.0, n_threads=1, **out
        )
