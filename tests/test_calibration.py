"""Temperature, Platt's scaling and thresholds, against scikit-learn, SciPy and brute force."""

import numpy as np
import pytest

from textspace.classification.calibration import (
    best_thresholds,
    fit_calibration,
    fit_platt,
    fit_temperature,
    probabilities_of,
)

optimize = pytest.importorskip("scipy.optimize")
special = pytest.importorskip("scipy.special")


def multi_class(n=400, n_labels=5, sharpness=3.0, seed=0):
    """Logits whose true temperature is `sharpness`, and one label a text drawn from them."""
    stream = np.random.default_rng(seed)
    logits = stream.normal(size=(n, n_labels)) * 1.5
    drawn = [stream.choice(n_labels, p=row) for row in special.softmax(logits, axis=1)]
    return (sharpness * logits).astype(np.float32), np.eye(n_labels, dtype=bool)[drawn]


def multi_label(n=500, n_labels=6, seed=0):
    """Logits of independent labels, each with a slope and an offset of its own."""
    stream = np.random.default_rng(seed)
    logits = stream.normal(size=(n, n_labels)) * 2
    slopes, offsets = stream.uniform(0.3, 2, n_labels), stream.normal(size=n_labels)
    truth = stream.random((n, n_labels)) < special.expit(slopes * logits + offsets)
    return logits.astype(np.float32), truth


def smoothed_log_loss(scale, logits, truth):
    """Mean log loss, with one text more whose weight is spread over all labels of all texts."""
    log_p = special.log_softmax(scale * logits.astype(np.float64), axis=1)
    shares = truth / truth.sum(axis=1, keepdims=True)
    n = len(logits)
    return -(n * (shares * log_p).sum(axis=1).mean() + log_p.mean()) / (n + 1)


@pytest.mark.parametrize("sharpness", [0.05, 1, 3, 40])
def test_temperature_is_the_minimum_of_the_log_loss(sharpness):
    logits, truth = multi_class(sharpness=sharpness)
    found = fit_temperature(logits, truth)
    best = optimize.minimize_scalar(
        smoothed_log_loss, args=(logits, truth), bounds=(1e-3, 1e3), method="bounded", options={"xatol": 1e-9}
    )
    assert found == pytest.approx(best.x, rel=1e-4)
    assert found == pytest.approx(1 / sharpness, rel=0.2)


def test_temperature_of_texts_with_several_labels():
    logits, truth = multi_class()
    truth = truth | np.roll(truth, 1, axis=1)
    found = fit_temperature(logits, truth)
    step = 1e-3 * found
    losses = [smoothed_log_loss(found + change, logits, truth) for change in (-step, 0, step)]
    assert losses[1] < min(losses[0], losses[2])


def test_texts_without_labels_do_not_count():
    logits, truth = multi_class()
    more = np.concatenate([logits, 9 * logits[:50]]), np.concatenate([truth, np.zeros((50, 5), bool)])
    assert fit_temperature(*more) == pytest.approx(fit_temperature(logits, truth), rel=1e-9)
    assert fit_temperature(logits, np.zeros_like(truth)) == 1
    assert fit_temperature(logits[:, :1], truth[:, :1]) == 1


def test_temperature_of_a_model_that_is_always_right_or_always_wrong():
    right = np.eye(3, dtype=bool)[np.arange(90) % 3]
    logits = np.where(right, 5, 0).astype(np.float32)
    scale = fit_temperature(logits, right)
    assert 0.5 < scale < 5
    assert probabilities_of(scale * logits, loss="softmax").max() == pytest.approx(90 / 91, abs=0.01)
    assert fit_temperature(-logits, right) == pytest.approx(1e-3, rel=1e-3)
    assert fit_temperature(np.zeros_like(logits), right) == 1


def test_log_probabilities_of_impossible_labels():
    logits, truth = multi_class(n_labels=3)
    logits[:, 2][~truth[:, 2]] = -np.inf
    assert np.isfinite(fit_temperature(logits, truth))


def test_platt_is_the_logistic_regression_of_the_smoothed_targets():
    linear_model = pytest.importorskip("sklearn.linear_model")
    logits, truth = multi_label()
    scale, offset = fit_platt(logits, truth)
    for label_id in range(logits.shape[1]):
        is_right = truth[:, label_id]
        n_right, n_wrong = is_right.sum(), (~is_right).sum()
        targets = np.where(is_right, (n_right + 1) / (n_right + 2), 1 / (n_wrong + 2))
        # A target between 0 and 1 is two examples that share the weight.
        scores = np.tile(logits[:, [label_id]].astype(np.float64), (2, 1))
        weights = np.concatenate([targets, 1 - targets])
        peer = linear_model.LogisticRegression(C=1e10, tol=1e-10, max_iter=1000)
        peer.fit(scores, np.repeat([1, 0], len(logits)), sample_weight=weights)
        assert scale[label_id] == pytest.approx(peer.coef_[0, 0], rel=1e-4)
        assert offset[label_id] == pytest.approx(peer.intercept_[0], rel=1e-3, abs=1e-4)


