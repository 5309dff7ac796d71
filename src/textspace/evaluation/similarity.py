"""Word vectors against people's judgements of the similarity of words."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from textspace._validation import reject
from textspace.errors import FormatError
from textspace.evaluation.spearman import spearman_correlation
from textspace.evaluation.word_case import find_words

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from textspace._typing import FloatArray
    from textspace.text.vocabulary import Vocabulary


class WordPair(NamedTuple):
    """Two words and how similar people find them.

    Attributes
    ----------
    first, second : str
        The words.
    score : float
        How similar they are, on the scale of the test set.

    Examples
    --------
    >>> WordPair("cup", "mug", 9.5)
    WordPair(first='cup', second='mug', score=9.5)
    """

    first: str
    second: str
    score: float


@dataclass(frozen=True)
class SimilarityResult:
    """How well the cosines of vectors agree with people's judgements.

    Attributes
    ----------
    spearman_in_vocabulary : float
        Spearman's correlation, from -1 to 1, over the pairs whose words are both in the vocabulary. NaN where it is not
        defined: fewer than two pairs, or all cosines equal.
    spearman_all : float
        The same over all pairs with two vectors: words not in the vocabulary have the vectors of their n-grams.
    n_pairs : int
        Pairs of the test set: the sum of the three counts below.
    n_in_vocabulary : int
        Pairs with both words in the vocabulary.
    n_out_of_vocabulary : int
        Pairs with a word that is not in the vocabulary, but has n-grams.
    n_without_vector : int
        Pairs with a word that has no vector, or one of zeros: they are in neither correlation.
    """

    spearman_in_vocabulary: float
    spearman_all: float
    n_pairs: int
    n_in_vocabulary: int
    n_out_of_vocabulary: int
    n_without_vector: int


def read_word_pairs(path: str | os.PathLike[str]) -> list[WordPair]:
    """Read the pairs of a test set of word similarity.

    Parameters
    ----------
    path : str or os.PathLike
        A UTF-8 text of lines `word word score`, separated by tabs, colons or white space; what follows the score is
        skipped, and so are empty lines, lines that start with `#`, and a first line whose third field is not a number.

    Returns
    -------
    list of WordPair
        The pairs in the order of the file.

    Raises
    ------
    FormatError
        When another line has no two words and a finite number, or the file has no pairs.

    Examples
    --------
    >>> read_word_pairs("en-ws353.txt")  # doctest: +SKIP
    [WordPair(first='love', second='sex', score=6.77), ...]
    """
    pairs = []
    text = Path(path).read_text(encoding="utf-8-sig", errors="surrogateescape")
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        pair = _parse_pair(line.strip())
        if pair is not None:
            pairs.append(pair)
        elif number > 1:
            raise FormatError(f"{path}, line {number}: expected `word word score`, got {line.strip()[:80]!r}")
    if not pairs:
        raise FormatError(f"{path}: no line `word word score`")
    return pairs


def _parse_pair(line: str) -> WordPair | None:
    """The pair by the first separator that makes the third field a number."""
    for separator in ("\t", ":", None):
        fields = [field.strip() for field in line.split(separator)]
        try:
            first, second, score = fields[0], fields[1], float(fields[2])
        except (IndexError, ValueError):
            continue
        if first and second and math.isfinite(score):
            return WordPair(first, second, score)
    return None


def evaluate_similarity(
    vectors_of: Callable[[list[str]], FloatArray],
    pairs: Sequence[tuple[str, str, float]],
    *,
    vocabulary: Vocabulary,
    case: str = "fold",
) -> SimilarityResult:
    """Return how well the cosines of the vectors agree with the scores of the pairs.

    Parameters
    ----------
    vectors_of : callable
        Gives the vectors (N, D) of a list of N words; zeros for a word that has none.
    pairs : sequence of WordPair
        The test set, as `read_word_pairs` gives it.
    vocabulary : Vocabulary
        The words that are known.
    case : {"fold", "keep", "lower"}, default "fold"
        "fold": a word is taken as it is, unless the vocabulary has it only lower-cased. "keep": as it is. "lower":
        lower-cased, words that are not in the vocabulary too, as suits vectors of lower-cased text.

    Returns
    -------
    SimilarityResult
        The correlations and the counts of the pairs.

    Raises
    ------
    ValueError
        When a vector or a score is not finite, or `vectors_of` does not give a row for each word.

    Examples
    --------
    >>> from textspace.text.vocabulary import Vocabulary
    >>> vectors = {"cup": [1, 0], "mug": [1, 0.2], "car": [0, 1]}
    >>> result = evaluate_similarity(
    ...     lambda words: np.array([vectors[word] for word in words], dtype=np.float32),
    ...     [("cup", "mug", 9.5), ("Cup", "car", 1), ("mug", "car", 1.5)],
    ...     vocabulary=Vocabulary.from_words(["cup", "mug", "car"]),
    ... )
    >>> result.spearman_all, result.n_in_vocabulary
    (1.0, 3)
    """
    scores = np.array([score for _, _, score in pairs], dtype=np.float64)
    if not np.isfinite(scores).all():
        reject("pairs", "have finite scores", float(scores[~np.isfinite(scores)][0]))
    words, ids = find_words([word for pair in pairs for word in pair[:2]], vocabulary=vocabulary, case=case)
    cosines = _cosines(vectors_of, words)
    has_vectors = ~np.isnan(cosines)
    known = (ids.reshape(-1, 2) >= 0).all(axis=1) & has_vectors
    return SimilarityResult(
        spearman_in_vocabulary=spearman_correlation(cosines[known], scores[known]),
        spearman_all=spearman_correlation(cosines[has_vectors], scores[has_vectors]),
        n_pairs=len(scores),
        n_in_vocabulary=int(known.sum()),
        n_out_of_vocabulary=int((has_vectors & ~known).sum()),
        n_without_vector=int((~has_vectors).sum()),
    )


def _cosines(vectors_of: Callable[[list[str]], FloatArray], words: list[str]) -> NDArray[np.float64]:
    """Cosines (N,) of words 0 and 1, 2 and 3, ...; NaN where one has no vector."""
    if not words:
        return np.empty(0)
    distinct = {word: row for row, word in enumerate(dict.fromkeys(words))}
    vectors = np.asarray(vectors_of(list(distinct)), dtype=np.float64)
    if vectors.ndim != 2 or len(vectors) != len(distinct):
        reject("vectors_of", f"give {len(distinct)} rows for as many words", vectors.shape)
    if not np.isfinite(vectors).all():
        raise ValueError(
            "`vectors_of` must give finite vectors, got a NaN or an infinity; train or load the model again"
        )
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    units = np.divide(vectors, norms, out=np.full_like(vectors, np.nan), where=norms > 0)
    rows = np.array([distinct[word] for word in words]).reshape(-1, 2)
    cosines: NDArray[np.float64] = np.einsum("nd,nd->n", units[rows[:, 0]], units[rows[:, 1]])
    return cosines
