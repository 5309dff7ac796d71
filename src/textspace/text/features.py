"""Which rows of the input matrix a text has: its words, their character n-grams, its word n-grams."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from textspace._typing import IntArray
    from textspace.text.vocabulary import Vocabulary


@dataclass(frozen=True, eq=False)
class TextFeatures:
    """The rule by which texts become rows of the input matrix, in training and in prediction.

    Parameters
    ----------
    vocabulary : Vocabulary
        The V words; word i has row i.
    min_n, max_n : int
        Shortest and longest character n-gram; max_n=0: none.
    word_ngrams : int
        Longest run of words that is a feature; 1: single words alone.
    n_buckets : int
        Buckets that n-grams of both kinds are hashed to; 0 where there are none.
    label_prefix : str
        Tokens that start with it are labels, never words; "" for none.
    buckets : ndarray of int32, shape (G,), or None
        The buckets that have a row, ascending; None: every bucket b has row V + b.
    bucket_rows : ndarray of int32, shape (G,), or None
        Their rows, from V on.
    skip_missing : bool
        Whether an n-gram whose bucket has no row is left out, as in fastText's pruned models; else it is a row of zeros
        and counts in the mean.
    """

    vocabulary: Vocabulary
    min_n: int = 0
    max_n: int = 0
    word_ngrams: int = 1
    n_buckets: int = 0
    label_prefix: str = "__label__"
    buckets: IntArray | None = None
    bucket_rows: IntArray | None = None
    skip_missing: bool = False

    @property
    def n_rows(self) -> int:
        """Rows of the input matrix.

        Returns
        -------
        int
            R.
        """
        return len(self.vocabulary) + (self.n_buckets if self.buckets is None else len(self.buckets))
