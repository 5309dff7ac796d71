"""The bytes of a file as an array, little-endian fields read from them with every bound checked, and back."""

import errno
import math
import mmap
import os
import stat
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from textspace.errors import FormatError

_BLOCK_BYTES = 1 << 19


def map_bytes(path: str | os.PathLike[str]) -> NDArray[np.uint8]:
    """Map a file into memory.

    Parameters
    ----------
    path : str or os.PathLike
        An ordinary file.

    Returns
    -------
    ndarray of uint8, shape (n_bytes,)
        Read-only. The mapping is closed when the last view of it is gone.

    Raises
    ------
    FormatError
        The file is empty.
    IsADirectoryError
        `path` is a folder.
    OSError
        The file cannot be opened.
    ValueError
        `path` is not an ordinary file (a pipe, a device).

    Notes
    -----
    Pages are read when they are used. A file that another program cuts short while it is mapped ends the process
    (SIGBUS), as with any memory map; replacing the file by a new one, as every writer here does, is safe.
    """
    path = Path(path)
    status = path.stat()
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(errno.EISDIR, "this is a folder: give the name of a file in it", str(path))
    # Before it is opened: opening a pipe waits for whoever writes to it.
    if not stat.S_ISREG(status.st_mode):
        raise ValueError(f"`path` must name an ordinary file, got {path!s}, which is a device, a pipe or a socket")
    if status.st_size == 0:
        raise FormatError(f"{path}: the file is empty")
    with path.open("rb") as file:
        return np.frombuffer(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ), np.uint8)


class Fields:
    """Little-endian fields of a file, read one after the other.

    Parameters
    ----------
    path : str or os.PathLike
        The name of the file, for messages.
    data : ndarray of uint8, shape (n_bytes,)
        Its bytes.

    Attributes
    ----------
    position : int
        Where the next field starts.
    """

    def __init__(self, path: str | os.PathLike[str], data: NDArray[np.uint8]) -> None:
        self.path = Path(path)
        self.data = data
        self.position = 0

    @property
    def n_left(self) -> int:
        """The number of bytes from the position to the end of the file.

        Returns
        -------
        int
            At least 0.
        """
        return self.data.size - self.position

    def error(self, problem: str) -> FormatError:
        """Make the exception for a problem of this file.

        Parameters
        ----------
        problem : str
            What is wrong.

        Returns
        -------
        FormatError
            To be raised.
        """
        return FormatError(f"{self.path}: {problem}")

    def skip(self, n_bytes: int, name: str) -> int:
        """Move over a field.

        Parameters
        ----------
        n_bytes : int
            Its size, which may come from the file.
        name : str
            What to call it in messages.

        Returns
        -------
        int
            Where it starts.

        Raises
        ------
        FormatError
            The file ends before the field does.
        """
        if n_bytes > self.n_left:
            raise self.error(
                f"{name} takes {n_bytes} bytes at position {self.position}, but only {self.n_left} bytes are left: "
                "the file is truncated or corrupt"
            )
        start = self.position
        self.position += n_bytes
        return start

    def unpack(self, layout: str, name: str) -> tuple[Any, ...]:
        """Read numbers.

        Parameters
        ----------
        layout : str
            Their types, as the `struct` module writes them, without a byte order.
        name : str
            What to call them in messages.

        Returns
        -------
        tuple
            The numbers.

        Raises
        ------
        FormatError
            The file ends before they do.
        """
        start = self.skip(struct.calcsize("<" + layout), name)
        return struct.unpack("<" + layout, self.data[start : self.position].tobytes())

    def flag(self, name: str) -> bool:
        """Read a byte that must be 0 or 1.

        Parameters
        ----------
        name : str
            What to call it in messages.

        Returns
        -------
        bool
            Its value.

        Raises
        ------
        FormatError
            It is another number, or the file ends before it.
        """
        (value,) = self.unpack("B", name)
        if value > 1:
            raise self.error(f"{name} must be 0 or 1, got {value}")
        return bool(value)

    def matrix(self, n_rows: int, dim: int, name: str) -> NDArray[np.float32]:
        """Read a float32 matrix.

        Parameters
        ----------
        n_rows, dim : int
            Its sizes, which may come from the file.
        name : str
            What to call it in messages.

        Returns
        -------
        ndarray of float32, shape (n_rows, dim)
            A view of the file, aligned only as well as the file aligns it.

        Raises
        ------
        FormatError
            The file ends before the matrix does.
        """
        start = self.skip(4 * n_rows * dim, name)
        return np.frombuffer(self.data, "<f4", n_rows * dim, start).reshape(n_rows, dim)


def row_blocks(array: NDArray[Any]) -> Iterator[NDArray[Any]]:
    """Cut an array into blocks of rows.

    Parameters
    ----------
    array : ndarray, shape (N, ...)
        Any array with at least one dimension.

    Yields
    ------
    ndarray, shape (B, ...)
        Views that together are the array, small enough to be copied within a cache.
    """
    n_row_bytes = array.dtype.itemsize * math.prod(array.shape[1:])
    step = max(1, _BLOCK_BYTES // max(1, n_row_bytes))
    for start in range(0, array.shape[0] if n_row_bytes else 0, step):
        yield array[start : start + step]


def little_endian(array: NDArray[Any]) -> memoryview:
    """Return the bytes of an array as files have them.

    Parameters
    ----------
    array : ndarray
        Any array of numbers.

    Returns
    -------
    memoryview
        Its bytes, row by row, copied only when they are not like that in memory.
    """
    ordered = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
    return ordered.reshape(-1).view(np.uint8).data
