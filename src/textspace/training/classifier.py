"""From labelled texts to a text classifier: what `TextClassifier.fit` and `TextClassifier.partial_fit` do."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from textspace import _core
from textspace._validation import reject
from textspace.formats.stored_classifier import StoredClassifier
from textspace.text.documents import encode_documents
from textspace.text.label_ids import KnownLabels
from textspace.training.classifier_matrices import ClassifierMatrices, starting_matrices
from textspace.training.classifier_parameters import label_weights
from textspace.training.extended_tree import extended_counts
from textspace.training.loop import TrainingRun, diverged, run_training
from textspace.training.matrices import is_finite

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import ArrayLike

    from textspace._typing import FloatArray, LongArray, Source
    from textspace.formats.stored import StoredVectors
    from textspace.text.documents import EncodedDocuments
    from textspace.training.callbacks import Callback
    from textspace.training.classifier_parameters import ClassifierParameters
    from textspace.training.loop import OnInterrupt

NEGATIVE_POWER = 0.5  # fastText's


@dataclass(frozen=True, slots=True)
class TrainedClassifier:
    """A trained model, and what its training leaves behind besides.

    Parameters
    ----------
    stored : StoredClassifier
        The model: that of the best epoch where epochs were scored.
    run : TrainingRun
        The history.
    scores : list of float
        What `on_epoch` returned after each epoch.
    best_epoch : int or None
        The epoch, from 1, whose weights the model has; None where epochs were not scored.
    """

    stored: StoredClassifier
    run: TrainingRun
    scores: list[float] = field(default_factory=list)
    best_epoch: int | None = None


def train_classifier(
    source: Source,
    labels: object,
    parameters: ClassifierParameters,
    *,
    sample_weight: ArrayLike | None = None,
    start: StoredClassifier | None = None,
    extend: bool = True,
    pretrained: StoredVectors | None = None,
    callbacks: Sequence[Callback] = (),
    on_interrupt: OnInterrupt = "raise",
    on_epoch: Callable[[StoredClassifier, int], float | None] | None = None,
) -> TrainedClassifier:
    """Train on labelled texts, from random vectors or from a model, which is not changed.

    Parameters
    ----------
    source : path, iterable of paths, or iterable of str
        As in `encode_documents`.
    labels : sequence or None
        Labels of the texts; None for text in fastText's form.
    parameters : ClassifierParameters
        Checked parameters.
    sample_weight : array_like of float, shape (N,), optional
        How much each text weighs: at least 0.
    start : StoredClassifier, optional
        The model to start from: its words, n-grams and labels keep their vectors, new ones get rows.
    extend : bool, default True
        Whether there are new ones; False trains the rows alone that the model has.
    pretrained : StoredVectors, optional
        Word vectors that words start with; its words are added to the vocabulary, as fastText does.
    callbacks : sequence of Callback
        Told of the progress.
    on_interrupt : {"raise", "keep"}
        What Ctrl-C does.
    on_epoch : callable, optional
        Called as ``on_epoch(model, epoch)`` after each epoch, counted from 1, while no thread trains. It returns how
        good the model is, the higher the better, or None. The best weights are kept, and `parameters.patience` epochs
        without a better score end the training. The matrices of the model it is given change afterwards.

    Returns
    -------
    TrainedClassifier
        The model, with finite vectors, and the history of the training.

    Raises
    ------
    TrainingDivergedError
        When the loss or a vector is not finite.
    ValueError
        When there is no text with a known label, or an argument is out of its range.
    """
    shape = _shape_options(parameters, start)
    features, names, counts, documents = encode_documents(
        source,
        labels,
        min_count=parameters.min_count,
        min_count_label=parameters.min_count_label,
        memory_budget=parameters.memory_budget,
        n_threads=parameters.n_threads,
        extra_words=None if pretrained is None else pretrained.vocabulary,
        extend=extend,
        **shape,
    )
    with documents:
        _require_documents(documents, names, parameters)
        tree_counts = _tree_counts(counts, parameters, start)
        matrices = starting_matrices(features, names, parameters, start=start, pretrained=pretrained)
        stored = StoredClassifier(
            features, names, tree_counts, matrices.inputs[:, : parameters.dim], matrices.outputs[:, : parameters.dim],
            parameters.loss,
        )  # fmt: skip
        trainer = _trainer(
            documents,
            stored,
            matrices,
            parameters,
            sample_weight=_sample_weights(sample_weight, len(documents)),
            label_weights=label_weights(parameters.class_weight, names, counts),
            pause=on_epoch is not None,
        )
        judge = None if on_epoch is None else _Judge(stored, matrices, parameters, on_epoch)
        run = run_training(
            trainer,
            words_per_epoch=documents.n_tokens,
            epochs=parameters.epochs,
            learning_rate=parameters.learning_rate,
            callbacks=callbacks,
            on_interrupt=on_interrupt,
            resume=None if judge is None else judge.end_epoch,
        )
    if judge is not None:
        judge.restore_best()
    _require_finite(matrices, parameters)
    return TrainedClassifier(stored, run, [], None) if judge is None else judge.result(run)


def _trainer(
    documents: EncodedDocuments,
    stored: StoredClassifier,
    matrices: ClassifierMatrices,
    parameters: ClassifierParameters,
    *,
    sample_weight: FloatArray | None,
    label_weights: FloatArray | None,
    pause: bool,
) -> _core.DocumentTrainer:
    return _core.DocumentTrainer(
        documents.indptr,
        documents.items,
        documents.label_indptr,
        documents.label_ids,
        matrices.inputs,
        matrices.outputs,
        counts=stored.label_counts,
        word_indptr=documents.word_indptr,
        word_rows=documents.word_rows,
        first_row=len(stored.features.vocabulary),
        weights=sample_weight,
        label_weights=label_weights,
        n_tokens=documents.n_tokens,
        loss=parameters.loss,
        all_labels=parameters.multilabel == "all",
        n_negatives=parameters.n_negatives,
        negative_power=NEGATIVE_POWER,
        shuffle=parameters.shuffle,
        pause=pause,
        epochs=parameters.epochs,
        learning_rate=parameters.learning_rate,
        seed=parameters.seed,
        n_threads=parameters.n_threads,
    )


class _Judge:
    """Scores the model after each epoch, keeps the best weights, and says when to stop."""

    def __init__(
        self,
        stored: StoredClassifier,
        matrices: ClassifierMatrices,
        parameters: ClassifierParameters,
        on_epoch: Callable[[StoredClassifier, int], float | None],
    ) -> None:
        self._stored, self._matrices, self._parameters = stored, matrices, parameters
        self._on_epoch = on_epoch
        self._scores: list[float] = []
        self._epoch = 0
        self._best_epoch: int | None = None
        self._best: ClassifierMatrices | None = None

    def end_epoch(self) -> bool:
        """Score the model; return whether the training goes on."""
        self._epoch += 1
        _require_finite(self._matrices, self._parameters)  # a predictor refuses what is not
        score = self._on_epoch(self._stored, self._epoch)
        if score is not None:
            self._scores.append(float(score))
            self._keep_best(float(score))
        patience = self._parameters.patience
        is_stuck = patience is not None and self._best_epoch is not None and self._epoch - self._best_epoch >= patience
        return self._epoch < self._parameters.epochs and not is_stuck

    def _keep_best(self, score: float) -> None:
        others = self._scores[:-1]
        if math.isnan(score) or (others and score <= max(others)):
            return
        self._best_epoch = self._epoch
        if self._epoch == self._parameters.epochs:
            self._best = None
        elif self._best is None:
            self._best = ClassifierMatrices(self._matrices.inputs.copy(), self._matrices.outputs.copy())
        else:
            self._best.copy_from(self._matrices)

    def restore_best(self) -> None:
        if self._best is not None:
            self._matrices.copy_from(self._best)

    def result(self, run: TrainingRun) -> TrainedClassifier:
        return TrainedClassifier(self._stored, run, self._scores, self._best_epoch)


def _shape_options(parameters: ClassifierParameters, start: StoredClassifier | None) -> dict[str, Any]:
    """Return what decides the features: the model's own, where there is one."""
    names = ("word_ngrams", "min_n", "max_n", "n_buckets", "label_prefix")
    if start is None:
        return {name: getattr(parameters, name) for name in names}
    return {"start": start.features, "start_labels": KnownLabels(start.labels, start.label_counts)}


