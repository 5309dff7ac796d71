"""Exact nearest neighbours: every row is compared with every query."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from textspace import _core
from textspace._validation import check_choice, check_int, check_n_threads, reject

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

    from textspace._typing import FloatArray, IntArray, LongArray

QUERIES_PER_BLOCK = 8192
RESULTS_PER_BLOCK = 2**20


class ExactIndex:
    """Finds the rows of a matrix that are nearest to a query, by comparing it with all of them.

    Parameters
    ----------
    vectors : array_like of float32, shape (N, D)
        The rows to search. They are copied, into the order in which they are compared: the index takes as much memory
        as a float32 matrix of this shape, and the matrix itself is not needed any more.
    similarity : {"cosine", "dot"}, default "cosine"
        What ranks the rows: the cosine of the angle with the query, or the inner product. For "cosine" the copied rows
        and the queries are divided by their norms.
    n_threads : int, optional
        Threads that search. None uses every core that the process may use. The results do not depend on it.

    Attributes
    ----------
    dim : int
        D, the number of columns.

    Raises
    ------
    ValueError
        When `vectors` is not a matrix with at least one column, or holds a NaN or an infinity.

    Notes
    -----
    A search costs N * D multiplications for each query; a core with AVX-512 does about 5 * 10^10 of them in a second.
    For a few queries the time is that of reading the rows from memory. Only the best rows of each query are kept on the
    way, never a matrix of all similarities. Sums are float32, each over the columns in order.

    Examples
    --------
    >>> index = ExactIndex([[1, 0], [0, 2], [3, 3]])
    >>> ids, similarities = index.search([[0, 1]], 2)
    >>> ids, similarities
    (array([[1, 2]], dtype=int32), array([[1.        , 0.70710677]], dtype=float32))
    """

    dim: int

    def __init__(self, vectors: ArrayLike, *, similarity: str = "cosine", n_threads: int | None = None) -> None:
        matrix = float_matrix("vectors", vectors)
        if matrix.shape[1] == 0:
            reject("vectors", "have at least one column", matrix.shape)
        normalized = check_choice("similarity", similarity, ("cosine", "dot")) == "cosine"
        self.dim = matrix.shape[1]
        self._normalized = normalized
        self._n_threads = check_n_threads(n_threads)
        self._rows = _core.PackedRows(matrix, normalized=normalized, n_threads=self._n_threads)

    def __len__(self) -> int:
        return self._rows.n_rows

    def search(
        self, queries: ArrayLike, k: int, *, exclude: Sequence[Sequence[int]] | None = None
    ) -> tuple[IntArray, FloatArray]:
        """Return the k rows most similar to each query, the best first.

        Parameters
        ----------
        queries : array_like of float32, shape (Q, D)
            The queries; for the cosine they need not be normalized. A query of zeros has similarity 0 with every row.
        k : int
            Number of rows to find, >= 1.
        exclude : sequence of sequences of int, optional
            For each query the rows that must not be found: the word whose neighbours are asked for, for example.

        Returns
        -------
        ids : ndarray of int32, shape (Q, K)
            Numbers of rows. K is k, or what the longest list of `exclude` leaves of the rows, if that is less.
        similarities : ndarray of float32, shape (Q, K)
            Descending; of equal ones the lower row comes first. For the cosine, rows of zeros have similarity 0 and
            come after all others.

        Raises
        ------
        ValueError
            When `queries` is not of shape (Q, D) or not finite, k < 1, or `exclude` does not fit.

        Examples
        --------
        >>> index = ExactIndex([[1, 0], [0, 2], [3, 3]])
        >>> index.search([[0, 1]], 1, exclude=[[1]])[0].tolist()
        [[2]]
        """
        matrix = float_matrix("queries", queries)
        if matrix.shape[1] != self.dim:
            reject("queries", f"have {self.dim} columns, as the vectors have", matrix.shape)
        indptr, excluded = self._exclusions(exclude, len(matrix))
        n_found = min(check_int("k", k, at_least=1), len(self) - int(np.diff(indptr).max(initial=0)))
        ids = np.empty((len(matrix), n_found), dtype=np.int32)
        similarities = np.empty((len(matrix), n_found), dtype=np.float32)
        n_queries = max(1, min(QUERIES_PER_BLOCK, RESULTS_PER_BLOCK // max(1, n_found)))
        for begin in range(0, len(matrix), n_queries):
            lists = indptr[begin : begin + n_queries + 1]
            self._rows.top_k(
                matrix[begin : begin + n_queries],
                excluded_indptr=lists - lists[0],
                excluded=excluded[lists[0] : lists[-1]],
                n_threads=self._n_threads,
                rows_out=ids[begin : begin + n_queries],
                scores_out=similarities[begin : begin + n_queries],
            )
        return ids, similarities

    def answer_analogies(
        self, questions: ArrayLike, *, method: str = "3cosadd", n_answer_rows: int | None = None
    ) -> IntArray:
        """Return the row d for each question "a is to b as c is to d".

        Parameters
        ----------
        questions : array_like of int, shape (Q, 3)
            Rows a, b and c of each question. None of the three is an answer.
        method : {"3cosadd", "3cosmul"}
            "3cosadd" maximizes cos(d, b) - cos(d, a) + cos(d, c): the product of d and b - a + c.
            "3cosmul" maximizes cos(d, b) * cos(d, c) / (cos(d, a) + 0.001), each cosine x moved to (x + 1) / 2.
        n_answer_rows : int, optional
            The answer is sought among the first rows only. None: among all.

        Returns
        -------
        ndarray of int32, shape (Q,)
            The answers; of equally good ones the lowest row. -1 where a, b or c is a row of zeros, or no row is left.

        Raises
        ------
        ValueError
            When `questions` is not of shape (Q, 3) or holds a number that is not a row, or when the similarity of the
            index is not the cosine.

        Notes
        -----
        The cosines of a row with the words of the questions are computed once, however many questions share a word.

        References
        ----------
        O. Levy, Y. Goldberg, "Linguistic regularities in sparse and explicit word representations", CoNLL 2014:
        equations 3 and 4.

        Examples
        --------
        >>> index = ExactIndex([[1, 0, 0], [1, 1, 0], [0, 0, 1], [0, 1, 1]])
        >>> index.answer_analogies([[0, 1, 2]]).tolist()
        [3]
        """
        if not self._normalized:
            raise ValueError('analogies need cosines; make the index with similarity="cosine"')
        rows = _row_numbers("questions", questions, len(self))
        if rows.ndim != 2 or rows.shape[1] != 3:
            reject("questions", "have the shape (Q, 3)", rows.shape)
        n_rows = len(self) if n_answer_rows is None else check_int("n_answer_rows", n_answer_rows, at_least=1)
        answers = np.empty(len(rows), dtype=np.int32)
        self._rows.answer_analogies(
            rows,
            by_product=check_choice("method", method, ("3cosadd", "3cosmul")) == "3cosmul",
            n_answer_rows=min(n_rows, len(self)),
            n_threads=self._n_threads,
            answers_out=answers,
        )
        return answers

    def _exclusions(self, exclude: Sequence[Sequence[int]] | None, n_queries: int) -> tuple[LongArray, IntArray]:
        """The lists of excluded rows, each ascending and without repetitions, one after another."""
        if exclude is None:
            return np.zeros(n_queries + 1, dtype=np.int64), np.empty(0, dtype=np.int32)
        if len(exclude) != n_queries:
            reject("exclude", f"have a list for each of the {n_queries} queries", len(exclude), "use [] for none")
        lists = [np.unique(_row_numbers("exclude", rows, len(self))) for rows in exclude]
        indptr = np.cumsum([0, *map(len, lists)], dtype=np.int64)
        return indptr, np.concatenate([np.empty(0, dtype=np.int32), *lists])


def float_matrix(name: str, values: ArrayLike) -> FloatArray:
    """Return `values` as a float32 matrix whose rows are contiguous; a matrix that is one is not copied.

    Parameters
    ----------
    name : str
        Of the argument, for errors.
    values : array_like of float32, shape (N, D)
        The matrix.

    Returns
    -------
    ndarray of float32, shape (N, D)
        It; not checked for values that are not finite.
    """
    with np.errstate(over="ignore"):  # an infinity that comes of this is reported as one
        matrix = np.asarray(values, dtype=np.float32)
    if matrix.ndim != 2:
        reject(name, "be a matrix", matrix.shape, "a single vector v is v[np.newaxis]")
    return matrix if matrix.strides[1] == matrix.itemsize else np.ascontiguousarray(matrix)


def _row_numbers(name: str, values: ArrayLike, n_rows: int) -> IntArray:
    numbers = np.asarray(values)
    if numbers.size == 0:
        return np.empty(numbers.shape, dtype=np.int32)
    if not np.issubdtype(numbers.dtype, np.integer):
        raise TypeError(f"`{name}` must hold integers, got {numbers.dtype}")
    if numbers.min() < 0 or numbers.max() >= n_rows:
        wrong = numbers[(numbers < 0) | (numbers >= n_rows)].flat[0]
        reject(name, f"hold rows from 0 to {n_rows - 1}", int(wrong))
    return np.ascontiguousarray(numbers, dtype=np.int32)
