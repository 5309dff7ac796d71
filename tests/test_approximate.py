"""The approximate index against the exact one."""

import sys

import numpy as np
import pytest

from textspace import TagSpace
from textspace.search.approximate import ApproximateIndex

TEXTS = ["how do i bake bread", "which oil for frying fish", "bread without yeast", "how to grill fish"] * 10
TAGS = [["bread", "baking"], "fish", ["bread"], ("fish",)] * 10


def vectors(n, dim, seed):
    draw = np.random.default_rng(seed)
    return (draw.standard_normal((n, dim)) * np.arange(1, dim + 1) ** -0.5).astype(np.float32)


@pytest.fixture(scope="module")
def index():
    pytest.importorskip("usearch")
    # Norms that differ: the highest product is not the smallest angle.
    rows = vectors(3000, 16, 0) * np.random.default_rng(1).uniform(0.2, 3, (3000, 1)).astype(np.float32)
    return rows, ApproximateIndex(rows, expansion=64, n_threads=1)


def test_finds_most_of_the_highest_products_with_their_exact_scores(index):
    rows, graph = index
    queries = vectors(50, 16, 2)
    ids, scores = graph.search(queries, 10)
    np.testing.assert_allclose(scores, np.take_along_axis(queries @ rows.T, ids, 1), rtol=1e-5, atol=1e-6)
    assert (np.diff(scores) <= 0).all()
    best = np.argsort(-(queries @ rows.T), axis=1)[:, :10]
    found = np.mean([len(set(one) & set(other)) / 10 for one, other in zip(ids.tolist(), best.tolist(), strict=True)])
    assert found >= 0.95
    assert graph.recall(queries, 10) == pytest.approx(found, abs=0.005)


def test_a_narrow_search_finds_less(index):
    _, graph = index
    queries = vectors(200, 16, 3)
    wide = graph.recall(queries, 1)
    graph.expansion = 1
    try:
        assert graph.recall(queries, 1) < wide
    finally:
        graph.expansion = 64


def test_all_rows_can_be_asked_for():
    pytest.importorskip("usearch")
    rows = vectors(40, 3, 4)
    ids, _ = ApproximateIndex(rows, n_threads=1).search(rows[:5], 100)
    assert [sorted(row) for row in ids.tolist()] == [list(range(40))] * 5


def test_wrong_shapes_are_named(index):
    with pytest.raises(ValueError, match="16 columns"):
        index[1].search([[1.0, 2.0]], 3)
    with pytest.raises(ValueError, match="`vectors` must be finite"):
        ApproximateIndex([[np.nan, 1.0]])


def test_the_package_that_is_missing_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "usearch", None)
    monkeypatch.setitem(sys.modules, "usearch.index", None)
    ts = TagSpace(dim=8, n_threads=1, linear=False, epochs=1).fit(TEXTS, TAGS)
    with pytest.raises(ImportError, match=r"pip install 'textspace\[ann\]'$"):
        ts.rank(TEXTS[:2], search="approximate")
    assert ts.rank(TEXTS[:2]).labels.shape == (2, 3)


def test_tags_are_ranked_through_the_index(monkeypatch):
    pytest.importorskip("usearch")
    ts = TagSpace(dim=8, n_threads=1, linear=False).fit(TEXTS, TAGS)
    exact = ts.rank([*TEXTS[:4], "zzzz"], k=2, search="exact")
    near = ts.rank([*TEXTS[:4], "zzzz"], k=2, search="approximate")
    assert near.labels.tolist() == exact.labels.tolist()
    np.testing.assert_allclose(near.scores, exact.scores, rtol=1e-4)
    assert ts.tag_index_recall([*TEXTS[:4], "zzzz"], k=2) == 1
    asked = []
    monkeypatch.setattr(
        ApproximateIndex, "search", lambda self, queries, k: asked.append(k) or self._search_block(queries, k)
    )
    ts.rank(TEXTS[:2], k=1)
    assert asked == []
    monkeypatch.setattr("textspace.tagging.scoring.EXACT_LIMIT", 2)
    ts.rank(TEXTS[:2], k=1)
    assert asked == [1]


def test_a_linear_part_cannot_be_indexed():
    ts = TagSpace(dim=8, n_threads=1, epochs=1).fit(TEXTS, TAGS)
    with pytest.raises(ValueError, match="linear=False"):
        ts.build_tag_index()
