"""The kernel below ApproximateIndex: every instruction set, every shape; what it refuses."""

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


def search(rows, clusters, queries, probes, k, *, n_threads=1, n_clusters=None):
    n_clusters = int(max(clusters)) + 1 if n_clusters is None else n_clusters
    clustered = _core.ClusteredRows(
        rows, clusters=np.asarray(clusters, np.int32), n_clusters=n_clusters, n_threads=n_threads
    )
    ids = np.full((len(queries), k), -7, dtype=np.int32)
    scores = np.full((len(queries), k), np.nan, dtype=np.float32)
    clustered.search(queries, probes=np.asarray(probes, np.int32), n_threads=n_threads, rows_out=ids, scores_out=scores)
    return ids, scores


@given(
    seed=st.integers(0, 2**32 - 1),
    n_rows=st.integers(1, 300),
    n_clusters=st.integers(1, 6),
    dim=st.integers(1, 40),
    n_queries=st.integers(1, 30),
    k=st.integers(1, 100),
    n_threads=st.integers(1, 4),
    isa=st.sampled_from(_core.available_isas()),
)
@settings(deadline=None, max_examples=300)
def test_any_shape(seed, n_rows, n_clusters, dim, n_queries, k, n_threads, isa):
    rng = np.random.default_rng(seed)
    rows, queries = whole_numbers(rng, (n_rows, dim)), whole_numbers(rng, (n_queries, dim))
    clusters = rng.integers(0, n_clusters, n_rows)
    n_probes = int(rng.integers(1, n_clusters + 1))
    probes = [rng.choice(n_clusters, n_probes, replace=False) for _ in queries]
    k = min(k, n_rows)
    with instruction_set(isa):
        ids, scores = search(rows, clusters, queries, probes, k, n_threads=n_threads, n_clusters=n_clusters)
    for i, query in enumerate(queries):
        others = np.flatnonzero(~np.isin(clusters, probes[i])).tolist()
        best, best_scores = ref.nearest(rows, query, k, similarity="dot", excluded=others)
        assert ids[i].tolist() == best + [-1] * (k - len(best))
        assert scores[i].tolist() == best_scores.tolist() + [-np.inf] * (k - len(best))


def test_scores_are_those_of_packed_rows(isa):
    rng = np.random.default_rng(1)
    rows, queries = (rng.standard_normal((n, 33)).astype(np.float32) for n in (2000, 600))
    ids, scores = top_k(rows, queries, 9)
    clusters = rng.integers(0, 30, 2000)
    for n_threads in (1, 3):
        probes = np.tile(np.arange(30), (600, 1))
        found = search(rows, clusters, queries, probes, 9, n_threads=n_threads)
        assert found[0].tolist() == ids.tolist()
        assert found[1].tobytes() == scores.tobytes()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"queries": np.ones((2, 4), np.float32)}, "as wide as"),
        ({"queries": np.ones((4, 4), np.float32)[:2, ::2]}, "contiguous rows"),
        ({"queries": np.full((2, 2), np.nan, np.float32)}, "finite"),
        ({"queries": np.full((2, 2), 3e38, np.float32)}, "scale them down"),
        ({"n_threads": 0}, "n_threads"),
        ({"probes": np.zeros((3, 1), np.int32)}, "a row for each query"),
        ({"probes": np.array([[0], [2]], np.int32)}, "numbers of clusters"),
        ({"probes": np.array([[0], [-1]], np.int32)}, "numbers of clusters"),
        ({"probes": np.array([[0, 1], [1, 1]], np.int32)}, "twice"),
        ({"rows_out": np.empty((3, 2), np.int32)}, "rows_out"),
        ({"scores_out": np.empty((2, 3), np.float32)}, "rows_out"),
        ({"rows_out": np.empty((2, 6), np.int32), "scores_out": np.empty((2, 6), np.float32)}, "number of rows"),
    ],
)
def test_what_does_not_fit_is_refused(change, message):
    clustered = _core.ClusteredRows(
        np.full((5, 2), 10, np.float32), clusters=np.array([0, 1, 1, 0, 1], np.int32), n_clusters=2, n_threads=1
    )
    arguments = {
        "queries": np.ones((2, 2), np.float32),
        "probes": np.zeros((2, 1), np.int32),
        "n_threads": 1,
        "rows_out": np.empty((2, 2), np.int32),
        "scores_out": np.empty((2, 2), np.float32),
    }
    clustered.search(**arguments)
    with pytest.raises(ValueError, match=message):
        clustered.search(**(arguments | change))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"clusters": np.zeros(4, np.int32)}, "an entry for each row"),
        ({"clusters": np.array([0, 0, 3], np.int32)}, "below"),
        ({"clusters": np.array([0, 0, -1], np.int32)}, "below"),
        ({"n_clusters": 0}, "n_clusters"),
        ({"n_threads": 0}, "n_threads"),
        ({"vectors": np.full((3, 2), np.inf, np.float32)}, "`vectors` must be finite.*in row 0"),
    ],
)
def test_wrong_clusters_are_refused(change, message):
    arguments = {
        "vectors": np.ones((3, 2), np.float32),
        "clusters": np.zeros(3, np.int32),
        "n_clusters": 3,
        "n_threads": 1,
    }
    assert _core.ClusteredRows(**arguments).n_rows == 3
    with pytest.raises(ValueError, match=message):
        _core.ClusteredRows(**(arguments | change))


def test_ctrl_c_stops_a_search():
    rng = np.random.default_rng(8)
    rows, queries = (rng.standard_normal((n, 128)).astype(np.float32) for n in (20_000, 60_000))
    timer = threading.Timer(0.3, signal.raise_signal, [signal.SIGINT])
    with instruction_set("baseline"):
        timer.start()
        with pytest.raises(KeyboardInterrupt):
            search(rows, np.zeros(20_000), queries, np.zeros((60_000, 1)), 1, n_threads=2)
        timer.join()
