"""Precision, recall and F1 from counts of right, predicted and gold labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from textspace._typing import IntArray, LongArray


class LabelMetrics(NamedTuple):
    """How well one label is predicted, or all of them together.

    Attributes
    ----------
    n_gold, n_predicted, n_correct : int
        Documents that have the label, that were given it, and both.

    Examples
    --------
    >>> spam = LabelMetrics(n_gold=4, n_predicted=2, n_correct=1)
    >>> spam.precision, spam.recall, round(spam.f1, 3)
    (0.5, 0.25, 0.333)
    """

    n_gold: int
    n_predicted: int
    n_correct: int

    @property
    def precision(self) -> float:
        """Right ones among the predicted ones; 0 where none is predicted.

        Returns
        -------
        float
            From 0 to 1.
        """
        return self.n_correct / self.n_predicted if self.n_predicted else 0.0

    @property
    def recall(self) -> float:
        """Right ones among the gold ones; 0 where there are none.

        Returns
        -------
        float
            From 0 to 1.
        """
        return self.n_correct / self.n_gold if self.n_gold else 0.0

    @property
    def f1(self) -> float:
        """Harmonic mean of `precision` and `recall`; 0 where there are neither gold nor predicted ones.

        Returns
        -------
        float
            From 0 to 1.
        """
        n_both = self.n_gold + self.n_predicted
        return 2 * self.n_correct / n_both if n_both else 0.0


@dataclass(frozen=True, eq=False)
class LabelCounts:
    """The counts of M labels.

    Attributes
    ----------
    n_gold, n_predicted, n_correct : ndarray of int64, shape (M,)
        As those of `LabelMetrics`.
    """

    n_gold: LongArray
    n_predicted: LongArray
    n_correct: LongArray

    @classmethod
    def of_pairs(cls, gold: IntArray, predicted: IntArray, correct: IntArray, n_labels: int) -> LabelCounts:
        """Count the label ids among the gold, the predicted and the right ones."""
        return cls(*(np.bincount(ids, minlength=n_labels).astype(np.int64) for ids in (gold, predicted, correct)))

    def of(self, label_id: int) -> LabelMetrics:
        """Return the figures of one label."""
        return LabelMetrics(int(self.n_gold[label_id]), int(self.n_predicted[label_id]), int(self.n_correct[label_id]))

    @property
    def micro(self) -> LabelMetrics:
        """All labels together."""
        return LabelMetrics(int(self.n_gold.sum()), int(self.n_predicted.sum()), int(self.n_correct.sum()))

    def macro(self, name: Literal["precision", "recall", "f1"]) -> float:
        """Return the mean of a figure over the labels that occur; NaN where none does."""
        occurring = self.n_gold + self.n_predicted > 0
        figures = {
            "precision": _shares(self.n_correct, self.n_predicted),
            "recall": _shares(self.n_correct, self.n_gold),
            "f1": _shares(2 * self.n_correct, self.n_gold + self.n_predicted),
        }[name]
        return float(figures[occurring].mean()) if occurring.any() else float("nan")


def _shares(parts: LongArray, wholes: LongArray) -> NDArray[np.float64]:
    """Parts of wholes; 0 where the whole is 0."""
    return np.divide(parts, wholes, out=np.zeros(len(parts)), where=wholes > 0)
