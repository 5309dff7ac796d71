"""A row for every bucket, as fastText's files have it, of models that have rows only for the buckets that occur."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from textspace._typing import IntArray

_BLOCK_ROWS = 1 << 14


@dataclass(frozen=True, eq=False)
class BucketRows:
    """Which rows of a model its words and buckets have: word i has row i.

    Attributes
    ----------
    n_words, n_buckets : int
        V and B.
    buckets : ndarray of int32, shape (G,)
        The buckets that have rows, ascending.
    rows : ndarray of int32, shape (G,)
        Their rows, from V to V + G - 1.
    """

    n_words: int
    n_buckets: int
    buckets: IntArray
    rows: IntArray


def require_sound(bucket_rows: BucketRows) -> None:
    """Check the buckets and rows of a model whose file was opened without reading them.

    Parameters
    ----------
    bucket_rows : BucketRows
        The rows.

    Raises
    ------
    ValueError
        They are not as they must be.
    """
    buckets, rows = bucket_rows.buckets, bucket_rows.rows
    if buckets.size == 0:
        return
    if buckets[0] < 0 or buckets[-1] >= bucket_rows.n_buckets or (buckets[1:] <= buckets[:-1]).any():
        raise ValueError(f"the model is damaged: its buckets do not ascend from 0 to {bucket_rows.n_buckets - 1}")
    if rows.min() < bucket_rows.n_words or rows.max() >= bucket_rows.n_words + rows.size:
        raise ValueError("the model is damaged: an n-gram has a row that is not there")


def every_bucket(
    bucket_rows: BucketRows, rows_of: Callable[[Any], NDArray[Any]], *, missing: NDArray[Any]
) -> Iterator[NDArray[Any]]:
    """Give the rows of all words, then a row for every bucket.

    Parameters
    ----------
    bucket_rows : BucketRows
        Sound rows.
    rows_of : callable
        It takes an array of rows, or a slice, and returns what the model has there.
    missing : ndarray, shape (...)
        What stands for the row of a bucket that has none.

    Yields
    ------
    ndarray, shape (N, ...)
        A block of 16,384 rows or fewer, so that they are never in memory together.
    """
    n_words, n_buckets = bucket_rows.n_words, bucket_rows.n_buckets
    for start in range(0, n_words, _BLOCK_ROWS):
        yield rows_of(slice(start, min(start + _BLOCK_ROWS, n_words)))
    for start in range(0, n_buckets, _BLOCK_ROWS):
        stop = min(start + _BLOCK_ROWS, n_buckets)
        low, high = np.searchsorted(bucket_rows.buckets, (start, stop))
        block = np.empty((stop - start, *missing.shape), missing.dtype)
        block[:] = missing
        block[bucket_rows.buckets[low:high] - start] = rows_of(bucket_rows.rows[low:high])
        yield block
