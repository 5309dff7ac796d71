"""Slow second implementations of quantization, from the papers; imports nothing of textspace."""

import numpy as np
from numpy.typing import NDArray


def parts_of(dim: int, sub_dim: int) -> list[slice]:
    return [slice(begin, min(begin + sub_dim, dim)) for begin in range(0, dim, sub_dim)]


def nearest(points: NDArray[np.float64], centroids: NDArray[np.float64]) -> NDArray[np.int64]:
    """The nearest centroid to each point; of equal ones the first."""
    distances = np.square(points[:, None, :].astype(np.float64) - centroids[None, :, :]).sum(axis=2)
    return np.argmin(distances, axis=1)


def kmeans_error(points: NDArray[np.float64], *, n_clusters: int, n_rounds: int, seed: int) -> float:
    """Mean squared distance to the nearest of the centroids that Lloyd's algorithm finds."""
    rng = np.random.default_rng(seed)
    centroids = points[rng.choice(len(points), n_clusters, replace=False)].astype(np.float64)
    for _ in range(n_rounds):
        codes = nearest(points, centroids)
        for cluster in range(n_clusters):
            if (codes == cluster).any():
                centroids[cluster] = points[codes == cluster].mean(axis=0)
    return float(np.square(points - centroids[nearest(points, centroids)]).sum(axis=1).mean())


def product_row(
    codes: NDArray[np.uint8], centroids: NDArray[np.float32], dim: int, sub_dim: int, norm: float = 1.0
) -> NDArray[np.float64]:
    """One row, part by part, from the flat centroids of a fastText file."""
    row = []
    for part, code in enumerate(codes.tolist()):
        width = min(sub_dim, dim - part * sub_dim)
        begin = 256 * sub_dim * part + width * code
        row += [norm * value for value in centroids[begin : begin + width].tolist()]
    return np.array(row)


def kept_rows(norms: NDArray[np.float64], n_words: int, end_of_line: int, cutoff: int) -> tuple[list[int], list[int]]:
    """fastText's rule: the end of a line, then the largest norms; words ascending, n-grams by norm."""
    order = sorted(range(len(norms)), key=lambda row: (row != end_of_line, -norms[row]))[:cutoff]
    return sorted(row for row in order if row < n_words), [row for row in order if row >= n_words]
