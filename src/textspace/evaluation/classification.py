"""How good predicted labels are: `Metrics`, with the field's names for its figures."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from textspace._validation import check_int, reject
from textspace.evaluation.fasttext_figures import FastTextLabel, FastTextTest, fasttext_labels, fasttext_test
from textspace.evaluation.gold_labels import GoldLabels
from textspace.evaluation.label_metrics import LabelCounts, LabelMetrics
from textspace.evaluation.metric_name import MetricName
from textspace.evaluation.precision_recall import PrecisionRecallCurve, precision_recall_curve

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from textspace._typing import FloatArray, IntArray


class Confusion(NamedTuple):
    """How often documents of one label were given another.

    Attributes
    ----------
    gold, predicted : str
        A label of the documents, and the best label they were given, which is none of theirs.
    n_documents : int
        How many documents.

    Examples
    --------
    >>> Confusion("en", "de", 3).predicted
    'de'
    """

    gold: str
    predicted: str
    n_documents: int


@dataclass(frozen=True, eq=False, repr=False)
class Metrics:
    """Figures of predicted labels: of the `k` best of each document, those whose score reaches `threshold`.

    Attributes
    ----------
    labels : tuple of str
        The labels by their ids: those of the model, then those that only the documents have.
    n_known : int
        How many labels the model has.
    k : int
        How many labels were predicted at most for a document.
    threshold : float or ndarray of float32, shape (n_known,)
        The score from which on a label counts as predicted, one for all or one for each.
    log_loss : float
        Mean over the documents of -ln of the probability of a document's labels (their mean, if there are several);
        with independent labels the mean binary cross-entropy over all labels. NaN if the probabilities were not given.
    gold : GoldLabels
        The labels that the documents have.
    label_ids : ndarray of int32, shape (N, K)
        The labels by score, best first, those below the threshold too; -1 as padding.
    scores : ndarray of float32, shape (N, K)
        Their scores.

    Notes
    -----
    Equal to scikit-learn's figures on the same predictions, with ``zero_division=0``. Macro means are over the labels
    that occur among the gold or the predicted ones. A gold label that the model does not know counts as not found;
    `fasttext_test` leaves it out, as fastText does.

    Examples
    --------
    >>> gold = GoldLabels.from_arrays([0, 1, 2, 3], [0, 1, 1])
    >>> label_ids = np.array([[0, 1], [1, 0], [0, 1]], np.int32)
    >>> scores = np.array([[0.9, 0.1], [0.8, 0.2], [0.6, 0.4]], np.float32)
    >>> metrics = Metrics.of_ranked(gold, label_ids, scores, labels=["spam", "ham"])
    >>> metrics.accuracy, metrics.per_label["spam"].precision, metrics.confusions()
    (0.6666666666666666, 0.5, [Confusion(gold='ham', predicted='spam', n_documents=1)])
    """

    labels: tuple[str, ...]
    n_known: int
    k: int
    threshold: float | FloatArray
    log_loss: float
    gold: GoldLabels
    label_ids: IntArray
    scores: FloatArray

    @classmethod
    def of_ranked(
        cls,
        gold: GoldLabels,
        label_ids: IntArray,
        scores: FloatArray,
        *,
        labels: Sequence[str],
        n_known: int | None = None,
        k: int = 1,
        threshold: float | FloatArray = 0.0,
        log_loss: float = float("nan"),
    ) -> Metrics:
        """Judge ranked labels.

        Parameters
        ----------
        gold : GoldLabels
            The labels of the N documents.
        label_ids : ndarray of int32, shape (N, K)
            The labels of each document by score, best first; -1 as padding. K may exceed `k`: curves go further then.
        scores : ndarray of float32, shape (N, K)
            Their scores.
        labels : sequence of str
            The labels by their ids.
        n_known : int, optional
            How many of them the model has, the first ones; None: all.
        k : int, default 1
            How many labels to predict at most for a document.
        threshold : float or ndarray of float32, shape (n_known,), default 0.0
            The score from which on a label counts as predicted.
        log_loss : float
            As the attribute.

        Returns
        -------
        Metrics
            The figures.

        Raises
        ------
        ValueError
            When the shapes do not fit each other, or an id has no label.
        """
        n_known = len(labels) if n_known is None else check_int("n_known", n_known, at_least=1, at_most=len(labels))
        if (
            label_ids.shape != scores.shape
            or label_ids.ndim != 2
            or len(label_ids) != len(gold)
            or not label_ids.shape[1]
        ):
            reject("label_ids", f"have shape ({len(gold)}, K >= 1), as `scores`", label_ids.shape)
        if label_ids.size and not -1 <= int(label_ids.min()) <= int(label_ids.max()) < n_known:
            reject("label_ids", f"be ids of the {n_known} labels of the model", int(label_ids.max()))
        if gold.label_ids.size and int(gold.label_ids.max()) >= len(labels):
            reject("gold", f"have ids of the {len(labels)} labels", int(gold.label_ids.max()))
        k = check_int("k", k, at_least=1)
        return cls(tuple(labels), n_known, k, threshold, log_loss, gold, label_ids, scores)

    @property
    def n_documents(self) -> int:
        """Number of documents, N."""
        return len(self.gold)

    @cached_property
    def _right(self) -> NDArray[np.bool_]:
        return self.gold.contain(self.label_ids)

    @cached_property
    def _predicted(self) -> NDArray[np.bool_]:
        """Which of the first k labels of each document are predictions."""
        ids, scores = self.label_ids[:, : self.k], self.scores[:, : self.k]
        threshold = self.threshold[ids] if isinstance(self.threshold, np.ndarray) else np.float32(self.threshold)
        return (ids >= 0) & (scores >= threshold)

    @cached_property
    def _hits(self) -> NDArray[np.bool_]:
        return self._predicted & self._right[:, : self.k]

    @cached_property
    def _counts(self) -> LabelCounts:
        best = self.label_ids[:, : self.k]
        return LabelCounts.of_pairs(self.gold.label_ids, best[self._predicted], best[self._hits], len(self.labels))

    @property
    def precision(self) -> float:
        """Right predictions among all predictions (micro): P@k."""
        return self._counts.micro.precision

    @property
    def recall(self) -> float:
        """Right predictions among all labels of the documents (micro): R@k."""
        return self._counts.micro.recall

    @property
    def f1(self) -> float:
        """Harmonic mean of `precision` and `recall`: F1@k."""
        return self._counts.micro.f1

    @property
    def macro_precision(self) -> float:
        """Mean precision of the labels."""
        return self._counts.macro("precision")

    @property
    def macro_recall(self) -> float:
        """Mean recall of the labels."""
        return self._counts.macro("recall")

    @property
    def macro_f1(self) -> float:
        """Mean F1 of the labels."""
        return self._counts.macro("f1")

    @property
    def accuracy(self) -> float:
        """Share of the documents whose best label is predicted, and is one of theirs."""
        return _share_with_any(self._hits[:, :1])

    @property
    def top_k_accuracy(self) -> float:
        """Share of the documents with a right label among the predicted ones."""
        return _share_with_any(self._hits)

    @property
    def exact_match(self) -> float:
        """Share of the documents whose predicted labels are all of theirs and no others."""
        n_right = self._hits.sum(axis=1)
        exact = (n_right == self.gold.counts) & (n_right == self._predicted.sum(axis=1))
        return _share_with_any(exact[:, None])

    @property
    def coverage(self) -> float:
        """Share of the documents for which at least one label reaches the threshold."""
        return _share_with_any(self._predicted)

    @cached_property
    def per_label(self) -> dict[str, LabelMetrics]:
        """Precision, recall and F1 of each label, by its name."""
        return {label: self._counts.of(label_id) for label_id, label in enumerate(self.labels)}

    def confusions(self, n: int | None = 20) -> list[Confusion]:
        """Return which labels are taken for which others, the most frequent pairs first.

        Parameters
        ----------
        n : int or None, default 20
            How many pairs at most; None: all.

        Returns
        -------
        list of Confusion
            By descending count, then by the labels' ids. A document with a wrong best label counts once for each of its
            own labels.
        """
        wrong = self._predicted[:, 0] & ~self._hits[:, 0]
        documents = self.gold.documents
        of_wrong = wrong[documents]
        best = self.label_ids[documents[of_wrong], 0].astype(np.int64)
        pairs, counts = np.unique(
            self.gold.label_ids[of_wrong].astype(np.int64) * len(self.labels) + best, return_counts=True
        )
        order = np.argsort(-counts, kind="stable")[:n]
        return [
            Confusion(self.labels[pair // len(self.labels)], self.labels[pair % len(self.labels)], count)
            for pair, count in zip(pairs[order].tolist(), counts[order].tolist(), strict=True)
        ]

    def precision_recall_curve(self, label: str | None = None) -> PrecisionRecallCurve:
        """Return precision and recall at every threshold.

        Parameters
        ----------
        label : str, optional
            The label; None: all labels together (micro).

        Returns
        -------
        PrecisionRecallCurve
            Over the K scores kept of each document, whatever `k` and `threshold` are.

        Raises
        ------
        KeyError
            When there is no such label.
        """
        kept = self.label_ids >= 0
        n_gold = len(self.gold.label_ids)
        if label is not None:
            label_id = self._id_of(label)
            kept, n_gold = self.label_ids == label_id, int(self._counts.n_gold[label_id])
        return precision_recall_curve(self.scores[kept], self._right[kept], n_gold=n_gold)

    def precision_at_recall(self, recall: float, label: str | None = None) -> float:
        """Return the best precision at a threshold where the recall is at least this.

        Parameters
        ----------
        recall : float
            From 0 to 1.
        label : str, optional
            The label; None: all labels together (micro).

        Returns
        -------
        float
            From 0 to 1; 0 where this recall is not reached.
        """
        return self.precision_recall_curve(label).precision_at_recall(recall)

    def recall_at_precision(self, precision: float, label: str | None = None) -> float:
        """Return the best recall at a threshold where the precision is at least this.

        Parameters
        ----------
        precision : float
            From 0 to 1.
        label : str, optional
            The label; None: all labels together (micro).

        Returns
        -------
        float
            From 0 to 1.
        """
        return self.precision_recall_curve(label).recall_at_precision(precision)

    def value(self, metric: str) -> float:
        """Return a figure by its name.

        Parameters
        ----------
        metric : str
            See `MetricName`: "f1", "f1:LABEL", "macro_f1", "precision_at_recall:0.9", "log_loss", ...

        Returns
        -------
        float
            The figure.
        """
        name = MetricName.parse(metric)
        if name.at is not None:
            return float(getattr(self, name.name)(name.at, name.label))
        if name.label is not None:
            return float(getattr(self._counts.of(self._id_of(name.label)), name.name))
        return float(getattr(self, name.name))

    def fasttext_test(self) -> FastTextTest:
        """Return what fastText's own `test` prints for the same predictions.

        Returns
        -------
        FastTextTest
            Over the documents with a label that the model knows: their number, P@k and R@k.
        """
        return fasttext_test(self.gold, self._predicted, self._hits, n_known=self.n_known)

    def fasttext_labels(self) -> dict[str, FastTextLabel]:
        """Return what fastText's own `test_label` gives for the same predictions.

        Returns
        -------
        dict of str to FastTextLabel
            For each label of the model: NaN where fastText has no figure.
        """
        best = self.label_ids[:, : self.k]
        found = fasttext_labels(self.gold, best, self._predicted, self._hits, n_known=self.n_known)
        return dict(zip(self.labels, found, strict=False))

    def as_dict(self) -> dict[str, float]:
        """Return the figures of all labels together by name.

        Returns
        -------
        dict of str to float
            In the order in which they are shown.
        """
        return {"n_documents": self.n_documents} | {name: float(getattr(self, name)) for name in FIGURES}

    def __repr__(self) -> str:
        figures = ", ".join(f"{name}={getattr(self, name):.4f}" for name in FIGURES)
        return f"Metrics(n_documents={self.n_documents}, k={self.k}, {figures})"

    def _id_of(self, label: str) -> int:
        if label not in self.labels:
            raise KeyError(f"`label` must be a label of the model or the documents, got {label!r}")
        return self.labels.index(label)


FIGURES = (
    "precision", "recall", "f1", "macro_precision", "macro_recall", "macro_f1", "accuracy", "top_k_accuracy",
    "exact_match", "coverage", "log_loss",
)  # fmt: skip


def _share_with_any(rows: NDArray[np.bool_]) -> float:
    """The share of rows with a true value."""
    return int(np.count_nonzero(rows.any(axis=1))) / len(rows) if len(rows) else float("nan")
