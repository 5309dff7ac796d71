"""The linear part of a tag model: one support vector machine a tag over the weighted rows of a text."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from textspace import _core
from textspace.formats.stored_tagspace import SparseLinear
from textspace.training.weighted_texts import texts_of_rows, weighted_texts

if TYPE_CHECKING:
    from collections.abc import Callable

    from textspace._typing import BoolArray, FloatArray, IntArray, LongArray
    from textspace.text.features import TextFeatures
    from textspace.training.tag_documents import TagDocuments

# Projected gradients up to it are as good as 0, and texts up to it inside the margin are left out.
_TOLERANCE = 0.2
_MARGIN_TOLERANCE = 0.15
_PASSES = 5
_SMALLEST_WEIGHT = 1e-3
_BIAS = -1.0  # the core's


@dataclass(frozen=True, slots=True)
class LinearParameters:
    """How the linear part is trained.

    Parameters
    ----------
    cost : float
        C: what a text on the wrong side of the margin costs, against the size of the weights.
    subword_weight : float
        What a character n-gram counts beside a word with the same idf.
    min_texts : int
        Rows that fewer texts have are left out.
    lead : float
        What the first word counts more than a late one.
    n_threads : int
        Threads; the result does not depend on them.
    memory_budget : int
        Bytes that the texts' rows, and their values, may take in memory; more go to temporary files.
    """

    cost: float = 0.5
    subword_weight: float = 0.4
    min_texts: int = 1
    lead: float = 0.0
    n_threads: int = 1
    memory_budget: int = 2**31


def train_linear(
    documents: TagDocuments,
    features: TextFeatures,
    n_tags: int,
    parameters: LinearParameters,
    *,
    mix: float,
    progress: Callable[[float], None],
    start: SparseLinear | None = None,
) -> SparseLinear:
    """Train one linear model a tag.

    Parameters
    ----------
    documents : TagDocuments
        The texts and their tags.
    features : TextFeatures
        Whose rows they have.
    n_tags : int
        L.
    parameters : LinearParameters
        How.
    mix : float
        What the scores are multiplied by when they are added to those of the dense part.
    progress : callable
        Called with the share that is done, some times a second.
    start : SparseLinear, optional
        A linear part with the same rows, for the first tags: it is kept, and only the other tags are trained. A row
        that has a weight keeps it.

    Returns
    -------
    SparseLinear
        The weights.

    Notes
    -----
    A text is the vector of (1 + log n) * w over the rows that it has n times, divided by its norm; w is the row's
    inverse document frequency. With `lead`, the word at position p counts 1 + lead * exp(-p / 10) times in n. Each
    tag's weights minimize half their squared norm plus `cost` times the squared hinge losses of all texts, with a bias
    of -1 that is not learned.

    References
    ----------
    C.-J. Hsieh, K.-W. Chang, C.-J. Lin, S. S. Keerthi, S. Sundararajan, "A dual coordinate descent method for
    large-scale linear SVM", 2008.
    """
    indptr, rows = documents.indptr, documents.rows
    n_texts = texts_of_rows(indptr, rows, features.n_rows, n_threads=parameters.n_threads)
    row_weights = linear_row_weights(n_texts, len(documents), features, parameters)
    n_kept = 0
    if start is not None:
        n_kept = start.bias.size
        if start.row_weights is not None:
            row_weights = np.where(start.row_weights > 0, start.row_weights, row_weights)
    lead = parameters.lead if start is None else start.lead
    texts = weighted_texts(
        indptr,
        rows,
        row_weights,
        n_words=len(features.vocabulary),
        lead=lead,
        n_threads=parameters.n_threads,
        memory_budget=parameters.memory_budget,
    )
    tag_indptr, tag_texts = texts_of_tags(documents, n_tags)
    indptr, tag_ids, values = _core.train_one_vs_rest(
        *texts,
        tag_indptr[n_kept:] - tag_indptr[n_kept],
        tag_texts[tag_indptr[n_kept] :],
        n_rows=features.n_rows,
        cost=parameters.cost,
        tolerance=_TOLERANCE,
        margin_tolerance=_MARGIN_TOLERANCE,
        smallest_weight=_SMALLEST_WEIGHT,
        passes=_PASSES,
        n_threads=parameters.n_threads,
        progress=progress,
    )
    if start is not None:
        indptr, tag_ids, values = _joined(start, indptr, tag_ids + np.int32(n_kept), values)
    return SparseLinear(indptr, tag_ids, values, np.full(n_tags, _BIAS, np.float32), row_weights, mix, lead)


def with_new_rows(linear: SparseLinear, *, n_known_words: int, n_new_words: int, n_rows: int) -> SparseLinear:
    """Make room for words and n-grams that a linear part does not have: words come before the n-grams.

    Parameters
    ----------
    linear : SparseLinear
        The linear part.
    n_known_words, n_new_words : int
        Words that it has, and that come after these.
    n_rows : int
        All rows there are to be; those that are left over are n-grams, at the end.

    Returns
    -------
    SparseLinear
        The same for its own rows; new rows have no weights.
    """
    rows = np.arange(linear.indptr.size - 1)
    rows[n_known_words:] += n_new_words
    lengths = np.zeros(n_rows, np.int64)
    lengths[rows] = np.diff(linear.indptr)
    row_weights = None
    if linear.row_weights is not None:
        row_weights = np.zeros(n_rows, np.float32)
        row_weights[rows] = linear.row_weights
    return replace(linear, indptr=np.append(0, np.cumsum(lengths)), row_weights=row_weights)


def _joined(
    start: SparseLinear, indptr: LongArray, tag_ids: IntArray, values: FloatArray
) -> tuple[LongArray, IntArray, FloatArray]:
    """Put the lists of each row one after the other."""
    rows = [np.repeat(np.arange(each.size - 1), np.diff(each)) for each in (start.indptr, indptr)]
    order = np.argsort(np.concatenate(rows), kind="stable")
    return (
        indptr + start.indptr,
        np.append(start.tag_ids, tag_ids)[order],
        np.append(start.values, values)[order],
    )


def linear_row_weights(
    n_texts: LongArray, n_all: int, features: TextFeatures, parameters: LinearParameters
) -> FloatArray:
    """Return what each row counts: log((1 + N) / (1 + n)) + 1 where n of N texts have it; 0 for rare ones.

    Parameters
    ----------
    n_texts : ndarray of int64, shape (R,)
        How many texts have each row, n.
    n_all : int
        All texts, N.
    features : TextFeatures
        Whose rows they are.
    parameters : LinearParameters
        `subword_weight` and `min_texts`.

    Returns
    -------
    ndarray of float32, shape (R,)
        The weights.
    """
    weights = np.log((1 + n_all) / (1 + n_texts)) + 1
    weights[subword_rows(features)] *= parameters.subword_weight
    weights[n_texts < parameters.min_texts] = 0
    return weights.astype(np.float32)


def subword_rows(features: TextFeatures) -> BoolArray:
    """Tell which rows are character n-grams of known words.

    Parameters
    ----------
    features : TextFeatures
        Whose rows.

    Returns
    -------
    ndarray of bool, shape (R,)
        A bucket that a character n-gram shares with a word n-gram counts as the former.
    """
    is_subword = np.zeros(features.n_rows, bool)
    vocabulary = features.vocabulary
    if features.max_n > 0 and len(vocabulary):
        _, rows = _core.word_rows(
            vocabulary.blob,
            vocabulary.offsets,
            np.arange(len(vocabulary), dtype=np.int32),
            features.min_n,
            features.max_n,
            features.n_buckets,
            len(vocabulary),
            features.buckets,
            features.bucket_rows,
        )
        is_subword[rows[rows >= len(vocabulary)]] = True
    return is_subword


def texts_of_tags(documents: TagDocuments, n_tags: int) -> tuple[LongArray, IntArray]:
    """List the texts that have each tag.

    Parameters
    ----------
    documents : TagDocuments
        Texts and tags.
    n_tags : int
        L.

    Returns
    -------
    indptr : ndarray of int64, shape (L + 1,)
        Tag t has ``texts[indptr[t]:indptr[t + 1]]``.
    texts : ndarray of int32
        Ascending for each tag.
    """
    texts = np.repeat(np.arange(len(documents), dtype=np.int32), np.diff(documents.tag_indptr))
    order = np.argsort(documents.tag_ids, kind="stable")
    ends = np.cumsum(np.bincount(documents.tag_ids, minlength=n_tags))
    return np.append(0, ends), texts[order]
