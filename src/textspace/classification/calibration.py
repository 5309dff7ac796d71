"""Calibration of a classifier on held-out texts: temperature, Platt's scaling, and a threshold for each label."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import numpy as np

from textspace.formats.stored_classifier import Calibration

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from textspace._typing import FloatArray

    Doubles = NDArray[np.float64]
    Flags = NDArray[np.bool_]

FloatT = TypeVar("FloatT", np.float32, np.float64)

INDEPENDENT_LOSSES = ("ova", "ns")  # a sigmoid for each label; the others make one distribution over all labels
MIN_SCALE, MAX_SCALE = 1e-3, 1e3
LOWEST_LOGIT = -1e4  # below the best of its row: its probability is 0 in any precision
MAX_ITERATIONS = 100
MIN_STEP = 1e-9  # of Newton's
TOLERANCE = 1e-10
MIN_F1 = 0.1
CELLS_PER_BLOCK = 1 << 20


def fit_calibration(logits: FloatArray, truth: Flags, *, loss: str) -> Calibration:
    """Fit what makes the probabilities of a model agree with how often its labels are right.

    Parameters
    ----------
    logits : ndarray of float32, shape (N, L)
        Scores of held-out texts, not calibrated.
    truth : ndarray of bool, shape (N, L)
        The labels that each text has.
    loss : {"softmax", "hs", "ns", "ova"}
        Softmax and hierarchical softmax get one temperature, the others Platt's two numbers for each label.

    Returns
    -------
    Calibration
        With thresholds that maximize each label's F1 on these texts.
    """
    if loss in INDEPENDENT_LOSSES:
        scale, offset = fit_platt(logits, truth)
    else:
        scale, offset = np.array([fit_temperature(logits, truth)]), np.zeros(1)
    scale32, offset32 = scale.astype(np.float32), offset.astype(np.float32)
    probabilities = probabilities_of(scale32 * logits + offset32, loss=loss)
    return Calibration(scale32, offset32, best_thresholds(probabilities, truth))


def probabilities_of(logits: FloatArray, *, loss: str) -> FloatArray:
    """Return the probabilities (N, L): each label's own, or those of a distribution over all labels."""
    if loss in INDEPENDENT_LOSSES:
        return _sigmoid(logits)
    odds: FloatArray = np.exp(logits - logits.max(axis=1, keepdims=True))
    odds /= odds.sum(axis=1, keepdims=True)
    return odds


def fit_temperature(logits: FloatArray, truth: Flags) -> float:
    """Return the factor of the logits, 1 / temperature, with the least mean log loss.

    Parameters
    ----------
    logits : ndarray of float32, shape (N, L)
        Scores of held-out texts.
    truth : ndarray of bool, shape (N, L)
        The labels that each text has: they share its weight. Texts without labels do not count.

    Returns
    -------
    float
        Between 1/1000 and 1000; 1 where nothing can be fitted.

    Notes
    -----
    The loss is convex in the factor: Newton's method, kept inside a bracket. One more text's worth of weight is spread
    over all labels, so that a model that is never wrong on these texts is not taken for infallible.

    References
    ----------
    C. Guo, G. Pleiss, Y. Sun, K. Weinberger, "On calibration of modern neural networks", 2017, section 4.2.
    """
    labelled = truth.any(axis=1)
    if not labelled.any() or logits.shape[1] < 2:
        return 1.0
    scores = logits[labelled].astype(np.float64)
    scores = np.maximum(scores - scores.max(axis=1, keepdims=True), LOWEST_LOGIT)
    shares = truth[labelled] / truth[labelled].sum(axis=1, keepdims=True)
    smoothing = 1 / (len(scores) + 1)
    target = float(((1 - smoothing) * (shares * scores).sum(axis=1) + smoothing * scores.mean(axis=1)).mean())
    low, high, scale = MIN_SCALE, MAX_SCALE, 1.0
    for _ in range(MAX_ITERATIONS):
        slope, curvature = _slope(scores, target, scale)
        if slope == 0 or high - low < TOLERANCE * scale:
            break
        low, high = (low, scale) if slope > 0 else (scale, high)
        step = scale - slope / curvature if curvature > 0 else 0.0
        following = step if low < step < high else float(np.sqrt(low * high))
        if abs(following - scale) < TOLERANCE * scale:
            break
        scale = following
    return scale


def _slope(scores: Doubles, target: float, scale: float) -> tuple[float, float]:
    """First and second derivative of the mean log loss by the factor: the error of the mean score, and its variance."""
    odds = np.exp(scale * scores)
    odds /= odds.sum(axis=1, keepdims=True)
    means = (odds * scores).sum(axis=1)
    variances = (odds * scores**2).sum(axis=1) - means**2
    return float(means.mean()) - target, float(variances.mean())


