"""What the two word2vec formats share: their first line, the words they can hold, and a table of rows that grows."""

import re

import numpy as np
from numpy.typing import NDArray

from textspace import _core
from textspace.errors import FormatError
from textspace.formats.stored import StoredVectors
from textspace.text.vocabulary import Vocabulary

_COUNTS = re.compile(rb"[ \t]*([1-9]\d{0,17})[ \t]+([1-9]\d{0,8})[ \t]*\r?\n?")
WHITE_SPACE = b" \t\n\v\f\r\0"


def parse_counts(line: bytes) -> tuple[int, int] | None:
    """Parse the first line of a word2vec file.

    Parameters
    ----------
    line : bytes
        The line.

    Returns
    -------
    tuple of int, or None
        The number of words and `dim`; None when the line is not two positive integers.
    """
    match = _COUNTS.fullmatch(line)
    return (int(match[1]), int(match[2])) if match else None


def require_words(vocabulary: Vocabulary, *, without: bytes, format_name: str) -> None:
    """Check that a format can hold all words.

    Parameters
    ----------
    vocabulary : Vocabulary
        The words.
    without : bytes
        The bytes that no word may contain.
    format_name : str
        Whose format it is, for the message.

    Raises
    ------
    ValueError
        A word is empty or contains one of the bytes, or the vocabulary is damaged.
    """
    lengths = np.diff(vocabulary.offsets)
    if (lengths < 0).any():
        raise ValueError("the vocabulary is damaged: its offsets decrease")
    if (lengths == 0).any():
        raise ValueError(f"a word is empty, which {format_name} format cannot hold: save as .textspace")
    if np.isin(vocabulary.blob, np.frombuffer(without, np.uint8)).any():
        raise ValueError(
            f"a word contains one of {without!r}, which {format_name} format cannot hold: save as .textspace"
        )


class WordRows:
    """Words and their vectors, collected block by block.

    Parameters
    ----------
    dim : int
        The length of a vector.
    n_promised : int or None
        How many rows there will be at most, if that is known. It must be plausible: memory is asked for.
    """

    def __init__(self, dim: int, *, n_promised: int | None) -> None:
        self.n_rows = 0
        self._grows = n_promised is None
        self._rows = np.empty((n_promised or 0, dim), np.float32)
        self._blobs: list[NDArray[np.uint8]] = []
        self._lengths: list[NDArray[np.int64]] = []

    def room_for(self, n_rows: int) -> NDArray[np.float32]:
        """Make room for the next block.

        Parameters
        ----------
        n_rows : int
            How many rows it may have.

        Returns
        -------
        ndarray of float32, shape (B, dim)
            Writable rows, valid until the next call: at least `n_rows`, or all that are left of those promised.
        """
        needed = self.n_rows + n_rows
        if self._grows and needed > len(self._rows):
            # In place: no view of the rows is in use between two blocks.
            self._rows.resize((max(needed, len(self._rows) * 3 // 2), self._rows.shape[1]), refcheck=False)
        return self._rows[self.n_rows :]

    def add(self, blob: NDArray[np.uint8], lengths: NDArray[np.int64]) -> None:
        """Take the words of the rows that were just written.

        Parameters
        ----------
        blob : ndarray of uint8, shape (n_bytes,)
            Their bytes, one word after the other.
        lengths : ndarray of int64, shape (N,)
            The length of each.
        """
        self._blobs.append(blob)
        self._lengths.append(lengths)
        self.n_rows += len(lengths)

    def stored(self) -> StoredVectors:
        """Return everything collected as a model; of equal words the first is kept.

        Returns
        -------
        StoredVectors
            Without subwords and output vectors.

        Raises
        ------
        FormatError
            There are no words.
        """
        if self.n_rows == 0:
            raise FormatError("there are no words in the file")
        rows = self._rows
        rows.resize((self.n_rows, rows.shape[1]), refcheck=False)
        blob, lengths = np.concatenate(self._blobs), np.concatenate(self._lengths)
        is_first = np.empty(self.n_rows, np.bool_)
        _core.first_occurrences(blob, _offsets(lengths), is_first)
        if not is_first.all():
            rows, blob, lengths = rows[is_first], blob[np.repeat(is_first, lengths)], lengths[is_first]
        vocabulary = Vocabulary.from_arrays(
            blob, _offsets(lengths), np.ones(len(lengths), np.int64), n_tokens=len(lengths)
        )
        parameters: dict[str, object] = {"dim": rows.shape[1], "min_n": 0, "max_n": 0, "n_buckets": 0}
        return StoredVectors(vocabulary, rows, parameters=parameters)


def _offsets(lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])
