"""Clusters of directions by k-means: rows that point the same way come into one cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from textspace import _core
from textspace.search.exact import ExactIndex
from textspace.search.unit_rows import unit_rows

if TYPE_CHECKING:
    from textspace._typing import FloatArray, IntArray, LongArray

_ROWS_PER_CLUSTER = 64  # of the sample that the centroids are computed from
_ITERATIONS = 10
_FLOATS_PER_BLOCK = 2**23


def cluster_rows(matrix: FloatArray, n_clusters: int, *, n_threads: int) -> tuple[IntArray, FloatArray]:
    """Put each row, divided by its norm, into the cluster of the nearest centroid.

    Parameters
    ----------
    matrix : ndarray of float32, shape (N, D)
        The rows, finite.
    n_clusters : int
        How many clusters there are at most, from 1 to N; those that would be empty are left out.
    n_threads : int
        Threads; the result does not depend on them.

    Returns
    -------
    clusters : ndarray of int32, shape (N,)
        The cluster of each row.
    centroids : ndarray of float32, shape (C, D)
        The mean of the rows of each cluster, these divided by their norms; of a sample of the rows where there are
        more than 64 a cluster.

    Notes
    -----
    Lloyd's algorithm with Euclidean distances of the unit rows. By cosines with the centroids (spherical k-means) wide
    clusters would lose rows to narrow ones, and a search would find less.
    """
    draw = np.random.default_rng(0)
    sample = unit_rows(matrix[_some(draw, len(matrix), _ROWS_PER_CLUSTER * n_clusters)])
    centroids = sample[_some(draw, len(sample), n_clusters)]
    for _ in range(_ITERATIONS):
        nearest = _nearest(sample, centroids, n_threads)
        counts = np.bincount(nearest, minlength=n_clusters)
        members = np.argsort(nearest, kind="stable").astype(np.int32)
        _core.mean_rows(sample, np.concatenate([[0], np.cumsum(counts)]), members, centroids)
        empty = counts == 0
        centroids[empty] = sample[_some(draw, len(sample), int(empty.sum()))]
    clusters = np.empty(len(matrix), np.int32)
    n_rows = max(1, _FLOATS_PER_BLOCK // matrix.shape[1])
    for begin in range(0, len(matrix), n_rows):
        block = slice(begin, begin + n_rows)
        clusters[block] = _nearest(unit_rows(matrix[block]), centroids, n_threads)
    used, renumbered = np.unique(clusters, return_inverse=True)
    return renumbered.astype(np.int32), centroids[used]


def _some(draw: np.random.Generator, n: int, n_wanted: int) -> LongArray:
    return np.sort(draw.choice(n, min(n_wanted, n), replace=False))


def _nearest(rows: FloatArray, centroids: FloatArray, n_threads: int) -> IntArray:
    # |x - c|^2 = |x|^2 - 2 (x c - |c|^2 / 2)
    halves = -np.einsum("cd,cd->c", centroids, centroids) / 2
    index = ExactIndex(np.column_stack([centroids, halves]), similarity="dot", n_threads=n_threads)
    return index.search(np.column_stack([rows, np.ones(len(rows), np.float32)]), 1)[0][:, 0]
