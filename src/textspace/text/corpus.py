"""A corpus as ids: its text is read, cut, hashed and counted once."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import numpy as np

from textspace import _core
from textspace._validation import check_int, check_n_threads
from textspace.text.id_store import IdStore
from textspace.text.reading import BLOCK_SIZE, read_blocks
from textspace.text.tokenizers import tokenized_blocks
from textspace.text.vocabulary import Vocabulary

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from typing_extensions import Self

    from textspace._typing import IntArray, LongArray, Source, Tokenizer

_LOGGER = logging.getLogger(__name__)
# fastText's: beyond it rare words are forgotten while the text is being counted.
MAX_COUNTED_WORDS = 22_500_000
_MIN_COUNTED_WORDS = 1_000_000


class EncodedCorpus:
    """The ids of a text's words, line after line.

    Parameters
    ----------
    store : IdStore
        The ids; it is closed with the corpus.
    n_lines : int
        How many of them are -1.

    Attributes
    ----------
    ids : ndarray of int32, shape (T,)
        The id of each word of the vocabulary; -1 at the end of each line. In memory, or memory-mapped from a temporary
        file that is deleted when the corpus is closed or garbage-collected.
    n_tokens : int
        How many of `ids` are words.
    n_lines : int
        How many are ends of lines.

    Examples
    --------
    >>> vocabulary, corpus = read_corpus(["a b", "a"], min_count=1)
    >>> with corpus:
    ...     print(vocabulary.words, corpus.ids.tolist(), corpus.n_tokens, corpus.n_lines)
    ['a', '</s>', 'b'] [0, 2, 1, -1, 0, 1, -1] 5 2
    """

    ids: IntArray
    n_tokens: int
    n_lines: int

    def __init__(self, store: IdStore, *, n_lines: int) -> None:
        self._store = store
        self.ids = store.take()
        self.n_lines = n_lines
        self.n_tokens = self.ids.size - n_lines

    def close(self) -> None:
        """Free the ids and delete the temporary file, if there is one."""
        self.ids = np.empty(0, np.int32)
        self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def read_corpus(
    source: Source,
    *,
    min_count: int = 5,
    max_vocab: int | None = None,
    tokenizer: Tokenizer = "whitespace",
    memory_budget: int = 2**31,
    n_threads: int | None = None,
    vocabulary: Vocabulary | None = None,
    extend: bool = False,
    progress: Callable[[int, int], None] | None = None,
    block_size: int = BLOCK_SIZE,
) -> tuple[Vocabulary, EncodedCorpus]:
    r"""Read a text once, count its words, and turn it into their ids.

    Parameters
    ----------
    source : path, iterable of paths, or iterable of str
        As in `read_blocks`. Each end of a line is a token ``</s>``, a word like any other, and so is the end of a text
        or file that does not end in a newline. The word ``</s>`` in the text ends the line as well.
    min_count : int, default 5
        Words that occur less often are left out.
    max_vocab : int, optional
        How many words the vocabulary holds at most: the most frequent.
    tokenizer : {"whitespace", "unicode"} or callable
        As in `tokenize`.
    memory_budget : int, default 2**31
        Bytes of ids (4 a token) that are kept in memory; more go to a temporary file in Python's temporary folder.
    n_threads : int, optional
        How many threads count and encode; all cores by default. The result does not depend on it.
    vocabulary : Vocabulary, optional
        Encode with these words instead of those of the text.
    extend : bool, default False
        Whether words of the text that are not in `vocabulary` are appended to it. The words in it keep their ids, and
        the counts of the text are added to theirs.
    progress : callable, optional
        Called as ``progress(n_bytes, n_tokens)`` with what has been read, now and then.
    block_size : int, default 2**24
        About how many bytes are read and encoded at once.

    Returns
    -------
    vocabulary : Vocabulary
        The words by descending count, those of equal count in the order of their first appearance. `vocabulary`
        itself, or with `extend` its words and then the new ones.
    corpus : EncodedCorpus
        The text, in which words that are not in the vocabulary are left out.

    Raises
    ------
    ValueError
        If an argument is out of its range, or no word occurs `min_count` times.
    TypeError
        If an argument, or an item of `source`, is of the wrong type.
    FileNotFoundError, IsADirectoryError
        If a path is no file.
    FormatError
        If a compressed file is damaged or truncated.
    MissingPackageError
        If a .zst file needs a package that is not installed.
    OSError
        If a file cannot be read, or the temporary file not written.

    Notes
    -----
    Text may be any bytes. Only the first 65,536 bytes of a token are kept.

    When more than 22.5 million different words have been met (with `max_vocab`, 10 * `max_vocab`, but at least a
    million), the rarest half are forgotten together with their occurrences so far, as fastText does. Their counts, and
    those of words that come back, are then too low; below that number all counts are exact.

    Memory holds the counted words, one block for reading ahead and its ids, and ids up to `memory_budget`: it does not
    grow with the length of the text.

    Examples
    --------
    >>> vocabulary, corpus = read_corpus(["the cheese", "the wine"], min_count=2)
    >>> vocabulary.words, vocabulary.counts.tolist(), vocabulary.n_tokens
    (['the', '</s>'], [2, 2], 6)
    >>> corpus.ids.tolist()
    [0, 1, -1, 0, 1, -1]
    """
    check_int("min_count", min_count, at_least=1)
    check_int("max_vocab", MAX_COUNTED_WORDS if max_vocab is None else max_vocab, at_least=1)
    check_int("memory_budget", memory_budget, at_least=0)
    check_int("block_size", block_size, at_least=1)
    if extend and vocabulary is None:
        raise ValueError("`extend` must not be True without a `vocabulary` to extend")
    n_threads = check_n_threads(n_threads)
    texts = tokenized_blocks(read_blocks(source, block_size=block_size), tokenizer=tokenizer, block_size=block_size)
    start = Vocabulary.from_words([]) if vocabulary is None else vocabulary
    encoder = _core.CorpusEncoder(n_threads=n_threads, add_words=vocabulary is None or extend)
    encoder.add_words(start.blob, start.offsets, start.counts)
    store = IdStore(memory_budget=memory_budget, n_threads=n_threads)
    encode_blocks(texts, encoder, store, n_known=len(start), max_counted=_max_counted(max_vocab), progress=progress)
    if vocabulary is None or extend:
        kept = _kept_words(encoder.counts(), n_known=len(start), min_count=min_count, max_vocab=max_vocab)
        store.renumber(encoder.keep(kept))
        n_tokens = start.n_tokens + encoder.n_tokens
        vocabulary = Vocabulary.from_arrays(*encoder.words(), encoder.counts(), n_tokens=n_tokens)
    return vocabulary, EncodedCorpus(store, n_lines=encoder.n_lines)


def encode_blocks(
    texts: Iterator[bytes],
    encoder: _core.CorpusEncoder,
    store: IdStore,
    *,
    n_known: int,
    max_counted: int,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Encode a text into the store; above `max_counted` new words, the rarest half is forgotten."""
    n_bytes = 0
    for text in texts:
        store.append(encoder.encode(text))
        if len(encoder) - n_known > max_counted:
            kept = _frequent_words(encoder.counts(), n_known=n_known, max_words=max_counted // 2)
            _LOGGER.info("%d different words were met, all but %d are forgotten", len(encoder), kept.size)
            store.renumber(encoder.keep(kept))
        n_bytes += len(text)
        if progress is not None:
            progress(n_bytes, encoder.n_tokens)


def _max_counted(max_vocab: int | None) -> int:
    if max_vocab is None:
        return MAX_COUNTED_WORDS
    return min(max(10 * max_vocab, _MIN_COUNTED_WORDS), MAX_COUNTED_WORDS)


def _frequent_words(counts: LongArray, *, n_known: int, max_words: int) -> IntArray:
    """Give the known words, and of the others all from the lowest count on that leaves at most `max_words`."""
    new = counts[n_known:]
    threshold = 2
    while np.count_nonzero(new >= threshold) > max_words:
        threshold += 1
    return np.flatnonzero(np.append(np.ones(n_known, bool), new >= threshold)).astype(np.int32)


def _kept_words(counts: LongArray, *, n_known: int, min_count: int, max_vocab: int | None) -> IntArray:
    """Give the known words, then the others that are frequent enough, by descending count."""
    new = n_known + np.flatnonzero(counts[n_known:] >= min_count)
    new = new[np.argsort(-counts[new], kind="stable")]
    if max_vocab is not None:
        new = new[: max(max_vocab - n_known, 0)]
    kept = np.append(np.arange(n_known), new)
    if kept.size == 0:
        found = (
            f"{counts.size} different words, the most frequent occurs {counts.max()} times" if counts.size else "none"
        )
        raise ValueError(
            f"`source` has no word that occurs `min_count`={min_count} times, got {found}; lower `min_count`"
        )
    return kept.astype(np.int32)
