"""The figures against scikit-learn's and against counts by hand."""

import math

import numpy as np
import pytest
import sklearn.metrics

from textspace.evaluation import GoldLabels, MetricName, Metrics, MetricsCollector
from textspace.evaluation.gold_labels import GoldEncoder
from textspace.evaluation.metrics_collector import rank_labels

N, L = 300, 7


def softmax(logits: np.ndarray) -> np.ndarray:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32)


def single_label(seed: int = 0, *, n: int = N, n_labels: int = L) -> tuple[np.ndarray, np.ndarray]:
    """Gold labels, and probabilities that know something of them; coarse, so that there are ties."""
    rng = np.random.default_rng(seed)
    gold = rng.integers(0, n_labels - 1, size=n)  # no document has the last label
    logits = rng.normal(size=(n, n_labels))
    logits[np.arange(n), gold] += 1
    return gold, softmax(np.round(logits, 1))


def several_labels(seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    gold = rng.random((N, L)) < 0.3
    scores = np.round(np.clip(rng.normal(0.35 + 0.3 * gold, 0.25), 0, 1), 2).astype(np.float32)
    return gold, scores


def metrics_of(gold: np.ndarray, scores: np.ndarray, **options: object) -> Metrics:
    """Judge through the collector, in batches of different sizes."""
    collector = MetricsCollector([f"l{label_id}" for label_id in range(scores.shape[1])], **options)
    for part in (slice(0, 1), slice(1, 150), slice(150, None)):
        rows = gold[part]
        labels = [np.flatnonzero(row) for row in rows] if gold.ndim == 2 else [[label_id] for label_id in rows]
        collector.add([[f"l{label_id}" for label_id in ids] for ids in labels], scores[part])
    return collector.metrics()


def predicted_sets(scores: np.ndarray, k: int, threshold: float) -> np.ndarray:
    """The k best by (score, lower id) whose score reaches the threshold, one row at a time."""
    chosen = np.zeros(scores.shape, dtype=bool)
    for n, row in enumerate(scores):
        best = sorted(range(len(row)), key=lambda label_id: (-row[label_id], label_id))[:k]
        chosen[n, [label_id for label_id in best if row[label_id] >= np.float32(threshold)]] = True
    return chosen


def test_single_label_figures_are_those_of_sklearn() -> None:
    gold, scores = single_label()
    metrics = metrics_of(gold, scores)
    predicted = scores.argmax(axis=1)
    assert metrics.accuracy == pytest.approx(sklearn.metrics.accuracy_score(gold, predicted))
    assert metrics.exact_match == metrics.accuracy == metrics.top_k_accuracy == metrics.precision
    for average, prefix in (("micro", ""), ("macro", "macro_")):
        expected = sklearn.metrics.precision_recall_fscore_support(gold, predicted, average=average, zero_division=0)
        found = [getattr(metrics, prefix + name) for name in ("precision", "recall", "f1")]
        assert found == pytest.approx(expected[:3])
    expected_loss = sklearn.metrics.log_loss(gold, scores, labels=range(L))
    assert metrics.log_loss == pytest.approx(expected_loss, rel=1e-5)
    assert metrics.coverage == 1
    assert metrics.n_documents == N


def test_per_label_figures_are_those_of_sklearn() -> None:
    gold, scores = single_label()
    metrics = metrics_of(gold, scores)
    expected = sklearn.metrics.precision_recall_fscore_support(
        gold, scores.argmax(axis=1), labels=range(L), zero_division=0
    )
    for label_id in range(L):
        found = metrics.per_label[f"l{label_id}"]
        assert (found.precision, found.recall, found.f1, found.n_gold) == pytest.approx(
            tuple(column[label_id] for column in expected)
        )


@pytest.mark.parametrize("k", [1, 2, 5, 20])
def test_top_k_accuracy_is_sklearns(k: int) -> None:
    gold, scores = single_label()
    distinct = scores + np.random.default_rng(5).random(scores.shape).astype(np.float32) * 1e-4
    expected = sklearn.metrics.top_k_accuracy_score(gold, distinct, k=min(k, L), labels=range(L)) if k < L else 1.0
    assert metrics_of(gold, distinct, k=k).top_k_accuracy == pytest.approx(expected)


@pytest.mark.parametrize(("k", "threshold"), [(1, 0.0), (2, 0.0), (3, 0.5), (L, 0.45), (L, 2.0), (2, 0.42)])
def test_multilabel_figures_are_those_of_sklearn(k: int, threshold: float) -> None:
    gold, scores = several_labels()
    metrics = metrics_of(gold, scores, k=k, threshold=threshold, exclusive=False)
    predicted = predicted_sets(scores, k, threshold)
    for average, prefix in (("micro", ""), ("macro", "macro_")):
        expected = sklearn.metrics.precision_recall_fscore_support(gold, predicted, average=average, zero_division=0)
        found = [getattr(metrics, prefix + name) for name in ("precision", "recall", "f1")]
        assert found == pytest.approx(expected[:3])
    assert metrics.exact_match == pytest.approx(sklearn.metrics.accuracy_score(gold, predicted))
    assert metrics.coverage == pytest.approx(predicted.any(axis=1).mean())
    assert metrics.top_k_accuracy == pytest.approx((predicted & gold).any(axis=1).mean())


def test_log_loss_of_independent_labels_is_sklearns() -> None:
    gold, scores = several_labels()
    eps = np.finfo(np.float32).eps
    clipped = np.clip(scores.astype(np.float64), eps, 1 - eps)
    expected = np.mean([sklearn.metrics.log_loss(gold[:, i], clipped[:, i], labels=[0, 1]) for i in range(L)])
    assert metrics_of(gold, scores, exclusive=False).log_loss == pytest.approx(expected, rel=1e-6)


def test_thresholds_may_differ_by_label() -> None:
    gold, scores = several_labels()
    thresholds = np.linspace(0.2, 0.8, L).astype(np.float32)
    metrics = metrics_of(gold, scores, k=L, threshold=thresholds, exclusive=False)
    expected = sklearn.metrics.precision_recall_fscore_support(gold, scores >= thresholds, average="micro")
    assert (metrics.precision, metrics.recall, metrics.f1) == pytest.approx(expected[:3])


@pytest.mark.parametrize("label", [None, 0, 3])
def test_precision_recall_curve_is_sklearns(label: int | None) -> None:
    gold, scores = several_labels()
    columns = slice(None) if label is None else label
    expected = sklearn.metrics.precision_recall_curve(gold[:, columns].ravel(), scores[:, columns].ravel())
    metrics = metrics_of(gold, scores)
    curve = metrics.precision_recall_curve(None if label is None else f"l{label}")
    for found, wanted in zip((curve.precision, curve.recall, curve.thresholds), expected, strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-12)
    average = sklearn.metrics.average_precision_score(gold[:, columns].ravel(), scores[:, columns].ravel())
    assert curve.average_precision == pytest.approx(average)
    precision, recall, _ = expected
    assert curve.precision_at_recall(0.8) == precision[recall >= 0.8].max()
    assert curve.recall_at_precision(0.8) == recall[precision >= 0.8].max()


def test_curve_of_few_kept_scores_ends_where_they_end() -> None:
    gold, scores = several_labels()
    whole, part = metrics_of(gold, scores), metrics_of(gold, scores, n_kept=2)
    assert part.label_ids.shape == (N, 2)
    assert part.precision == whole.precision
    best_two = predicted_sets(scores, 2, 0.0)
    assert part.precision_recall_curve().recall[0] == pytest.approx((best_two & gold).sum() / gold.sum())
    assert part.precision_at_recall(0.999) == 0


@pytest.mark.parametrize("threshold", [0.6, np.linspace(0.3, 0.9, 150, dtype=np.float32), 0.0])
def test_labels_that_are_not_predicted_are_not_kept(threshold: float | np.ndarray) -> None:
    rng = np.random.default_rng(0)
    scores = (rng.random((30, 150)) * np.linspace(0.65, 1, 30)[:, None]).astype(np.float32)
    gold = [[f"l{label_id}" for label_id in rng.choice(150, 3, replace=False)] for _ in scores]
    labels = [f"l{label_id}" for label_id in range(150)]
    collector = MetricsCollector(labels, k=150, threshold=threshold)
    everything = MetricsCollector(labels, k=150, threshold=threshold, n_kept=150)
    for part in range(0, 30, 10):
        for each in (collector, everything):
            each.add(gold[part : part + 10], scores[part : part + 10])
    assert collector.metrics().as_dict() == everything.metrics().as_dict()
    predicted = int((scores >= threshold).sum(axis=1).max())
    assert max(100, predicted) <= collector.metrics().label_ids.shape[1] <= (150 if predicted > 100 else 149)
    assert everything.metrics().label_ids.shape[1] == 150


def test_ties_go_to_the_lower_id() -> None:
    label_ids, scores = rank_labels(np.array([[0.5, 0.25, 0.5, 0.75, 0.25]], np.float32), k=4)
    assert label_ids.tolist() == [[3, 0, 2, 1]]
    assert scores.tolist() == [[0.75, 0.5, 0.5, 0.25]]


@pytest.mark.parametrize("k", [1, 7, 40])
def test_any_scores_are_ranked(k: int) -> None:
    scores = np.round(np.random.default_rng(0).normal(size=(50, 40)), 1).astype(np.float32)
    scores[:, ::5] = np.array([0.0, -0.0, np.inf, -np.inf, 1e-42] * 10, np.float32)[:, None]
    scores[:, 3::5] = 0.0
    expected = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    label_ids, found = rank_labels(scores, k=k)
    np.testing.assert_array_equal(label_ids, expected)
    np.testing.assert_array_equal(found, np.take_along_axis(scores, expected, axis=1))


def test_many_labels_are_ranked_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    scores = np.round(np.random.default_rng(0).random((40, 9)), 1).astype(np.float32)
    whole = rank_labels(scores, k=3)
    monkeypatch.setattr("textspace.evaluation.metrics_collector.CELLS_AT_ONCE", 20)
    for found, expected in zip(rank_labels(scores, k=3), whole, strict=True):
        np.testing.assert_array_equal(found, expected)


def test_confusions_are_the_cells_of_sklearns_matrix() -> None:
    gold, scores = single_label()
    matrix = sklearn.metrics.confusion_matrix(gold, scores.argmax(axis=1), labels=range(L))
    np.fill_diagonal(matrix, 0)
    found = metrics_of(gold, scores).confusions(None)
    assert {(c.gold, c.predicted): c.n_documents for c in found} == {
        (f"l{a}", f"l{b}"): matrix[a, b] for a in range(L) for b in range(L) if matrix[a, b]
    }
    assert [c.n_documents for c in found] == sorted((c.n_documents for c in found), reverse=True)
    assert metrics_of(gold, scores).confusions(3) == found[:3]


def test_labels_that_the_model_does_not_know_are_missed() -> None:
    collector = MetricsCollector(["a", "b"])
    collector.add([["a"], ["new"], ["b", "new"], []], np.array([[1, 0], [1, 0], [0, 1], [0, 1]], np.float32))
    metrics = collector.metrics()
    assert metrics.labels == ("a", "b", "new")
    assert metrics.recall == 2 / 4
    assert metrics.precision == 2 / 4
    assert metrics.per_label["new"].recall == 0
    assert metrics.confusions() == [("new", "a", 1)]
    assert metrics.fasttext_test() == (2, 1.0, 1.0)
    by_label = metrics.fasttext_labels()
    assert set(by_label) == {"a", "b"}
    assert by_label["a"] == (1.0, 1.0, 1.0)


def test_fasttext_figures_are_nan_where_fasttexts_are() -> None:
    collector = MetricsCollector(["a", "b"], threshold=0.9)
    collector.add([["b"]], np.array([[0.4, 0.6]], np.float32))
    number, precision, recall = collector.metrics().fasttext_test()
    assert (number, math.isnan(precision), recall) == (1, True, 0.0)
    label = collector.metrics().fasttext_labels()["a"]
    assert all(map(math.isnan, label))


def test_ranked_labels_give_the_same_figures_but_no_log_loss() -> None:
    gold, scores = single_label()
    expected = metrics_of(gold, scores, k=3)
    collector = MetricsCollector([f"l{label_id}" for label_id in range(L)], k=3)
    label_ids, best = rank_labels(scores, k=3)
    collector.add_ranked(GoldLabels.from_arrays(np.arange(N + 1), gold), label_ids, best)
    found = collector.metrics()
    assert math.isnan(found.log_loss)
    without_loss = {name: value for name, value in expected.as_dict().items() if name != "log_loss"}
    assert {name: found.as_dict()[name] for name in without_loss} == without_loss


def test_padding_is_no_prediction() -> None:
    gold = GoldLabels.from_arrays([0, 1, 2], [0, 0])
    metrics = Metrics.of_ranked(
        gold, np.array([[0, -1], [-1, -1]], np.int32), np.zeros((2, 2), np.float32), labels=["a"], k=2
    )
    assert (metrics.precision, metrics.recall, metrics.coverage) == (1.0, 0.5, 0.5)


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        ("f1", lambda m: m.f1),
        ("f1:l2", lambda m: m.per_label["l2"].f1),
        ("recall:l0", lambda m: m.per_label["l0"].recall),
        ("macro_f1", lambda m: m.macro_f1),
        ("log_loss", lambda m: m.log_loss),
        ("precision_at_recall:0.5", lambda m: m.precision_at_recall(0.5)),
        ("recall_at_precision:0.5:l1", lambda m: m.recall_at_precision(0.5, "l1")),
    ],
)
def test_figures_have_names(metric: str, expected: object) -> None:
    metrics = metrics_of(*single_label())
    assert metrics.value(metric) == expected(metrics)


