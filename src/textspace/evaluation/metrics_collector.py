"""Collects predictions batch by batch, keeping of each document the best scores only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from textspace._validation import check_int, reject
from textspace.evaluation.classification import Metrics
from textspace.evaluation.gold_labels import GoldEncoder, GoldLabels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textspace._typing import FloatArray, IntArray

DEFAULT_KEPT = 100
CELLS_AT_ONCE = 1 << 22


def rank_labels(scores: FloatArray, *, k: int) -> tuple[IntArray, FloatArray]:
    """Return the best labels of each document and their scores, best first; of equal ones the lower id first.

    Parameters
    ----------
    scores : ndarray of float32, shape (N, L)
        The score of each label, none of them NaN.
    k : int
        How many labels to return, at most L.

    Returns
    -------
    label_ids : ndarray of int32, shape (N, k)
        The labels.
    scores : ndarray of float32, shape (N, k)
        Their scores.

    Examples
    --------
    >>> rank_labels(np.array([[0.25, 0.5, 0.25]], np.float32), k=2)
    (array([[1, 0]], dtype=int32), array([[0.5 , 0.25]], dtype=float32))
    """
    n_documents, n_labels = scores.shape
    label_ids = np.empty((n_documents, min(k, n_labels)), dtype=np.int32)
    rows_at_once = max(1, CELLS_AT_ONCE // max(n_labels, 1))
    for begin in range(0, n_documents, rows_at_once):
        part = slice(begin, begin + rows_at_once)
        label_ids[part] = _best(scores[part], label_ids.shape[1])
    return label_ids, np.take_along_axis(scores, label_ids, axis=1)


def _best(scores: FloatArray, k: int) -> IntArray:
    """Return the ids of the best labels, sorted by integers of 64 bits: the score's bits, then the id."""
    bits = (np.float32(0) - scores).view(np.uint32)  # 0 - x, as -x would tell 0.0 from -0.0
    ascending = np.where(bits >> 31, ~bits, bits | np.uint32(1 << 31))
    keys = ascending.astype(np.uint64) << np.uint64(32) | np.arange(scores.shape[1], dtype=np.uint64)
    if k < scores.shape[1]:
        keys = np.partition(keys, k - 1, axis=1)[:, :k]
    return np.sort(keys, axis=1).astype(np.uint32).astype(np.int32)


