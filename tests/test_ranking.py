import numpy as np
import pytest

from reference_tags import ranks
from textspace.evaluation.ranking import ranks_of_tags, starspace_hit_at_k, tag_metrics


def test_ranks_are_those_of_a_sort():
    rng = np.random.default_rng(0)
    for _ in range(50):
        scores = rng.integers(0, 4, 9).astype(np.float32)
        asked = [0, 3, 8, -1]
        found = ranks_of_tags(scores[None], np.zeros(4, np.int64), np.array(asked))
        assert found.tolist() == ranks(scores.tolist(), asked)


def test_figures_computed_by_hand():
    # Two texts, 4 tags: true tags at ranks 1 and 3; at rank 2, and one that is unknown.
    metrics = tag_metrics(
        [np.array([1, 3]), np.array([2, 5]), np.array([], np.int64)],
        np.array([[0, 1, 2, 3], [2, 0, 1, 3], [0, 1, 2, 3]]),
        n_tags=4,
        frequencies=[np.array([12, 5]), np.array([12, 0]), np.array([], np.int64)],
        cutoffs=(1, 3),
    )
    assert (metrics.n_texts, metrics.n_without_tags, metrics.n_unknown) == (2, 1, 1)
    assert metrics.precision == {1: 0.5, 3: pytest.approx(0.5)}
    assert metrics.recall == {1: 0.25, 3: 0.75}
    assert metrics.micro_recall == {1: 0.25, 3: 0.75}
    first, second = (1 + 1 / 2) / (1 + 1 / np.log2(3)), 1 / np.log2(3) / (1 + 1 / np.log2(3))
    assert metrics.ndcg == {1: 0.5, 3: pytest.approx((first + second) / 2)}
    assert (metrics.mean_rank, metrics.median_rank) == (2.75, 2.5)
    assert metrics.coverage == {1: 0.5, 3: 0.75}
    assert metrics.recall_by_frequency == {"1-9": 1.0, "10-99": 1.0}


def test_a_constant_scorer_has_no_luck():
    scores = np.zeros((4, 4), np.float32)
    assert starspace_hit_at_k(scores, [np.array([tag]) for tag in range(4)], 1) == 0.25


def test_starspace_counts_other_true_tags_as_errors_and_leaves_texts_out():
    scores = np.array([[3, 2, 1], [1, 2, 3]], np.float32)
    assert starspace_hit_at_k(scores, [np.array([1, 0]), np.array([], np.int64)], 1) == 0
    assert starspace_hit_at_k(scores, [np.array([1, 0]), np.array([], np.int64)], 2) == 1
    assert np.isnan(starspace_hit_at_k(scores[:1], [np.array([], np.int64)], 1))


def test_without_a_tagged_text_there_are_no_figures():
    metrics = tag_metrics([np.array([], np.int64)], np.array([[0]]), n_tags=1, frequencies=[np.array([], np.int64)])
    assert metrics.n_texts == 0
    assert np.isnan(metrics.mean_rank)
