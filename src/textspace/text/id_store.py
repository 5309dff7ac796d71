"""Where the ids of a corpus are kept while it is read: in memory up to a budget, then in a temporary file."""

from __future__ import annotations

import os
import tempfile
import weakref
from collections import deque
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from textspace import _core

if TYPE_CHECKING:
    from numpy.typing import DTypeLike, NDArray

    from textspace._typing import IntArray

_CHUNK = 1 << 22  # ids of the file that are renumbered at once
# Ids that are kept together, at most: 64 MB, which the system takes back when they are freed. From smaller arrays holes
# of touched, small pages would be left, in which matrices would then lie, and be slow.
_BLOCK = 1 << 24


class IdStore:
    """A growing array of int32 that moves to a temporary file when it outgrows its budget of memory.

    Parameters
    ----------
    memory_budget : int
        Bytes of ids that are kept in memory at most.
    n_threads : int
        Threads that renumber.

    Notes
    -----
    The file lies in Python's temporary folder (``TMPDIR``). It is deleted when the store is closed or
    garbage-collected.
    """

    def __init__(self, *, memory_budget: int, n_threads: int) -> None:
        self._memory_budget = memory_budget
        self._n_threads = n_threads
        self._chunks: deque[IntArray] = deque()
        self._block = np.empty(0, np.int32)  # the last chunk, with room for more
        self._file: IO[bytes] | None = None
        self._n_ids = 0

    def __len__(self) -> int:
        return self._n_ids

    def append(self, ids: IntArray) -> None:
        """Add ids at the end.

        Parameters
        ----------
        ids : ndarray of int32, shape (n,)
            The ids; they are copied.

        Raises
        ------
        OSError
            If the temporary file cannot be written.
        """
        self._n_ids += ids.size
        if self._file is None and 4 * self._n_ids > self._memory_budget:
            self._file = tempfile.TemporaryFile(prefix="textspace-")  # noqa: SIM115 - closed by `close`
            weakref.finalize(self, self._file.close)
            self._block = np.empty(0, np.int32)
            while self._chunks:
                self._write(self._file, self._chunks.popleft())
        if self._file is None:
            self._keep(ids)
        else:
            self._write(self._file, ids)

    def _keep(self, ids: IntArray) -> None:
        n_kept = self._chunks[-1].size if self._block.size else 0
        if n_kept + ids.size > self._block.size:
            n_kept = 0
            self._block = np.empty(max(ids.size, min(2 * self._n_ids, _BLOCK)), np.int32)
            self._chunks.append(self._block[:0])
        if ids.size:
            self._block[n_kept : n_kept + ids.size] = ids
            self._chunks[-1] = self._block[: n_kept + ids.size]

    def renumber(self, new_ids: IntArray) -> None:
        """Replace every id by its new one.

        Parameters
        ----------
        new_ids : ndarray of int32, shape (n_words,)
            The new id of each id, -2 for those that are to be left out. The id -1 stays.

        Raises
        ------
        OSError
            If the temporary file cannot be read or written.
        """
        if self._file is None:
            self._block = np.empty(0, np.int32)
            self._chunks = deque(self._renumbered(chunk, new_ids) for chunk in self._chunks)
            self._n_ids = sum(chunk.size for chunk in self._chunks)
            return
        n_kept = 0
        for first in range(0, self._n_ids, _CHUNK):
            self._file.seek(4 * first)
            chunk = np.frombuffer(bytearray(self._file.read(4 * min(_CHUNK, self._n_ids - first))), np.int32)
            kept = self._renumbered(chunk, new_ids)
            self._file.seek(4 * n_kept)
            self._write(self._file, kept)
            n_kept += kept.size
        self._file.truncate(4 * n_kept)
        self._n_ids = n_kept

    def take(self) -> IntArray:
        """Give the ids away; the store must live as long as they are used.

        Returns
        -------
        ndarray of int32, shape (n,)
            All ids: in memory, or read-only in the memory-mapped temporary file.
        """
        if self._file is not None and self._n_ids:
            self._file.flush()
            return np.memmap(self._file, np.int32, mode="r", shape=(self._n_ids,))
        # Not np.concatenate: each chunk is freed as soon as it is copied, so that memory holds the ids only once.
        self._block = np.empty(0, np.int32)
        ids = np.empty(self._n_ids, np.int32)
        n_copied = 0
        while self._chunks:
            chunk = self._chunks.popleft()
            ids[n_copied : n_copied + chunk.size] = chunk
            n_copied += chunk.size
        return ids

    def close(self) -> None:
        """Delete the temporary file, if there is one."""
        if self._file is not None:
            self._file.close()

    def _renumbered(self, chunk: IntArray, new_ids: IntArray) -> IntArray:
        return chunk[: _core.renumber(chunk, new_ids, self._n_threads)]

    def _write(self, file: IO[bytes], ids: IntArray) -> None:
        try:
            file.write(ids.data)
        except OSError as error:
            remedy = "set TMPDIR to a folder with more room, or raise `memory_budget`"
            raise OSError(error.errno, f"{error.strerror} ({4 * self._n_ids} bytes of ids; {remedy})") from error


def large_array(size: int, dtype: DTypeLike, memory_budget: int) -> NDArray[Any]:
    """Return an uninitialized array: in memory, or above the budget mapped from a temporary file, deleted with it.

    Parameters
    ----------
    size : int
        How many elements.
    dtype : dtype
        Of which type.
    memory_budget : int
        Bytes that may be in memory.

    Returns
    -------
    ndarray
        The array.

    Raises
    ------
    OSError
        If there is no room for the file.
    """
    n_bytes = size * np.dtype(dtype).itemsize
    if n_bytes <= memory_budget:
        return np.empty(size, dtype)
    with tempfile.TemporaryFile(prefix="textspace-") as file:
        try:
            if hasattr(os, "posix_fallocate"):  # writing to a mapped page for which there is no room would be fatal
                os.posix_fallocate(file.fileno(), 0, n_bytes)
            file.truncate(n_bytes)
        except OSError as error:
            remedy = "set TMPDIR to a folder with more room, or raise `memory_budget`"
            raise OSError(error.errno, f"{error.strerror} ({n_bytes} bytes of ids; {remedy})") from error
        return np.memmap(file, dtype, mode="r+", shape=(size,))
