"""Files of word vectors and text classifiers: the native format, fastText's, and word2vec's two."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from textspace.errors import FormatError
from textspace.formats.fasttext_bin import write_fasttext_bin
from textspace.formats.fasttext_classifier_writer import write_fasttext_classifier
from textspace.formats.native import write_native
from textspace.formats.quantized import ProductQuantized
from textspace.formats.recognition import kind_of, reader_for
from textspace.formats.starspace_tsv import read_starspace_tsv, write_starspace_tsv
from textspace.formats.stored import StoredVectors
from textspace.formats.stored_classifier import Calibration, StoredClassifier
from textspace.formats.stored_tagspace import StoredTagSpace
from textspace.formats.word2vec_binary import write_word2vec_binary
from textspace.formats.word2vec_text import write_word2vec_text

__all__ = [
    "Calibration",
    "StoredClassifier",
    "StoredTagSpace",
    "StoredVectors",
    "kind_of",
    "read_classifier",
    "read_model",
    "read_starspace_tsv",
    "read_tagspace",
    "read_vectors",
    "write_classifier",
    "write_tagspace",
    "write_vectors",
    "writer_of",
]

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


_KINDS: dict[type, str] = {
    StoredVectors: "word vectors",
    StoredClassifier: "a text classifier",
    StoredTagSpace: "a tag model",
}


def read_model(path: str | os.PathLike[str], *, mmap: bool = True) -> StoredVectors | StoredClassifier | StoredTagSpace:
    """Read a model from a file of any known format.

    Parameters
    ----------
    path : str or os.PathLike
        The file. Its content decides on the format; its name only where the content does not.
    mmap : bool
        True: matrices of `.textspace` and fastText's files are read-only views of the file, which opens at once and
        shares its pages with other processes. False: they are copied into memory. Other formats are always copied.

    Returns
    -------
    StoredVectors, StoredClassifier or StoredTagSpace
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
    ...     _ = path.write_text("cup 0.5 1 2")
    ...     type(read_model(path)).__name__
    'StoredVectors'
    """
    return reader_for(path, mmap=mmap)(path)


def read_classifier(path: str | os.PathLike[str], *, mmap: bool = True) -> StoredClassifier:
    """Read a text classifier from a `.textspace` file or a fastText `.bin` or `.ftz`.

    Parameters
    ----------
    path : str or os.PathLike
        The file. Its content decides on the format.
    mmap : bool
        As for `read_model`.

    Returns
    -------
    StoredClassifier
        The model.

    Raises
    ------
    FormatError
        The file is truncated, corrupt or of no known format, or holds word vectors.
    OSError
        The file cannot be opened.
    ValueError
        `path` is not an ordinary file.

    Examples
    --------
    >>> read_classifier("lid.176.ftz").labels[:3]  # doctest: +SKIP
    ('en', 'ru', 'de')
    """
    model = read_model(path, mmap=mmap)
    if isinstance(model, StoredClassifier):
        return model
    raise FormatError(f"{path}: {_KINDS[type(model)]}, not a text classifier: open it with textspace.load")


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
        The file is truncated, corrupt or of no known format, or holds a text classifier.
    OSError
        The file cannot be opened.
    ValueError
        `path` is not an ordinary file.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "glove.txt"
    ...     _ = path.write_text("cup 0.5 1 2")
    ...     found = read_vectors(path)
    >>> found.vocabulary.words, found.input_vectors.tolist()
    (['cup'], [[0.5, 1.0, 2.0]])
    """
    model = read_model(path, mmap=mmap)
    if isinstance(model, StoredVectors):
        return model
    raise FormatError(f"{path}: {_KINDS[type(model)]}, not word vectors: open it with textspace.load")


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
    ...     (Path(folder) / "cups.vec").read_text().split()
    ['2', '2', 'cup', '0.5', '1', 'mug', '2', '3']
    """
    writer_of(path)(path, stored)


def write_classifier(path: str | os.PathLike[str], stored: StoredClassifier) -> None:
    """Write a text classifier in the format that the name of the file asks for.

    Parameters
    ----------
    path : str or os.PathLike
        The file; replaced in one step when it exists. `.textspace` keeps everything; `.bin` and `.ftz` are fastText's
        model, the second product-quantized.
    stored : StoredClassifier
        The model.

    Raises
    ------
    ValueError
        The suffix is unknown, or the format cannot hold the model.
    OSError
        The file cannot be written.

    Examples
    --------
    >>> write_classifier("model.ftz", stored)  # doctest: +SKIP
    """
    suffix = Path(path).suffix.lower()
    if suffix == ".textspace":
        write_native(path, stored)
        return
    if suffix not in (".bin", ".ftz"):
        raise ValueError(f"the name of the file must end with one of .textspace, .bin, .ftz, got {str(path)!r}")
    if suffix == ".ftz" and not isinstance(stored.input_vectors, ProductQuantized):
        raise ValueError("a .ftz file holds a product-quantized model: call quantize first, or save as .bin")
    write_fasttext_classifier(path, stored)


def read_tagspace(path: str | os.PathLike[str], *, mmap: bool = True) -> StoredTagSpace:
    """Read a tag model from a `.textspace` file or StarSpace's `.tsv`.

    Parameters
    ----------
    path : str or os.PathLike
        The file.
    mmap : bool
        As for `read_model`.

    Returns
    -------
    StoredTagSpace
        The model.

    Raises
    ------
    FormatError
        The file is truncated, corrupt or of no known format, or holds another kind of model.
    OSError
        The file cannot be opened.

    Examples
    --------
    >>> read_tagspace("tags.textspace").tags  # doctest: +SKIP
    """
    model = read_model(path, mmap=mmap)
    if isinstance(model, StoredTagSpace):
        return model
    raise FormatError(f"{path}: {_KINDS[type(model)]}, not a tag model: open it with textspace.load")


def write_tagspace(path: str | os.PathLike[str], stored: StoredTagSpace) -> None:
    """Write a tag model.

    Parameters
    ----------
    path : str or os.PathLike
        The file; replaced in one step when it exists. `.textspace` keeps everything; `.tsv` is StarSpace's.
    stored : StoredTagSpace
        The model.

    Raises
    ------
    ValueError
        The suffix is another one, or the format cannot hold the model.
    OSError
        The file cannot be written.

    Examples
    --------
    >>> write_tagspace("tags.textspace", stored)  # doctest: +SKIP
    """
    suffix = Path(path).suffix.lower()
    if suffix not in (".textspace", ".tsv"):
        raise ValueError(f"the name of the file must end with one of .textspace, .tsv, got {str(path)!r}")
    (write_native if suffix == ".textspace" else write_starspace_tsv)(path, stored)


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