def test_platt_does_not_depend_on_the_blocks(monkeypatch):
    logits, truth = multi_label()
    whole = fit_platt(logits, truth)
    monkeypatch.setattr("textspace.classification.calibration.CELLS_PER_BLOCK", 2 * len(logits))
    np.testing.assert_allclose(fit_platt(logits, truth), whole, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("size", [1e-3, 1, 1e3])
def test_platt_undoes_any_scale_and_offset_of_the_logits(size):
    logits, truth = multi_label()
    scale, offset = fit_platt(logits, truth)
    again, shifted = fit_platt((size * (logits - 3)).astype(np.float32), truth)
    np.testing.assert_allclose(again * size, scale, rtol=1e-3)
    np.testing.assert_allclose(shifted - 3 * again * size, offset, atol=1e-2)


def test_labels_that_cannot_be_fitted_share_the_numbers_of_all():
    logits, truth = multi_label()
    truth[:, 0], truth[:, 1] = False, True
    logits[:, 2] = np.where(truth[:, 2], -3, 3)  # higher scores, fewer texts
    scale, offset = fit_platt(logits, truth)
    assert (scale > 0).all()
    assert len(set(scale[:3])) == len(set(offset[:3])) == 1
    assert len(set(scale[3:])) == 3
    scale, offset = fit_platt(-np.abs(logits[:, :1]), np.zeros((len(logits), 1), bool))
    assert scale > 0 and np.isfinite(offset)
    assert [numbers.tolist() for numbers in fit_platt(logits[:0], truth[:0])] == [[1] * 6, [0] * 6]


def test_perfectly_parted_labels_get_finite_numbers():
    truth = np.arange(100)[:, None] % 2 == 0
    scale, offset = fit_platt(np.where(truth, 1.0, -1.0).astype(np.float32), truth)
    assert special.expit(scale[0] + offset[0]) == pytest.approx(51 / 52, abs=1e-6)
    assert special.expit(-scale[0] + offset[0]) == pytest.approx(1 / 52, abs=1e-6)


def brute_force_f1(probabilities, truth, threshold):
    chosen = probabilities >= threshold
    return 2 * (chosen & truth).sum() / (chosen.sum() + truth.sum())


@pytest.mark.parametrize("decimals", [1, 6])
def test_thresholds_have_the_highest_f1(decimals):
    logits, truth = multi_label(seed=3)
    probabilities = special.expit(logits).round(decimals).astype(np.float32)
    thresholds = best_thresholds(probabilities, truth)
    assert thresholds.dtype == np.float32
    for label_id, threshold in enumerate(thresholds):
        column, is_right = probabilities[:, label_id], truth[:, label_id]
        best = max(brute_force_f1(column, is_right, candidate) for candidate in column)
        assert brute_force_f1(column, is_right, threshold) == best


def test_a_label_that_cannot_be_told_is_not_assigned_to_many():
    probabilities = np.linspace(1, 0, 100, dtype=np.float32)[:, np.newaxis]
    truth = np.zeros((100, 1), bool)
    truth[50] = True  # the best F1, 2 / 52, takes 51 texts
    assert best_thresholds(probabilities, truth) == 1
    truth[9] = True  # 2 / 12 takes 10
    assert best_thresholds(probabilities, truth) == pytest.approx((probabilities[9] + probabilities[10]) / 2)


def test_thresholds_lie_between_the_probabilities_they_part():
    probabilities = np.array([[0.9], [0.6], [0.2], [0.1]], np.float32)
    assert best_thresholds(probabilities, np.array([[1], [1], [0], [0]], bool)) == pytest.approx(0.4)
    assert best_thresholds(probabilities, np.ones((4, 1), bool)) == pytest.approx(0.1)
    assert best_thresholds(probabilities, np.zeros((4, 1), bool)) == pytest.approx(0.5)
    neighbours = np.array([[0.5], [np.nextafter(np.float32(0.5), np.float32(0))]], np.float32)
    assert best_thresholds(neighbours, np.array([[1], [0]], bool)) == np.float32(0.5)


@pytest.mark.parametrize(("loss", "size"), [("softmax", 1), ("hs", 1), ("ova", 6), ("ns", 6)])
def test_calibrated_probabilities_are_as_often_right_as_they_say(loss, size):
    logits, truth = multi_label(n=4000) if size > 1 else multi_class(n=4000, n_labels=6)
    fitted = fit_calibration(logits[:2000], truth[:2000], loss=loss)
    assert fitted.scale.shape == fitted.offset.shape == (size,)
    assert fitted.scale.dtype == fitted.offset.dtype == np.float32
    assert fitted.thresholds.shape == (6,)
    probabilities = probabilities_of(fitted.scale * logits[2000:] + fitted.offset, loss=loss)
    before = probabilities_of(logits[2000:], loss=loss)

    def error(values):
        """Mean gap between what is said and what is true, over ten groups of equal probability."""
        groups = np.array_split(np.argsort(values, axis=None), 10)
        return np.mean([abs(values.flat[group].mean() - truth[2000:].flat[group].mean()) for group in groups])

    assert error(probabilities) < min(0.02, error(before) / 2)
