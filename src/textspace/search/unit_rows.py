"""Rows divided by their norms, whose inner products are cosines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from textspace._typing import FloatArray

SMALLEST_NORM = 1e-12


def unit_rows(matrix: FloatArray) -> FloatArray:
    """Divide rows by their norms; zeros stay zeros.

    Parameters
    ----------
    matrix : ndarray of float32, shape (N, D)
        The rows, finite.

    Returns
    -------
    ndarray of float32, shape (N, D)
        Rows of norm 1; those whose norm is below 1e-12 are divided by that instead.

    Examples
    --------
    >>> unit_rows(np.array([[3, 4], [0, 0]], np.float32)).tolist()
    [[0.6000000238418579, 0.800000011920929], [0.0, 0.0]]
    """
    norms = np.sqrt(np.einsum("nd,nd->n", matrix, matrix, dtype=np.float64))
    return np.asarray(matrix / np.maximum(norms, SMALLEST_NORM)[:, None], dtype=np.float32)
