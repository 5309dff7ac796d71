"""Subsampling of frequent words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from textspace._typing import FloatArray, LongArray


def keep_probability(counts: LongArray, *, n_tokens: int, subsample: float) -> FloatArray:
    """Return the probability with which an occurrence of each word is kept.

    With f the share of the word among all tokens and t = `subsample`, it is min(1, sqrt(t / f) + t / f).

    Parameters
    ----------
    counts : int64 (V,)
        Occurrences of each word, all positive.
    n_tokens : int
        All tokens of the text, words outside the vocabulary included.
    subsample : float
        Share above which words are thinned out; 0 keeps every occurrence.

    Returns
    -------
    float32 (V,)
        Probabilities in (0, 1].

    References
    ----------
    .. [1] T. Mikolov et al., "Distributed representations of words and phrases and their compositionality", 2013,
       section 2.3, whose formula is sqrt(t / f); the second term is that of word2vec's and fastText's programs.
    """
    if subsample == 0:
        return np.ones(len(counts), dtype=np.float32)
    ratio = subsample * n_tokens / np.maximum(counts, 1)
    return np.minimum(np.sqrt(ratio) + ratio, 1).astype(np.float32)
