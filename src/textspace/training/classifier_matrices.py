"""The matrices that a classifier's training starts from: new ones, or those of a model with rows for what is new."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from textspace._validation import reject
from textspace.formats.quantized import require_float32
from textspace.formats.stored import word_vector_blocks
from textspace.training.extended_tree import place_outputs
from textspace.training.matrices import BLOCK_ROWS, copy_rows, random_matrix, zero_matrix

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textspace._typing import FloatArray
    from textspace.formats.stored import StoredVectors
    from textspace.formats.stored_classifier import StoredClassifier
    from textspace.text.features import TextFeatures
    from textspace.training.classifier_parameters import ClassifierParameters


@dataclass(frozen=True, slots=True)
class ClassifierMatrices:
    """What training updates in place: padded, aligned float32 matrices of R and L rows."""

    inputs: FloatArray
    outputs: FloatArray

    def copy_from(self, other: ClassifierMatrices) -> None:
        """Take over all values."""
        np.copyto(self.inputs, other.inputs)
        np.copyto(self.outputs, other.outputs)


def starting_matrices(
    features: TextFeatures,
    labels: Sequence[str],
    parameters: ClassifierParameters,
    *,
    start: StoredClassifier | None = None,
    pretrained: StoredVectors | None = None,
) -> ClassifierMatrices:
    """Return random input vectors and output vectors of zeros, then those that are known.

    Parameters
    ----------
    features : TextFeatures
        The rows; those of `start` come first among words and among buckets.
    labels : sequence of str
        L labels; those of `start` come first.
    parameters : ClassifierParameters
        Checked parameters.
    start : StoredClassifier, optional
        A model whose rows are taken over.
    pretrained : StoredVectors, optional
        Word vectors that are taken over by words that `start` does not have.

    Returns
    -------
    ClassifierMatrices
        The matrices.

    Raises
    ------
    ValueError
        When `start` or `pretrained` does not fit the parameters.
    """
    dim = parameters.dim
    inputs = random_matrix(features.n_rows, dim, seed=parameters.seed, n_threads=parameters.n_threads)
    matrices = ClassifierMatrices(inputs, zero_matrix(len(labels), dim))
    if pretrained is not None:
        _take_word_vectors(pretrained, features, inputs[:, :dim])
    if start is not None:
        _take_model(start, features, parameters, matrices)
    return matrices


def _take_word_vectors(pretrained: StoredVectors, features: TextFeatures, inputs: FloatArray) -> None:
    if pretrained.dim != inputs.shape[1]:
        reject("pretrained_vectors", f"have `dim`={inputs.shape[1]} components", pretrained.dim, "set `dim` to theirs")
    rows = features.vocabulary.ids_of(pretrained.vocabulary.words)
    begin = 0
    for block in word_vector_blocks(pretrained):
        block_rows = rows[begin : begin + len(block)]
        inputs[block_rows[block_rows >= 0]] = block[block_rows >= 0]
        begin += len(block)


def _take_model(
    start: StoredClassifier,
    features: TextFeatures,
    parameters: ClassifierParameters,
    matrices: ClassifierMatrices,
) -> None:
    dim, n_known = parameters.dim, len(start.features.vocabulary)
    if start.output_vectors is None:
        raise ValueError("the model must have output vectors to be trained further; a folded one has none")
    if start.input_vectors.shape[1] != dim:
        reject("dim", f"stay as the model was trained, {start.input_vectors.shape[1]}", dim, "or fit a new model")
    if start.loss != parameters.loss:
        reject("loss", f"stay as the model was trained, {start.loss!r}", parameters.loss, "or fit a new model")
    inputs, outputs = require_float32(start.input_vectors), require_float32(start.output_vectors)
    copy_rows(inputs[:n_known], matrices.inputs[:n_known, :dim])
    if start.loss == "hs":
        place_outputs(outputs, matrices.outputs[:, :dim])
    else:
        copy_rows(outputs, matrices.outputs[: len(start.labels), :dim])
    n_words, n_buckets = len(features.vocabulary), start.features.n_rows - n_known
    for begin in range(0, n_buckets, BLOCK_ROWS):
        end = min(begin + BLOCK_ROWS, n_buckets)
        matrices.inputs[n_words + begin : n_words + end, :dim] = inputs[n_known + begin : n_known + end]
