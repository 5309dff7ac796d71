"""A matrix to a quantized one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from textspace import _core
from textspace._validation import check_bool, check_choice, check_int, check_n_threads, check_random_state
from textspace.formats.quantized import (
    N_CENTROIDS,
    Int8Rows,
    Matrix,
    ProductQuantized,
    Quantized,
    dense_blocks,
    require_float32,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from textspace._typing import FloatArray

Method: TypeAlias = Literal["product", "int8", "float16"]
METHODS = ("product", "int8", "float16")


def quantize_matrix(
    matrix: Matrix,
    *,
    method: str = "product",
    dsub: int = 2,
    qnorm: bool = False,
    with_zeros: bool = False,
    n_threads: int | None = None,
    random_state: int | None = 0,
) -> Quantized:
    """Quantize a matrix.

    Parameters
    ----------
    matrix : ndarray of float32, shape (R, D)
        Finite.
    method : {"product", "int8", "float16"}
        As for `quantize_classifier`.
    dsub : int
        Components that share a byte in product quantization.
    qnorm : bool
        Whether the norms of the rows are quantized by themselves.
    with_zeros : bool
        Product quantization: see to it that a row of zeros can be written exactly.
    n_threads : int, optional
        Threads; None uses all cores.
    random_state : int, optional
        Seed of the k-means.

    Returns
    -------
    ProductQuantized, Int8Rows or ndarray of float16
        The quantized matrix.

    Raises
    ------
    ValueError, TypeError
        When a parameter breaks its rule, or the matrix is quantized already or not finite.

    Examples
    --------
    >>> q = quantize_matrix(np.array([[2, -2], [0, 0.5]], np.float32), method="int8")
    >>> q.dequantize().round(2).tolist()
    [[2.0, -2.0], [0.0, 0.5]]
    """
    check_choice("method", method, METHODS)
    check_int("dsub", dsub, at_least=1, at_most=1_000_000)
    check_bool("qnorm", qnorm)
    dense = require_float32(matrix)
    norms = row_norms(dense)
    if method == "int8":
        return _int8_rows(dense)
    if method == "float16":
        return _half_precision(dense)
    kmeans = _KMeans(check_n_threads(n_threads), check_random_state(random_state))
    if not qnorm:
        codes, centroids = kmeans.quantize(dense, None, sub_dim=dsub, with_zeros=with_zeros)
        return ProductQuantized(codes, centroids, dense.shape[1], dsub)
    codes, centroids = kmeans.quantize(dense, norms, sub_dim=dsub)
    norm_codes, norm_centroids = kmeans.quantize(norms[:, np.newaxis], None, sub_dim=1, with_zeros=with_zeros)
    return ProductQuantized(codes, centroids, dense.shape[1], dsub, norm_codes[:, 0], norm_centroids)


def row_norms(matrix: FloatArray) -> FloatArray:
    """Compute the Euclidean norms of the rows of a matrix, which must be finite.

    Parameters
    ----------
    matrix : float32 array (R, D)
        The matrix.

    Returns
    -------
    float32 array (R,)
        The norms.

    Raises
    ------
    ValueError
        When a norm is not finite.

    Examples
    --------
    >>> row_norms(np.array([[3, 4], [0, 0]], np.float32)).tolist()
    [5.0, 0.0]
    """
    with np.errstate(over="ignore", invalid="ignore"):
        norms = np.concatenate([np.linalg.norm(block, axis=1) for block in dense_blocks(matrix)])
    if not np.isfinite(norms).all():
        raise ValueError("the matrix must be finite to be pruned or quantized, and have norms that are")
    return norms


@dataclass(frozen=True, slots=True)
class _KMeans:
    n_threads: int
    seed: int

    def quantize(
        self, matrix: FloatArray, norms: FloatArray | None, *, sub_dim: int, with_zeros: bool = False
    ) -> tuple[NDArray[np.uint8], FloatArray]:
        """Return the codes (R, S) and the centroids (256 * D,) of the rows, divided by `norms` if given."""
        n_rows, dim = matrix.shape
        centroids = np.empty(N_CENTROIDS * dim, np.float32)
        given = {"sub_dim": sub_dim, "n_threads": self.n_threads}
        _core.train_centroids(matrix, norms, seed=self.seed, out=centroids, **given)
        if with_zeros:
            _put_one_at_zero(centroids, dim, sub_dim)
        codes = np.empty((n_rows, -(-dim // sub_dim)), np.uint8)
        _core.encode_rows(matrix, norms, centroids, out=codes, **given)
        return codes, centroids


def _put_one_at_zero(centroids: FloatArray, dim: int, sub_dim: int) -> None:
    for begin in range(0, dim, sub_dim):
        end = min(begin + sub_dim, dim)
        part = centroids[N_CENTROIDS * begin : N_CENTROIDS * end].reshape(N_CENTROIDS, -1)
        part[np.argmin(np.square(part).sum(axis=1))] = 0


def _int8_rows(matrix: FloatArray) -> Int8Rows:
    values, scales = np.empty(matrix.shape, np.int8), np.empty(len(matrix), np.float32)
    start = 0
    for block in dense_blocks(matrix):
        rows = slice(start, start + len(block))
        scales[rows] = np.abs(block).max(axis=1) / 127
        divisors = np.where(scales[rows] > 0, scales[rows], 1)[:, np.newaxis]
        values[rows] = np.clip(np.rint(block / divisors), -127, 127)
        start += len(block)
    return Int8Rows(values, scales)


def _half_precision(matrix: FloatArray) -> NDArray[np.float16]:
    largest = max(float(np.abs(block).max()) for block in dense_blocks(matrix))
    if largest > float(np.finfo(np.float16).max):
        raise ValueError(f"float16 holds numbers up to 65504, and the matrix has {largest:g}: use method='int8'")
    return matrix.astype(np.float16)
