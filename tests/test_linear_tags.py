import numpy as np
import pytest

from reference_tags import squared_hinge_machine
from test_weighted_texts import dense
from textspace import _core
from textspace.training.weighted_texts import weighted_texts


def random_task(n_texts=60, n_rows=25, n_tags=19, seed=0):
    rng = np.random.default_rng(seed)
    lists = [rng.integers(0, n_rows, rng.integers(1, 9)) for _ in range(n_texts)]
    indptr = np.append(0, np.cumsum([each.size for each in lists]))
    texts = weighted_texts(indptr, np.concatenate(lists).astype(np.int32), rng.uniform(0.5, 3, n_rows).astype("f"))
    # Tags that the rows explain in part.
    tags = [[text for text in range(n_texts) if tag in lists[text] or rng.random() < 0.05] for tag in range(n_tags)]
    tag_indptr = np.append(0, np.cumsum([len(each) for each in tags]))
    return texts, tag_indptr, np.array([text for each in tags for text in each], np.int32), tags


def train(texts, tag_indptr, tag_texts, n_rows=25, **changes):
    options = {
        "n_rows": n_rows, "cost": 0.5, "tolerance": 1e-6, "margin_tolerance": 0.0, "smallest_weight": 0.0,
        "passes": 3000, "n_threads": 1, "progress": lambda _: None,
    } | changes  # fmt: skip
    return _core.train_one_vs_rest(*texts, tag_indptr, tag_texts, **options)


def as_matrix(indptr, tag_ids, values, n_tags):
    matrix = np.zeros((indptr.size - 1, n_tags))
    for row in range(len(matrix)):
        matrix[row, tag_ids[indptr[row] : indptr[row + 1]]] = values[indptr[row] : indptr[row + 1]]
    return matrix


@pytest.mark.usefixtures("isa")
@pytest.mark.parametrize("cost", [0.1, 0.5, 4.0])
def test_weights_are_those_of_the_minimum(cost):
    texts, tag_indptr, tag_texts, tags = random_task()
    found = as_matrix(*train(texts, tag_indptr, tag_texts, cost=cost), len(tags))
    matrix = dense(texts, 25)
    for tag, its_texts in enumerate(tags):
        has_tag = np.isin(np.arange(len(matrix)), its_texts)
        np.testing.assert_allclose(found[:, tag], squared_hinge_machine(matrix, has_tag, cost), atol=2e-4)


def test_threads_change_nothing():
    texts, tag_indptr, tag_texts, _ = random_task(n_tags=70)
    one = train(texts, tag_indptr, tag_texts, passes=5)
    for name, other in zip(one, train(texts, tag_indptr, tag_texts, passes=5, n_threads=3), strict=True):
        assert np.array_equal(name, other)


def test_small_weights_are_left_out():
    texts, tag_indptr, tag_texts, _ = random_task(n_tags=35)
    everything = as_matrix(*train(texts, tag_indptr, tag_texts, passes=5), 35)
    indptr, tag_ids, values = train(texts, tag_indptr, tag_texts, passes=5, smallest_weight=0.2)
    kept = np.abs(everything) > np.float32(0.2)
    assert 0 < values.size == kept.sum() < np.count_nonzero(everything)
    assert np.array_equal(as_matrix(indptr, tag_ids, values, 35), np.where(kept, everything, 0))
    assert all((np.diff(tag_ids[indptr[row] : indptr[row + 1]]) > 0).all() for row in range(25))


def test_rows_that_no_text_has_have_no_weights():
    texts, tag_indptr, tag_texts, _ = random_task()
    indptr, *weights = train(texts, tag_indptr, tag_texts, passes=5, n_rows=1000)
    fewer, *expected = train(texts, tag_indptr, tag_texts, passes=5)
    assert indptr.tolist() == fewer.tolist() + [fewer[-1]] * 975
    assert all(np.array_equal(*pair) for pair in zip(weights, expected, strict=True))


def test_a_tag_without_texts_has_no_weights():
    texts, _, _, _ = random_task()
    indptr, tag_ids, values = train(texts, np.array([0, 0, 1]), np.array([4], np.int32))
    assert indptr[-1] == tag_ids.size == values.size > 0
    assert set(tag_ids.tolist()) == {1}


def test_scores_are_the_product():
    texts, tag_indptr, tag_texts, tags = random_task()
    weights = train(texts, tag_indptr, tag_texts, passes=5)
    scores = np.full((60, len(tags)), 2, np.float32)
    _core.add_linear_scores(*texts, *weights, scores, n_threads=2)
    np.testing.assert_allclose(scores, 2 + dense(texts, 25) @ as_matrix(*weights, len(tags)), atol=1e-5)


def test_best_columns_break_ties_by_the_lower_column():
    scores = np.random.default_rng(1).integers(0, 5, (50, 40)).astype(np.float32)
    columns, best = np.empty((50, 7), np.int32), np.empty((50, 7), np.float32)
    _core.best_columns(scores, columns_out=columns, scores_out=best, n_threads=2)
    expected = np.argsort(-scores, axis=1, kind="stable")[:, :7]
    assert np.array_equal(columns, expected)
    assert np.array_equal(best, np.take_along_axis(scores, expected, 1))


@pytest.mark.parametrize(
    ("name", "value"),
    [("rows", np.array([0, 25], np.int32)), ("indptr", np.array([0, 3])), ("tag_texts", np.array([1], np.int32))],
)
def test_what_would_be_out_of_bounds_is_refused(name, value):
    arguments = {
        "indptr": np.array([0, 2]), "rows": np.array([0, 1], np.int32), "values": np.ones(2, np.float32),
        "tag_indptr": np.array([0, 1]), "tag_texts": np.array([0], np.int32),
    } | {name: value}  # fmt: skip
    with pytest.raises(ValueError, match="must"):
        train(
            (arguments["indptr"], arguments["rows"], arguments["values"]),
            arguments["tag_indptr"],
            arguments["tag_texts"],
        )


def test_progress_is_told_and_what_it_raises_stops_the_training():
    texts, tag_indptr, tag_texts, _ = random_task()
    told = []
    train(texts, tag_indptr, tag_texts, progress=told.append)
    assert told == sorted(told)
    assert all(0 <= share <= 1 for share in told)

    def stop(share):
        raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        train(texts, tag_indptr, tag_texts, progress=stop)
