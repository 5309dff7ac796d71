"""The words of a corpus, their counts, and the way from a word to its id and back."""

from collections.abc import Iterable, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from textspace import _core
from textspace.text.utf8 import pack_words, to_bytes, to_text

END_OF_LINE = "</s>"


class Vocabulary:
    """The words of a corpus, numbered 0 to V - 1 by descending count (words that were added later come last).

    Words are bytes. As `str` they are UTF-8 with ``errors="surrogateescape"``, so that words which are not valid UTF-8
    survive. A vocabulary does not change, and its arrays may be memory-mapped: making one from the arrays of a file
    takes the same time whatever its size. Make one with `from_arrays` or `from_words`.

    Attributes
    ----------
    blob : ndarray of uint8, shape (n_bytes,)
        The bytes of all words, one after another.
    offsets : ndarray of int64, shape (V + 1,)
        Word i is ``blob[offsets[i]:offsets[i + 1]]``.
    counts : ndarray of int64, shape (V,)
        How often each word occurs.
    n_tokens : int
        All tokens of the text, those of dropped words included.

    Examples
    --------
    >>> vocabulary = Vocabulary.from_words(["the", "cheese"], counts=[20, 3])
    >>> len(vocabulary), "cheese" in vocabulary, vocabulary.id_of("cheese"), vocabulary.word(0)
    (2, True, 1, 'the')
    """

    blob: NDArray[np.uint8]
    offsets: NDArray[np.int64]
    counts: NDArray[np.int64]
    n_tokens: int

    def __init__(self) -> None:
        raise TypeError("make a Vocabulary with Vocabulary.from_words or Vocabulary.from_arrays")

    @classmethod
    def from_arrays(
        cls,
        blob: NDArray[np.uint8],
        offsets: NDArray[np.int64],
        counts: NDArray[np.int64],
        *,
        n_tokens: int,
        index: NDArray[np.uint32] | None = None,
        check_offsets: bool = True,
    ) -> "Vocabulary":
        """A vocabulary over these arrays, which are not copied.

        Parameters
        ----------
        blob : ndarray of uint8, shape (n_bytes,)
            The bytes of all words, one after another.
        offsets : ndarray of int64, shape (V + 1,)
            Ascending, from 0 to n_bytes: word i is ``blob[offsets[i]:offsets[i + 1]]``.
        counts : ndarray of int64, shape (V,)
            How often each word occurs.
        n_tokens : int
            All tokens of the text, those of dropped words included.
        index : ndarray of uint32, shape (2**k,), optional
            The `index` of a vocabulary of the same words. Without it the index is built when it is first used.
        check_offsets : bool, default True
            Whether all of `offsets` is read and checked now, which takes time proportional to V. It is safe not to:
            every offset is checked again where it is used.

        Returns
        -------
        Vocabulary
            The vocabulary.

        Raises
        ------
        ValueError
            If the arrays do not fit each other or `offsets` do not ascend.

        Examples
        --------
        >>> from textspace.text.utf8 import pack_words
        >>> Vocabulary.from_arrays(*pack_words(["a", "b"]), np.array([2, 1]), n_tokens=3).words
        ['a', 'b']
        """
        if blob.ndim != 1 or offsets.ndim != 1 or offsets.shape != (counts.size + 1,):
            raise ValueError(
                "`blob`, `offsets` and `counts` must have shapes (n_bytes,), (V + 1,) and (V,), "
                f"got {blob.shape}, {offsets.shape} and {counts.shape}"
            )
        if offsets[0] != 0 or offsets[-1] != blob.size:
            raise ValueError(
                f"`offsets` must run from 0 to the length of `blob`, {blob.size}, got {offsets[0]} to {offsets[-1]}"
            )
        if check_offsets and np.any(offsets[1:] < offsets[:-1]):
            raise ValueError("`offsets` must not decrease")
        self = cls.__new__(cls)
        self.blob, self.offsets, self.counts, self.n_tokens = blob, offsets, counts, int(n_tokens)
        if index is not None:
            self.__dict__["index"] = index
        return self

    @classmethod
    def from_words(
        cls, words: Iterable[str | bytes], counts: ArrayLike | None = None, *, n_tokens: int | None = None
    ) -> "Vocabulary":
        """A vocabulary of these words in this order.

        Parameters
        ----------
        words : iterable of str or bytes
            The words; of equal ones the first is found.
        counts : array_like of int, shape (V,), optional
            How often each occurs; 1 by default.
        n_tokens : int, optional
            All tokens of the text; the sum of `counts` by default.

        Returns
        -------
        Vocabulary
            The vocabulary.

        Raises
        ------
        TypeError
            If a word is neither str nor bytes.
        ValueError
            If there is not one count for each word.

        Examples
        --------
        >>> Vocabulary.from_words(["a", b"b"]).n_tokens
        2
        """
        blob, offsets = pack_words(list(words))
        counts = np.ones(offsets.size - 1, np.int64) if counts is None else np.array(counts, np.int64)
        if counts.shape != (offsets.size - 1,):
            raise ValueError(f"`counts` must have one entry for each of {offsets.size - 1} words, got {counts.shape}")
        return cls.from_arrays(blob, offsets, counts, n_tokens=int(counts.sum()) if n_tokens is None else n_tokens)

    @cached_property
    def index(self) -> NDArray[np.uint32]:
        """The open-addressing table that finds words.

        Returns
        -------
        ndarray of uint32, shape (2**k,)
            ``word_id + 1`` in a slot, 0 in an empty one; at most half are taken.
        """
        return _core.build_index(self.blob, self.offsets)

    @cached_property
    def _finder(self) -> _core.WordFinder:
        return _core.WordFinder(self.blob, self.offsets, self.index)

    @cached_property
    def words(self) -> list[str]:
        """All words.

        Returns
        -------
        list of str
            The words in the order of their ids.
        """
        return [self.word(word_id) for word_id in range(len(self))]

    def __len__(self) -> int:
        return self.offsets.size - 1

    def __contains__(self, word: object) -> bool:
        return isinstance(word, (str, bytes)) and self.id_of(word) >= 0

    def __repr__(self) -> str:
        return f"Vocabulary({len(self)} words of {self.n_tokens} tokens)"

    def __getstate__(self) -> dict[str, object]:
        cached = {"index", "_finder", "words"}
        return {name: value for name, value in self.__dict__.items() if name not in cached}

    def word_bytes(self, word_id: int) -> bytes:
        r"""The bytes of a word.

        Parameters
        ----------
        word_id : int
            From 0 to V - 1.

        Returns
        -------
        bytes
            The word.

        Raises
        ------
        IndexError
            If there is no such id.
        ValueError
            If the word's offsets, which may come from a file, are wrong.

        Examples
        --------
        >>> Vocabulary.from_words(["né"]).word_bytes(0)
        b'n\xc3\xa9'
        """
        if not 0 <= word_id < len(self):
            raise IndexError(f"`word_id` must be from 0 to {len(self) - 1}, got {word_id}")
        begin, end = int(self.offsets[word_id]), int(self.offsets[word_id + 1])
        if not 0 <= begin <= end <= self.blob.size:
            raise ValueError(f"the vocabulary is damaged: word {word_id} has offsets {begin} and {end}")
        return self.blob[begin:end].tobytes()

    def word(self, word_id: int) -> str:
        """The text of a word.

        Parameters
        ----------
        word_id : int
            From 0 to V - 1.

        Returns
        -------
        str
            The word; bytes that are not valid UTF-8 are lone surrogates.

        Raises
        ------
        IndexError
            If there is no such id.

        Examples
        --------
        >>> Vocabulary.from_words(["né"]).word(0)
        'né'
        """
        return to_text(self.word_bytes(word_id))

    def id_of(self, word: str | bytes) -> int:
        """The id of a word.

        Parameters
        ----------
        word : str or bytes
            Any word.

        Returns
        -------
        int
            Its id, or -1 where it is not in the vocabulary.

        Examples
        --------
        >>> vocabulary = Vocabulary.from_words(["a", "b"])
        >>> vocabulary.id_of("b"), vocabulary.id_of("c")
        (1, -1)
        """
        return self._finder.find(to_bytes(word))

    def ids_of(self, words: Sequence[str | bytes]) -> NDArray[np.int32]:
        """The ids of words.

        Parameters
        ----------
        words : sequence of str or bytes
            N words.

        Returns
        -------
        ndarray of int32, shape (N,)
            Their ids, -1 where a word is not in the vocabulary.

        Examples
        --------
        >>> Vocabulary.from_words(["a", "b"]).ids_of(["b", "c"])
        array([ 1, -1], dtype=int32)
        """
        return self._finder.find_all(*pack_words(words))
