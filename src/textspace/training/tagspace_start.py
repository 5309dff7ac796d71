"""What the matrices of a tag model start from, where that is not chance: a model, a bag model, a file of vectors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from textspace.formats import read_vectors
from textspace.formats.stored import word_vector_blocks
from textspace.training.tagspace_matrices import stored_matrices

if TYPE_CHECKING:
    from textspace.formats.stored_tagspace import StoredTagSpace
    from textspace.text.features import TextFeatures
    from textspace.text.vocabulary import Vocabulary
    from textspace.training.tagspace_matrices import TagMatrices


def extended_matrices(matrices: TagMatrices, start: StoredTagSpace, features: TextFeatures) -> TagMatrices:
    """Write the values of a model into those of a larger one, whose words, n-grams and tags begin with its own."""
    known = stored_matrices(start)
    n_words, n_known = len(features.vocabulary), len(start.features.vocabulary)
    n_buckets = len(known.words) - n_known
    matrices.words[:n_known] = known.words[:n_known]
    matrices.words[n_words : n_words + n_buckets] = known.words[n_known:]
    matrices.tags[: len(known.tags)] = known.tags
    if matrices.tag_bias is not None and start.tag_bias is not None:
        matrices.tag_bias[: len(start.tag_bias)] = start.tag_bias
    if matrices.row_weights is not None and known.row_weights is not None:
        matrices.row_weights[:n_known] = known.row_weights[:n_known]
        matrices.row_weights[n_words : n_words + n_buckets] = known.row_weights[n_known:]
    for name in ("filters", "filter_bias", "projection", "projection_bias"):
        values = getattr(known, name)
        if values is not None:
            getattr(matrices, name)[:] = values
    return matrices


def start_from_bag(matrices: TagMatrices, bag: StoredTagSpace) -> None:
    """Take the words and tags of a bag model of the same dimension."""
    known = stored_matrices(bag)
    matrices.words[:] = known.words
    matrices.tags[:] = known.tags


def start_from_file(matrices: TagMatrices, path: str, vocabulary: Vocabulary, *, dim: int) -> None:
    """Take the vectors of the words that a file of word vectors has."""
    stored = read_vectors(path)
    if stored.dim != dim:
        raise ValueError(f"`pretrained_vectors` must have `dim` = {dim} components, got {stored.dim} in {path}")
    ids = stored.vocabulary.ids_of(vocabulary.words)
    known = np.flatnonzero(ids >= 0)
    begin = 0
    for block in word_vector_blocks(stored):
        here = known[(ids[known] >= begin) & (ids[known] < begin + len(block))]
        matrices.words[here, :dim] = block[ids[here] - begin]
        begin += len(block)
