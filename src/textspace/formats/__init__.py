"""Files of word vectors: the native format, fastText's, and word2vec's two."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from textspace.formats.fasttext_bin import write_fasttext_bin
from textspace.formats.native import write_native
from textspace.formats.recognition import reader_for
from textspace.formats.stored import StoredVectors
from textspace.formats.word2vec_binary import write_word2vec_binary
from textspace.formats.word2vec_text import write_word2vec_text

__all__ = ["StoredVectors", "read_vectors", "write_vectors", "writer_of"]

Writer: TypeAlias = Callable[[str | os.PathLike[str], StoredVectors], None]

# The first suffix that fits counts: .w2v.bin is not a .bin.
_WRITERS: dict[str, Writer] = {
    ".textspace": write_native,
    ".w2v.bin": write_word2vec_binary,
    ".w2v": write_word2vec_binary,
    ".bin": write_fasttext_bin,
    ".vec": write_word2vec_text,
    ".txt": write_word2vec_text,
}


def read_vectors(path: str | os.PathLike[str], *, mmap: bool = True) -> StoredVectors:
    """Read word vectors from a file of any known format.

    Parameters
    ----------
    path : str or os.PathLike
        The file. Its content decides on the format; its name only where the content does not.
    mmap : bool
        True: matrices of `.textspace` and fastText's `.bin` are read-only views of the file, which opens at once and
        shares its pages with other processes. False: they are copied into memory. Other formats are always copied.

    Returns
    -------
    StoredVectors
        The model.

    Raises
    ------
    FormatError
        The file is truncated, corrupt or of no known format.
    OSError
        The file cannot be opened.
    ValueError
        `path` is not an ordinary file.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "glove.txt"
    ...     _ = path.write_text("cup 0.5 1 2\\nmug 0.25 1 3\\n")
    ...     found = read_vectors(path)
    >>> found.vocabulary.words, found.input_vectors[1].tolist()
    (['cup', 'mug'], [0.25, 1.0, 3.0])
    """
    return reader_for(path, mmap=mmap)(path)


def write_vectors(path: str | os.PathLike[str], stored: StoredVectors) -> None:
    """Write word vectors in the format that the name of the file asks for.

    Parameters
    ----------
    path : str or os.PathLike
        The file; replaced in one step when it exists. `.textspace` keeps everything; `.bin` is fastText's model;
        `.vec` and `.txt` are text; `.w2v.bin` and `.w2v` are word2vec's binary form.
    stored : StoredVectors
        The model.

    Raises
    ------
    ValueError
        The suffix is unknown, or the format cannot hold the model.
    OSError
        The file cannot be written.

    Examples
    --------
    >>> import numpy as np
    >>> from tempfile import TemporaryDirectory
    >>> from textspace.text.vocabulary import Vocabulary
    >>> model = StoredVectors(Vocabulary.from_words(["cup", "mug"]), np.array([[0.5, 1], [2, 3]], np.float32))
    >>> with TemporaryDirectory() as folder:
    ...     write_vectors(Path(folder) / "cups.vec", model)
    ...     (Path(folder) / "cups.vec").read_text()
    '2 2\\ncup 0.5 1 \\nmug 2 3 \\n'
    """
    writer_of(path)(path, stored)


def writer_of(path: str | os.PathLike[str]) -> Writer:
    """Find the writer of the format that the name of a file asks for.

    Parameters
    ----------
    path : str or os.PathLike
        The file, which need not exist.

    Returns
    -------
    callable
        It takes the path and StoredVectors.

    Raises
    ------
    ValueError
        The suffix is unknown.

    Examples
    --------
    >>> writer_of("v.npz")
    Traceback (most recent call last):
    ValueError: the name of the file must end with one of .textspace, .w2v.bin, .w2v, .bin, .vec, .txt, got 'v.npz'
    """
    name = Path(path).name.lower()
    for suffix, write in _WRITERS.items():
        if name.endswith(suffix):
            return write
    raise ValueError(f"the name of the file must end with one of {', '.join(_WRITERS)}, got {str(path)!r}")
