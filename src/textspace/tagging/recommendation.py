"""Recommendation of texts: the highest similarity to any text that was read before."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from textspace import _core
from textspace.search.unit_rows import unit_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textspace._typing import FloatArray, IntArray
    from textspace.tagging.scoring import TagScorer
    from textspace.training.weighted_texts import WeightedTexts

_CANDIDATES_PER_BLOCK = 8192


class Recommendation(NamedTuple):
    """The best of N candidates, the best first.

    Attributes
    ----------
    positions : ndarray of int32, shape (K,)
        Where they are among the candidates.
    similarities : ndarray of float32, shape (K,)
        To the text of the history that each is most similar to.
    """

    positions: IntArray
    similarities: FloatArray


def nearest_to_history(
    scorer: TagScorer, history: Sequence[str], candidates: Sequence[str], k: int, share: float
) -> Recommendation:
    """Rank candidates by max over the history of (1 - share) * cosine of embeddings + share * cosine of words.

    Parameters
    ----------
    scorer : TagScorer
        Of the model.
    history, candidates : sequence of str
        What was read, and N texts to choose from.
    k : int
        How many.
    share : float
        Of the words.

    Returns
    -------
    Recommendation
        The best; of equal ones the earlier candidate.

    References
    ----------
    J. Weston, S. Chopra, K. Adams, "#TagSpace: semantic embeddings from hashtags", 2014, section 4.3.
    """
    similarities = np.zeros(len(candidates), np.float32)
    if history:
        rows = scorer.rows_of(history)
        read, words_read = unit_rows(scorer.embed_rows(rows)), scorer.weighted(rows)
        for begin in range(0, len(candidates), _CANDIDATES_PER_BLOCK):
            block = scorer.rows_of(candidates[begin : begin + _CANDIDATES_PER_BLOCK])
            size = block.indptr.size - 1
            both = np.zeros((size, len(history)), np.float32)
            if share < 1:
                both += (1 - share) * unit_rows(scorer.embed_rows(block)) @ read.T
            if share > 0:
                both += share * _cosines_of_words(scorer.weighted(block), words_read, scorer.n_rows)
            similarities[begin : begin + size] = both.max(axis=1)
    k = min(k, len(candidates))
    positions, best = np.empty((1, k), np.int32), np.empty((1, k), np.float32)
    _core.best_columns(similarities[None], columns_out=positions, scores_out=best, n_threads=1)
    return Recommendation(positions[0], best[0])


def _cosines_of_words(texts: WeightedTexts, history: WeightedTexts, n_rows: int) -> FloatArray:
    n_read = history.indptr.size - 1
    read = np.repeat(np.arange(n_read, dtype=np.int32), np.diff(history.indptr))
    order = np.argsort(history.rows, kind="stable")
    indptr = np.append(0, np.cumsum(np.bincount(history.rows, minlength=n_rows)))
    products = np.zeros((texts.indptr.size - 1, n_read), np.float32)
    _core.add_linear_scores(*texts, indptr, read[order], history.values[order], products, n_threads=1)
    return products
