"""Labelled documents as ids: the text is read, cut, hashed and counted once."""

from __future__ import annotations

import os
import tempfile
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from textspace import _core
from textspace._validation import check_int, check_n_threads
from textspace.text.corpus import MAX_COUNTED_WORDS, encode_blocks
from textspace.text.features import TextFeatures
from textspace.text.id_store import IdStore
from textspace.text.labelled import label_lists, require_equal_length, require_prefix, require_texts, text_lines
from textspace.text.reading import read_blocks
from textspace.text.utf8 import pack_words, to_bytes, to_text
from textspace.text.vocabulary import Vocabulary

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import DTypeLike, NDArray
    from typing_extensions import Self

    from textspace._typing import IntArray, LongArray, Source

_NOT_KNOWN, _NO_WORD, _FIRST_LABEL = -1, -2, -3  # roles of tokens, as in core/document_encoder.h
_MISSING_ROW, _LEFT_OUT = -1, -2  # items of buckets


@dataclass(frozen=True, eq=False)
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
        for name in ("indptr", "items", "label_indptr", "label_ids", "word_indptr", "word_rows"):
            object.__setattr__(self, name, np.empty(0, np.int32))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


@dataclass(frozen=True, eq=False)
class KnownLabels:
    """Labels of a model that is trained further: they keep their ids.

    Parameters
    ----------
    names : sequence of str
        L labels, without prefix.
    counts : ndarray of int64, shape (L,)
        How often each was met.
    """

    names: Sequence[str]
    counts: LongArray


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
    word_ngrams, min_n, max_n, n_buckets, label_prefix
        As in `TextFeatures`; where `start` is given, they are its own.
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
    reading = _Reading(start, start_labels or KnownLabels((), np.empty(0, np.int64)), extra_words, n_threads)
    given = None if labels is None else label_lists(labels)
    store = reading.read(source, memory_budget=memory_budget, has_labels=given is not None)
    tokens = reading.tokens(min_count, min_count_label, extend=extend, has_labels=given is not None)
    ids = store.take()
    features, documents = _encode(ids, tokens, start, memory_budget, n_threads, extend=extend)
    store.close()
    if given is None:
        return features, tokens.labels, tokens.label_counts, documents
    require_equal_length(len(documents), given[1].size)
    names, counts, indptr, label_ids = _number_labels(*given, reading.known_labels, min_count_label, extend=extend)
    documents = replace(
        documents, label_indptr=indptr, label_ids=label_ids, n_tokens=documents.n_tokens + label_ids.size
    )
    return features, names, counts, documents


def _no_buckets() -> tuple[IntArray, IntArray]:
    return np.empty(0, np.int32), np.empty(0, np.int32)


@dataclass(frozen=True, eq=False)
class _Tokens:
    """All tokens of a text: which are words of the vocabulary, other words, labels."""

    blob: NDArray[np.uint8]
    offsets: LongArray
    counts: LongArray
    known: IntArray  # tokens that are words of the vocabulary, in the order of their ids
    unknown: IntArray  # other words
    label_tokens: IntArray  # in the order of the labels' ids
    labels: tuple[str, ...]
    label_counts: LongArray
    n_tokens: int

    def words(self, tokens: IntArray) -> tuple[NDArray[np.uint8], LongArray]:
        return _core.select_words(self.blob, self.offsets, tokens)