def test_labels_may_contain_colons() -> None:
    assert MetricName.parse("f1:a:b") == MetricName("f1", None, "a:b")
    assert MetricName.parse("precision_at_recall:0.5:a:b") == MetricName("precision_at_recall", 0.5, "a:b")
    assert not MetricName.parse("log_loss").greater_is_better


@pytest.mark.parametrize(
    "metric",
    ["", "F1", "auc", "macro_f1:l1", "precision_at_recall", "precision_at_recall:x", "recall_at_precision:1.5"],
)
def test_other_names_are_refused(metric: str) -> None:
    with pytest.raises(ValueError, match=r"`metric` must"):
        MetricName.parse(metric)


def test_a_label_that_nobody_has_is_an_error() -> None:
    with pytest.raises(KeyError, match="nobody"):
        metrics_of(*single_label()).precision_recall_curve("nobody")


def test_gold_labels_are_sorted_and_counted_once() -> None:
    gold = GoldLabels.from_arrays([0, 3, 3, 5], [4, 1, 4, 2, 0])
    assert gold.indptr.tolist() == [0, 2, 2, 4]
    assert gold.label_ids.tolist() == [1, 4, 0, 2]
    encoder = GoldEncoder(["x"])
    assert encoder.encode([["y", "x", "y"], []]).indptr.tolist() == [0, 2, 2]
    assert len(GoldLabels.joined([])) == 0


