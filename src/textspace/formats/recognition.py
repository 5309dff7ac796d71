"""Which format a file is of: by its content, and by its name where the content does not tell."""

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeAlias

from textspace.errors import FormatError
from textspace.formats.fasttext_bin import read_fasttext_bin
from textspace.formats.fasttext_classifier import SUPERVISED, read_fasttext_classifier
from textspace.formats.fasttext_layout import MAGIC, looks_like_old_model
from textspace.formats.file_bytes import map_bytes
from textspace.formats.native import read_native
from textspace.formats.starspace_tsv import has_labels, read_starspace_tsv
from textspace.formats.stored import StoredVectors
from textspace.formats.stored_classifier import StoredClassifier
from textspace.formats.stored_tagspace import StoredTagSpace
from textspace.formats.tensor_file import MAX_HEADER_BYTES, read_tensor_file
from textspace.formats.word2vec_binary import read_word2vec_binary
from textspace.formats.word2vec_text import GZIP_MAGIC, columns_of, read_word2vec_text
from textspace.formats.word_list import parse_counts

Reader: TypeAlias = Callable[[str | os.PathLike[str]], StoredVectors | StoredClassifier | StoredTagSpace]

_FASTTEXT = MAGIC.to_bytes(4, "little")
_ARCHIVES = {b"PK\x03\x04": "zip", b"BZh": "bzip2", b"\xfd7zXZ\x00": "xz", b"\x28\xb5\x2f\xfd": "zstandard"}
_CONTROL = frozenset(range(32)) - frozenset(b"\t\r\n")
_MAX_LINE_BYTES = 1 << 20


def reader_for(path: str | os.PathLike[str], *, mmap: bool) -> Reader:
    """Find the reader of a file.

    Parameters
    ----------
    path : str or os.PathLike
        The file.
    mmap : bool
        What to tell the readers that can map a file into memory.

    Returns
    -------
    callable
        It takes the path and returns StoredVectors, StoredClassifier or StoredTagSpace.

    Raises
    ------
    FormatError
        Nothing known looks like this file.
    OSError
        The file cannot be opened.
    """
    data = map_bytes(path)
    head = data[:64].tobytes()
    for magic, name in _ARCHIVES.items():
        if head.startswith(magic):
            raise FormatError(f"{path}: the file is compressed with {name}: decompress it first")
    if _is_fasttext_classifier(head):
        return partial(read_fasttext_classifier, mmap=mmap)
    if head.startswith(_FASTTEXT) or looks_like_old_model(data):
        return partial(read_fasttext_bin, mmap=mmap)
    if _is_native(head):
        return partial(read_native, mmap=mmap)
    if head.startswith(GZIP_MAGIC):
        return read_word2vec_text
    if _is_starspace(path):
        return read_starspace_tsv
    reader = _by_lines(path, mmap=mmap)
    if reader is None:
        raise FormatError(
            f"{path}: not a .textspace, fastText .bin or .ftz, word2vec or GloVe file: it starts with {head[:16]!r}"
        )
    return reader


def kind_of(path: str | os.PathLike[str]) -> str:
    """Tell what kind of model a file holds, without checking that it is sound.

    Parameters
    ----------
    path : str or os.PathLike
        The file.

    Returns
    -------
    str
        What a `.textspace` file says; "tag_space" for a `.tsv` with labels; "text_classifier" or "word_vectors" for
        others.

    Raises
    ------
    FormatError
        The header of a `.textspace` file is damaged.
    OSError
        The file cannot be opened.

    Examples
    --------
    >>> kind_of("lid.176.ftz")  # doctest: +SKIP
    'text_classifier'
    """
    head = map_bytes(path)[:64].tobytes()
    if _is_fasttext_classifier(head):
        return "text_classifier"
    if _is_starspace(path):
        return "tag_space"
    return read_tensor_file(path).metadata.get("kind", "") if _is_native(head) else "word_vectors"


def _is_fasttext_classifier(head: bytes) -> bool:
    return head.startswith(_FASTTEXT) and head[36:40] == SUPERVISED.to_bytes(4, "little")


def _is_starspace(path: str | os.PathLike[str]) -> bool:
    return Path(path).suffix.lower() == ".tsv" and has_labels(path)


def _is_native(head: bytes) -> bool:
    return int.from_bytes(head[:8], "little") <= MAX_HEADER_BYTES and head[8:9] == b"{"


def _by_lines(path: str | os.PathLike[str], *, mmap: bool) -> Reader | None:
    with Path(path).open("rb") as file:
        first, second = file.readline(_MAX_LINE_BYTES), file.readline(_MAX_LINE_BYTES)
    suffix = Path(path).suffix.lower()
    named_text = suffix in (".vec", ".txt")
    counts = parse_counts(first)
    if counts is not None:
        is_text = columns_of(second) >= counts[1] or (named_text and _CONTROL.isdisjoint(second))
        return read_word2vec_text if is_text else read_word2vec_binary
    if named_text or columns_of(first) > 1:
        return read_word2vec_text
    # Only their errors can come of these; they say what is wrong.
    by_name: dict[str, Reader] = {
        ".textspace": partial(read_native, mmap=mmap),
        ".bin": partial(read_fasttext_bin, mmap=mmap),
        ".ftz": partial(read_fasttext_bin, mmap=mmap),
        ".w2v": read_word2vec_binary,
    }
    return by_name.get(suffix)