class _Reading:
    """Numbers the tokens of a text: first the words of a model, then its labels, extra words, then as they come."""

    def __init__(
        self, start: TextFeatures, known_labels: KnownLabels, extra_words: Vocabulary | None, n_threads: int
    ) -> None:
        self._start, self.known_labels, self._extra_words = start, known_labels, extra_words
        self._n_threads = n_threads
        self._encoder = _core.CorpusEncoder(n_threads=n_threads, add_words=True)
        self._prefix = to_bytes(start.label_prefix)

    def read(self, source: Source, *, memory_budget: int, has_labels: bool) -> IdStore:
        vocabulary, labels = self._start.vocabulary, self.known_labels
        self._encoder.add_words(vocabulary.blob, vocabulary.offsets, vocabulary.counts)
        if has_labels:
            source = text_lines(require_texts(source))
        else:
            require_prefix(self._start.label_prefix)
            prefixed = [self._prefix + to_bytes(name) for name in labels.names]
            self._encoder.add_words(*pack_words(prefixed), labels.counts)
        self._n_known = len(self._encoder)
        self._extra = self._add_extra_words()
        n_kept = len(self._encoder)
        store = IdStore(memory_budget=memory_budget, n_threads=self._n_threads)
        encode_blocks(read_blocks(source), self._encoder, store, n_known=n_kept, max_counted=MAX_COUNTED_WORDS)
        return store

    def _add_extra_words(self) -> int:
        if self._extra_words is None:
            return 0
        words = self._extra_words
        new = np.flatnonzero(self._start.vocabulary.ids_of(words.words) < 0) if len(self._start.vocabulary) else None
        order = np.arange(len(words), dtype=np.int32) if new is None else new.astype(np.int32)
        order = order[~_starts_with(words.blob, words.offsets, self._prefix)[order]]
        blob, offsets = _core.select_words(words.blob, words.offsets, order)
        self._encoder.add_words(blob, offsets, np.ones(order.size, np.int64))
        return order.size

    def tokens(self, min_count: int, min_count_label: int, *, extend: bool, has_labels: bool) -> _Tokens:
        blob, offsets = self._encoder.words()
        counts = self._encoder.counts()
        n_words, n_labels = len(self._start.vocabulary), self._n_known - len(self._start.vocabulary)
        is_label = _starts_with(blob, offsets, self._prefix)
        new = np.arange(self._n_known, counts.size)
        words = new[~is_label[self._n_known :]]
        is_kept = (counts[words] >= min_count) | (words < self._n_known + self._extra) if extend else words < 0
        kept = words[is_kept]
        kept = kept[np.argsort(-counts[kept], kind="stable")]
        labels = new[is_label[self._n_known :]] if extend and not has_labels else new[:0]
        labels = labels[counts[labels] >= min_count_label]
        labels = labels[np.argsort(-counts[labels], kind="stable")]
        label_tokens = np.append(n_words + np.arange(n_labels), labels).astype(np.int32)
        prefix = len(self._prefix)
        names = (blob[offsets[token] + prefix : offsets[token + 1]].tobytes() for token in label_tokens)
        return _Tokens(
            blob,
            offsets,
            counts,
            np.append(np.arange(n_words), kept).astype(np.int32),
            words[~is_kept].astype(np.int32),
            label_tokens,
            tuple(to_text(name) for name in names),
            counts[label_tokens],
            self._encoder.n_tokens,
        )


def _starts_with(blob: NDArray[np.uint8], offsets: LongArray, prefix: bytes) -> NDArray[np.bool_]:
    """Whether each word starts with the prefix; none does with an empty one."""
    if not prefix:
        return np.zeros(offsets.size - 1, np.bool_)
    found = np.diff(offsets) >= len(prefix)
    begins = offsets[:-1]
    for position, byte in enumerate(prefix):
        candidates = np.flatnonzero(found)
        found[candidates] = blob[begins[candidates] + position] == byte
    return found


def _encode(
    ids: IntArray, tokens: _Tokens, start: TextFeatures, memory_budget: int, n_threads: int, *, extend: bool
) -> tuple[TextFeatures, EncodedDocuments]:
    n_words = tokens.known.size
    with_subwords = start.max_n > 0
    listed = np.append(tokens.known, tokens.unknown) if with_subwords else tokens.known
    roles = np.full(tokens.counts.size, _NO_WORD, np.int32)
    roles[tokens.unknown] = _NOT_KNOWN
    roles[listed] = np.arange(listed.size, dtype=np.int32)
    roles[tokens.label_tokens] = _FIRST_LABEL - np.arange(tokens.label_tokens.size, dtype=np.int32)
    hashes = np.empty(0, np.uint32)
    if start.word_ngrams > 1:
        hashes = _core.word_hashes(tokens.blob, tokens.offsets)
    encoder = _core.DocumentEncoder(
        ids, roles, hashes, word_ngrams=start.word_ngrams, n_buckets=start.n_buckets, n_threads=n_threads
    )
    blob, offsets = tokens.words(listed)
    first_item = listed.size  # of the buckets
    bucket_items = _known_buckets(start, first_item)
    if extend and start.buckets is not None and start.n_buckets:
        counts = np.zeros(start.n_buckets, np.uint32)
        encoder.count_buckets(counts)
        if with_subwords:
            weights = np.zeros(start.n_buckets, np.int64)
            _core.add_ngram_weights(blob, offsets, tokens.counts[listed], start.min_n, start.max_n, weights)
            counts += np.minimum(weights, 2**31).astype(np.uint32)
        _core.number_buckets(counts, first_item + start.buckets.size, bucket_items)
    features = _features(start, tokens, (blob, offsets), bucket_items, first_item)
    word_indptr, word_rows = _word_rows(features, (blob, offsets), n_words) if with_subwords else (None, None)
    if start.skip_missing:
        bucket_items[bucket_items == _MISSING_ROW] = _LEFT_OUT
    n_documents, n_items, n_labels = encoder.measure(bucket_items)
    documents = EncodedDocuments(
        np.empty(n_documents + 1, np.int64),
        large_array(n_items, np.int32, memory_budget),
        np.empty(n_documents + 1, np.int64),
        np.empty(n_labels, np.int32),
        tokens.n_tokens,
        word_indptr,
        word_rows,
    )
    encoder.encode(bucket_items, documents.indptr, documents.items, documents.label_indptr, documents.label_ids)
    return features, documents


