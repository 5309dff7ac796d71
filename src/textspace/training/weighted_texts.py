"""Texts as vectors of norm 1 over the rows that they have."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from textspace import _core
from textspace.text.id_store import large_array

if TYPE_CHECKING:
    from textspace._typing import FloatArray, IntArray, LongArray


class WeightedTexts(NamedTuple):
    """N texts as (row, value) pairs: text i has those from ``indptr[i]`` to ``indptr[i + 1]``."""

    indptr: LongArray
    rows: IntArray
    values: FloatArray


def texts_of_rows(indptr: LongArray, rows: IntArray, n_rows: int, *, n_threads: int = 1) -> LongArray:
    """Count the texts that have each row.

    Parameters
    ----------
    indptr : ndarray of int64, shape (N + 1,)
        Text i has ``rows[indptr[i]:indptr[i + 1]]``.
    rows : ndarray of int32
        Rows, in any order.
    n_rows : int
        R.
    n_threads : int
        Threads; the result does not depend on them.

    Returns
    -------
    ndarray of int64, shape (R,)
        How many.
    """
    n_texts = np.empty(n_rows, np.int64)
    _core.count_texts(indptr, rows, counts_out=n_texts, n_threads=n_threads)
    return n_texts


def weighted_texts(
    indptr: LongArray,
    rows: IntArray,
    row_weights: FloatArray,
    *,
    n_words: int = 0,
    lead: float = 0.0,
    n_threads: int = 1,
    memory_budget: int = sys.maxsize,
) -> WeightedTexts:
    """Turn lists of rows into vectors of norm 1.

    Parameters
    ----------
    indptr : ndarray of int64, shape (N + 1,)
        Text i has ``rows[indptr[i]:indptr[i + 1]]``.
    rows : ndarray of int32
        Rows, in the order of the text.
    row_weights : ndarray of float32, shape (R,)
        What each counts; those of weight 0 are left out.
    n_words : int
        V: rows from it on are n-grams, and have positions of their own.
    lead : float
        What the first word, and the first n-gram, count more than late ones.
    n_threads : int
        Threads; the result does not depend on them.
    memory_budget : int
        Bytes that the rows, and the values, may take in memory; more go to temporary files.

    Returns
    -------
    WeightedTexts
        Rows ascending in each text.

    Notes
    -----
    A row has the value (1 + log n) * weight, divided by the norm of the text, where n is how often the text has it:
    with `lead`, the word at position p counts 1 + lead * exp(-p / 10) times, as does the n-gram at position p.
    """
    found = WeightedTexts(
        np.empty(indptr.size, np.int64),
        large_array(rows.size, np.int32, memory_budget),
        large_array(rows.size, np.float32, memory_budget),
    )
    _core.weigh_texts(
        indptr,
        rows,
        row_weights,
        n_words=n_words,
        lead=lead,
        indptr_out=found.indptr,
        rows_out=found.rows,
        values_out=found.values,
        n_threads=n_threads,
    )
    n = found.indptr[-1]
    return WeightedTexts(found.indptr, found.rows[:n], found.values[:n])
