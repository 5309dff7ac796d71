"""The approximate index against the exact one."""

import numpy as np
import pytest

from textspace import TagSpace
from textspace.search.approximate import ApproximateIndex
from textspace.search.exact import ExactIndex

TEXTS = ["how do i bake bread", "which oil for frying fish", "bread without yeast", "how to grill fish"] * 10
TAGS = [["bread", "baking"], "fish", ["bread"], ("fish",)] * 10


def vectors(n, dim, seed):
    draw = np.random.default_rng(seed)
    return (draw.standard_normal((n, dim)) * np.arange(1, dim + 1) ** -0.5).astype(np.float32)


@pytest.fixture(scope="module")
def index():
    # Norms that differ: the highest product is not the smallest angle.
    rows = vectors(3000, 16, 0) * np.random.default_rng(1).uniform(0.2, 3, (3000, 1)).astype(np.float32)
    return rows, ApproximateIndex(rows, n_clusters=150, n_probes=40, n_threads=1)


def test_finds_most_of_the_highest_products_with_their_exact_scores(index):
    rows, clusters = index
    queries = vectors(50, 16, 2)
    ids, scores = clusters.search(queries, 10)
    np.testing.assert_allclose(scores, np.take_along_axis(queries @ rows.T, ids, 1), rtol=1e-5, atol=1e-6)
    assert (np.diff(scores) <= 0).all()
    best = np.argsort(-(queries @ rows.T), axis=1)[:, :10]
    found = np.mean([len(set(one) & set(other)) / 10 for one, other in zip(ids.tolist(), best.tolist(), strict=True)])
    assert 0.9 <= found < 1
    assert clusters.recall(queries, 10) == pytest.approx(found, abs=0.005)


def test_fewer_clusters_find_less(index):
    rows, _ = index
    clusters = ApproximateIndex(rows, n_clusters=150, n_probes=40, n_threads=1)
    queries = vectors(200, 16, 3)
    wide = clusters.recall(queries, 1)
    clusters.n_probes = 1
    assert clusters.recall(queries, 1) < wide


@pytest.mark.parametrize("n_probes", [150, 10_000])
def test_all_clusters_find_what_the_exact_index_finds(index, n_probes):
    rows, _ = index
    queries = vectors(70, 16, 4)
    expected = ExactIndex(rows, similarity="dot", n_threads=1).search(queries, 25)
    found = ApproximateIndex(rows, n_clusters=150, n_probes=n_probes, n_threads=1).search(queries, 25)
    assert found[0].tolist() == expected[0].tolist()
    assert found[1].tobytes() == expected[1].tobytes()


@pytest.mark.parametrize(
    "rows",
    [
        np.ones((1, 3)),
        np.ones((40, 3)),
        np.zeros((40, 3)),
        np.tile(vectors(5, 4, 1), (30, 1)),
        np.concatenate([vectors(30, 4, 2), np.zeros((9, 4)), -vectors(30, 4, 2)]),
        vectors(50, 1, 3),
        1e18 * vectors(60, 3, 4),
        1e-30 * vectors(60, 3, 4),
    ],
    ids=["one", "equal", "zeros", "repeated", "some zeros", "one column", "large", "small"],
)
@pytest.mark.parametrize("n_probes", [1, 2, 1000])
def test_odd_rows(rows, n_probes):
    rows = rows.astype(np.float32)
    queries = np.concatenate([vectors(9, rows.shape[1], 5), np.zeros((1, rows.shape[1]), np.float32)])
    index = ApproximateIndex(rows, n_probes=n_probes, n_threads=1)
    exact = ExactIndex(rows, similarity="dot", n_threads=1)
    assert len(index) == len(rows)
    # Too many for any one cluster: all rows are searched then.
    for k in (len(rows), len(rows) + 7):
        expected = exact.search(queries, k)
        found = index.search(queries, k)
        assert found[0].tolist() == expected[0].tolist()
        assert found[1].tolist() == expected[1].tolist()
    if n_probes == 1000:
        assert index.search(queries, 1)[0].tolist() == exact.search(queries, 1)[0].tolist()
    assert (index.search(queries, 1)[0] >= 0).all()


