"""Character n-grams of words, the buckets they are hashed to, and the rows of the input matrix that buckets have."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from textspace import _core
from textspace.text.utf8 import pack_words, to_bytes, to_text
from textspace.text.vocabulary import Vocabulary

RowLists = tuple[NDArray[np.int64], NDArray[np.int32]]


class Subwords:
    """The rows of words' character n-grams in the input matrix.

    A word is written as ``<word>``; its n-grams are all runs of `min_n` to `max_n` characters of that, except a lone
    ``<`` or ``>``. An n-gram's bucket is the 32-bit FNV-1a hash of its bytes modulo `n_buckets`, with bytes
    sign-extended as fastText does. `</s>`, the end of a line, has no n-grams.

    Parameters
    ----------
    min_n, max_n : int
        Shortest and longest n-gram in characters.
    n_buckets : int
        Number of buckets, below 2**31.
    first_row : int
        The row of the first n-gram: the number of words, whose rows come first.
    buckets : ndarray of int32, shape (G,), optional
        The buckets that have rows, ascending. Without them all have: bucket b has row ``first_row + b``, as in
        fastText's files.
    ngram_rows : ndarray of int32, shape (G,), optional
        The row of each of `buckets`, from `first_row` to ``first_row + G - 1``.

    Raises
    ------
    ValueError
        If an argument is out of its range, or `buckets` and `ngram_rows` do not fit each other. Their contents are
        not read, so that opening a memory-mapped model takes no time; a row out of range is treated as missing.

    References
    ----------
    P. Bojanowski, E. Grave, A. Joulin, T. Mikolov. Enriching word vectors with subword information. TACL 2017, 3.2.

    Examples
    --------
    >>> subwords = Subwords(min_n=3, max_n=3, n_buckets=2_000_000, first_row=0)
    >>> subwords.ngrams("where")
    [('<wh', 167652), ('whe', 420941), ('her', 1473420), ('ere', 1529033), ('re>', 867498)]
    """

    def __init__(
        self,
        *,
        min_n: int,
        max_n: int,
        n_buckets: int,
        first_row: int,
        buckets: NDArray[np.int32] | None = None,
        ngram_rows: NDArray[np.int32] | None = None,
    ) -> None:
        if not 0 <= min_n <= max_n or max_n < 1:
            raise ValueError(
                f"`min_n` and `max_n` must satisfy 0 <= min_n <= max_n and max_n >= 1, got {min_n} and {max_n}; "
                "for words without n-grams use no Subwords"
            )
        if not 1 <= n_buckets < 2**31:
            raise ValueError(f"`n_buckets` must be from 1 to 2**31 - 1, got {n_buckets}")
        if (buckets is None) != (ngram_rows is None):
            raise ValueError("`buckets` and `ngram_rows` must be given together")
        if buckets is not None and ngram_rows is not None and (buckets.ndim != 1 or buckets.shape != ngram_rows.shape):
            raise ValueError(
                f"`buckets` and `ngram_rows` must both have shape (G,), got {buckets.shape} and {ngram_rows.shape}"
            )
        self.min_n, self.max_n, self.n_buckets, self.first_row = min_n, max_n, n_buckets, first_row
        self.buckets, self.ngram_rows = buckets, ngram_rows
        if not 0 <= first_row < 2**31 - self.n_rows:
            raise ValueError(f"`first_row` must be from 0 to {2**31 - 1 - self.n_rows}, got {first_row}")

    @classmethod
    def from_vocabulary(cls, vocabulary: Vocabulary, *, min_n: int, max_n: int, n_buckets: int) -> "Subwords":
        """Give rows to those buckets alone that the vocabulary's words use, the most frequent first.

        Parameters
        ----------
        vocabulary : Vocabulary
            The words; their n-grams' rows come after their own, from row V.
        min_n, max_n : int
            Shortest and longest n-gram in characters.
        n_buckets : int
            Number of buckets, below 2**31.

        Returns
        -------
        Subwords
            With G rows, ordered by how often a bucket's n-grams occur in the text, ties by bucket.

        Raises
        ------
        ValueError
            If an argument is out of its range.

        Notes
        -----
        Takes 8 bytes of memory for each bucket while it runs.

        Examples
        --------
        >>> vocabulary = Vocabulary.from_words(["the", "then"], counts=[20, 3])
        >>> Subwords.from_vocabulary(vocabulary, min_n=3, max_n=3, n_buckets=1000).n_rows
        5
        """
        dense = cls(min_n=min_n, max_n=max_n, n_buckets=n_buckets, first_row=len(vocabulary))
        weights = np.zeros(n_buckets, np.int64)
        _core.add_ngram_weights(vocabulary.blob, vocabulary.offsets, vocabulary.counts, min_n, max_n, weights)
        buckets = np.flatnonzero(weights).astype(np.int32)
        ngram_rows = np.empty(buckets.size, np.int32)
        order = np.argsort(-weights[buckets], kind="stable")
        ngram_rows[order] = np.arange(dense.first_row, dense.first_row + buckets.size, dtype=np.int32)
        return cls(
            min_n=min_n,
            max_n=max_n,
            n_buckets=n_buckets,
            first_row=dense.first_row,
            buckets=buckets,
            ngram_rows=ngram_rows,
        )

    @property
    def is_dense(self) -> bool:
        """Whether every bucket has a row.

        Returns
        -------
        bool
            True where bucket b has row ``first_row + b``.
        """
        return self.buckets is None

    @property
    def n_rows(self) -> int:
        """The number of rows that n-grams have.

        Returns
        -------
        int
            `n_buckets`, or the number of `buckets`.
        """
        return self.n_buckets if self.buckets is None else self.buckets.size

    def rows_of(self, words: Sequence[str | bytes], vocabulary: Vocabulary) -> RowLists:
        """The rows of any words.

        Parameters
        ----------
        words : sequence of str or bytes
            N words, known or not.
        vocabulary : Vocabulary
            The words that have rows.

        Returns
        -------
        indptr : ndarray of int64, shape (N + 1,)
            Word i has ``rows[indptr[i]:indptr[i + 1]]``.
        rows : ndarray of int32, shape (nnz,)
            A word's id, if it is in the vocabulary, then a row for each of its n-grams, as often as it has it: -1
            where a bucket has no row, which stands for a row of zeros.

        Raises
        ------
        TypeError
            If a word is neither str nor bytes.

        Examples
        --------
        >>> vocabulary = Vocabulary.from_words(["the"])
        >>> subwords = Subwords.from_vocabulary(vocabulary, min_n=3, max_n=3, n_buckets=1000)
        >>> indptr, rows = subwords.rows_of(["the", "then"], vocabulary)
        >>> indptr.tolist(), rows.tolist()
        ([0, 4, 8], [0, 1, 3, 2, 1, 3, -1, -1])
        """
        return self._rows(*pack_words(words), vocabulary.ids_of(words))

    def vocabulary_rows(self, vocabulary: Vocabulary) -> RowLists:
        """The rows of all words of a vocabulary, in the order of their ids.

        Parameters
        ----------
        vocabulary : Vocabulary
            V words.

        Returns
        -------
        indptr : ndarray of int64, shape (V + 1,)
            Word i has ``rows[indptr[i]:indptr[i + 1]]``.
        rows : ndarray of int32, shape (nnz,)
            As those of `rows_of`.

        Examples
        --------
        >>> vocabulary = Vocabulary.from_words(["a", "</s>"])
        >>> indptr, rows = Subwords(min_n=1, max_n=1, n_buckets=100, first_row=2).vocabulary_rows(vocabulary)
        >>> indptr.tolist(), rows.tolist()
        ([0, 2, 3], [0, 22, 1])
        """
        return self._rows(vocabulary.blob, vocabulary.offsets, np.arange(len(vocabulary), dtype=np.int32))

    def ngrams(self, word: str | bytes) -> list[tuple[str, int]]:
        """The n-grams of a word.

        Parameters
        ----------
        word : str or bytes
            Any word.

        Returns
        -------
        list of (str, int)
            The text and the bucket of each n-gram, by where it begins, then by its length.

        Examples
        --------
        >>> Subwords(min_n=1, max_n=2, n_buckets=100, first_row=0).ngrams("a")
        [('<a', 50), ('a', 20), ('a>', 6)]
        """
        found = _core.ngrams(to_bytes(word), self.min_n, self.max_n, self.n_buckets)
        return [(to_text(ngram), bucket) for ngram, bucket in found]

    def _rows(self, blob: NDArray[np.uint8], offsets: NDArray[np.int64], ids: NDArray[np.int32]) -> RowLists:
        return _core.word_rows(
            blob, offsets, ids, self.min_n, self.max_n, self.n_buckets, self.first_row, self.buckets, self.ngram_rows
        )
