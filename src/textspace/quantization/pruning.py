"""Which rows of a classifier's input matrix are kept: fastText's rule."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from textspace._validation import check_int
from textspace.formats.fasttext_buckets import BucketRows, require_sound
from textspace.formats.quantized import require_float32
from textspace.quantization.matrices import row_norms
from textspace.text.vocabulary import END_OF_LINE, Vocabulary

if TYPE_CHECKING:
    from textspace._typing import IntArray, LongArray
    from textspace.formats import StoredClassifier


def prune_classifier(model: StoredClassifier, *, cutoff: int) -> StoredClassifier:
    """Keep the rows of a classifier's input matrix that matter most, by fastText's rule.

    The end of a line stays in any case, then the rows of the largest norms, of words and buckets alike. Words keep
    their order; the rows of buckets follow in the order of their norms. An n-gram without a row is then left out of a
    text, and no longer counts as a row of zeros.

    Parameters
    ----------
    model : StoredClassifier
        A model of a float32 input matrix; it is not changed.
    cutoff : int
        How many rows to keep.

    Returns
    -------
    StoredClassifier
        The model itself where it has no more words and buckets than that.

    Raises
    ------
    ValueError
        When `cutoff` is less than 1, or the model is quantized or damaged.

    Examples
    --------
    >>> prune_classifier(model, cutoff=100_000).features.n_rows  # doctest: +SKIP
    100000
    """
    check_int("cutoff", cutoff, at_least=1)
    features = model.features
    n_words, n_rows = len(features.vocabulary), features.n_rows
    # Buckets without rows count: in fastText they have rows, though of nothing learned.
    if cutoff >= (n_rows if features.skip_missing else n_words + features.n_buckets):
        return model
    matrix = require_float32(model.input_vectors)
    importance = row_norms(matrix)
    end_of_line = features.vocabulary.id_of(END_OF_LINE)
    if end_of_line >= 0:
        importance[end_of_line] = np.inf
    kept = np.argsort(-importance, kind="stable")[:cutoff]
    words, ngram_rows = np.sort(kept[kept < n_words]), kept[kept >= n_words]
    buckets = _buckets_of(model)[ngram_rows - n_words]
    order = np.argsort(buckets)
    pruned = replace(
        features,
        vocabulary=_chosen_words(features.vocabulary, words),
        buckets=buckets[order].astype(np.int32),
        bucket_rows=(len(words) + order).astype(np.int32),
        skip_missing=True,
    )
    return replace(model, features=pruned, input_vectors=matrix[np.concatenate([words, ngram_rows])], bucket_order=None)


def _buckets_of(model: StoredClassifier) -> IntArray | LongArray:
    """Return the bucket of each row that is not a word's."""
    features = model.features
    if features.buckets is None or features.bucket_rows is None:
        return np.arange(features.n_buckets)
    n_words = len(features.vocabulary)
    require_sound(BucketRows(n_words, features.n_buckets, features.buckets, features.bucket_rows))
    buckets = np.empty_like(features.buckets)
    buckets[features.bucket_rows - n_words] = features.buckets
    return buckets


def _chosen_words(vocabulary: Vocabulary, word_ids: LongArray) -> Vocabulary:
    lengths = np.diff(vocabulary.offsets)
    if (lengths < 0).any():
        raise ValueError("the vocabulary is damaged: its offsets decrease")
    is_chosen = np.zeros(len(vocabulary), np.bool_)
    is_chosen[word_ids] = True
    offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths[word_ids])])
    blob = vocabulary.blob[np.repeat(is_chosen, lengths)]
    return Vocabulary.from_arrays(blob, offsets, vocabulary.counts[word_ids], n_tokens=vocabulary.n_tokens)
