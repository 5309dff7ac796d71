"""Spearman's rank correlation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def average_ranks(values: ArrayLike) -> NDArray[np.float64]:
    """Return the rank of each value, from 1; equal values share the mean of their ranks.

    Parameters
    ----------
    values : array_like of float, shape (N,)
        Finite values.

    Returns
    -------
    ndarray of float64, shape (N,)
        The ranks.

    Examples
    --------
    >>> average_ranks([0.5, 2, 0.5, 1]).tolist()
    [1.5, 4.0, 1.5, 3.0]
    """
    _, group, counts = np.unique(np.asarray(values), return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    ranks: NDArray[np.float64] = (last - (counts - 1) / 2)[group]
    return ranks


def spearman_correlation(x: ArrayLike, y: ArrayLike) -> float:
    """Return the correlation of the ranks of `x` and `y`.

    Parameters
    ----------
    x, y : array_like of float, shape (N,)
        Finite values.

    Returns
    -------
    float
        From -1 to 1; NaN where there are fewer than two pairs, or all values of `x` or of `y` are equal.

    References
    ----------
    C. Spearman, "The proof and measurement of association between two things", 1904; M. Kendall, "Rank correlation
    methods", 1948, for ties.

    Examples
    --------
    >>> spearman_correlation([1, 2, 3, 4], [1, 4, 9, 16])
    1.0
    """
    ranks_x, ranks_y = average_ranks(x), average_ranks(y)
    if len(ranks_x) < 2:
        return float("nan")
    centred_x, centred_y = ranks_x - ranks_x.mean(), ranks_y - ranks_y.mean()
    scale = np.sqrt((centred_x @ centred_x) * (centred_y @ centred_y))
    return float(np.clip(centred_x @ centred_y / scale, -1, 1)) if scale > 0 else float("nan")