@pytest.mark.parametrize(
    ("indptr", "ids"), [([0, 1], [0, 1]), ([1, 2], [0, 1]), ([0, 2, 1], [0]), ([], []), ([0, 1], [-1])]
)
def test_gold_labels_that_do_not_fit_are_refused(indptr: list[int], ids: list[int]) -> None:
    with pytest.raises(ValueError, match="must"):
        GoldLabels.from_arrays(indptr, ids)


def test_predictions_that_do_not_fit_are_refused() -> None:
    gold, ids, scores = GoldLabels.from_arrays([0, 1], [0]), np.zeros((1, 1), np.int32), np.ones((1, 1), np.float32)
    with pytest.raises(ValueError, match="shape"):
        Metrics.of_ranked(gold, np.zeros((2, 1), np.int32), scores, labels=["a"])
    with pytest.raises(ValueError, match="label_ids"):
        Metrics.of_ranked(gold, ids + 1, scores, labels=["a"])
    with pytest.raises(ValueError, match="gold"):
        Metrics.of_ranked(GoldLabels.from_arrays([0, 1], [3]), ids, scores, labels=["a"])
    with pytest.raises(ValueError, match="got nan"):
        MetricsCollector(["a"]).add([["a"]], np.full((1, 1), np.nan, np.float32))
    with pytest.raises(ValueError, match="no document"):
        MetricsCollector(["a"]).metrics()


def test_repr_shows_the_figures() -> None:
    shown = repr(metrics_of(*single_label()))
    assert shown.startswith("Metrics(n_documents=300, k=1, precision=0.")
    assert "log_loss=1." in shown
