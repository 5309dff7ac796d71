"""Texts with tags as the rows that an encoder reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from textspace.text.documents import encode_documents
from textspace.text.features import TextFeatures
from textspace.text.id_store import IdStore, large_array
from textspace.text.label_ids import KnownLabels
from textspace.text.vocabulary import Vocabulary
from textspace.training.weighted_texts import texts_of_rows

if TYPE_CHECKING:
    from textspace._typing import FloatArray, IntArray, LongArray, Source
    from textspace.text.documents import EncodedDocuments
    from textspace.training.tagspace_parameters import TagSpaceParameters

_BLOCK = 1024  # texts


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
        end_of_text=False,
        max_ngrams=parameters.max_ngrams,
    )
    _sort_tags(encoded.label_indptr, encoded.label_ids)
    indptr, rows = _rows_of_texts(encoded, len(features.vocabulary), parameters)
    documents = TagDocuments(indptr, rows, encoded.label_indptr, encoded.label_ids)
    encoded.close()
    return features, names, counts, documents


def _sort_tags(indptr: LongArray, ids: IntArray) -> None:
    for begin in range(0, indptr.size - 1, _BLOCK):
        bounds = indptr[begin : begin + _BLOCK + 1]
        n_tags = np.diff(bounds)
        if n_tags.max() > 1:
            here = ids[bounds[0] : bounds[-1]]
            here[:] = here[np.lexsort((here, np.repeat(np.arange(n_tags.size), n_tags)))]


def _rows_of_texts(
    encoded: EncodedDocuments, n_words: int, parameters: TagSpaceParameters
) -> tuple[LongArray, IntArray]:
    """Put in place of each word number its rows, and leave out rows of zeros."""
    if encoded.word_indptr is None and encoded.items.min(initial=0) >= 0:
        return encoded.indptr, encoded.items
    lists = _RowLists.of(encoded, n_words)
    indptr = large_array(encoded.indptr.size, np.int64, parameters.memory_budget)
    indptr[0] = 0
    store = IdStore(memory_budget=parameters.memory_budget, n_threads=parameters.n_threads)
    for begin in range(0, len(encoded), _BLOCK):
        bounds = encoded.indptr[begin : begin + _BLOCK + 1]
        ends, rows = lists.rows_of(encoded.items[bounds[0] : bounds[-1]])
        indptr[begin : begin + bounds.size] = indptr[begin] + ends[bounds - bounds[0]]
        store.append(rows)
    return indptr, store.take()


class _RowLists(NamedTuple):
    """The rows that an item stands for: W words, then one for any word n-gram, then none for a row of zeros, -1."""

    begins: LongArray
    lengths: LongArray
    rows: IntArray
    first_ngram: int  # its row

    @classmethod
    def of(cls, encoded: EncodedDocuments, n_words: int) -> _RowLists:
        if encoded.word_indptr is None or encoded.word_rows is None:
            return cls(np.zeros(2, np.int64), np.array([1, 0]), np.zeros(1, np.int32), 0)  # items are rows
        indptr, rows = encoded.word_indptr, encoded.word_rows
        if rows.min(initial=0) < 0:
            indptr, rows = np.append(0, np.cumsum(rows >= 0))[indptr], rows[rows >= 0]
        return cls(np.append(indptr, 0), np.append(np.diff(indptr), [1, 0]), np.append(rows, np.int32(0)), n_words)

    def rows_of(self, items: IntArray) -> tuple[LongArray, IntArray]:
        """Return how many rows there are before each item and after the last, and the rows."""
        n_listed = self.lengths.size - 2
        lists = np.minimum(items, n_listed)
        lengths = self.lengths[lists]
        ends = np.append(0, np.cumsum(lengths))
        rows = self.rows[np.repeat(self.begins[lists] - ends[:-1], lengths) + np.arange(ends[-1])]
        is_ngram = items >= n_listed
        rows[ends[:-1][is_ngram]] = self.first_ngram + items[is_ngram] - n_listed
        return ends, rows


def idf_weights(documents: TagDocuments, n_rows: int, *, n_threads: int = 1) -> FloatArray:
    """Return log(N / n) for a row that n of N texts have; log N for one that none has.

    Parameters
    ----------
    documents : TagDocuments
        The texts.
    n_rows : int
        R.
    n_threads : int
        Threads; the result does not depend on them.

    Returns
    -------
    ndarray of float32, shape (R,)
        At least 0.01, so that a text of words that all texts have is not empty.
    """
    n_texts = texts_of_rows(documents.indptr, documents.rows, n_rows, n_threads=n_threads)
    return np.maximum(np.log(max(len(documents), 1) / np.maximum(n_texts, 1)), 0.01).astype(np.float32)
