"""StarSpace's `.tsv`: a line a symbol, its numbers behind it, between tabs; words first, then labels with a prefix.

It holds one table: vectors of n-grams are not in it, nor any parameter of the model.
"""

import os
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from textspace import _core
from textspace.errors import FormatError
from textspace.formats.atomic import atomic_file
from textspace.formats.stored_tagspace import StoredTagSpace
from textspace.formats.word2vec_text import read_word2vec_text
from textspace.formats.word_list import WHITE_SPACE, require_words
from textspace.text.features import TextFeatures
from textspace.text.utf8 import pack_words, to_bytes, to_text
from textspace.text.vocabulary import END_OF_LINE, Vocabulary

LABEL_PREFIX = "__label__"
_ROWS_PER_BLOCK = 1 << 14


def has_labels(path: str | os.PathLike[str], label_prefix: str = LABEL_PREFIX) -> bool:
    """Tell whether any line of a file starts with the prefix of labels.

    Parameters
    ----------
    path : str or os.PathLike
        The file.
    label_prefix : str
        The prefix.

    Returns
    -------
    bool
        Whether one does.
    """
    prefix = to_bytes(label_prefix)
    with Path(path).open("rb") as file:
        return any(line.startswith(prefix) for line in file)


def read_starspace_tsv(
    path: str | os.PathLike[str],
    *,
    label_prefix: str = LABEL_PREFIX,
    similarity: Literal["cosine", "dot"] = "cosine",
    power: float = 0.5,
) -> StoredTagSpace:
    """Read a tag model that StarSpace wrote as `.tsv`.

    Parameters
    ----------
    path : str or os.PathLike
        The file, plain or compressed with gzip.
    label_prefix : str
        Symbols that start with it are tags.
    similarity : {"cosine", "dot"}
        What StarSpace was told as ``-similarity``: the file does not say it.
    power : float
        The same for ``-p``; the cosine does not depend on it.

    Returns
    -------
    StoredTagSpace
        A bag of words, each with count 1, as the file keeps no counts.

    Raises
    ------
    FormatError
        The file is damaged, or has no label, or no word.
    OSError
        The file cannot be opened.

    Examples
    --------
    >>> read_starspace_tsv("model.tsv").tags  # doctest: +SKIP
    """
    stored = read_word2vec_text(path)
    vocabulary, vectors = stored.vocabulary, np.asarray(stored.input_vectors)
    prefix = to_bytes(label_prefix)
    symbols = [to_bytes(word) for word in vocabulary.words]
    is_tag = np.array([symbol.startswith(prefix) for symbol in symbols], np.bool_)
    if not label_prefix or is_tag.all() or not is_tag.any():
        raise FormatError(f"{path}: there must be words, and labels, which start with {label_prefix!r}")
    words = [symbol for symbol, skipped in zip(symbols, is_tag.tolist(), strict=True) if not skipped]
    tags = [symbol[len(prefix) :] for symbol, taken in zip(symbols, is_tag.tolist(), strict=True) if taken]
    parameters: dict[str, object] = {
        "preset": "starspace", "encoder": "bag", "loss": "hinge", "similarity": similarity, "dim": vectors.shape[1],
        "power": float(power), "idf": False, "tag_bias": False, "word_dropout": 0.0, "word_ngrams": 1, "min_n": 0,
        "max_n": 0, "folding": "whitespace", "label_prefix": label_prefix,
    }  # fmt: skip
    nothing = np.empty(0, np.int32)
    return StoredTagSpace(
        features=TextFeatures(
            Vocabulary.from_words(words), label_prefix=label_prefix, buckets=nothing, bucket_rows=nothing,
            skip_missing=True,
        ),
        tags=tuple(to_text(tag) for tag in tags),
        tag_counts=np.ones(len(tags), np.int64),
        word_vectors=np.ascontiguousarray(vectors[~is_tag]),
        tag_vectors=np.ascontiguousarray(vectors[is_tag]),
        similarity=similarity,
        loss="hinge",
        parameters=parameters,
    )  # fmt: skip


def write_starspace_tsv(path: str | os.PathLike[str], stored: StoredTagSpace) -> None:
    """Write a tag model as StarSpace's `.tsv`, which its tools and its Python module read.

    Parameters
    ----------
    path : str or os.PathLike
        The file; replaced in one step when it exists.
    stored : StoredTagSpace
        A bag of single words without biases: weights of words are multiplied into their vectors.

    Raises
    ------
    ValueError
        The file cannot hold the model: the message names what is too much.
    OSError
        The file cannot be written.
    """
    _require_plain(stored)
    prefix = stored.features.label_prefix or LABEL_PREFIX
    vectors = np.asarray(stored.word_vectors, np.float32)
    if stored.row_weights is not None:
        vectors = vectors * np.asarray(stored.row_weights, np.float32)[:, None]
    words = stored.features.vocabulary.words
    kept = np.array([word != END_OF_LINE for word in words], np.bool_)
    symbols = [word for word in words if word != END_OF_LINE]
    for symbol in symbols:
        if symbol.startswith(prefix):
            raise ValueError(f"StarSpace takes the word {symbol!r:.80} for a label, as it starts with {prefix!r}")
    labels = [prefix + tag for tag in stored.tags]
    for names in (symbols, labels):
        require_words(Vocabulary.from_words(names), without=WHITE_SPACE, format_name="StarSpace's")
    with atomic_file(path) as file:
        for names, rows in ((symbols, vectors[kept]), (labels, np.asarray(stored.tag_vectors, np.float32))):
            for begin in range(0, len(names), _ROWS_PER_BLOCK):
                end = begin + _ROWS_PER_BLOCK
                file.write(_lines(names[begin:end], rows[begin:end]))


def _lines(names: list[str], rows: NDArray[np.float32]) -> bytes:
    # No name has a space: all that there are stand between columns, and at the end of a line.
    lines = bytes(_core.format_decimal_rows(*pack_words(names), np.ascontiguousarray(rows), 0))
    return lines.replace(b" \n", b"\n").replace(b" ", b"\t")


def _require_plain(stored: StoredTagSpace) -> None:
    excess = {
        "a convolution": stored.convolution is not None,
        "a linear part (linear=False trains none)": stored.linear is not None,
        "biases of tags": stored.tag_bias is not None,
        "n-grams": stored.features.n_rows > len(stored.features.vocabulary),
        "several poolings": stored.tag_vectors.shape[1] != stored.dim
        or stored.parameters.get("poolings", ["mean"]) not in (["mean"], ("mean",)),
        "loss='hs'": stored.loss == "hs",
        "weights of words with similarity='dot'": stored.row_weights is not None and stored.similarity == "dot",
    }
    found = [name for name, is_there in excess.items() if is_there]
    if found:
        raise ValueError(
            f"StarSpace's .tsv cannot hold {', '.join(found)}; save as .textspace, or train with preset='starspace'"
        )
