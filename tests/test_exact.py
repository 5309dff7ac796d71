"""ExactIndex: nearest rows."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import reference_search as ref
from textspace.search import ExactIndex


@given(
    seed=st.integers(0, 2**32 - 1),
    n_rows=st.integers(1, 150),
    dim=st.integers(1, 30),
    k=st.integers(1, 200),
    n_zeros=st.integers(0, 5),
    with_exclude=st.booleans(),
)
@settings(deadline=None, max_examples=150)
def test_cosines_are_the_highest(seed, n_rows, dim, k, n_zeros, with_exclude):
    rng = np.random.default_rng(seed)
    rows, queries = rng.standard_normal((n_rows, dim)), rng.standard_normal((4, dim))
    rows[rng.integers(0, n_rows, n_zeros)] = 0
    exclude = [rng.integers(0, n_rows, rng.integers(0, 6)).tolist() for _ in queries] if with_exclude else None
    ids, similarities = ExactIndex(rows, n_threads=2).search(queries, k, exclude=exclude)
    longest = max((len(set(excluded)) for excluded in exclude), default=0) if exclude else 0
    assert ids.shape == similarities.shape == (4, min(k, n_rows - longest))
    assert ids.dtype == np.int32
    assert similarities.dtype == np.float32
    for i, query in enumerate(queries):
        excluded = exclude[i] if exclude else []
        best, scores = ref.nearest(rows, query, ids.shape[1], excluded=excluded)
        assert len(set(ids[i].tolist()) - set(excluded)) == ids.shape[1]
        np.testing.assert_allclose(similarities[i], scores, atol=1e-6)
        np.testing.assert_allclose(ref.unit_rows(rows)[ids[i]] @ ref.unit_rows([query])[0], scores, atol=1e-6)
        zero_rows = [row for row in best if not rows[row].any()]
        assert [row for row in ids[i].tolist() if not rows[row].any()] == zero_rows


def test_zero_rows_rank_last_even_after_opposite_ones():
    index = ExactIndex([[0, 0], [-1, 0], [1, 0], [0, 0]])
    ids, similarities = index.search([[2, 0]], 10)
    assert ids.tolist() == [[2, 1, 0, 3]]
    assert similarities.tolist() == [[1, -1, 0, 0]]
    assert index.search([[2, 0]], 10, exclude=[[0, 2, 2]])[0].tolist() == [[1, 3]]


def test_a_query_of_zeros_has_similarity_zero_with_all():
    ids, similarities = ExactIndex(np.eye(5)).search(np.zeros((1, 5)), 3)
    assert ids.tolist() == [[0, 1, 2]]
    assert similarities.tolist() == [[0, 0, 0]]


def test_dot_keeps_lengths_and_zero_rows_in_their_place():
    ids, similarities = ExactIndex([[1, 0], [0, 0], [5, 0], [-1, 3]], similarity="dot").search([[2, 0]], 4)
    assert ids.tolist() == [[2, 0, 1, 3]]
    assert similarities.tolist() == [[10, 2, 0, -2]]


@pytest.mark.parametrize("scale", [1e-44, 1e-38, 1e-20, 1, 1e20, 1e38])
def test_cosines_do_not_depend_on_lengths(scale):
    rows = np.random.default_rng(3).integers(-3, 4, (30, 12)) * np.float32(scale)
    ids, similarities = ExactIndex(rows).search(rows[:5], 3)
    expected = ExactIndex(np.rint(rows.astype(np.float64) / scale)).search(
        np.rint(rows[:5].astype(np.float64) / scale), 3
    )
    assert ids.tolist() == expected[0].tolist()
    np.testing.assert_allclose(similarities, expected[1], atol=1e-6)


def test_more_queries_than_a_block_holds(monkeypatch):
    rng = np.random.default_rng(4)
    index, queries = ExactIndex(rng.standard_normal((200, 8))), rng.standard_normal((50, 8))
    exclude = [[i, 2 * i] for i in range(50)]
    whole = index.search(queries, 7, exclude=exclude)
    monkeypatch.setattr("textspace.search.exact.QUERIES_PER_BLOCK", 11)
    parts = index.search(queries, 7, exclude=exclude)
    assert parts[0].tolist() == whole[0].tolist()
    assert parts[1].tobytes() == whole[1].tobytes()


def test_the_index_does_not_need_the_matrix_any_more():
    rows = np.eye(3, dtype=np.float32)
    index = ExactIndex(rows)
    rows[:] = 7
    assert index.search([[0, 1, 0]], 1)[0].tolist() == [[1]]
    assert (len(index), index.dim) == (3, 3)


def test_no_rows_no_queries():
    ids, similarities = ExactIndex(np.empty((0, 4))).search(np.ones((2, 4)), 3)
    assert ids.shape == similarities.shape == (2, 0)
    assert ExactIndex(np.eye(4)).search(np.empty((0, 4)), 3)[0].shape == (0, 3)
    assert ExactIndex(np.eye(2)).search(np.eye(2), 3, exclude=[[0, 1], []])[0].shape == (2, 0)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e300])
@pytest.mark.parametrize("place", [(0, 0), (8, 2), (69, 16)])
def test_values_that_are_not_finite_are_refused(value, place):
    rows = np.ones((70, 17))
    rows[place] = value
    for similarity in ("cosine", "dot"):
        with pytest.raises(ValueError, match=rf"`vectors` must be finite, got .* in row {place[0]};"):
            ExactIndex(rows, similarity=similarity)
        with pytest.raises(ValueError, match=rf"`queries` must be finite, got .* in row {place[0]};"):
            ExactIndex(np.ones((3, 17)), similarity=similarity).search(rows, 1)


def test_products_that_overflow_are_refused():
    index = ExactIndex(np.full((3, 4), 1e20), similarity="dot")
    assert np.isfinite(index.search(np.full((1, 4), 1e17), 1)[1]).all()
    with pytest.raises(ValueError, match="`queries` must have products"):
        index.search(np.full((1, 4), 1e20), 1)


@pytest.mark.parametrize(
    ("arguments", "options", "error", "message"),
    [
        ((np.ones(3), 1), {}, ValueError, r"`queries` must be a matrix, got \(3,\)"),
        ((np.ones((1, 4)), 1), {}, ValueError, "`queries` must have 3 columns"),
        ((np.ones((1, 3)), 0), {}, ValueError, "`k` must be >= 1"),
        ((np.ones((1, 3)), 1.5), {}, TypeError, "`k` must be an integer"),
        ((np.ones((1, 3)), 1), {"exclude": []}, ValueError, "`exclude` must have a list for each"),
        ((np.ones((1, 3)), 1), {"exclude": [[3]]}, ValueError, "`exclude` must hold rows from 0 to 2, got 3"),
        ((np.ones((1, 3)), 1), {"exclude": [[-1]]}, ValueError, "`exclude` must hold rows from 0 to 2, got -1"),
        ((np.ones((1, 3)), 1), {"exclude": [[0.5]]}, TypeError, "`exclude` must hold integers"),
    ],
)
def test_bad_arguments_of_search(arguments, options, error, message):
    with pytest.raises(error, match=message):
        ExactIndex(np.eye(3)).search(*arguments, **options)


@pytest.mark.parametrize(
    ("vectors", "options", "message"),
    [
        (np.ones(3), {}, "`vectors` must be a matrix"),
        (np.ones((3, 0)), {}, "`vectors` must have at least one column"),
        (np.eye(3), {"similarity": "euclid"}, "`similarity` must be one of"),
        (np.eye(3), {"n_threads": 0}, "`n_threads` must be >= 1"),
    ],
)
def test_bad_arguments_of_the_index(vectors, options, message):
    with pytest.raises(ValueError, match=message):
        ExactIndex(vectors, **options)
