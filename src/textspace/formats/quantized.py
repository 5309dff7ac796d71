"""Matrices in fewer bytes: product quantization as fastText's, rows of int8 with a scale each, and float16."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from textspace import _core

if TYPE_CHECKING:
    from collections.abc import Iterator

    from textspace._typing import FloatArray, IntArray, LongArray

N_CENTROIDS = 256
_BLOCK_BYTES = 1 << 22


@dataclass(frozen=True, eq=False)
class ProductQuantized:
    """A matrix whose rows are cut into S parts, each replaced by the number of one of 256 centroids.

    Row i is the concatenation over parts s of ``centroids[256 * sub_dim * s + width * codes[i, s]:][:width]``, where
    `width` is `sub_dim`, or what is left for the last part; times ``norm_centroids[norm_codes[i]]`` where these are.

    Parameters
    ----------
    codes : ndarray of uint8, shape (R, S)
        May be memory-mapped and read-only.
    centroids : ndarray of float32, shape (256 * D,)
        The centroids of each part, one part after the other, as in fastText's files. May be not aligned to 4 bytes.
    dim : int
        D.
    sub_dim : int
        Components of a part: S = ceil(D / sub_dim).
    norm_codes : ndarray of uint8, shape (R,), or None
        With norms quantized on their own, which centroid each row's norm is.
    norm_centroids : ndarray of float32, shape (256,), or None
        Those centroids.

    Raises
    ------
    ValueError
        The shapes do not fit together.

    References
    ----------
    H. Jegou, M. Douze, C. Schmid, "Product quantization for nearest neighbor search", 2011; A. Joulin et al.,
    "FastText.zip: compressing text classification models", 2016.

    Examples
    --------
    >>> centroids = np.arange(768, dtype=np.float32)
    >>> q = ProductQuantized(np.array([[0, 0], [2, 1]], np.uint8), centroids, dim=3, sub_dim=2)
    >>> q.shape, q.rows(np.array([1])).tolist()
    ((2, 3), [[4.0, 5.0, 513.0]])
    """

    codes: NDArray[np.uint8]
    centroids: FloatArray
    dim: int
    sub_dim: int
    norm_codes: NDArray[np.uint8] | None = None
    norm_centroids: FloatArray | None = None

    def __post_init__(self) -> None:
        """Check the shapes."""
        if not (1 <= self.sub_dim < 1 << 31 and self.dim >= 1):
            raise ValueError(f"`dim` and `sub_dim` must be from 1 to 2**31 - 1, got {self.dim} and {self.sub_dim}")
        n_parts = -(-self.dim // self.sub_dim)
        if self.codes.ndim != 2 or self.codes.shape[1] != n_parts:
            raise ValueError(f"`codes` must have shape (R, {n_parts}), got {self.codes.shape}")
        if self.centroids.shape != (N_CENTROIDS * self.dim,):
            raise ValueError(f"`centroids` must have shape ({N_CENTROIDS * self.dim},), got {self.centroids.shape}")
        if (self.norm_codes is None) != (self.norm_centroids is None):
            raise ValueError("`norm_codes` and `norm_centroids` must be given together")
        if self.norm_codes is not None and self.norm_codes.shape != self.codes.shape[:1]:
            raise ValueError(f"`norm_codes` must have shape {self.codes.shape[:1]}, got {self.norm_codes.shape}")
        if self.norm_centroids is not None and self.norm_centroids.shape != (N_CENTROIDS,):
            raise ValueError(f"`norm_centroids` must have shape ({N_CENTROIDS},), got {self.norm_centroids.shape}")

    @property
    def shape(self) -> tuple[int, int]:
        """The shape of the matrix.

        Returns
        -------
        tuple of int
            (R, D).
        """
        return (int(self.codes.shape[0]), self.dim)

    def rows(self, row_ids: IntArray | LongArray | slice) -> FloatArray:
        """Compute some rows.

        Parameters
        ----------
        row_ids : ndarray of int, shape (N,), or slice
            Which; each from 0 to R - 1.

        Returns
        -------
        ndarray of float32, shape (N, D)
            The rows, as near to those of the original matrix as the quantization is fine.
        """
        codes = self.codes[row_ids]
        n_whole = self.dim // self.sub_dim
        end = N_CENTROIDS * self.sub_dim * n_whole
        out = np.empty((len(codes), self.dim), np.float32)
        whole = self.centroids[:end].reshape(n_whole, N_CENTROIDS, self.sub_dim)
        parts = whole[np.arange(n_whole), codes[:, :n_whole]]
        out[:, : n_whole * self.sub_dim] = parts.reshape(len(codes), n_whole * self.sub_dim)
        if n_whole < codes.shape[1]:
            out[:, n_whole * self.sub_dim :] = self.centroids[end:].reshape(N_CENTROIDS, -1)[codes[:, n_whole]]
        if self.norm_codes is not None and self.norm_centroids is not None:
            with _damage_makes_no_warning():
                out *= self.norm_centroids[self.norm_codes[row_ids]][:, np.newaxis]
        return out

    def dequantize(self) -> FloatArray:
        """Compute all rows.

        Returns
        -------
        ndarray of float32, shape (R, D)
            The matrix.
        """
        return dense_matrix(self)


@dataclass(frozen=True, eq=False)
class Int8Rows:
    """A matrix of int8 with a scale for each row: row i is ``scales[i] * values[i]``.

    Parameters
    ----------
    values : ndarray of int8, shape (R, D)
        May be memory-mapped and read-only.
    scales : ndarray of float32, shape (R,)
        One for each row.

    Raises
    ------
    ValueError
        The shapes do not fit together.

    Examples
    --------
    >>> Int8Rows(np.array([[127, -64]], np.int8), np.array([0.5], np.float32)).dequantize().tolist()
    [[63.5, -32.0]]
    """

    values: NDArray[np.int8]
    scales: FloatArray

    def __post_init__(self) -> None:
        """Check the shapes."""
        if self.values.ndim != 2 or self.scales.shape != self.values.shape[:1]:
            raise ValueError(
                f"`values` and `scales` must have shapes (R, D) and (R,), got {self.values.shape}, {self.scales.shape}"
            )

    @property
    def shape(self) -> tuple[int, int]:
        """The shape of the matrix.

        Returns
        -------
        tuple of int
            (R, D).
        """
        return (int(self.values.shape[0]), int(self.values.shape[1]))

    def rows(self, row_ids: IntArray | LongArray | slice) -> FloatArray:
        """Compute some rows.

        Parameters
        ----------
        row_ids : ndarray of int, shape (N,), or slice
            Which; each from 0 to R - 1.

        Returns
        -------
        ndarray of float32, shape (N, D)
            The rows.
        """
        with _damage_makes_no_warning():
            return np.multiply(self.values[row_ids], self.scales[row_ids][:, np.newaxis], dtype=np.float32)

    def dequantize(self) -> FloatArray:
        """Compute all rows.

        Returns
        -------
        ndarray of float32, shape (R, D)
            The matrix.
        """
        return dense_matrix(self)


Quantized: TypeAlias = ProductQuantized | Int8Rows | NDArray[np.float16]
Matrix: TypeAlias = NDArray[np.float32] | Quantized


def is_quantized(matrix: Matrix) -> bool:
    """Tell whether a matrix is anything but plain float32.

    Parameters
    ----------
    matrix : Matrix
        Any of them.

    Returns
    -------
    bool
        False for an ndarray of float32.
    """
    return not (isinstance(matrix, np.ndarray) and matrix.dtype == np.float32)


def require_float32(matrix: Matrix) -> FloatArray:
    """Return a matrix that is to be trained or copied, which must not be quantized.

    Parameters
    ----------
    matrix : Matrix
        Any of them.

    Returns
    -------
    ndarray of float32, shape (R, D)
        The same.

    Raises
    ------
    ValueError
        It is quantized.
    """
    if isinstance(matrix, np.ndarray) and matrix.dtype == np.float32:
        return matrix.astype(np.float32, copy=False)
    raise ValueError("the model is quantized, which cannot be undone: use the model that it was made of")


def rows_of(matrix: Matrix, row_ids: IntArray | LongArray | slice) -> FloatArray:
    """Compute some rows of any matrix.

    Parameters
    ----------
    matrix : Matrix
        Of shape (R, D).
    row_ids : ndarray of int, shape (N,), or slice
        Which; each from 0 to R - 1.

    Returns
    -------
    ndarray of float32, shape (N, D)
        The rows; a view where the matrix is float32 and `row_ids` a slice.
    """
    if isinstance(matrix, np.ndarray):
        chosen: NDArray[Any] = matrix[row_ids]
        return chosen.astype(np.float32, copy=False)
    return matrix.rows(row_ids)


def dense_blocks(matrix: Matrix) -> Iterator[FloatArray]:
    """Compute all rows, a block at a time.

    Parameters
    ----------
    matrix : Matrix
        Of shape (R, D).

    Yields
    ------
    ndarray of float32, shape (B, D)
        The next rows, a few MB of them.
    """
    n_rows, dim = matrix.shape
    step = max(1, _BLOCK_BYTES // max(1, 4 * dim))
    for start in range(0, n_rows, step):
        yield rows_of(matrix, slice(start, min(start + step, n_rows)))


def dense_matrix(matrix: Matrix) -> FloatArray:
    """Return a matrix as float32.

    Parameters
    ----------
    matrix : Matrix
        Of shape (R, D).

    Returns
    -------
    ndarray of float32, shape (R, D)
        The matrix itself where it is float32 already.
    """
    if isinstance(matrix, np.ndarray):
        return matrix.astype(np.float32, copy=False)
    out = np.empty(matrix.shape, np.float32)
    start = 0
    for block in dense_blocks(matrix):
        out[start : start + len(block)] = block
        start += len(block)
    return out


def mean_rows(matrix: Matrix, indptr: LongArray, rows: IntArray, out: FloatArray) -> None:
    """Compute means of rows.

    Parameters
    ----------
    matrix : Matrix
        Of shape (R, D).
    indptr : ndarray of int64, shape (N + 1,)
        List i is ``rows[indptr[i]:indptr[i + 1]]``.
    rows : ndarray of int32, shape (nnz,)
        Rows of the matrix; -1 is a row of zeros, which counts.
    out : ndarray of float32, shape (N, D)
        Where the means go; zeros for an empty list.
    """
    if not is_quantized(matrix):
        _core.mean_rows(require_float32(matrix), indptr, rows, out)
        return
    # Of the rows that are used, each is computed once.
    used, places = np.unique(rows, return_inverse=True)
    n_absent = int(np.searchsorted(used, 0))
    _core.mean_rows(rows_of(matrix, used[n_absent:]), indptr, (places - n_absent).astype(np.int32), out)


def _damage_makes_no_warning() -> np.errstate:
    # The numbers of a file that was opened by memory map are not checked; what they overflow to says enough.
    return np.errstate(over="ignore", invalid="ignore")
