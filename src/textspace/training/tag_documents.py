"""Texts with tags as the rows that an encoder reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from textspace.text.documents import encode_documents
from textspace.text.features import TextFeatures
from textspace.text.label_ids import KnownLabels
from textspace.text.vocabulary import Vocabulary

if TYPE_CHECKING:
    from textspace._typing import BoolArray, FloatArray, IntArray, LongArray, Source
    from textspace.text.documents import EncodedDocuments
    from textspace.training.tagspace_parameters import TagSpaceParameters

END_OF_TEXT = "</s>"
_BLOCK = 4096  # texts


@dataclass(frozen=True, eq=False)
class TagDocuments:
    """N texts as rows of the word vectors, and their tags.

    Parameters
    ----------
    indptr : ndarray of int64, shape (N + 1,)
        Text i has ``rows[indptr[i]:indptr[i + 1]]``.
    rows : ndarray of int32
        In the order of the text.
    tag_indptr : ndarray of int64, shape (N + 1,)
        Text i has ``tag_ids[tag_indptr[i]:tag_indptr[i + 1]]``.
    tag_ids : ndarray of int32
        Ascending, each once.
    """

    indptr: LongArray
    rows: IntArray
    tag_indptr: LongArray
    tag_ids: IntArray

    def __len__(self) -> int:
        return self.indptr.size - 1


def encode_tagged(
    source: Source,
    tags: object,
    parameters: TagSpaceParameters,
    *,
    start: TextFeatures | None = None,
    start_tags: KnownLabels | None = None,
    extend: bool = True,
) -> tuple[TextFeatures, tuple[str, ...], LongArray, TagDocuments]:
    """Read texts and tags once.

    Parameters
    ----------
    source : path, paths or iterable of str
        Texts; with their tags in them, in fastText's form, where `tags` is None.
    tags : sequence, or None
        For each text its tag, or a sequence of them.
    parameters : TagSpaceParameters
        How texts become rows.
    start : TextFeatures, optional
        Words and n-grams that are known already.
    start_tags : KnownLabels, optional
        The tags that are.
    extend : bool
        Whether new words and tags are added to these.

    Returns
    -------
    features : TextFeatures
        The words and n-grams.
    tags : tuple of str
        By descending count.
    tag_counts : ndarray of int64, shape (L,)
        How many texts have each.
    documents : TagDocuments
        The texts: without the end-of-text word, and without n-grams that no training text has, so that a text of
        unknown words is empty.
    """
    if start is None:
        with_ngrams = parameters.word_ngrams > 1 or parameters.max_n > 0
        start = TextFeatures(
            Vocabulary.from_words([]),
            min_n=parameters.min_n,
            max_n=parameters.max_n,
            word_ngrams=parameters.word_ngrams,
            n_buckets=parameters.n_buckets if with_ngrams else 0,
            label_prefix=parameters.label_prefix,
            buckets=np.empty(0, np.int32),
            bucket_rows=np.empty(0, np.int32),
            skip_missing=True,
        )
    features, names, counts, encoded = encode_documents(
        source,
        tags,
        min_count=parameters.min_count,
        min_count_label=parameters.min_count_label,
        memory_budget=parameters.memory_budget,
        n_threads=parameters.n_threads,
        start=start,
        start_labels=start_tags,
        extend=extend,
    )
    indptr, rows = _rows_of_items(encoded, len(features.vocabulary))
    end_of_text = int(features.vocabulary.ids_of([END_OF_TEXT])[0])
    kept = rows >= 0 if end_of_text < 0 else (rows >= 0) & (rows != end_of_text)
    indptr = _kept_before(kept, indptr)
    tag_indptr = encoded.label_indptr
    tag_ids = _ascending(tag_indptr, encoded.label_ids)
    encoded.close()
    return features, names, counts, TagDocuments(indptr, rows[kept], tag_indptr, tag_ids)


def _kept_before(kept: BoolArray, indptr: LongArray) -> LongArray:
    """Return where each text starts among the rows that are kept; in blocks, since 8 bytes a row would be many."""
    out = np.zeros_like(indptr)
    for begin in range(0, indptr.size - 1, _BLOCK):
        bounds = indptr[begin : begin + _BLOCK + 1]
        sums = np.append(0, np.cumsum(kept[bounds[0] : bounds[-1]]))
        out[begin : begin + bounds.size] = out[begin] + sums[bounds - bounds[0]]
    return out


def _rows_of_items(encoded: EncodedDocuments, n_words: int) -> tuple[LongArray, IntArray]:
    """Put in place of each word number its rows."""
    if encoded.word_indptr is None or encoded.word_rows is None:
        return np.asarray(encoded.indptr), np.asarray(encoded.items)
    items, n_listed = encoded.items, encoded.word_indptr.size - 1
    is_word = items < n_listed
    words = np.where(is_word, items, 0)
    lengths = np.where(is_word, np.diff(encoded.word_indptr)[words], 1)
    ends = np.cumsum(lengths)
    item_of = np.repeat(np.arange(items.size), lengths)
    within = np.arange(int(lengths.sum())) - (ends - lengths)[item_of]
    of_words = encoded.word_rows[np.where(is_word[item_of], encoded.word_indptr[words[item_of]] + within, 0)]
    rows = np.where(is_word[item_of], of_words, n_words + items[item_of] - n_listed)
    return np.append(0, ends)[encoded.indptr], rows.astype(np.int32)


def _ascending(indptr: LongArray, ids: IntArray) -> IntArray:
    documents = np.repeat(np.arange(indptr.size - 1), np.diff(indptr))
    return np.asarray(ids)[np.lexsort((ids, documents))]


def idf_weights(documents: TagDocuments, n_rows: int) -> FloatArray:
    """Return log(N / n) for a row that n of N texts have; log N for one that none has.

    Parameters
    ----------
    documents : TagDocuments
        The texts.
    n_rows : int
        R.

    Returns
    -------
    ndarray of float32, shape (R,)
        At least 0.01, so that a text of words that all texts have is not empty.
    """
    n_texts = np.zeros(n_rows, np.int64)
    for begin in range(0, len(documents), _BLOCK):
        indptr = documents.indptr[begin : begin + _BLOCK + 1]
        of_text = np.repeat(np.arange(indptr.size - 1), np.diff(indptr))
        pairs = np.unique(of_text * n_rows + documents.rows[indptr[0] : indptr[-1]])
        np.add.at(n_texts, pairs % n_rows, 1)
    return np.maximum(np.log(max(len(documents), 1) / np.maximum(n_texts, 1)), 0.01).astype(np.float32)
