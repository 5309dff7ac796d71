"""`load`: a file to the estimator that it holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textspace.formats import kind_of
from textspace.vectors import WordVectors

if TYPE_CHECKING:
    import os

    from textspace.classifier import TextClassifier
    from textspace.tagspace import TagSpace


def load(path: str | os.PathLike[str], *, mmap: bool = True) -> WordVectors | TextClassifier | TagSpace:
    """Read a trained model from a file.

    Parameters
    ----------
    path : str or os.PathLike
        A model of this package (``.textspace``), of fastText (``.bin``, ``.ftz``), of word2vec (``.vec``,
        ``.w2v.bin``) or of StarSpace (``.tsv``); its content tells which.
    mmap : bool
        Leave the matrices in the file, where the format allows it: it opens at once, and several processes share the
        memory. False reads them.

    Returns
    -------
    WordVectors, TextClassifier or TagSpace
        Ready to use.

    Raises
    ------
    FormatError
        When the file is damaged, or of no known format.

    Examples
    --------
    >>> wv = load("wv.textspace")  # doctest: +SKIP
    """
    kind = kind_of(path)
    if kind == "tag_space":
        from textspace.tagspace import TagSpace

        return TagSpace.load(path, mmap=mmap)
    if kind == "text_classifier":
        from textspace.classifier import TextClassifier

        return TextClassifier.load(path, mmap=mmap)
    return WordVectors.load(path, mmap=mmap)
