"""Approximate nearest neighbours: a graph of the rows, through which a query finds its way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from textspace._validation import check_int, check_n_threads, reject
from textspace.search.exact import ExactIndex

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from textspace._typing import FloatArray, IntArray, LongArray

EXPANSION = 24
_CONNECTIVITY = 16
_EXPANSION_OF_BUILDING = 128
_FLOATS_PER_BLOCK = 1 << 23  # rows that are compared exactly


class ApproximateIndex:
    """Finds most of the rows of a matrix that have the highest inner product with a query, without reading all rows.

    Parameters
    ----------
    vectors : array_like of float32, shape (N, D)
        The rows to search; they are kept.
    expansion : int, default 24
        How many rows a search holds in view at least: more find more of the nearest, and take longer.
    n_threads : int, optional
        Threads that build and search; None uses all cores. With several, two indexes of the same rows may differ a
        little.

    Attributes
    ----------
    dim : int
        D, the number of columns.

    Raises
    ------
    ImportError
        When the package usearch is not installed.
    ValueError
        When `vectors` is not a matrix, or not finite.

    Notes
    -----
    The graph is that of usearch (HNSW), over 16-bit rows. All rows get one more column that makes their norms equal:
    then those of the highest inner product are the nearest. Scores are computed again from the float32 rows.

    Building compares each row with some hundreds of others, which takes longer than some 100,000 exact searches.

    References
    ----------
    Y. A. Malkov, D. A. Yashunin, "Efficient and robust approximate nearest neighbor search using hierarchical navigable
    small world graphs", 2018.

    Examples
    --------
    >>> index = ApproximateIndex([[1, 0], [0, 2], [3, 3]])  # doctest: +SKIP
    >>> index.search([[0, 1]], 2)[0].tolist()  # doctest: +SKIP
    [[2, 1]]
    """

    dim: int

    def __init__(self, vectors: ArrayLike, *, expansion: int = EXPANSION, n_threads: int | None = None) -> None:
        matrix = np.ascontiguousarray(vectors, dtype=np.float32)
        if matrix.ndim != 2 or matrix.size == 0:
            reject("vectors", "be a matrix that is not empty", matrix.shape)
        if not np.isfinite(matrix).all():
            reject("vectors", "be finite", "a NaN or an infinity")
        self.dim = matrix.shape[1]
        self._vectors = matrix
        self._n_threads = check_n_threads(n_threads)
        self._graph = _new_graph(self.dim + 1)
        self._graph.add(np.arange(len(matrix), dtype=np.uint64), _of_equal_norms(matrix), threads=self._n_threads)
        self.expansion = expansion

    def __len__(self) -> int:
        return len(self._vectors)

    @property
    def expansion(self) -> int:
        """How many rows a search holds in view at least; it can be set.

        Returns
        -------
        int
            At least 1.
        """
        return int(self._graph.expansion_search)

    @expansion.setter
    def expansion(self, expansion: int) -> None:
        self._graph.expansion_search = check_int("expansion", expansion, at_least=1)

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
            Numbers of rows; K is k, or N where there are fewer rows.
        scores : ndarray of float32, shape (Q, K)
            Their exact inner products, descending; of equal ones the lower row comes first.

        Raises
        ------
        ValueError
            When `queries` is not of shape (Q, D) or k < 1.
        """
        matrix = np.ascontiguousarray(queries, dtype=np.float32)
        if matrix.ndim != 2 or matrix.shape[1] != self.dim:
            reject("queries", f"be a matrix of {self.dim} columns, as the vectors have", matrix.shape)
        k = min(check_int("k", k, at_least=1), len(self))
        ids, scores = np.empty((len(matrix), k), np.int32), np.empty((len(matrix), k), np.float32)
        n_queries = max(1, _FLOATS_PER_BLOCK // (self._n_found(k) * self.dim))
        for begin in range(0, len(matrix), n_queries):
            block = slice(begin, begin + n_queries)
            ids[block], scores[block] = self._search_block(matrix[block], k)
        return ids, scores

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
        ids, scores = self.search(queries, k)
        _, exact = ExactIndex(self._vectors, similarity="dot", n_threads=self._n_threads).search(queries, ids.shape[1])
        tolerance = 1e-5 * np.abs(exact).max(axis=1, initial=0)
        return float(np.mean(scores >= (exact[:, -1] - tolerance)[:, None])) if len(ids) else float("nan")

    def _n_found(self, k: int) -> int:
        # The 16-bit products may swap rows that lie close together: more of them are found, and sorted exactly.
        return min(max(k + k // 2, self.expansion), len(self))

    def _search_block(self, queries: FloatArray, k: int) -> tuple[IntArray, FloatArray]:
        n_found = self._n_found(k)
        found = self._graph.search(_with_column(queries, 0), n_found, threads=self._n_threads).keys.reshape(-1, n_found)
        keys: LongArray = found.astype(np.int64)
        missing = found >= len(self)  # a graph may have rows that cannot be reached
        keys[missing] = 0
        scores: FloatArray = np.matmul(self._vectors[keys], queries[:, :, None])[:, :, 0]
        scores[missing] = -np.inf
        order: LongArray = np.lexsort((keys, -scores), axis=1)[:, :k]
        if missing.sum(axis=1).max(initial=0) > n_found - k:
            return self._with_exact(queries, keys, scores, order)
        return np.take_along_axis(keys, order, 1).astype(np.int32), np.take_along_axis(scores, order, 1)

    def _with_exact(
        self, queries: FloatArray, keys: LongArray, scores: FloatArray, order: LongArray
    ) -> tuple[IntArray, FloatArray]:
        """Search exactly for the queries that found fewer than k rows."""
        ids, best = np.take_along_axis(keys, order, 1).astype(np.int32), np.take_along_axis(scores, order, 1)
        short = np.isneginf(best).any(axis=1)
        exact = ExactIndex(self._vectors, similarity="dot", n_threads=self._n_threads)
        ids[short], best[short] = exact.search(queries[short], order.shape[1])
        return ids, best


def _new_graph(dim: int) -> Any:
    try:
        from usearch.index import Index
    except ImportError as error:
        raise ImportError("approximate search needs the package usearch: pip install 'textspace[ann]'") from error
    return Index(
        ndim=dim,
        metric="ip",
        dtype="bf16",
        connectivity=_CONNECTIVITY,
        expansion_add=_EXPANSION_OF_BUILDING,
        enable_key_lookups=False,
    )


def _of_equal_norms(matrix: FloatArray) -> FloatArray:
    squares = np.einsum("nd,nd->n", matrix, matrix, dtype=np.float64)
    return _with_column(matrix, np.sqrt(squares.max() - squares).astype(np.float32))


def _with_column(matrix: FloatArray, column: FloatArray | int) -> FloatArray:
    wider = np.empty((len(matrix), matrix.shape[1] + 1), np.float32)
    wider[:, :-1], wider[:, -1] = matrix, column
    return wider
