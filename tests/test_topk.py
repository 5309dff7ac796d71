"""The kernels of search, below ExactIndex: every instruction set, every shape; what they refuse."""

import signal
import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import reference_search as ref
from instruction_sets import instruction_set
from packed_search import top_k, whole_numbers
from textspace import _core

NO_ROWS = np.empty(0, dtype=np.int32)


@pytest.mark.parametrize("dim", [1, 3, 4, 7, 16, 17, 100])
@pytest.mark.parametrize("n_rows", [1, 15, 16, 17, 63, 64, 65, 130, 300])
def test_order_ties_and_scores_are_exact(isa, dim, n_rows):
    rng = np.random.default_rng(dim * 1000 + n_rows)
    rows = whole_numbers(rng, (n_rows, dim))
    for n_queries, k in ((1, 1), (5, 3), (7, 40), (13, n_rows)):
        queries = whole_numbers(rng, (n_queries, dim))
        ids, scores = top_k(rows, queries, min(k, n_rows))
        for i, query in enumerate(queries):
            best, best_scores = ref.nearest(rows, query, k, similarity="dot")
            assert ids[i].tolist() == best
            assert scores[i].tolist() == best_scores.tolist()


@given(
    seed=st.integers(0, 2**32 - 1),
    n_rows=st.integers(1, 200),
    dim=st.integers(1, 40),
    n_queries=st.integers(1, 20),
    k=st.integers(1, 200),
    n_threads=st.integers(1, 5),
    isa=st.sampled_from(_core.available_isas()),
)
@settings(deadline=None, max_examples=200)
def test_any_shape_with_exclusions(seed, n_rows, dim, n_queries, k, n_threads, isa):
    rng = np.random.default_rng(seed)
    rows, queries = whole_numbers(rng, (n_rows, dim)), whole_numbers(rng, (n_queries, dim))
    exclude = [rng.choice(n_rows, rng.integers(0, n_rows + 1), replace=False).tolist() for _ in queries]
    k = min(k, n_rows)
    with instruction_set(isa):
        ids, scores = top_k(rows, queries, k, exclude=exclude, n_threads=n_threads)
    for i, query in enumerate(queries):
        best, best_scores = ref.nearest(rows, query, k, similarity="dot", excluded=exclude[i])
        assert ids[i].tolist() == best + [-1] * (k - len(best))
        assert scores[i].tolist() == best_scores.tolist() + [-np.inf] * (k - len(best))


def test_bytes_do_not_depend_on_threads_or_company(isa):
    rng = np.random.default_rng(5)
    rows = rng.standard_normal((3000, 33)).astype(np.float32)
    queries = rng.standard_normal((700, 33)).astype(np.float32)
    ids, scores = top_k(rows, queries, 9, normalized=True)
    for n_threads in (2, 3, 16):
        for other, expected in zip(
            top_k(rows, queries, 9, normalized=True, n_threads=n_threads), (ids, scores), strict=True
        ):
            assert other.tobytes() == expected.tobytes()
    alone = [top_k(rows, queries[i : i + 1], 9, normalized=True) for i in range(0, 700, 97)]
    assert np.concatenate([found[0] for found in alone]).tolist() == ids[::97].tolist()
    assert np.concatenate([found[1] for found in alone]).tobytes() == scores[::97].tobytes()


def test_equal_rows_come_in_order(isa):
    rng = np.random.default_rng(6)
    rows = np.tile(rng.standard_normal((40, 50)).astype(np.float32), (20, 1))
    ids, scores = top_k(rows, rows[:10], 100, normalized=True, n_threads=3)
    for found, similarities in zip(ids, scores, strict=True):
        assert (np.diff(similarities) <= 0).all()
        for similarity in np.unique(similarities):
            assert (np.diff(found[similarities == similarity]) > 0).all()
    assert ids[3, :20].tolist() == list(range(3, 800, 40))


def test_what_is_found_in_any_order_is_the_same():
    rng = np.random.default_rng(2)
    rows, queries = (rng.standard_normal((n, 8)).astype(np.float32) for n in (700, 40))
    ordered, any_order = (top_k(rows, queries, 50, normalized=True, ordered=given)[0] for given in (True, False))
    assert np.sort(any_order, axis=1).tolist() == np.sort(ordered, axis=1).tolist()


def test_rows_may_be_strided_views(isa):
    rng = np.random.default_rng(7)
    padded = rng.standard_normal((90, 48)).astype(np.float32)
    plain = top_k(np.ascontiguousarray(padded[::-2, :33]), np.ascontiguousarray(padded[::9, :33]), 5)
    views = top_k(padded[::-2, :33], padded[::9, :33], 5)
    assert views[0].tolist() == plain[0].tolist()
    assert views[1].tobytes() == plain[1].tobytes()


def test_nothing_to_do(isa):
    assert top_k(np.empty((0, 3)), np.ones((2, 3)), 0)[0].shape == (2, 0)
    assert top_k(np.ones((4, 3)), np.empty((0, 3)), 2)[0].shape == (0, 2)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"queries": np.ones((2, 4), np.float32)}, "as wide as"),
        ({"queries": np.ones((4, 4), np.float32)[:2, ::2]}, "contiguous rows"),
        ({"n_threads": 0}, "n_threads"),
        ({"rows_out": np.empty((3, 2), np.int32)}, "rows_out"),
        ({"scores_out": np.empty((2, 3), np.float32)}, "rows_out"),
        ({"rows_out": np.empty((2, 6), np.int32), "scores_out": np.empty((2, 6), np.float32)}, "number of rows"),
        ({"excluded_indptr": np.array([0, 0])}, "excluded_indptr"),
        ({"excluded_indptr": np.array([0, 1, 1])}, "excluded_indptr"),
        ({"excluded_indptr": np.array([1, 0, 0])}, "excluded_indptr"),
        ({"excluded_indptr": np.array([0, 2, 1]), "excluded": np.array([1], np.int32)}, "excluded_indptr"),
        ({"excluded_indptr": np.array([0, -1, 0])}, "excluded_indptr"),
        ({"excluded_indptr": np.array([0, 2, 2]), "excluded": np.array([3, 1], np.int32)}, "ascend"),
    ],
)
def test_what_does_not_fit_is_refused(change, message):
    packed = _core.PackedRows(np.ones((5, 2), np.float32), normalized=True, n_threads=1)
    arguments = {
        "queries": np.ones((2, 2), np.float32),
        "excluded_indptr": np.zeros(3, np.int64),
        "excluded": NO_ROWS,
        "n_threads": 1,
        "rows_out": np.empty((2, 2), np.int32),
        "scores_out": np.empty((2, 2), np.float32),
    }
    packed.top_k(**arguments)
    with pytest.raises(ValueError, match=message):
        packed.top_k(**(arguments | change))


def test_ctrl_c_stops_a_search_and_nothing_is_written():
    with instruction_set("baseline"):
        rng = np.random.default_rng(8)
        packed = _core.PackedRows(rng.standard_normal((20_000, 128)).astype(np.float32), normalized=True, n_threads=1)
        ids = np.full((60_000, 1), -7, dtype=np.int32)
        timer = threading.Timer(0.2, signal.raise_signal, [signal.SIGINT])
        timer.start()
        with pytest.raises(KeyboardInterrupt):
            packed.top_k(
                rng.standard_normal((60_000, 128)).astype(np.float32),
                excluded_indptr=np.zeros(60_001, np.int64),
                excluded=NO_ROWS,
                n_threads=2,
                rows_out=ids,
                scores_out=np.empty((60_000, 1), np.float32),
            )
        timer.join()
    assert (ids == -7).all()