def _known_buckets(start: TextFeatures, first_item: int) -> IntArray:
    """Return the item of each bucket that has a row."""
    if start.buckets is None or start.bucket_rows is None:
        return np.arange(first_item, first_item + start.n_buckets, dtype=np.int32)
    items = np.full(start.n_buckets, _MISSING_ROW, np.int32)
    items[start.buckets] = start.bucket_rows + np.int32(first_item - len(start.vocabulary))
    return items


def _features(
    start: TextFeatures,
    tokens: _Tokens,
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


def _word_rows(
    features: TextFeatures, listed: tuple[NDArray[np.uint8], LongArray], n_words: int
) -> tuple[LongArray, IntArray]:
    """Return the rows of all words, the unknown ones after those of the vocabulary."""
    blob, offsets = listed
    ids = np.full(offsets.size - 1, -1, np.int32)
    ids[:n_words] = np.arange(n_words)
    indptr, rows = _core.word_rows(
        blob,
        offsets,
        ids,
        features.min_n,
        features.max_n,
        features.n_buckets,
        n_words,
        features.buckets,
        features.bucket_rows,
    )
    if not features.skip_missing:
        return indptr, rows
    kept = rows >= 0
    return np.append(0, np.cumsum(kept))[indptr], rows[kept]


def _number_labels(
    names: Iterable[str], n_labels: LongArray, known: KnownLabels, min_count: int, *, extend: bool
) -> tuple[tuple[str, ...], LongArray, LongArray, IntArray]:
    """Return the labels and their counts, and of each text the ids of its labels as a CSR list."""
    numbers: dict[str, int] = defaultdict(None, {name: label_id for label_id, name in enumerate(known.names)})
    numbers.default_factory = numbers.__len__  # type: ignore[attr-defined]
    found = np.fromiter(map(numbers.__getitem__, names), np.int64, int(n_labels.sum()))
    documents = np.repeat(np.arange(n_labels.size), n_labels)
    if n_labels.max(initial=0) > 1:
        pairs = np.unique(documents * len(numbers) + found)
        documents, found = pairs // len(numbers), pairs % len(numbers)
    counts = np.bincount(found, minlength=len(numbers))
    counts[: len(known.names)] += known.counts
    n_known = len(known.names)
    new = n_known + np.flatnonzero(counts[n_known:] >= min_count) if extend else np.empty(0, np.int64)
    order = np.append(np.arange(n_known), new[np.argsort(-counts[new], kind="stable")]).astype(np.int64)
    new_ids = np.full(len(numbers), -1, np.int64)
    new_ids[order] = np.arange(order.size)
    label_ids = new_ids[found]
    kept = label_ids >= 0
    indptr = np.append(0, np.cumsum(np.bincount(documents[kept], minlength=n_labels.size)))
    all_names = list(numbers)
    return tuple(all_names[i] for i in order), counts[order], indptr.astype(np.int64), label_ids[kept].astype(np.int32)


def large_array(size: int, dtype: DTypeLike, memory_budget: int) -> NDArray[Any]:
    """Return an uninitialized array: in memory, or above the budget mapped from a temporary file, deleted with it.

    Parameters
    ----------
    size : int
        How many elements.
    dtype : dtype
        Of which type.
    memory_budget : int
        Bytes that may be in memory.

    Returns
    -------
    ndarray
        The array.

    Raises
    ------
    OSError
        If there is no room for the file.
    """
    n_bytes = size * np.dtype(dtype).itemsize
    if n_bytes <= memory_budget:
        return np.empty(size, dtype)
    with tempfile.TemporaryFile(prefix="textspace-") as file:
        try:
            if hasattr(os, "posix_fallocate"):  # writing to a mapped page for which there is no room would be fatal
                os.posix_fallocate(file.fileno(), 0, n_bytes)
            file.truncate(n_bytes)
        except OSError as error:
            remedy = "set TMPDIR to a folder with more room, or raise `memory_budget`"
            raise OSError(error.errno, f"{error.strerror} ({n_bytes} bytes of ids; {remedy})") from error
        return np.memmap(file, dtype, mode="r+", shape=(size,))
