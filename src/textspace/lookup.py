"""Vectors of words and texts, and the words nearest to a vector: what a trained model is asked for."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from textspace import _core
from textspace.formats.quantized import dense_matrix, mean_rows
from textspace.search.exact import ExactIndex

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textspace._typing import FloatArray, IntArray, LongArray
    from textspace.formats.stored import StoredVectors

WORDS_PER_BLOCK = 4096
TEXTS_PER_BLOCK = 4096


class Neighbor(NamedTuple):
    """A word that was found.

    Parameters
    ----------
    word : str
        The word.
    similarity : float
        Cosine of the angle between its vector and the query's, from -1 to 1.

    Examples
    --------
    >>> Neighbor("queen", 0.81).word
    'queen'
    """

    word: str
    similarity: float


class VectorLookup:
    """Answers questions about one model, whose vectors do not change; what is computed for all words is kept.

    Parameters
    ----------
    stored : StoredVectors
        The model.
    n_threads : int
        Threads for work over the whole vocabulary.
    """

    def __init__(self, stored: StoredVectors, *, n_threads: int) -> None:
        self._stored = stored
        self._n_threads = n_threads

    def word_vectors(self, words: Sequence[str | bytes]) -> FloatArray:
        """Return the vectors (N, D) of any words: the means of their rows; zeros where a word has none."""
        vocabulary, subwords = self._stored.vocabulary, self._stored.subwords
        if subwords is not None:
            return self._mean_rows(*subwords.rows_of(words, vocabulary))
        return self._mean_rows(np.arange(len(words) + 1, dtype=np.int64), vocabulary.ids_of(words))

    @cached_property
    def vocabulary_vectors(self) -> FloatArray:
        """The vectors (V, D) of all words, in the order of their ids; read-only."""
        vectors = self._vocabulary_vectors()
        vectors.flags.writeable = False
        return vectors

    @cached_property
    def index(self) -> ExactIndex:
        """The search index over all words; it keeps a normalized copy of their vectors."""
        kept = self.__dict__.get("vocabulary_vectors")
        return ExactIndex(self._vocabulary_vectors() if kept is None else kept, n_threads=self._n_threads)

    def text_vectors(self, texts: Sequence[str], split: Callable[[str], list[str]]) -> FloatArray:
        """Return for each text the mean of its words' vectors divided by their norms, zero vectors left out."""
        out = np.empty((len(texts), self._stored.dim), dtype=np.float32)
        for begin in range(0, len(texts), TEXTS_PER_BLOCK):
            block = slice(begin, begin + TEXTS_PER_BLOCK)
            self._mean_units([split(text) for text in texts[block]], out[block])
        return out

    def nearest(self, queries: FloatArray, *, k: int, exclude: Sequence[Sequence[str | bytes]]) -> list[list[Neighbor]]:
        """Return for each query (Q, D) the k nearest words, without those of its list in `exclude`."""
        vocabulary = self._stored.vocabulary
        excluded = [[word_id for word_id in vocabulary.ids_of(words).tolist() if word_id >= 0] for words in exclude]
        ids, similarities = self.index.search(queries, k, exclude=excluded)
        return [
            [Neighbor(vocabulary.word(word_id), similarity) for word_id, similarity in zip(*found, strict=True)]
            for found in zip(ids.tolist(), similarities.tolist(), strict=True)
        ]

    def _vocabulary_vectors(self) -> FloatArray:
        vocabulary, subwords = self._stored.vocabulary, self._stored.subwords
        if subwords is None:
            return np.require(dense_matrix(self._stored.input_vectors), requirements=["ALIGNED"])
        indptr, rows = subwords.vocabulary_rows(vocabulary)
        out = np.empty((len(vocabulary), self._stored.dim), dtype=np.float32)

        def fill(begin: int) -> None:
            end = min(begin + WORDS_PER_BLOCK, len(out))
            first, last = indptr[begin], indptr[end]
            lists = indptr[begin : end + 1] - first
            mean_rows(self._stored.input_vectors, lists, rows[first:last], out[begin:end])

        with ThreadPoolExecutor(self._n_threads) as pool:
            list(pool.map(fill, range(0, len(out), WORDS_PER_BLOCK)))
        return out

    def _mean_rows(self, indptr: LongArray, rows: IntArray) -> FloatArray:
        out = np.empty((len(indptr) - 1, self._stored.dim), dtype=np.float32)
        mean_rows(self._stored.input_vectors, indptr, rows, out)
        return out

    def _mean_units(self, texts: Sequence[Sequence[str]], out: FloatArray) -> None:
        places: dict[str, int] = {}  # each different word is looked up once
        words = np.array([places.setdefault(word, len(places)) for text in texts for word in text], dtype=np.int32)
        indptr = np.cumsum([0, *map(len, texts)])
        vectors = self.word_vectors(list(places))
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
        np.divide(vectors, norms, out=vectors, where=norms > 0)
        counts = (norms > 0)[words, 0]
        kept_before = np.concatenate([[0], np.cumsum(counts)])
        _core.mean_rows(vectors, kept_before[indptr], words[counts], out)
