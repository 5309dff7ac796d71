"""What a file of word vectors holds, whatever its format."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from textspace.formats.quantized import Matrix, dense_blocks, mean_rows
from textspace.text.subwords import Subwords
from textspace.text.vocabulary import Vocabulary

_BLOCK_BYTES = 1 << 22
# No real model has longer n-grams, and a hostile file must not make a word have any number of them.
MAX_NGRAM_LENGTH = 255


@dataclass(frozen=True, eq=False)
class StoredVectors:
    """Word vectors as they are in a file.

    Attributes
    ----------
    vocabulary : Vocabulary
        The V words.
    input_vectors : ndarray of float32 or float16, ProductQuantized or Int8Rows, shape (R, D)
        One row a word, in the order of the word ids, then one row a bucket of n-grams. May be memory-mapped, read-only,
        not aligned to 4 bytes, or a view of padded rows.
    output_vectors : ndarray of float32, shape (V, D) or None
        The other matrix of the training, needed only to continue it.
    subwords : Subwords or None
        Which rows the n-grams of a word have. None: a word's only row is its id.
    parameters : dict of str to object
        The hyperparameters of `WordVectors`, by their names there; those that the format does not keep are absent.

    Raises
    ------
    ValueError
        There are no words, the shapes do not fit together, or n-grams are longer than 255 characters, which no file
        here may ask for.

    Examples
    --------
    >>> model = StoredVectors(Vocabulary.from_words(["cup", "mug"]), np.eye(2, 3, dtype=np.float32))
    >>> model.dim
    3
    """

    vocabulary: Vocabulary
    input_vectors: Matrix
    output_vectors: NDArray[np.float32] | None = None
    subwords: Subwords | None = None
    parameters: dict[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check what every file must be able to hold."""
        n_words = len(self.vocabulary)
        shape = self.input_vectors.shape
        if n_words == 0 or 0 in shape:
            raise ValueError(f"a model needs words and vectors, got {n_words} words and `input_vectors` {shape}")
        n_rows = n_words + (self.subwords.n_rows if self.subwords else 0)
        if len(shape) != 2 or shape[0] != n_rows:
            raise ValueError(f"`input_vectors` must have one row a word and a bucket, {n_rows}, got shape {shape}")
        if self.output_vectors is not None and self.output_vectors.shape != (n_words, self.dim):
            raise ValueError(f"`output_vectors` must have shape {(n_words, self.dim)}, got {self.output_vectors.shape}")
        if self.subwords and self.subwords.max_n > MAX_NGRAM_LENGTH:
            raise ValueError(f"`max_n` must be <= {MAX_NGRAM_LENGTH}, got {self.subwords.max_n}")

    @property
    def dim(self) -> int:
        """The number of components of a vector.

        Returns
        -------
        int
            D.
        """
        return int(self.input_vectors.shape[1])


def word_vector_blocks(stored: StoredVectors) -> Iterator[NDArray[np.float32]]:
    """Compute the vectors of all words, a block of words at a time.

    Parameters
    ----------
    stored : StoredVectors
        The model.

    Yields
    ------
    ndarray of float32, shape (B, D)
        The vectors of the next words in the order of their ids: the mean of a word's own row and its n-grams' rows.

    Notes
    -----
    Needs a few MB and, with subwords, the list of rows of all words.
    """
    n_words = len(stored.vocabulary)
    step = max(1, _BLOCK_BYTES // (4 * stored.dim))
    if stored.subwords is None:
        for block in dense_blocks(stored.input_vectors):
            yield np.require(block, np.float32, ["C", "A"])
        return
    indptr, rows = stored.subwords.vocabulary_rows(stored.vocabulary)
    for start in range(0, n_words, step):
        stop = min(start + step, n_words)
        block = np.empty((stop - start, stored.dim), np.float32)
        begin, end = indptr[start], indptr[stop]
        mean_rows(stored.input_vectors, indptr[start : stop + 1] - begin, rows[begin:end], block)
        yield block
