"""Precision and recall at every threshold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from textspace._validation import check_float

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from textspace._typing import FloatArray


@dataclass(frozen=True, eq=False)
class PrecisionRecallCurve:
    """Precision and recall of the predictions whose score reaches a threshold, for each threshold that changes them.

    Attributes
    ----------
    precision : ndarray of float64, shape (P + 1,)
        Right predictions among those that reach the threshold; the last, without a threshold, is 1.
    recall : ndarray of float64, shape (P + 1,)
        Gold labels that they find among all; descends to the last, 0.
    thresholds : ndarray of float32, shape (P,)
        The distinct scores, ascending.

    Notes
    -----
    Points and order are those of scikit-learn's ``precision_recall_curve``. Gold labels whose score was not kept are in
    the denominator of the recall, and on no point.

    Examples
    --------
    >>> scores, right = np.array([0.9, 0.8, 0.8, 0.1], np.float32), np.array([True, True, False, False])
    >>> curve = precision_recall_curve(scores, right, n_gold=2)
    >>> curve.precision.round(2).tolist(), curve.recall.tolist()
    ([0.5, 0.67, 1.0, 1.0], [1.0, 1.0, 0.5, 0.0])
    """

    precision: NDArray[np.float64]
    recall: NDArray[np.float64]
    thresholds: FloatArray

    def precision_at_recall(self, recall: float) -> float:
        """Return the best precision among the points whose recall is at least `recall`.

        Parameters
        ----------
        recall : float
            From 0 to 1.

        Returns
        -------
        float
            From 0 to 1; 0 where no point has this recall.
        """
        reached = self.recall >= check_float("recall", recall, at_least=0, at_most=1)
        return float(self.precision[reached].max(initial=0.0))

    def recall_at_precision(self, precision: float) -> float:
        """Return the best recall among the points whose precision is at least `precision`.

        Parameters
        ----------
        precision : float
            From 0 to 1.

        Returns
        -------
        float
            From 0 to 1; the last point, of precision 1 and recall 0, is always there.
        """
        reached = self.precision >= check_float("precision", precision, at_least=0, at_most=1)
        return float(self.recall[reached].max(initial=0.0))

    @property
    def average_precision(self) -> float:
        r"""The area under the curve as a sum of steps.

        .. math:: \sum_p (R_p - R_{p + 1}) P_p

        Returns
        -------
        float
            From 0 to 1.
        """
        return float(-np.sum(np.diff(self.recall) * self.precision[:-1]))


def precision_recall_curve(scores: FloatArray, right: NDArray[np.bool_], *, n_gold: int) -> PrecisionRecallCurve:
    """Compute the curve.

    Parameters
    ----------
    scores : ndarray of float32, shape (S,)
        The scores of predictions.
    right : ndarray of bool, shape (S,)
        Which of them are right.
    n_gold : int
        How many gold labels there are to find.

    Returns
    -------
    PrecisionRecallCurve
        A point for each distinct score, and the end point (1, 0).

    Examples
    --------
    >>> precision_recall_curve(np.array([0.5], np.float32), np.array([True]), n_gold=2).recall.tolist()
    [0.5, 0.0]
    """
    order = np.argsort(-scores, kind="stable")
    sorted_scores, n_right = scores[order], np.cumsum(right[order])
    last_of_equals = np.flatnonzero(
        np.append(np.diff(sorted_scores) != 0, np.ones(min(1, len(scores)), dtype=np.bool_))
    )
    precision = n_right[last_of_equals] / (last_of_equals + 1)
    recall = n_right[last_of_equals] / max(n_gold, 1)
    return PrecisionRecallCurve(
        np.append(precision[::-1], 1.0), np.append(recall[::-1], 0.0), sorted_scores[last_of_equals][::-1]
    )