def _require_documents(documents: EncodedDocuments, names: Sequence[str], parameters: ClassifierParameters) -> None:
    if not names:
        raise ValueError(
            f"no label occurs `min_count_label` = {parameters.min_count_label} times; labels in a text are tokens that "
            f"start with `label_prefix` = {parameters.label_prefix!r}"
        )
    if documents.items.size == 0 or documents.label_ids.size == 0:
        raise ValueError("there must be texts with words and with labels of the model, got none")


def _sample_weights(sample_weight: ArrayLike | None, n_documents: int) -> FloatArray | None:
    if sample_weight is None:
        return None
    weights = np.ascontiguousarray(sample_weight, np.float32)
    if weights.shape != (n_documents,):
        reject("sample_weight", f"have one entry for each of {n_documents} texts", weights.shape)
    if not np.isfinite(weights).all() or weights.min() < 0 or weights.max() == 0:
        reject("sample_weight", "be finite, at least 0, and not 0 everywhere", sample_weight)
    return weights


def _tree_counts(counts: LongArray, parameters: ClassifierParameters, start: StoredClassifier | None) -> LongArray:
    """Return the counts; where a model's Huffman tree, which they make, must stay, its own with new leaves."""
    is_tree = start is not None and start.loss == parameters.loss == "hs"
    return extended_counts(start.label_counts, len(counts)) if start is not None and is_tree else counts


def _require_finite(matrices: ClassifierMatrices, parameters: ClassifierParameters) -> None:
    for name, matrix in (("input", matrices.inputs), ("output", matrices.outputs)):
        if not is_finite(matrix):
            raise diverged(f"the {name} vectors are not finite", parameters.learning_rate)
