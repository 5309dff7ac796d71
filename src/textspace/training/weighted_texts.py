"""Texts as vectors of norm 1 over the rows that they have."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from textspace.text.id_store import IdStore

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from textspace._typing import FloatArray, IntArray, LongArray
    from textspace.training.tag_documents import TagDocuments

_SMALLEST_NORM = 1e-12
_LEAD_WORDS = 10.0
_BLOCK = 4096  # texts


class WeightedTexts(NamedTuple):
    """N texts as (row, value) pairs: text i has those from ``indptr[i]`` to ``indptr[i + 1]``."""

    indptr: LongArray
    rows: IntArray
    values: FloatArray


def texts_of_rows(documents: TagDocuments, n_rows: int) -> LongArray:
    """Count the texts that have each row.

    Parameters
    ----------
    documents : TagDocuments
        The texts.
    n_rows : int
        R.

    Returns
    -------
    ndarray of int64, shape (R,)
        How many.
    """
    n_texts = np.zeros(n_rows, np.int64)
    for begin in range(0, len(documents), _BLOCK):
        pairs, _ = _counted_pairs(*_block(documents, begin), n_rows)
        n_texts += np.bincount(pairs % n_rows, minlength=n_rows)
    return n_texts


def _block(documents: TagDocuments, begin: int) -> tuple[LongArray, IntArray]:
    bounds = documents.indptr[begin : begin + _BLOCK + 1]
    return bounds - bounds[0], documents.rows[bounds[0] : bounds[-1]]


def stored_texts(
    documents: TagDocuments,
    row_weights: FloatArray,
    column_of: IntArray,
    *,
    n_words: int,
    lead: float,
    memory_budget: int,
) -> WeightedTexts:
    """Turn all texts into vectors of norm 1, block by block.

    Parameters
    ----------
    documents : TagDocuments
        The texts.
    row_weights : ndarray of float32, shape (R,)
        As in `weighted_texts`, as are `n_words` and `lead`.
    column_of : ndarray of int32, shape (R,)
        What stands for each row in the result.
    n_words, lead : int, float
        See there.
    memory_budget : int
        Bytes of columns, and of values, that are kept in memory; more go to temporary files.

    Returns
    -------
    WeightedTexts
        With columns in place of rows, in the order of the rows.
    """
    indptr = np.zeros(len(documents) + 1, np.int64)
    columns, values = (IdStore(memory_budget=memory_budget, n_threads=1) for _ in range(2))
    for begin in range(0, len(documents), _BLOCK):
        texts = weighted_texts(*_block(documents, begin), row_weights, n_words=n_words, lead=lead)
        indptr[begin : begin + texts.indptr.size] = indptr[begin] + texts.indptr
        columns.append(column_of[texts.rows])
        values.append(texts.values.view(np.int32))
    return WeightedTexts(indptr, columns.take(), values.take().view(np.float32))


def weighted_texts(
    indptr: LongArray, rows: IntArray, row_weights: FloatArray, *, n_words: int = 0, lead: float = 0.0
) -> WeightedTexts:
    """Turn lists of rows into vectors of norm 1.

    Parameters
    ----------
    indptr : ndarray of int64, shape (N + 1,)
        Text i has ``rows[indptr[i]:indptr[i + 1]]``.
    rows : ndarray of int32
        Rows, in any order.
    row_weights : ndarray of float32, shape (R,)
        What each counts; those of weight 0 are left out.
    n_words : int
        V: rows from it on are n-grams, and have positions of their own.
    lead : float
        What the first word, and the first n-gram, count more than late ones.

    Returns
    -------
    WeightedTexts
        Rows ascending in each text.
    """
    n_texts, n_rows = indptr.size - 1, max(row_weights.size, 1)
    shares = 1 + lead * np.exp(positions(indptr, rows, n_words) / -_LEAD_WORDS) if lead else None
    pairs, counts = _counted_pairs(indptr, rows, n_rows, shares)
    of_text, row = np.divmod(pairs, n_rows)
    values = (1 + np.log(counts)) * row_weights[row]
    kept = values > 0
    of_text, row, values = of_text[kept], row[kept], values[kept]
    norms = np.sqrt(np.bincount(of_text, values**2, minlength=n_texts))
    values /= np.maximum(norms, _SMALLEST_NORM)[of_text]
    ends = np.cumsum(np.bincount(of_text, minlength=n_texts))
    return WeightedTexts(np.append(0, ends), row.astype(np.int32), values.astype(np.float32))


def positions(indptr: LongArray, rows: IntArray, n_words: int) -> LongArray:
    """Number the words of each text, and its n-grams, in the order of the text.

    Parameters
    ----------
    indptr : ndarray of int64, shape (N + 1,)
        Text i has ``rows[indptr[i]:indptr[i + 1]]``.
    rows : ndarray of int32, shape (P,)
        Rows, in the order of the text.
    n_words : int
        V: rows from it on are n-grams.

    Returns
    -------
    ndarray of int64, shape (P,)
        From 0 in each text; of n-grams, from 0 as well.

    Examples
    --------
    >>> positions(np.array([0, 4, 6]), np.array([1, 2, 7, 8, 3, 7], np.int32), 5).tolist()
    [0, 1, 0, 1, 0, 0]
    """
    of_text = rows_of_lists(indptr)
    is_word = rows < n_words
    before = np.append(0, np.cumsum(is_word))
    words = before[:-1] - before[indptr[:-1]][of_text]
    ngrams: LongArray = np.arange(rows.size) - indptr[:-1][of_text] - words
    return np.where(is_word, words, ngrams)


def rows_of_lists(indptr: LongArray) -> LongArray:
    """Return the number of the list that each item is in.

    Parameters
    ----------
    indptr : ndarray of int64, shape (N + 1,)
        List i has the items from ``indptr[i]`` to ``indptr[i + 1]``.

    Returns
    -------
    ndarray of int64
        One for each item.
    """
    return np.repeat(np.arange(indptr.size - 1), np.diff(indptr))


def _counted_pairs(
    indptr: LongArray, rows: IntArray, n_rows: int, shares: NDArray[np.float64] | None = None
) -> tuple[LongArray, LongArray | NDArray[np.float64]]:
    """Number the different (text, row), ascending, and count each, or sum its shares; numpy.unique is slower by far."""
    pairs = rows_of_lists(indptr) * n_rows + rows
    if shares is None:
        pairs = np.sort(pairs)
    else:
        order = np.argsort(pairs, kind="stable")
        pairs, shares = pairs[order], shares[order]
    first = np.flatnonzero(np.append(True, pairs[1:] != pairs[:-1])[: pairs.size])
    if shares is None or not first.size:
        return pairs[first], np.diff(np.append(first, pairs.size))
    return pairs[first], np.add.reduceat(shares, first)
