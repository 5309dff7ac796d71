"""Labelled documents as ids: the text is read, cut, hashed and counted once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from textspace import _core
from textspace._validation import check_int, check_n_threads
from textspace.text.features import TextFeatures
from textspace.text.id_store import large_array
from textspace.text.label_ids import KnownLabels, number_labels
from textspace.text.labelled import label_lists, require_equal_length
from textspace.text.labelled_tokens import LabelledTokens, TokenReader
from textspace.text.vocabulary import Vocabulary

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from typing_extensions import Self

    from textspace._typing import IntArray, LongArray, Source

_NOT_KNOWN, _NO_WORD, _FIRST_LABEL = -1, -2, -3  # roles of tokens, as in core/document_encoder.h
_MISSING_ROW, _LEFT_OUT = -1, -2  # items of buckets
_END_OF_TEXT = b"</s>"


@dataclass(eq=False)
class EncodedDocuments:
    """N documents as items, with their labels.

    Parameters
    ----------
    indptr : ndarray of int64, shape (N + 1,)
        Document i has ``items[indptr[i]:indptr[i + 1]]``.
    items : ndarray of int32
        Rows of the input matrix, -1 for a row of zeros; with character n-grams, the numbers of words, and from W on
        those of word n-grams, of which item i has row ``V + i - W``.
    label_indptr : ndarray of int64, shape (N + 1,)
        Document i has ``label_ids[label_indptr[i]:label_indptr[i + 1]]``.
    label_ids : ndarray of int32
        Different labels of a document; those that are not known are left out.
    n_tokens : int
        Words, known or not, ends of documents and labels.
    word_indptr, word_rows : ndarray of int64, shape (W + 1,), and of int32, or None
        With character n-grams: the rows of word w are ``word_rows[word_indptr[w]:word_indptr[w + 1]]``.
    """

    indptr: LongArray
    items: IntArray
    label_indptr: LongArray
    label_ids: IntArray
    n_tokens: int
    word_indptr: LongArray | None = None
    word_rows: IntArray | None = None

    def __len__(self) -> int:
        return self.indptr.size - 1

    def close(self) -> None:
        """Free the arrays; a temporary file is deleted when the last of them is gone."""
        self.indptr = self.label_indptr = np.zeros(1, np.int64)
        self.items = self.label_ids = np.empty(0, np.int32)
        self.word_indptr = self.word_rows = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def encode_documents(
    source: Source,
    labels: object = None,
    *,
    min_count: int = 1,
    min_count_label: int = 1,
    word_ngrams: int = 1,
    min_n: int = 0,
    max_n: int = 0,
    n_buckets: int = 2_000_000,
    label_prefix: str = "__label__",
    memory_budget: int = 2**31,
    n_threads: int | None = None,
    start: TextFeatures | None = None,
    start_labels: KnownLabels | None = None,
    extend: bool = True,
    extra_words: Vocabulary | None = None,
    end_of_text: bool = True,
    max_ngrams: int | None = None,
) -> tuple[TextFeatures, tuple[str, ...], LongArray, EncodedDocuments]:
    """Read labelled texts once, count their words and labels, and turn them into ids.

    Parameters
    ----------
    source : path, iterable of paths, or iterable of str
        Without `labels`, text in fastText's form, a document a line, as in `read_labelled`. With `labels`, N texts:
        line ends in them are spaces.
    labels : sequence, optional
        For each text its label, or a sequence of its labels: str, or int which becomes its decimal digits.
    min_count, min_count_label : int, default 1
        Words and labels that occur less often are not known.
    word_ngrams, min_n, max_n, n_buckets : int
        As in `TextFeatures`; where `start` is given, they are its own.
    label_prefix : str, default "__label__"
        What labels in a text start with; no token that does is a word. That of `start`, where it is given.
    memory_budget : int, default 2**31
        Bytes of ids that are kept in memory, before and after encoding; more go to temporary files.
    n_threads : int, optional
        Threads; all cores by default. The result does not depend on it.
    start : TextFeatures, optional
        Words and n-grams of a model: they keep their order, before those that are new.
    start_labels : KnownLabels, optional
        The labels of that model.
    extend : bool, default True
        Whether new words, n-grams and labels are added to those of `start`.
    extra_words : Vocabulary, optional
        Words that are added whatever `min_count` is, each as if it had occurred once more.
    end_of_text : bool, default True
        Whether the word ``</s>``, which ends every text, is one of its items.
    max_ngrams : int, optional
        How many buckets of n-grams have rows at most, beyond those of `start`: the most frequent.

    Returns
    -------
    features : TextFeatures
        The words by descending count, and the buckets that occur, the most frequent first.
    labels : tuple of str
        The labels without prefix, by descending count.
    label_counts : ndarray of int64, shape (L,)
        How often each occurs.
    documents : EncodedDocuments
        The texts.

    Raises
    ------
    ValueError
        If an argument is out of its range, or `labels` and texts are not equally many.
    TypeError
        If an argument, a text or a label is of the wrong type.

    Notes
    -----
    The word ``</s>`` in a file ends the document as the end of its line does; in a text of a sequence it is left out.

    Examples
    --------
    >>> features, labels, counts, documents = encode_documents(["__label__pos a good good film", "__label__neg a film"])
    >>> features.vocabulary.words, labels, counts.tolist()
    (['a', 'good', 'film', '</s>'], ('pos', 'neg'), [1, 1])
    >>> documents.items.tolist(), documents.indptr.tolist(), documents.label_ids.tolist()
    ([0, 1, 1, 2, 3, 0, 2, 3], [0, 5, 8], [0, 1])
    """
    check_int("min_count", min_count, at_least=1)
    check_int("min_count_label", min_count_label, at_least=0)
    check_int("memory_budget", memory_budget, at_least=0)
    n_threads = check_n_threads(n_threads)
    if start is None:
        n_buckets = n_buckets if word_ngrams > 1 or max_n > 0 else 0
        start = TextFeatures(
            Vocabulary.from_words([]), min_n, max_n, word_ngrams, n_buckets, label_prefix, *_no_buckets()
        )
    reading = TokenReader(start, start_labels or KnownLabels((), np.empty(0, np.int64)), extra_words, n_threads)
    given = None if labels is None else label_lists(labels)
    store = reading.read(source, memory_budget=memory_budget, has_labels=given is not None)
    tokens = reading.tokens(min_count, min_count_label, extend=extend, has_labels=given is not None)
    ids = store.take()
    features, documents = _encode(
        ids, tokens, start, memory_budget, n_threads, extend=extend, end_of_text=end_of_text, max_ngrams=max_ngrams
    )
    store.close()
    if given is None:
        return features, tokens.labels, tokens.label_counts, documents
    require_equal_length(len(documents), given[1].size)
    names, counts, indptr, label_ids = number_labels(*given, reading.known_labels, min_count_label, extend=extend)
    documents = replace(
        documents, label_indptr=indptr, label_ids=label_ids, n_tokens=documents.n_tokens + label_ids.size
    )
    return features, names, counts, documents


def _no_buckets() -> tuple[IntArray, IntArray]:
    return np.empty(0, np.int32), np.empty(0, np.int32)


def _encode(
    ids: IntArray,
    tokens: LabelledTokens,
    start: TextFeatures,
    memory_budget: int,
    n_threads: int,
    *,
    extend: bool,
    end_of_text: bool,
    max_ngrams: int | None,
) -> tuple[TextFeatures, EncodedDocuments]:
    n_words = tokens.known.size
    with_subwords = start.max_n > 0
    listed = np.append(tokens.known, tokens.unknown) if with_subwords else tokens.known
    roles = _roles(tokens, listed, end_of_text=end_of_text)
    hashes = np.empty(0, np.uint32)
    if start.word_ngrams > 1:
        hashes = _core.word_hashes(tokens.blob, tokens.offsets)
    encoder = _core.DocumentEncoder(
        ids, roles, hashes, word_ngrams=start.word_ngrams, n_buckets=start.n_buckets, n_threads=n_threads
    )
    blob, offsets = tokens.words(listed)
    first_item = listed.size  # of the buckets
    bucket_items = _known_buckets(start, first_item)
    buckets, word_rows = None, None
    if with_subwords:
        buckets = _word_buckets(start, (blob, offsets), n_words, n_threads)
        word_rows = large_array(buckets.n_rows, np.int32, memory_budget)
        buckets.fill(word_rows)
    if extend and start.buckets is not None and start.n_buckets:
        counts = np.zeros(start.n_buckets, np.uint32)
        encoder.count_buckets(counts)
        if buckets is not None:
            buckets.add_counts(tokens.counts[listed], counts)
        first_new = first_item + start.buckets.size
        _core.number_buckets(counts, first_new, bucket_items)
        if max_ngrams is not None:
            bucket_items[bucket_items >= first_new + max_ngrams] = _MISSING_ROW
    features = _features(start, tokens, (blob, offsets), bucket_items, first_item)
    if start.skip_missing:
        bucket_items[bucket_items == _MISSING_ROW] = _LEFT_OUT
    word_indptr = None
    if buckets is not None and word_rows is not None:
        word_indptr = buckets.to_rows(bucket_items, n_words - first_item)
        word_rows = word_rows[: word_indptr[-1]]
    n_documents, n_items, n_labels = encoder.measure(bucket_items)
    documents = EncodedDocuments(
        large_array(n_documents + 1, np.int64, memory_budget),
        large_array(n_items, np.int32, memory_budget),
        large_array(n_documents + 1, np.int64, memory_budget),
        large_array(n_labels, np.int32, memory_budget),
        tokens.n_tokens,
        word_indptr,
        word_rows,
    )
    encoder.encode(bucket_items, documents.indptr, documents.items, documents.label_indptr, documents.label_ids)
    return features, documents


def _roles(tokens: LabelledTokens, listed: IntArray, *, end_of_text: bool) -> IntArray:
    """Return what each token is to the core: the item of a listed word, a label, or a word of neither kind."""
    roles = np.full(tokens.counts.size, _NO_WORD, np.int32)
    roles[tokens.unknown] = _NOT_KNOWN
    roles[listed] = np.arange(listed.size, dtype=np.int32)
    if not end_of_text:
        roles[tokens.tokens_of(_END_OF_TEXT)] = _NOT_KNOWN
    roles[tokens.label_tokens] = _FIRST_LABEL - np.arange(tokens.label_tokens.size, dtype=np.int32)
    return roles


def _known_buckets(start: TextFeatures, first_item: int) -> IntArray:
    """Return the item of each bucket that has a row."""
    if start.buckets is None or start.bucket_rows is None:
        return np.arange(first_item, first_item + start.n_buckets, dtype=np.int32)
    items = np.full(start.n_buckets, _MISSING_ROW, np.int32)
    items[start.buckets] = start.bucket_rows + np.int32(first_item - len(start.vocabulary))
    return items


def _features(
    start: TextFeatures,
    tokens: LabelledTokens,
    listed: tuple[NDArray[np.uint8], LongArray],
    bucket_items: IntArray,
    first_item: int,
) -> TextFeatures:
    n_words = tokens.known.size
    offsets = listed[1][: n_words + 1]
    vocabulary = Vocabulary.from_arrays(
        listed[0][: offsets[-1]],
        offsets,
        tokens.counts[tokens.known],
        n_tokens=start.vocabulary.n_tokens + tokens.n_tokens,
        check_offsets=False,
    )
    if start.buckets is None:
        return replace(start, vocabulary=vocabulary)
    buckets = np.flatnonzero(bucket_items >= 0).astype(np.int32)
    rows = bucket_items[buckets] + np.int32(n_words - first_item)
    return replace(start, vocabulary=vocabulary, buckets=buckets, bucket_rows=rows)


def _word_buckets(
    start: TextFeatures, words: tuple[NDArray[np.uint8], LongArray], n_known: int, n_threads: int
) -> _core.WordBuckets:
    return _core.WordBuckets(
        *words, n_known, min_n=start.min_n, max_n=start.max_n, n_buckets=start.n_buckets, n_threads=n_threads
    )