def fit_platt(logits: FloatArray, truth: Flags) -> tuple[Doubles, Doubles]:
    """Return for each label the scale and offset with which the sigmoid of its logit fits best.

    Parameters
    ----------
    logits : ndarray of float32, shape (N, L)
        Scores of held-out texts.
    truth : ndarray of bool, shape (N, L)
        The labels that each text has.

    Returns
    -------
    scale : ndarray of float64, shape (L,)
        What logits are multiplied by.
    offset : ndarray of float64, shape (L,)
        What is added then. A label that all texts have, or none, or that higher scores make less likely, gets the two
        numbers that fit all labels together, so that scales are positive and no label's ranking is turned round.

    References
    ----------
    .. [1] J. Platt, "Probabilistic outputs for support vector machines", 1999: the targets are not 0 and 1.
    .. [2] H.-T. Lin, C.-J. Lin, R. Weng, "A note on Platt's probabilistic outputs", 2007: Newton with backtracking.
    """
    n_texts, n_labels = logits.shape
    scale, offset = np.ones(n_labels), np.zeros(n_labels)
    if n_texts == 0:
        return scale, offset
    width = max(1, CELLS_PER_BLOCK // n_texts)
    for begin in range(0, n_labels, width):
        block = slice(begin, begin + width)
        scale[block], offset[block] = _fit_sigmoids(logits[:, block].astype(np.float64), truth[:, block])
    n_positive = truth.sum(axis=0)
    unfit = (n_positive == 0) | (n_positive == n_texts) | ~(scale > 0) | ~np.isfinite(scale + offset)
    if unfit.any():
        one, other = _fit_sigmoids(logits.reshape(-1, 1).astype(np.float64), truth.reshape(-1, 1))
        fits = np.isfinite(one[0] + other[0]) and one[0] > 0
        scale[unfit], offset[unfit] = (one[0], other[0]) if fits else (1.0, 0.0)
    return scale, offset


def _fit_sigmoids(scores: Doubles, truth: Flags) -> tuple[Doubles, Doubles]:
    """Newton's method for all columns at once; each halves its own steps until its loss falls."""
    n_positive = truth.sum(axis=0)
    n_negative = len(truth) - n_positive
    targets = np.where(truth, (n_positive + 1) / (n_positive + 2), 1 / (n_negative + 2))
    scale, offset = np.zeros(scores.shape[1]), np.log((n_positive + 1) / (n_negative + 1))
    loss = _sigmoid_loss(scores, targets, scale, offset)
    for _ in range(MAX_ITERATIONS):
        step_scale, step_offset, decrease = _newton_step(scores, targets, scale, offset)
        if (decrease <= TOLERANCE * (1 + loss)).all():
            break
        size, tried = np.ones_like(loss), loss
        while size.any():
            tried = _sigmoid_loss(scores, targets, scale - size * step_scale, offset - size * step_offset)
            failed = (tried > loss - 1e-4 * size * decrease) & (size > 0)
            if not failed.any():
                break
            size[failed] = np.where(size[failed] > MIN_STEP, size[failed] / 2, 0)
        scale -= size * step_scale
        offset -= size * step_offset
        loss = tried
        if not size.any():
            break
    return scale, offset


def _newton_step(
    scores: Doubles, targets: Doubles, scale: Doubles, offset: Doubles
) -> tuple[Doubles, Doubles, Doubles]:
    """The step of both numbers of each column, and by how much the loss falls along it at first."""
    probabilities = _sigmoid(scale * scores + offset)
    errors, weights = probabilities - targets, probabilities * (1 - probabilities)
    slope_scale, slope_offset = (errors * scores).sum(axis=0), errors.sum(axis=0)
    aa = (weights * scores**2).sum(axis=0) + 1e-12
    ab = (weights * scores).sum(axis=0)
    bb = weights.sum(axis=0) + 1e-12
    determinant = aa * bb - ab**2
    step_scale = (bb * slope_scale - ab * slope_offset) / determinant
    step_offset = (aa * slope_offset - ab * slope_scale) / determinant
    return step_scale, step_offset, step_scale * slope_scale + step_offset * slope_offset


def _sigmoid_loss(scores: Doubles, targets: Doubles, scale: Doubles, offset: Doubles) -> Doubles:
    logits = scale * scores + offset
    loss: Doubles = (np.logaddexp(0, logits) - targets * logits).sum(axis=0)
    return loss


def _sigmoid(logits: NDArray[FloatT]) -> NDArray[FloatT]:
    probabilities: NDArray[FloatT] = 0.5 * (1 + np.tanh(0.5 * logits))
    return probabilities


def best_thresholds(probabilities: FloatArray, truth: Flags) -> FloatArray:
    """Return for each label the threshold of its probability with the highest F1 on these texts.

    Parameters
    ----------
    probabilities : ndarray of float32, shape (N, L)
        A label is assigned where its probability is not below its threshold.
    truth : ndarray of bool, shape (N, L)
        The labels that each text has.

    Returns
    -------
    ndarray of float32, shape (L,)
        Half way between the two probabilities that it parts; 0.5 for a label that none of the texts has. Where the
        best F1 is below 0.1, which a label that cannot be told from others reaches by being assigned to many texts,
        the highest probability.

    References
    ----------
    R.-E. Fan, C.-J. Lin, "A study on threshold selection for multi-label classification", 2007: SCutFBR.1.
    """
    thresholds = np.full(truth.shape[1], 0.5, np.float32)
    for label_id in np.flatnonzero(truth.any(axis=0)).tolist():
        thresholds[label_id] = _best_threshold(probabilities[:, label_id], truth[:, label_id])
    return thresholds


def _best_threshold(probabilities: FloatArray, truth: Flags) -> float:
    order = np.argsort(-probabilities, kind="stable")
    ranked = probabilities[order]
    n_right = np.cumsum(truth[order])
    f1 = 2 * n_right / (np.arange(1, len(ranked) + 1) + n_right[-1])
    f1[:-1][ranked[:-1] == ranked[1:]] = -1  # no threshold parts equal probabilities
    last = int(np.argmax(f1))
    if f1[last] < MIN_F1:
        return float(ranked[0])
    lowest = ranked[last]
    if last + 1 == len(ranked):
        return float(lowest)
    middle = np.float32((lowest + ranked[last + 1]) / 2)
    return float(middle if middle > ranked[last + 1] else lowest)