class MetricsCollector:
    """Makes `Metrics` of documents that come in batches.

    Parameters
    ----------
    labels : sequence of str
        The L labels of the model, by their ids.
    k : int, default 1
        How many labels to predict at most for a document.
    threshold : float or ndarray of float32, shape (L,), default 0.0
        The score from which on a label counts as predicted.
    exclusive : bool, default True
        Whether labels exclude each other, so that their probabilities sum to 1; False: they are independent.
    n_kept : int, optional
        How many scores are kept of each document, for the precision-recall curve: the memory is N * n_kept * 8 bytes.
        None: 100, or as many as any document has predictions if that is more.

    Examples
    --------
    >>> collector = MetricsCollector(["spam", "ham"])
    >>> collector.add([["spam"], ["ham"]], np.array([[0.75, 0.25], [0.5, 0.5]], np.float32))
    >>> metrics = collector.metrics()
    >>> metrics.accuracy, round(metrics.log_loss, 3)
    (0.5, 0.49)
    """

    def __init__(
        self,
        labels: Sequence[str],
        *,
        k: int = 1,
        threshold: float | FloatArray = 0.0,
        exclusive: bool = True,
        n_kept: int | None = None,
    ) -> None:
        self._n_known, self._k, self._threshold = len(labels), check_int("k", k, at_least=1), threshold
        wanted = max(k, DEFAULT_KEPT) if n_kept is None else check_int("n_kept", n_kept, at_least=k)
        self._n_kept = min(len(labels), wanted)
        self._least_kept = min(self._n_kept, DEFAULT_KEPT if n_kept is None else self._n_kept)
        self._exclusive = exclusive
        self._encoder = GoldEncoder(labels)
        self._gold: list[GoldLabels] = []
        self._label_ids: list[IntArray] = []
        self._scores: list[FloatArray] = []
        self._losses: list[float] = []

    @property
    def n_kept(self) -> int:
        """How many ranked labels of each document are kept: the k to ask a model for.

        Returns
        -------
        int
            At most L.
        """
        return self._n_kept

    def add(self, gold: Sequence[Sequence[str]] | GoldLabels, probabilities: FloatArray) -> None:
        """Add documents with the probabilities of all labels.

        Parameters
        ----------
        gold : sequence of sequence of str, or GoldLabels
            The labels of each document, by name or by id.
        probabilities : ndarray of float32, shape (N, L)
            The probability of each label.

        Raises
        ------
        ValueError
            When the shape is another, or a probability is NaN.
        """
        encoded = self._encoded(gold)
        if probabilities.shape != (len(encoded), self._n_known):
            reject("probabilities", f"have shape ({len(encoded)}, {self._n_known})", probabilities.shape)
        if np.isnan(probabilities).any():
            reject("probabilities", "be numbers", float("nan"))
        label_ids, scores = rank_labels(probabilities, k=self._n_kept)
        width = self._width(label_ids, scores)
        self._keep(encoded, label_ids[:, :width].copy(), scores[:, :width].copy())
        self._losses.append(_sum_of_losses(encoded, probabilities, exclusive=self._exclusive))

    def add_ranked(self, gold: Sequence[Sequence[str]] | GoldLabels, label_ids: IntArray, scores: FloatArray) -> None:
        """Add documents with their best labels only: the log loss is NaN then.

        Parameters
        ----------
        gold : sequence of sequence of str, or GoldLabels
            The labels of each document, by name or by id.
        label_ids : ndarray of int32, shape (N, K)
            The best labels, best first; -1 as padding.
        scores : ndarray of float32, shape (N, K)
            Their scores.
        """
        self._keep(self._encoded(gold), label_ids[:, : self._n_kept], scores[:, : self._n_kept])
        self._losses.append(float("nan"))

    def metrics(self) -> Metrics:
        """Return the figures of all documents so far.

        Returns
        -------
        Metrics
            The figures.

        Raises
        ------
        ValueError
            When there were no documents.
        """
        gold = GoldLabels.joined(self._gold)
        if not len(gold):
            raise ValueError("there is no document to evaluate on; give at least one text with its labels")
        width = max(self._least_kept, *(part.shape[1] for part in self._label_ids))
        return Metrics.of_ranked(
            gold,
            _stacked(self._label_ids, width, padding=-1),
            _stacked(self._scores, width, padding=0),
            labels=self._encoder.labels,
            n_known=self._n_known,
            k=self._k,
            threshold=self._threshold,
            log_loss=sum(self._losses) / len(gold),
        )

    def _encoded(self, gold: Sequence[Sequence[str]] | GoldLabels) -> GoldLabels:
        return gold if isinstance(gold, GoldLabels) else self._encoder.encode(gold)

    def _width(self, label_ids: IntArray, scores: FloatArray) -> int:
        """How many ranked labels are worth keeping: behind them nothing is predicted."""
        if self._least_kept == self._n_kept:
            return self._n_kept
        threshold = self._threshold[label_ids] if isinstance(self._threshold, np.ndarray) else self._threshold
        predicted = np.flatnonzero((scores >= threshold).any(axis=0))
        return max(self._least_kept, int(predicted[-1]) + 1 if predicted.size else 0)

    def _keep(self, gold: GoldLabels, label_ids: IntArray, scores: FloatArray) -> None:
        self._gold.append(gold)
        self._label_ids.append(label_ids)
        self._scores.append(scores)


def _stacked(parts: list[Any], width: int, *, padding: int) -> Any:
    rows = sum(map(len, parts))
    out = np.full((rows, width), padding, parts[0].dtype)
    begin = 0
    for part in parts:
        out[begin : begin + len(part), : part.shape[1]] = part
        begin += len(part)
    return out


def _sum_of_losses(gold: GoldLabels, probabilities: FloatArray, *, exclusive: bool) -> float:
    """The losses of the documents; labels that the model does not know have probability 0."""
    n_labels = probabilities.shape[1]
    known = gold.label_ids < n_labels
    documents, label_ids = gold.documents, gold.label_ids
    of_gold = np.zeros(len(label_ids), dtype=np.float64)
    of_gold[known] = probabilities[documents[known], label_ids[known]]
    if exclusive:
        return float((_minus_log(of_gold) / gold.counts[documents]).sum())
    # Of the labels that a document does not have, 1 - p is what counts.
    others = _minus_log(1 - probabilities.astype(np.float64)).sum() - _minus_log(1 - of_gold[known]).sum()
    return float((others + _minus_log(of_gold).sum()) / n_labels)


def _minus_log(probabilities: np.typing.NDArray[np.float64]) -> np.typing.NDArray[np.float64]:
    return -np.log(np.clip(probabilities, np.finfo(np.float32).eps, 1))
