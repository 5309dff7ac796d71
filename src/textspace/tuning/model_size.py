"""A classifier made small enough."""

from __future__ import annotations

import re
from copy import copy
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from textspace._validation import check_int, reject
from textspace.errors import TextspaceError
from textspace.text.utf8 import to_bytes

if TYPE_CHECKING:
    from textspace.classifier import TextClassifier

UNITS = {"": 1, "k": 1000, "m": 1_000_000, "g": 1_000_000_000}
FEWEST_ROWS = 256  # product quantization has as many centroids
ENTRY_BYTES = 10  # of a word in a file: its end, its count, its kind
HEADER_BYTES = 2000
LABELS_TO_QUANTIZE = 256  # from so many on their vectors are quantized too, as fastText does
ATTEMPTS = 4


class ModelTooLargeError(TextspaceError, ValueError):
    """A model cannot be made as small as was asked for."""


def parse_size(size: int | str) -> int:
    """Read a number of bytes.

    Parameters
    ----------
    size : int or str
        Bytes, or a number with k, M or G behind it (1000, 1000², 1000³).

    Returns
    -------
    int
        Bytes.

    Raises
    ------
    ValueError
        When it is no such number.

    Examples
    --------
    >>> parse_size("2M"), parse_size("0.5k"), parse_size(300)
    (2000000, 500, 300)
    """
    if isinstance(size, str):
        found = re.fullmatch(r"\s*(\d+(?:\.\d*)?)\s*([kmg]?)b?\s*", size, re.IGNORECASE)
        if found is None:
            reject("model_size", "be bytes, or a number with k, M or G, as '2M'", size)
        size = round(float(found[1]) * UNITS[found[2].lower()])
    return check_int("model_size", size, at_least=1)


def file_size(clf: TextClassifier) -> int:
    """Return the bytes of the smallest file that holds a classifier: `.ftz` where it is quantized.

    Parameters
    ----------
    clf : TextClassifier
        A trained one.

    Returns
    -------
    int
        Bytes.
    """
    with TemporaryDirectory() as folder:
        path = Path(folder) / "model.ftz"
        clf.save(path)
        return path.stat().st_size


def require_possible(dim: int, size: int) -> None:
    """Raise where centroids and the fewest rows alone, a byte each, take more.

    Parameters
    ----------
    dim : int
        Components of a vector.
    size : int
        Bytes that the file may have.

    Raises
    ------
    ModelTooLargeError
        Before anything is trained in vain.
    """
    if FEWEST_ROWS * (4 * dim + 1) > size:
        raise ModelTooLargeError(f"the centroids of {dim} dimensions alone do not fit into {size} bytes; allow more")


def shrink(clf: TextClassifier, size: int, *, dsub: int, source: Any, labels: Any) -> TextClassifier:
    """Quantize a classifier, keep only as many rows as fit into `size` bytes, and train these further.

    Parameters
    ----------
    clf : TextClassifier
        A trained one; it is not changed.
    size : int
        Bytes that the file may have.
    dsub : int
        Components that share a byte.
    source : path or sequence of str
        The training texts.
    labels : sequence, or None
        Their labels.

    Returns
    -------
    TextClassifier
        The small one.

    Raises
    ------
    ModelTooLargeError
        When so few rows would fit that they cannot be quantized.
    """
    fixed, per_row = _expected(clf, dsub)
    for _ in range(ATTEMPTS):
        cutoff = int((size - fixed) / per_row)
        if cutoff < FEWEST_ROWS:
            break
        small = copy(clf)  # a model is a value that is replaced as a whole: the other one stays
        small.quantize(source, labels, cutoff=cutoff, dsub=dsub, qnorm=True, qout=_are_many(clf.labels_))
        found = file_size(small)
        if found <= size:
            return small
        per_row = max(1.02 * (found - fixed) / cutoff, 1.02 * per_row)
    raise ModelTooLargeError(f"a model of {size} bytes would have fewer than {FEWEST_ROWS} rows; allow more bytes")


def _expected(clf: TextClassifier, dsub: int) -> tuple[float, float]:
    """Bytes of a quantized model: those that do not depend on the rows, and those of each row."""
    n_labels, n_parts = len(clf.labels_), -(-clf.dim // dsub)
    words = clf.vocabulary_.words
    word_bytes = sum(len(to_bytes(word)) for word in words) / max(len(words), 1)
    centroids = 256 * 4 * (clf.dim + 1)
    entries = sum(len(to_bytes(clf.label_prefix + label)) + ENTRY_BYTES for label in clf.labels_)
    of_label = -(-clf.dim // 2) + 1 if _are_many(clf.labels_) else 4 * clf.dim
    outputs = n_labels * of_label + (centroids if _are_many(clf.labels_) else 0)
    return HEADER_BYTES + centroids + entries + outputs, n_parts + 1 + word_bytes + ENTRY_BYTES


def _are_many(labels: tuple[str, ...]) -> bool:
    return len(labels) >= LABELS_TO_QUANTIZE