def test_threads_change_nothing(index):
    rows, _ = index
    queries = vectors(1000, 16, 6)
    one, four = (ApproximateIndex(rows, n_probes=8, n_threads=n).search(queries, 10) for n in (1, 4))
    assert one[0].tolist() == four[0].tolist()
    assert one[1].tobytes() == four[1].tobytes()


def test_tight_clusters_are_found_by_few_probes():
    draw = np.random.default_rng(7)
    centres = draw.standard_normal((50, 20)).astype(np.float32)
    rows = np.repeat(centres, 40, axis=0) + 0.05 * draw.standard_normal((2000, 20)).astype(np.float32)
    assert ApproximateIndex(rows, n_probes=8, n_threads=1).recall(centres, 10) > 0.97


def test_no_query_finds_nothing(index):
    ids, scores = index[1].search(np.empty((0, 16)), 5)
    assert ids.shape == scores.shape == (0, 5)
    assert np.isnan(index[1].recall(np.empty((0, 16))))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"vectors": [[np.nan, 1.0]]}, "`vectors` must be finite"),
        ({"vectors": [[1e300, 1.0]]}, "`vectors` must be finite"),
        ({"vectors": [1.0, 2.0]}, "`vectors` must be a matrix"),
        ({"vectors": np.empty((0, 3))}, "not empty"),
        ({"n_probes": 0}, "`n_probes`"),
        ({"n_clusters": 0}, "`n_clusters`"),
    ],
)
def test_wrong_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        ApproximateIndex(**({"vectors": np.ones((5, 2))} | arguments))


def test_wrong_queries_are_named(index):
    with pytest.raises(ValueError, match="16 columns"):
        index[1].search([[1.0, 2.0]], 3)
    with pytest.raises(ValueError, match="`queries` must be finite"):
        index[1].search(np.full((1, 16), np.inf), 3)
    with pytest.raises(ValueError, match="`queries` must be finite"):
        index[1].search(np.full((1, 16), 1e300), 3)


def test_tags_are_ranked_through_the_index(monkeypatch):
    ts = TagSpace(dim=8, n_threads=1, linear=False).fit(TEXTS, TAGS)
    texts = [*TEXTS[:4], "zzzz"]
    exact = ts.rank(texts, k=2, search="exact")
    near = ts.rank(texts, k=2, search="approximate")
    assert near.labels.tolist() == exact.labels.tolist()
    assert near.scores.tobytes() == exact.scores.tobytes()
    assert ts.tag_index_recall(texts, k=2) == 1
    asked = []
    search = ApproximateIndex.search
    monkeypatch.setattr(ApproximateIndex, "search", lambda *given: asked.append(given[2]) or search(*given))
    ts.rank(TEXTS[:2], k=1)
    assert asked == []
    monkeypatch.setattr("textspace.tagging.scoring.EXACT_LIMIT", 2)
    ts.rank(TEXTS[:2], k=1)
    assert asked == [1]


def test_the_probes_of_a_built_index_can_be_changed():
    ts = TagSpace(dim=8, n_threads=1, linear=False).fit(TEXTS, TAGS)
    ts.build_tag_index(n_probes=1)
    built = ts._scorer.tag_index()
    ts.build_tag_index(n_probes=7)
    assert ts._scorer.tag_index() is built
    assert built.n_probes == 7


def test_a_linear_part_cannot_be_indexed(monkeypatch):
    ts = TagSpace(dim=8, n_threads=1, epochs=1).fit(TEXTS, TAGS)
    with pytest.raises(ValueError, match="linear=False"):
        ts.build_tag_index()
    with pytest.raises(ValueError, match="linear=False"):
        ts.rank(TEXTS[:2], search="approximate")
    monkeypatch.setattr("textspace.tagging.scoring.EXACT_LIMIT", 2)
    assert ts.rank(TEXTS[:2]).labels.shape == (2, 3)
