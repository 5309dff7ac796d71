"""Texts with labels as the estimator is given them, the part held out for validation, and how an epoch is judged."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from textspace._validation import reject
from textspace.classification.calibration import INDEPENDENT_LOSSES
from textspace.classification.given_labels import GivenLabels, check_labels, truth_matrix
from textspace.evaluation import MetricsCollector
from textspace.evaluation.metric_name import MetricName
from textspace.prediction.predictor import Predictor
from textspace.text.labelled import read_labelled

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import ArrayLike, NDArray

    from textspace._typing import FloatArray, Source
    from textspace.evaluation import Metrics
    from textspace.formats import StoredClassifier
    from textspace.text.labelled import LabelledTexts
    from textspace.training.callbacks import Callback

CELLS_PER_BATCH = 1 << 22  # probabilities of a batch of texts
MAX_TEXTS_PER_BATCH = 1 << 13

Validation: TypeAlias = "str | os.PathLike[str] | tuple[Any, Any] | float | None"


@dataclass(frozen=True, eq=False)
class LabelledData:
    """A file of fastText's lines; or texts, their labels, and perhaps a weight for each.

    Parameters
    ----------
    source : path, iterable of paths, or iterable of str
        Files or texts.
    labels : GivenLabels or None
        The labels of the texts; None where they are in the lines.
    sample_weight : array_like of float, shape (N,), or None
        Weights of the texts.
    """

    source: Source
    labels: GivenLabels | None
    sample_weight: ArrayLike | None = None

    @classmethod
    def given(cls, source: Source, labels: object, sample_weight: ArrayLike | None = None) -> LabelledData:
        """Check the labels."""
        return cls(source, None if labels is None else check_labels(labels), sample_weight)

    @property
    def plain_labels(self) -> list[str] | list[tuple[str, ...]] | None:
        """The labels as training takes them: where each text has one, a list of str, which is faster."""
        if self.labels is None:
            return None
        lists = self.labels.lists
        return [found[0] for found in lists] if all(len(found) == 1 for found in lists) else lists

    def batches(self, model: StoredClassifier) -> Iterator[LabelledTexts]:
        """Read the texts in batches, whose probabilities take little memory."""
        batch_size = min(MAX_TEXTS_PER_BATCH, max(1, CELLS_PER_BATCH // len(model.labels)))
        return read_labelled(
            self.source, self.plain_labels, label_prefix=model.features.label_prefix, batch_size=batch_size
        )

    def in_memory(self, *, label_prefix: str) -> LabelledData:
        """Read everything: texts and labels that can be read again and chosen from."""
        texts: list[str] = []
        lists: list[tuple[str, ...]] = []
        for batch in read_labelled(self.source, self.plain_labels, label_prefix=label_prefix):
            texts += batch.texts
            lists += batch.labels
        are_integers = self.labels is not None and self.labels.are_integers
        return replace(self, source=texts, labels=GivenLabels(lists, are_integers))

    def chosen(self, positions: Sequence[int]) -> LabelledData:
        """Some of the texts, which must be in memory."""
        assert isinstance(self.source, list)
        assert self.labels is not None
        lists = [self.labels.lists[position] for position in positions]
        weights = None if self.sample_weight is None else np.asarray(self.sample_weight)[list(positions)]
        return LabelledData(
            [self.source[position] for position in positions], replace(self.labels, lists=lists), weights
        )


def split_validation(
    data: LabelledData, validation: Validation, *, label_prefix: str, seed: int
) -> tuple[LabelledData, LabelledData | None]:
    """Return what to train on, and what to judge epochs by.

    Parameters
    ----------
    data : LabelledData
        All that is there.
    validation : path, (texts, labels), float or None
        Other texts, or the share of `data` to hold out.
    label_prefix : str
        How labels in files begin.
    seed : int
        By which texts are drawn.

    Returns
    -------
    training : LabelledData
        What to train on.
    held_out : LabelledData or None
        None without `validation`.

    Raises
    ------
    ValueError, TypeError
        When `validation` is none of these, or leaves one of both without texts.
    """
    if validation is None:
        return data, None
    if isinstance(validation, str | os.PathLike):
        held_out = LabelledData(validation, None)  # type: ignore[arg-type]  # os.PathLike is read as Path is
    elif isinstance(validation, tuple) and len(validation) == 2:
        held_out = LabelledData.given(*validation)
    elif isinstance(validation, float | int | np.integer):
        return _drawn(data, float(validation), label_prefix=label_prefix, seed=seed)
    else:
        raise TypeError(
            "`validation` must be a path, a tuple (texts, labels), or the share of the texts to hold out, "
            f"got {type(validation).__name__}"
        )
    held_out = held_out.in_memory(label_prefix=label_prefix)
    if not held_out.source:
        raise ValueError("`validation` must have at least one text, got none")
    assert held_out.labels is not None
    _require_labels("validation", has_any=any(held_out.labels.lists), label_prefix=label_prefix)
    return data, held_out


def _require_labels(name: str, *, has_any: bool, label_prefix: str) -> None:
    if not has_any:
        remedy = f"labels in a file are tokens that start with {label_prefix!r}"
        raise ValueError(f"`{name}` must have a label, got none in any text; {remedy}")


def _drawn(data: LabelledData, share: float, *, label_prefix: str, seed: int) -> tuple[LabelledData, LabelledData]:
    if not 0 < share < 1:
        reject("validation", "be between 0 and 1 where it is a share", share)
    everything = data.in_memory(label_prefix=label_prefix)
    assert isinstance(everything.source, list)
    n_texts = len(everything.source)
    _check_weights(data.sample_weight, n_texts)
    n_held_out = round(share * n_texts)
    if not 0 < n_held_out < n_texts:
        reject("validation", f"leave texts on both sides, of {n_texts}", share)
    order = np.random.default_rng(seed).permutation(n_texts)
    held_out, kept = np.sort(order[:n_held_out]), np.sort(order[n_held_out:])
    return everything.chosen(kept.tolist()), everything.chosen(held_out.tolist())


def _check_weights(sample_weight: ArrayLike | None, n_texts: int) -> None:
    if sample_weight is not None and np.shape(sample_weight) != (n_texts,):
        reject("sample_weight", f"have shape ({n_texts},), one for each text", np.shape(sample_weight))


def evaluate_model(
    predictor: Predictor, data: LabelledData, *, k: int = 1, threshold: float | FloatArray = 0.0
) -> Metrics:
    """Return how good the predictions of a model are on labelled texts."""
    model = predictor.stored
    exclusive = model.loss not in INDEPENDENT_LOSSES
    collector = MetricsCollector(model.labels, k=k, threshold=threshold, exclusive=exclusive)
    has_any = False
    for batch in data.batches(model):
        has_any = has_any or any(batch.labels)
        collector.add(batch.labels, predictor.probabilities(batch.texts))
    metrics = collector.metrics()
    _require_labels(
        "source" if data.labels is None else "labels", has_any=has_any, label_prefix=model.features.label_prefix
    )
    return metrics


class EpochJudge:
    """Says after each epoch how good the model is, the higher the better.

    Parameters
    ----------
    held_out : LabelledData
        Texts in memory.
    metric : str
        A name that `Metrics.value` takes.
    n_threads : int
        Threads for the predictions.
    callbacks : sequence of Callback
        Told of the metric after each epoch.

    Attributes
    ----------
    values : list of float
        The metric after each epoch.
    """

    def __init__(self, held_out: LabelledData, *, metric: str, n_threads: int, callbacks: Sequence[Callback]) -> None:
        self._held_out, self._metric, self._n_threads, self._callbacks = held_out, metric, n_threads, callbacks
        self._sign = 1 if MetricName.parse(metric).greater_is_better else -1
        self.values: list[float] = []

    def __call__(self, model: StoredClassifier, epoch: int) -> float:
        """Judge the model as it is now."""
        # Not folded: the matrices go on changing, and the next epoch's product would be another.
        predictor = Predictor(model, n_threads=self._n_threads, fold=False)
        value = evaluate_model(predictor, self._held_out).value(self._metric)
        self.values.append(value)
        for callback in self._callbacks:
            callback.on_epoch(epoch, value)
        return self._sign * value


def logits_and_truth(predictor: Predictor, data: LabelledData) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Return the scores of labelled texts (N, L), and which labels they have (N, L).

    Parameters
    ----------
    predictor : Predictor
        Of the model.
    data : LabelledData
        The texts.

    Returns
    -------
    logits : ndarray of float32, shape (N, L)
        The scores.
    truth : ndarray of bool, shape (N, L)
        Labels that the model does not know have no column.

    Raises
    ------
    ValueError
        When no text has a label that the model knows.
    """
    model = predictor.stored
    logits, truth = [np.empty((0, len(model.labels)), np.float32)], [np.empty((0, len(model.labels)), np.bool_)]
    for batch in data.batches(model):
        logits.append(predictor.logits(batch.texts))
        truth.append(truth_matrix(batch.labels, model.labels))
    joined = np.concatenate(truth)
    if not joined.any():
        raise ValueError("`labels` must have a label that the model knows, got none in any text; see `labels_`")
    return np.concatenate(logits), joined
