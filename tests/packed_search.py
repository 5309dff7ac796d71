"""Rows of highest product by the kernel below ExactIndex, and rows whose products are exact."""

import numpy as np

from textspace import _core


def whole_numbers(rng, shape):
    """Small whole numbers: their products are exact in float32, and ties abound."""
    return rng.integers(-2, 3, shape).astype(np.float32)


def top_k(rows, queries, k, *, normalized=False, exclude=None, n_threads=1, ordered=True):
    """The k rows of highest product with each query, and these products."""
    packed = _core.PackedRows(np.asarray(rows, dtype=np.float32), normalized=normalized, n_threads=n_threads)
    exclude = exclude or [[]] * len(queries)
    ids = np.full((len(queries), k), -7, dtype=np.int32)
    scores = np.full((len(queries), k), np.nan, dtype=np.float32)
    packed.top_k(
        np.asarray(queries, dtype=np.float32),
        excluded_indptr=np.cumsum([0, *map(len, exclude)], dtype=np.int64),
        excluded=np.array([row for rows in exclude for row in sorted(rows)], dtype=np.int32),
        n_threads=n_threads,
        rows_out=ids,
        scores_out=scores,
        ordered=ordered,
    )
    return ids, scores
