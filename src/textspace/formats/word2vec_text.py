"""Word vectors as text (`.vec`, `.txt`): word2vec's and fastText's form, and GloVe's, which has no first line."""

import gzip
import os
import zlib
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path

import numpy as np

from textspace import _core
from textspace.errors import FormatError
from textspace.formats.atomic import atomic_file
from textspace.formats.stored import StoredVectors, word_vector_blocks
from textspace.formats.word_list import WHITE_SPACE, WordRows, parse_counts, require_words

_BLOCK_BYTES = 1 << 24
_MAX_LINE_BYTES = 1 << 24
GZIP_MAGIC = b"\x1f\x8b"


def read_word2vec_text(path: str | os.PathLike[str]) -> StoredVectors:
    """Read word vectors from text.

    Parameters
    ----------
    path : str or os.PathLike
        The file, plain or compressed with gzip. The first line may give the number of words and `dim`; without it
        (GloVe) the columns of the first line tell `dim`.

    Returns
    -------
    StoredVectors
        The words in the order of the file, each with count 1, as the file keeps no counts. Of a word that occurs twice
        the first row is kept.

    Raises
    ------
    FormatError
        A line has the wrong number of columns, a column is not a finite number, the number of lines is not the one that
        the first line gives, or the compressed data is damaged.
    OSError
        The file cannot be opened.

    Notes
    -----
    The file is read in blocks: the memory needed is that of the vectors. Words are bytes, so they need not be UTF-8; a
    word may contain spaces as long as no part of it after the first is a number.
    """
    try:
        with _open(path) as stream:
            return _read(stream, file_size=None if isinstance(stream, gzip.GzipFile) else Path(path).stat().st_size)
    except (_core.MalformedInput, FormatError) as error:
        raise FormatError(f"{path}: {error}") from None
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise FormatError(f"{path}: the compressed data is damaged or cut short: {error}") from error


def write_word2vec_text(path: str | os.PathLike[str], stored: StoredVectors, *, precision: int | None = None) -> None:
    """Write the vectors of all words as text, in fastText's layout.

    Parameters
    ----------
    path : str or os.PathLike
        The file; replaced in one step when it exists.
    stored : StoredVectors
        The model. N-grams are not written: a word's vector is the mean over its own row and theirs.
    precision : int or None
        The number of significant digits, 1 to 17. None writes as many as reading the same float32 back takes, up to 9,
        where fastText writes 5.

    Raises
    ------
    ValueError
        A word is empty or contains white space, or a vector is not finite.
    OSError
        The file cannot be written.
    """
    if precision is not None and not 1 <= precision <= 17:
        raise ValueError(f"`precision` must be from 1 to 17 digits, or None, got {precision}")
    vocabulary = stored.vocabulary
    require_words(vocabulary, without=WHITE_SPACE, format_name="word2vec's")
    with atomic_file(path) as file:
        file.write(b"%d %d\n" % (len(vocabulary), stored.dim))
        start = 0
        for block in word_vector_blocks(stored):
            offsets = vocabulary.offsets[start : start + len(block) + 1]
            blob = vocabulary.blob[offsets[0] : offsets[-1]]
            file.write(_core.format_decimal_rows(blob, offsets - offsets[0], block, precision or 0))
            start += len(block)


def columns_of(line: bytes) -> int:
    """Count the numbers at the end of a line.

    Parameters
    ----------
    line : bytes
        A line of a file that may hold word vectors as text.

    Returns
    -------
    int
        The number of finite decimal numbers after the first column and after the last column that is not one.
    """
    columns = line.replace(b"\t", b" ").split()
    count = 0
    while count + 1 < len(columns) and _is_number(columns[-1 - count]):
        count += 1
    return count


def _is_number(column: bytes) -> bool:
    try:
        return bool(np.isfinite(float(column))) and b"_" not in column
    except ValueError:
        return False


def _open(path: str | os.PathLike[str]) -> gzip.GzipFile | BufferedReader:
    path = Path(path)
    with path.open("rb") as file:
        compressed = file.read(2) == GZIP_MAGIC
    return gzip.open(path, "rb") if compressed else path.open("rb")


def _read(stream: gzip.GzipFile | BufferedReader, *, file_size: int | None) -> StoredVectors:
    """Read an open file; its size bounds what the first line may promise, and is None where it is compressed."""
    first = stream.readline(_MAX_LINE_BYTES)
    counts = parse_counts(first)
    if counts is None:
        n_promised, dim, next_line, pending = None, columns_of(first), 1, first
        if dim == 0:
            raise FormatError("the first line must be a number of words and `dim`, or a word and its numbers")
    else:
        (n_promised, dim), next_line, pending = counts, 2, b""
    min_line = 1 + 2 * dim  # a letter, and a space and a digit for each number
    if min_line > _MAX_LINE_BYTES or (file_size is not None and (n_promised or 1) * min_line > file_size):
        raise FormatError(f"the first line promises {n_promised} words of {dim} numbers, more than the file can hold")
    rows = WordRows(dim, n_promised=n_promised if file_size is not None else None)
    for block in _blocks(stream, pending):
        n_lines = block.count(b"\n")
        # Blank lines take no row, so newlines alone must not ask for memory. One more: the line that turns out wrong.
        out = rows.room_for(min(n_lines, len(block) // min_line) + 1)
        rows.add(*_core.parse_decimal_rows(np.frombuffer(block, np.uint8), next_line, out))
        next_line += n_lines
    if n_promised is not None and rows.n_rows != n_promised:
        raise FormatError(f"the first line promises {n_promised} words, but {rows.n_rows} follow: correct or remove it")
    return rows.stored()


def _blocks(stream: gzip.GzipFile | BufferedReader, pending: bytes) -> Iterator[bytes]:
    """Yield the rest of the stream in blocks of whole lines."""
    while chunk := stream.read(_BLOCK_BYTES):
        cut = chunk.rfind(b"\n") + 1
        if cut:
            yield pending + chunk[:cut]
            pending = chunk[cut:]
        else:
            pending += chunk
        if len(pending) > _MAX_LINE_BYTES:
            raise FormatError(f"a line is longer than {_MAX_LINE_BYTES} bytes")
    if pending:
        yield pending
