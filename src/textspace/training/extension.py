"""The matrices that a training run starts from: new ones, or those of a model with rows for what is new to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from textspace.formats.quantized import require_float32
from textspace.training.matrices import BLOCK_ROWS, copy_rows, random_matrix, zero_matrix

if TYPE_CHECKING:
    from textspace._typing import FloatArray, IntArray
    from textspace.formats.stored import StoredVectors
    from textspace.text.subwords import Subwords
    from textspace.text.vocabulary import Vocabulary
    from textspace.training.parameters import VectorParameters


@dataclass(frozen=True, slots=True)
class VectorMatrices:
    """What training updates in place: padded, aligned float32 matrices of R, V and 2 * window rows."""

    inputs: FloatArray
    outputs: FloatArray
    position_weights: FloatArray | None


def new_matrices(vocabulary: Vocabulary, subwords: Subwords | None, parameters: VectorParameters) -> VectorMatrices:
    """Return random input vectors, output vectors of zeros, and position weights of ones."""
    n_words, dim = len(vocabulary), parameters.dim
    n_rows = n_words + (subwords.n_rows if subwords else 0)
    return VectorMatrices(
        random_matrix(n_rows, dim, seed=parameters.seed, n_threads=parameters.n_threads),
        zero_matrix(n_words, dim),
        _unit_weights(parameters) if parameters.position_weights else None,
    )


def extended_matrices(
    start: StoredVectors,
    start_weights: FloatArray | None,
    vocabulary: Vocabulary,
    subwords: Subwords | None,
    parameters: VectorParameters,
) -> VectorMatrices:
    """Return copies of a model's matrices, laid out for a vocabulary that begins with the model's.

    Parameters
    ----------
    start : StoredVectors
        The model.
    start_weights : float32 array (2 * window, D) or None
        Its position weights, where it has them.
    vocabulary : Vocabulary
        The words of the model, then new ones.
    subwords : Subwords or None
        The n-grams of that vocabulary, with compact rows.
    parameters : VectorParameters
        `dim`, `min_n`, `max_n` and `n_buckets` must be the model's.

    Returns
    -------
    VectorMatrices
        Rows that the model does not have start as in a new model.

    Raises
    ------
    ValueError
        When the shape of the model is not that of the parameters, or the model is quantized.
    """
    _require_same_shape(start, parameters)
    matrices = new_matrices(vocabulary, subwords, parameters)
    n_known, dim = len(start.vocabulary), parameters.dim
    copy_rows(require_float32(start.input_vectors)[:n_known], matrices.inputs[:n_known, :dim])
    if subwords is not None:
        _start_ngrams(start, vocabulary, subwords, matrices.inputs[:, :dim])
    # The inner nodes of the tree of hierarchical softmax mean something else once the counts have changed.
    if start.output_vectors is not None and "hs" not in (parameters.loss, start.parameters.get("loss")):
        copy_rows(start.output_vectors, matrices.outputs[:n_known, :dim])
    weights = matrices.position_weights
    if weights is not None and start_weights is not None and len(start_weights) == len(weights):
        weights[:, :dim] = start_weights
    return matrices


def _require_same_shape(start: StoredVectors, parameters: VectorParameters) -> None:
    model = {"dim": start.dim}
    if start.subwords is not None:
        model |= {name: getattr(start.subwords, name) for name in ("min_n", "max_n", "n_buckets")}
    for name, value in model.items():
        if getattr(parameters, name) != value:
            raise ValueError(
                f"`{name}` must stay as the model was trained, {value}, got {getattr(parameters, name)}; "
                f"set_params({name}={value}), or fit a new model"
            )


def _start_ngrams(start: StoredVectors, vocabulary: Vocabulary, subwords: Subwords, inputs: FloatArray) -> None:
    """Take over the rows of the n-grams that the model has, or give n-grams to a model that has none."""
    if start.subwords is not None:
        vectors = require_float32(start.input_vectors)
        rows, model_rows = _shared_ngram_rows(start, subwords)
        for begin in range(0, len(rows), BLOCK_ROWS):
            block = slice(begin, begin + BLOCK_ROWS)
            inputs[rows[block]] = vectors[model_rows[block]]
        return
    # A word's vector is the mean over its rows: with zeros for the n-grams, its own row takes their number to keep it.
    indptr, _ = subwords.vocabulary_rows(vocabulary)
    n_known = len(start.vocabulary)
    inputs[len(vocabulary) :] = 0
    inputs[:n_known] *= np.diff(indptr[: n_known + 1])[:, np.newaxis].astype(np.float32)


def _shared_ngram_rows(start: StoredVectors, wanted: Subwords) -> tuple[IntArray, IntArray]:
    """Return the rows of the buckets that both have: those of `wanted`, and those of the model."""
    known = start.subwords
    assert known is not None
    assert wanted.buckets is not None
    assert wanted.ngram_rows is not None
    if known.buckets is None or known.ngram_rows is None:
        return wanted.ngram_rows, known.first_row + wanted.buckets
    _, here, there = np.intersect1d(wanted.buckets, known.buckets, return_indices=True)
    rows, model_rows = wanted.ngram_rows[here], known.ngram_rows[there]
    valid = (model_rows >= known.first_row) & (model_rows < start.input_vectors.shape[0])  # a file's rows are unchecked
    return rows[valid], model_rows[valid]


def _unit_weights(parameters: VectorParameters) -> FloatArray:
    weights = zero_matrix(2 * parameters.window, parameters.dim)
    weights[:, : parameters.dim] = 1
    return weights
