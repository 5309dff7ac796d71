"""How well ranked tags agree with the true ones: precision, recall, nDCG, ranks; and StarSpace's hit@k."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from textspace._typing import FloatArray, LongArray

CUTOFFS = (1, 5, 10)
_BUCKETS = ((1, 9), (10, 99), (100, 999), (1000, None))


@dataclass(frozen=True, slots=True)
class TagMetrics:
    """How well ranked tags agree with the true ones.

    Parameters
    ----------
    n_texts, n_without_tags : int
        Texts with a true tag, over which everything is averaged, and texts without, which tell nothing.
    n_unknown : int
        True tags that the model does not know: they count as never found, with the rank L + 1.
    precision, recall, ndcg : dict of int to float
        By cutoff k; means over the texts. Precision divides by k, recall by the number of true tags of the text.
    micro_recall : dict of int to float
        True tags found over all true tags of all texts, as fastText counts.
    mean_rank, median_rank : float
        Of each true tag among all L tags, from 1; of equal scores the more frequent tag comes first.
    coverage : dict of int to float
        Share of the L tags that are among the best k of any text.
    recall_by_frequency : dict of str to float
        Share of true tags among the best 10, by how many training texts have the tag.
    """

    n_texts: int
    n_without_tags: int
    n_unknown: int
    precision: dict[int, float] = field(default_factory=dict)
    recall: dict[int, float] = field(default_factory=dict)
    ndcg: dict[int, float] = field(default_factory=dict)
    micro_recall: dict[int, float] = field(default_factory=dict)
    mean_rank: float = float("nan")
    median_rank: float = float("nan")
    coverage: dict[int, float] = field(default_factory=dict)
    recall_by_frequency: dict[str, float] = field(default_factory=dict)


def ranks_of_tags(scores: FloatArray, texts: LongArray, tag_ids: LongArray) -> LongArray:
    """Rank tags among all tags of their texts.

    Parameters
    ----------
    scores : ndarray of float32, shape (N, L)
        Of every tag for every text.
    texts, tag_ids : ndarray of int64, shape (P,)
        Which rank of which text is asked for; a tag of -1 is one that the model does not know.

    Returns
    -------
    ndarray of int64, shape (P,)
        From 1: one more than the tags with a higher score, and those with the same score and a lower number. L + 1 for
        unknown tags.

    Examples
    --------
    >>> scores = np.array([[0.5, 0.9, 0.5]], np.float32)
    >>> ranks_of_tags(scores, np.array([0, 0, 0]), np.array([1, 2, -1])).tolist()
    [1, 3, 4]
    """
    n_tags = scores.shape[1]
    ranks = np.full(texts.size, n_tags + 1, np.int64)
    for pair in np.flatnonzero(tag_ids >= 0):
        row, tag = scores[texts[pair]], tag_ids[pair]
        ranks[pair] = 1 + np.count_nonzero(row > row[tag]) + np.count_nonzero(row[:tag] == row[tag])
    return ranks


def tag_metrics(
    ranks: Sequence[LongArray],
    best: NDArray[np.int32],
    *,
    n_tags: int,
    frequencies: Sequence[LongArray],
    cutoffs: Sequence[int] = CUTOFFS,
) -> TagMetrics:
    """Average over texts.

    Parameters
    ----------
    ranks : sequence of ndarray of int64
        For each text the ranks of its true tags, from 1; `n_tags` + 1 for one that the model does not know.
    best : ndarray of int32, shape (N, K)
        The tags ranked first, K at least the highest cutoff or L; -1 as padding.
    n_tags : int
        L.
    frequencies : sequence of ndarray of int64
        For each text how many training texts have each of its true tags.
    cutoffs : sequence of int
        The k.

    Returns
    -------
    TagMetrics
        The figures.

    Examples
    --------
    >>> metrics = tag_metrics([np.array([1, 4])], np.array([[7, 2, 0, 1]]), n_tags=9, frequencies=[np.array([5, 50])])
    >>> metrics.precision[1], metrics.recall[1], metrics.recall[5], metrics.mean_rank
    (1.0, 0.5, 1.0, 2.5)
    """
    tagged = [each for each in ranks if each.size]
    if not tagged:
        return TagMetrics(0, len(ranks), 0)
    flat, counts = np.concatenate(tagged), np.array([each.size for each in tagged])
    text_of = np.repeat(np.arange(counts.size), counts)
    known_as = np.concatenate([each for each in frequencies if each.size])
    hits = {k: np.bincount(text_of[flat <= k], minlength=counts.size) for k in cutoffs}
    return TagMetrics(
        n_texts=counts.size,
        n_without_tags=len(ranks) - counts.size,
        n_unknown=int(np.count_nonzero(flat > n_tags)),
        precision={k: float(np.mean(hits[k] / k)) for k in cutoffs},
        recall={k: float(np.mean(hits[k] / counts)) for k in cutoffs},
        ndcg={k: float(np.mean(_ndcg(flat, text_of, counts, k))) for k in cutoffs},
        micro_recall={k: float(hits[k].sum() / flat.size) for k in cutoffs},
        mean_rank=float(flat.mean()),
        median_rank=float(np.median(flat)),
        coverage={k: np.unique(best[:, :k][best[:, :k] >= 0]).size / n_tags for k in cutoffs},
        recall_by_frequency=_by_frequency(flat <= 10, known_as),
    )


def _ndcg(ranks: LongArray, text_of: LongArray, counts: LongArray, k: int) -> NDArray[np.float64]:
    gains = np.where(ranks <= k, 1 / np.log2(ranks + 1.0), 0)
    ideal = np.cumsum(1 / np.log2(np.arange(k) + 2.0))
    found = np.bincount(text_of, gains, minlength=counts.size)
    return np.asarray(found / ideal[np.minimum(counts, k) - 1], dtype=np.float64)


def _by_frequency(found: NDArray[np.bool_], frequencies: LongArray) -> dict[str, float]:
    shares = {}
    for low, high in _BUCKETS:
        inside = (frequencies >= low) & (frequencies <= high if high else True)
        if inside.any():
            shares[f"{low}-{high}" if high else f"{low}+"] = float(found[inside].mean())
    return shares


def starspace_hit_at_k(scores: FloatArray, tag_ids: Sequence[LongArray], k: int) -> float:
    """StarSpace's hit@k, for comparison with its figures alone.

    One true tag of each text, here the first, is looked for among the best k; the other true tags that are ranked
    above it count as errors, and texts without a known tag are left out.

    Parameters
    ----------
    scores : ndarray of float32, shape (N, L)
        Of every tag for every text.
    tag_ids : sequence of ndarray of int64
        The true tags of each text.
    k : int
        How many tags are looked at.

    Returns
    -------
    float
        Share of texts; NaN if there is none.

    Examples
    --------
    >>> starspace_hit_at_k(np.array([[0.1, 0.9, 0.3]], np.float32), [np.array([2, 1])], 1)
    0.0
    """
    known = [(text, int(ids[0])) for text, ids in enumerate(tag_ids) if len(ids)]
    if not known:
        return float("nan")
    pairs = np.array(known)
    return float(np.mean(ranks_of_tags(scores, pairs[:, 0], pairs[:, 1]) <= k))
