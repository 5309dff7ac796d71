"""Means of rows, on every instruction set."""

import numpy as np
import pytest

import reference_search as ref
from textspace import _core


def csr(lists):
    indptr = np.cumsum([0, *map(len, lists)], dtype=np.int64)
    return indptr, np.array([row for rows in lists for row in rows], dtype=np.int32)


@pytest.mark.parametrize("dim", [1, 3, 4, 5, 8, 9, 15, 16, 17, 31, 33, 100, 128, 129, 300])
def test_means_of_any_width(isa, dim):
    rng = np.random.default_rng(dim)
    matrix = rng.standard_normal((50, dim + 5)).astype(np.float32)[:, :dim]
    lists = [rng.integers(-1, 50, rng.integers(0, 20)).tolist() for _ in range(40)] + [[], [-1], [-1, -1], [49] * 9]
    padded = np.full((len(lists), dim + 3), 7, dtype=np.float32)
    _core.mean_rows(matrix, *csr(lists), padded[:, :dim])
    np.testing.assert_allclose(padded[:, :dim], ref.mean_rows(matrix, lists), rtol=1e-5, atol=1e-6)
    assert (padded[:, dim:] == 7).all()


def test_a_mean_of_one_row_is_that_row(isa):
    rows = np.random.default_rng(0).standard_normal((4, 37)).astype(np.float32)
    out = np.empty((2, 37), dtype=np.float32)
    _core.mean_rows(rows, *csr([[2], [0]]), out)
    assert out.tobytes() == rows[[2, 0]].tobytes()


@pytest.mark.parametrize(
    ("indptr", "rows"), [([0, 1], [5]), ([0, 1], [-2]), ([0, 2], [1]), ([1, 1], [1]), ([0, 2, 1, 2], [1, 1]), ([0], [])]
)
def test_bad_lists_are_refused(indptr, rows):
    out = np.empty((max(1, len(indptr) - 1), 3), dtype=np.float32)
    with pytest.raises(ValueError, match=r"indptr|rows"):
        _core.mean_rows(np.ones((5, 3), np.float32), np.array(indptr), np.array(rows, dtype=np.int32), out)
