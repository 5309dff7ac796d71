"""The matrices that training works on: float32, rows padded and aligned; filled alike with any number of threads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from textspace import _core

if TYPE_CHECKING:
    from textspace._typing import FloatArray, HalfArray

ALIGNMENT = 64  # bytes: a cache line, and a vector register of AVX-512
ROW_MULTIPLE = ALIGNMENT // 4  # floats
BLOCK_ROWS = 4096


def padded_dim(dim: int) -> int:
    """Return the floats that a row of `dim` floats takes in memory: a whole number of cache lines."""
    return -(-dim // ROW_MULTIPLE) * ROW_MULTIPLE


def empty_matrix(n_rows: int, dim: int) -> FloatArray:
    """Return an uninitialized (n_rows, padded_dim(dim)) matrix whose rows start at cache lines.

    NumPy asks for huge pages for large `np.empty` arrays by itself; `np.zeros` does so only in late versions.
    """
    n_floats = n_rows * padded_dim(dim)
    memory = np.empty(n_floats * 4 + ALIGNMENT, dtype=np.uint8)
    offset = -memory.ctypes.data % ALIGNMENT
    return memory[offset : offset + n_floats * 4].view(np.float32).reshape(n_rows, padded_dim(dim))


def zero_matrix(n_rows: int, dim: int) -> FloatArray:
    """Return a matrix of zeros, padded and aligned as `empty_matrix`."""
    matrix = empty_matrix(n_rows, dim)
    matrix.fill(0)
    return matrix


def random_matrix(n_rows: int, dim: int, *, seed: int, n_threads: int = 1) -> FloatArray:
    """Return an aligned matrix, uniform in [-1/dim, 1/dim), with zeros as padding.

    Notes
    -----
    Each row has a random stream of its own, so the values depend on `seed` and `dim` alone: neither on the number of
    threads, nor, row for row, on `n_rows`.
    """
    matrix = empty_matrix(n_rows, dim)
    _core.fill_random_rows(matrix, dim, 1 / dim, seed, n_threads)
    return matrix


def copy_rows(source: FloatArray, out: FloatArray) -> None:
    """Copy as many rows as `out` has, in blocks, so that a memory-mapped source is never in memory as a whole."""
    for begin in range(0, len(out), BLOCK_ROWS):
        block = slice(begin, begin + BLOCK_ROWS)
        out[block] = source[block]


def to_bfloat16(matrix: FloatArray) -> HalfArray:
    """Return the upper halves of the floats, in an aligned matrix of the same shape."""
    memory = empty_matrix(len(matrix), (matrix.shape[1] + 1) // 2).view(np.uint16).reshape(-1)
    half: HalfArray = memory[: matrix.size].reshape(matrix.shape)
    for begin in range(0, len(matrix), BLOCK_ROWS):
        half[begin : begin + BLOCK_ROWS] = matrix[begin : begin + BLOCK_ROWS].view(np.uint32) >> 16
    return half


def from_bfloat16(half: HalfArray, out: FloatArray) -> None:
    """Write the floats whose upper halves are given into `out`."""
    for begin in range(0, len(half), BLOCK_ROWS):
        floats = half[begin : begin + BLOCK_ROWS].astype(np.uint32) << 16
        out[begin : begin + BLOCK_ROWS] = floats.view(np.float32)


def is_finite(matrix: FloatArray) -> bool:
    """Return whether no value is a NaN or an infinity, in blocks of rows, so that no large temporary is made."""
    blocks = (matrix[begin : begin + BLOCK_ROWS] for begin in range(0, len(matrix), BLOCK_ROWS))
    return all(bool(np.isfinite(block).all()) for block in blocks)
