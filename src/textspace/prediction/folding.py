"""Folding: the product of both matrices, computed once, so that a token costs L numbers instead of D."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from textspace import _core
from textspace._validation import check_n_threads
from textspace.formats.quantized import dense_matrix

if TYPE_CHECKING:
    from textspace._typing import FloatArray
    from textspace.formats.stored_classifier import StoredClassifier


def fold(stored: StoredClassifier, *, n_threads: int | None = None) -> StoredClassifier:
    """Fold a classifier of few labels: the same predictions from a smaller model.

    The scores of a text are linear in its rows: mean(rows) @ output.T = mean(rows @ output.T).

    Parameters
    ----------
    stored : StoredClassifier
        A model with L <= D; folded already, it is returned as it is.
    n_threads : int, optional
        Threads; None uses all cores.

    Returns
    -------
    StoredClassifier
        The model with `input_vectors` of shape (R, L), rounded to float32, and no `output_vectors`. It gives no
        embeddings and cannot be trained any more.

    Raises
    ------
    ValueError
        If L > D, where folding would make the model larger.

    Notes
    -----
    Takes R * L * D multiplications, once.

    Examples
    --------
    >>> from textspace.formats.stored_classifier import StoredClassifier
    >>> from textspace.text.features import TextFeatures
    >>> from textspace.text.vocabulary import Vocabulary
    >>> features = TextFeatures(Vocabulary.from_words(["good", "bad", "</s>"]))
    >>> counts = np.array([2, 1])
    >>> vectors = np.array([[1, 0, 2], [-1, 0, 1], [0, 1, 0]], np.float32)
    >>> stored = StoredClassifier(features, ("pos", "neg"), counts, vectors, vectors[:2], "softmax")
    >>> fold(stored, n_threads=1).input_vectors.tolist()
    [[5.0, 1.0], [1.0, 2.0], [0.0, 0.0]]
    """
    if stored.output_vectors is None:
        return stored
    n_labels, dim = stored.output_vectors.shape
    if n_labels > dim:
        raise ValueError(f"a model must have at most as many labels as dimensions to be folded, got {n_labels} > {dim}")
    matrices = dense_matrix(stored.input_vectors), dense_matrix(stored.output_vectors)
    return replace(
        stored, input_vectors=folded_rows(*matrices, n_threads=check_n_threads(n_threads)), output_vectors=None
    )


def folded_rows(
    input_vectors: FloatArray, output_vectors: FloatArray, *, n_threads: int, width: int | None = None
) -> FloatArray:
    """Multiply the matrices.

    Parameters
    ----------
    input_vectors : ndarray of float32, shape (R, D)
        One factor.
    output_vectors : ndarray of float32, shape (L, D)
        The other, transposed.
    n_threads : int
        Threads.
    width : int, optional
        Columns of the result: L by default; more are filled with zeros.

    Returns
    -------
    ndarray of float32, shape (R, width)
        The product.

    Examples
    --------
    >>> folded_rows(np.ones((1, 3), np.float32), np.ones((1, 3), np.float32), n_threads=1, width=2)
    array([[3., 0.]], dtype=float32)
    """
    out = np.empty((len(input_vectors), width or len(output_vectors)), np.float32)
    _core.fold(input_vectors, output_vectors, n_threads=n_threads, out=out)
    return out
