"""The tokens of a labelled text, numbered and counted: which are words, which labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from textspace import _core
from textspace.text.corpus import MAX_COUNTED_WORDS, encode_blocks
from textspace.text.id_store import IdStore
from textspace.text.labelled import BLOCK_SIZE, require_prefix, require_texts, text_lines
from textspace.text.reading import read_blocks
from textspace.text.utf8 import pack_words, to_bytes, to_text

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from textspace._typing import IntArray, LongArray, Source
    from textspace.text.features import TextFeatures
    from textspace.text.label_ids import KnownLabels
    from textspace.text.vocabulary import Vocabulary


@dataclass(frozen=True, eq=False)
class LabelledTokens:
    """All different tokens of a text: which are words of the vocabulary, which other words, which labels."""

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
        """Return the bytes of some tokens, one after another, and where each begins."""
        return _core.select_words(self.blob, self.offsets, tokens)

    def tokens_of(self, word: bytes) -> LongArray:
        """Return the number of a word, if it is there."""
        same = np.flatnonzero(np.diff(self.offsets) == len(word))
        return same[_starts_with_at(self.blob, self.offsets[same], word)]


class TokenReader:
    """Numbers the tokens of a text: first the words of a model, then its labels, extra words, then as they come."""

    def __init__(
        self, start: TextFeatures, known_labels: KnownLabels, extra_words: Vocabulary | None, n_threads: int
    ) -> None:
        self._start, self.known_labels, self._extra_words = start, known_labels, extra_words
        self._n_threads = n_threads
        self._encoder = _core.CorpusEncoder(n_threads=n_threads, add_words=True)
        self._prefix = to_bytes(start.label_prefix)

    def read(self, source: Source, *, memory_budget: int, has_labels: bool) -> IdStore:
        """Return the numbers of the text's tokens, -1 at the end of each document.

        Parameters
        ----------
        source : path, iterable of paths, or iterable of str
            The text.
        memory_budget : int
            Bytes of numbers that are kept in memory.
        has_labels : bool
            Whether the labels are given apart from the text, an iterable of str.

        Returns
        -------
        IdStore
            The numbers.
        """
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
        blocks = read_blocks(source, block_size=BLOCK_SIZE)
        encode_blocks(blocks, self._encoder, store, n_known=n_kept, max_counted=MAX_COUNTED_WORDS)
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

    def tokens(self, min_count: int, min_count_label: int, *, extend: bool, has_labels: bool) -> LabelledTokens:
        """Sort out the tokens that were read.

        Parameters
        ----------
        min_count, min_count_label : int
            Rarer words and labels are not known.
        extend : bool
            Whether words and labels are known that the model does not have.
        has_labels : bool
            Whether the labels are given apart from the text, so that no token is one.

        Returns
        -------
        LabelledTokens
            Those that are known by descending count, after those of the model.
        """
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
        return LabelledTokens(
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
    candidates = np.flatnonzero(found)
    found[candidates] = _starts_with_at(blob, offsets[candidates], prefix)
    return found


def _starts_with_at(blob: NDArray[np.uint8], begins: LongArray, prefix: bytes) -> NDArray[np.bool_]:
    """Whether the bytes from each position on are the prefix; none may lie beyond the end."""
    found = np.ones(begins.size, np.bool_)
    for position, byte in enumerate(prefix):
        candidates = np.flatnonzero(found)
        found[candidates] = blob[begins[candidates] + position] == byte
    return found
