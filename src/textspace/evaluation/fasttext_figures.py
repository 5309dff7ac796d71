"""The figures that fastText's own `test` and `test_label` give."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from textspace.evaluation.label_metrics import LabelCounts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from textspace._typing import IntArray
    from textspace.evaluation.gold_labels import GoldLabels


class FastTextTest(NamedTuple):
    """What ``fasttext test`` prints.

    Attributes
    ----------
    n_documents : int
        Documents with at least one label that the model knows: N.
    precision : float
        Right predictions among all predictions: P@k; NaN where there are none.
    recall : float
        Right predictions among all known labels of the documents: R@k; NaN where there are none.

    Examples
    --------
    >>> FastTextTest(3, 0.5, 0.25).precision
    0.5
    """

    n_documents: int
    precision: float
    recall: float


class FastTextLabel(NamedTuple):
    """What ``fasttext test-label`` prints for one label.

    Attributes
    ----------
    precision, recall, f1 : float
        NaN where they are not defined.

    Examples
    --------
    >>> FastTextLabel(1.0, 0.5, 0.667).recall
    0.5
    """

    precision: float
    recall: float
    f1: float


def fasttext_test(
    gold: GoldLabels, predicted: NDArray[np.bool_], hits: NDArray[np.bool_], *, n_known: int
) -> FastTextTest:
    """Count over the documents with a known label.

    Parameters
    ----------
    gold : GoldLabels
        The labels of the N documents.
    predicted, hits : ndarray of bool, shape (N, K)
        Which of their ranked labels are predicted, and which of these are right.
    n_known : int
        How many labels the model has; a greater id in `gold` is one that it does not know.

    Returns
    -------
    FastTextTest
        The figures.
    """
    tested = tested_documents(gold, n_known=n_known)
    n_right, n_gold = int(hits[tested].sum()), int((gold.label_ids < n_known).sum())
    return FastTextTest(int(tested.sum()), _share(n_right, int(predicted[tested].sum())), _share(n_right, n_gold))


def fasttext_labels(
    gold: GoldLabels,
    label_ids: IntArray,
    predicted: NDArray[np.bool_],
    hits: NDArray[np.bool_],
    *,
    n_known: int,
) -> list[FastTextLabel]:
    """Count for each label over the documents with a known label.

    Parameters
    ----------
    gold : GoldLabels
        The labels of the N documents.
    label_ids : ndarray of int32, shape (N, K)
        Their ranked labels.
    predicted, hits : ndarray of bool, shape (N, K)
        Which of these are predicted, and which are right.
    n_known : int
        How many labels the model has.

    Returns
    -------
    list of FastTextLabel
        One for each of these labels.
    """
    tested = tested_documents(gold, n_known=n_known)[:, None]
    known = gold.label_ids[gold.label_ids < n_known]
    counts = LabelCounts.of_pairs(known, label_ids[predicted & tested], label_ids[hits], n_known)
    figures = []
    for n_gold, n_predicted, n_right in zip(counts.n_gold, counts.n_predicted, counts.n_correct, strict=True):
        shares = _share(n_right, n_predicted), _share(n_right, n_gold), _share(2 * n_right, n_gold + n_predicted)
        figures.append(FastTextLabel(*shares))
    return figures


def tested_documents(gold: GoldLabels, *, n_known: int) -> NDArray[np.bool_]:
    """Say which documents have a label that the model knows."""
    return np.bincount(gold.documents[gold.label_ids < n_known], minlength=len(gold)) > 0


def _share(part: int, whole: int) -> float:
    return int(part) / int(whole) if whole else float("nan")
