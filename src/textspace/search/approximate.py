"""Approximate nearest neighbours: rows lie in clusters, and a query is compared with the rows of the best clusters."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from textspace import _core
from textspace._validation import check_int, check_n_threads, reject
from textspace.search.clusters import cluster_rows
from textspace.search.exact import QUERIES_PER_BLOCK, RESULTS_PER_BLOCK, float_matrix

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from textspace._typing import FloatArray, IntArray

N_PROBES = 60
_CLUSTERS_PER_ROOT = 3.2  # a query is compared with the centroids and with the rows of its clusters: neither are many
_PROBES_PER_BLOCK = 2**22


class ApproximateIndex:
    """Finds most of the rows of a matrix that have the highest inner product with a query, without reading all rows.

    Parameters
    ----------
    vectors : array_like of float32, shape (N, D)
        The rows to search. They are copied: the index takes as much memory as a float32 matrix of this shape.
    n_clusters : int, optional
        Into how many clusters the rows are put, at most N; None: 3.2 times the square root of N. Fewer may come out.
    n_probes : int, default 60
        In how many clusters a search looks: more find more of the nearest, and take longer. All of them, if that is
        more than there are.
    n_threads : int, optional
        Threads that build and search; None uses all cores. The results do not depend on it.

    Attributes
    ----------
    dim : int
        D, the number of columns.
    n_clusters : int
        Clusters that have a row.

    Raises
    ------
    ValueError
        When `vectors` is not a matrix, empty, or not finite.

    Notes
    -----
    An inverted file: k-means puts the rows into clusters by their directions, which are rows divided by their norms. A
    query is compared with the centroids, by cosine, and then exactly with the rows of the `n_probes` best clusters.
    What is found has the scores of `ExactIndex`, bit by bit, and is all that `ExactIndex` finds where all clusters are
    probed. `recall` measures how much is found.

    References
    ----------
    J. Sivic, A. Zisserman, "Video Google: a text retrieval approach to object matching in videos", ICCV 2003.
    S. P. Lloyd, "Least squares quantization in PCM", IEEE Transactions on Information Theory 28, 1982.

    Examples
    --------
    >>> index = ApproximateIndex([[1, 0], [0, 2], [3, 3]])
    >>> index.search([[0, 1]], 2)[0].tolist()
    [[2, 1]]
    """

    dim: int
    n_clusters: int

    def __init__(
        self,
        vectors: ArrayLike,
        *,
        n_clusters: int | None = None,
        n_probes: int = N_PROBES,
        n_threads: int | None = None,
    ) -> None:
        matrix = float_matrix("vectors", vectors)
        if matrix.size == 0:
            reject("vectors", "be a matrix that is not empty", matrix.shape)
        if not np.isfinite(matrix).all():
            reject("vectors", "be finite", "a NaN or an infinity")
        self.n_probes = n_probes
        self._n_threads = check_n_threads(n_threads)
        wanted = round(_CLUSTERS_PER_ROOT * len(matrix) ** 0.5) if n_clusters is None else n_clusters
        n_wanted = min(check_int("n_clusters", wanted, at_least=1), len(matrix))
        clusters, centroids = cluster_rows(matrix, n_wanted, n_threads=self._n_threads)
        self.dim, self.n_clusters = matrix.shape[1], len(centroids)
        self._centroids = _core.PackedRows(centroids, normalized=True, n_threads=self._n_threads)
        self._rows = _core.ClusteredRows(
            matrix, clusters=clusters, n_clusters=self.n_clusters, n_threads=self._n_threads
        )

    def __len__(self) -> int:
        return self._rows.n_rows

    @property
    def n_probes(self) -> int:
        """In how many clusters a search looks; it can be set.

        Returns
        -------
        int
            At least 1.
        """
        return self._n_probes

    @n_probes.setter
    def n_probes(self, n_probes: int) -> None:
        self._n_probes = check_int("n_probes", n_probes, at_least=1)

    def search(self, queries: ArrayLike, k: int) -> tuple[IntArray, FloatArray]:
        """Return rows with high inner products with each query, the best first.

        Parameters
        ----------
        queries : array_like of float32, shape (Q, D)
            The queries.
        k : int
            Number of rows to find, >= 1.

        Returns
        -------
        ids : ndarray of int32, shape (Q, K)
            Numbers of rows; K is k, or N where there are fewer rows. A query whose clusters have fewer than K rows is
            compared with all rows.
        scores : ndarray of float32, shape (Q, K)
            Their exact inner products, descending; of equal ones the lower row comes first.

        Raises
        ------
        ValueError
            When `queries` is not of shape (Q, D) or not finite, or k < 1.
        """
        matrix = self._checked(queries)
        return self._search(matrix, min(check_int("k", k, at_least=1), len(self)), self.n_probes)

    def recall(self, queries: ArrayLike, k: int = 10) -> float:
        """Measure how many of the rows that an exact search finds are found.

        Parameters
        ----------
        queries : array_like of float32, shape (Q, D)
            Some queries, like those to come.
        k : int, default 10
            How many rows are looked for.

        Returns
        -------
        float
            The share, from 0 to 1; NaN without queries.

        Notes
        -----
        A row as good as the last of the exact ones counts as found.
        """
        matrix = self._checked(queries)
        _, scores = self.search(matrix, k)
        _, exact = self._search(matrix, scores.shape[1], self.n_clusters)
        return float(np.mean(scores >= exact[:, -1:])) if len(matrix) else float("nan")

    def _checked(self, queries: ArrayLike) -> FloatArray:
        matrix = float_matrix("queries", queries)
        if matrix.shape[1] != self.dim:
            reject("queries", f"have {self.dim} columns, as the vectors have", matrix.shape)
        return matrix

    def _search(self, queries: FloatArray, k: int, n_probes: int) -> tuple[IntArray, FloatArray]:
        n_probes = min(n_probes, self.n_clusters)
        ids, scores = np.empty((len(queries), k), np.int32), np.empty((len(queries), k), np.float32)
        n_queries = max(1, min(QUERIES_PER_BLOCK, RESULTS_PER_BLOCK // k, _PROBES_PER_BLOCK // n_probes))
        for begin in range(0, len(queries), n_queries):
            block = slice(begin, begin + n_queries)
            self._rows.search(
                queries[block],
                probes=self._best_clusters(queries[block], n_probes),
                n_threads=self._n_threads,
                rows_out=ids[block],
                scores_out=scores[block],
            )
        short = ids[:, -1] < 0
        if short.any():
            ids[short], scores[short] = self._search(queries[short], k, self.n_clusters)
        return ids, scores

    def _best_clusters(self, queries: FloatArray, n_probes: int) -> IntArray:
        if n_probes == self.n_clusters:
            return np.tile(np.arange(n_probes, dtype=np.int32), (len(queries), 1))
        clusters = np.empty((len(queries), n_probes), np.int32)
        self._centroids.top_k(
            queries,
            excluded_indptr=np.zeros(len(queries) + 1, np.int64),
            excluded=np.empty(0, np.int32),
            n_threads=self._n_threads,
            rows_out=clusters,
            scores_out=np.empty(clusters.shape, np.float32),
            ordered=False,
        )
        return clusters
