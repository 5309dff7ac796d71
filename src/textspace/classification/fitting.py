"""From labelled data to a trained classifier, and the parameters that its file keeps."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from textspace._validation import reject
from textspace.classification.labelled_data import EpochJudge, split_validation
from textspace.evaluation.metric_name import MetricName
from textspace.formats import StoredVectors, read_vectors
from textspace.queries import VectorQueries
from textspace.training.classifier import train_classifier
from textspace.training.classifier_parameters import check_classifier_parameters

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from textspace.classification.labelled_data import LabelledData, Validation
    from textspace.formats import StoredClassifier
    from textspace.training.callbacks import Callback
    from textspace.training.classifier import TrainedClassifier
    from textspace.training.classifier_parameters import ClassifierParameters
    from textspace.training.loop import OnInterrupt

# They belong to the machine or to one training run.
NOT_IN_FILES = ("n_threads", "memory_budget", "pretrained_vectors")
SHAPE_PARAMETERS = ("loss", "dim", "word_ngrams", "min_n", "max_n", "n_buckets", "label_prefix")
INTEGER_LABELS = "integer_labels"  # among the parameters that a file keeps: labels were given as integers


def train_model(
    data: LabelledData,
    validation: Validation,
    given: Mapping[str, Any],
    *,
    start: StoredClassifier | None,
    callbacks: Sequence[Callback],
    on_interrupt: OnInterrupt,
) -> tuple[TrainedClassifier, list[float]]:
    """Check everything, then train.

    Parameters
    ----------
    data : LabelledData
        What to learn from.
    validation : path, (texts, labels), float or None
        What to judge epochs by.
    given : mapping
        Parameters of `TextClassifier`, all of them, unchecked.
    start : StoredClassifier or None
        The model to go on from; it is not changed.
    callbacks : sequence of Callback
        Told of the progress.
    on_interrupt : {"raise", "keep"}
        What Ctrl-C does.

    Returns
    -------
    trained : TrainedClassifier
        With the parameters that its file keeps.
    scores : list of float
        The metric on the validation set after each epoch.
    """
    parameters = check_classifier_parameters(given)
    MetricName.parse(given["metric"])
    if data.labels is not None and not data.labels.lists:
        raise ValueError("`labels` must have at least one text, got none")
    if start is not None:
        _require_trainable(start)
        _require_same_shape(start, parameters)
    if validation is None and parameters.patience is not None:
        reject("validation", "be given where `patience` is", None, "patience=None trains all epochs")
    data, held_out = split_validation(data, validation, label_prefix=parameters.label_prefix, seed=parameters.seed)
    judge = None
    if held_out is not None:
        judge = EpochJudge(held_out, metric=given["metric"], n_threads=parameters.n_threads, callbacks=callbacks)
    trained = train_classifier(
        data.source,
        data.plain_labels,
        parameters,
        sample_weight=data.sample_weight,
        start=start,
        pretrained=_pretrained(parameters.pretrained_vectors),
        callbacks=callbacks,
        on_interrupt=on_interrupt,
        on_epoch=judge,
    )
    are_integers = data.labels is not None and data.labels.are_integers
    if start is not None:
        are_integers = are_integers and start.parameters.get(INTEGER_LABELS) is True
    kept = kept_parameters(given, parameters) | ({INTEGER_LABELS: True} if are_integers else {})
    return replace(trained, stored=replace(trained.stored, parameters=kept)), [] if judge is None else judge.values


def retrain_model(data: LabelledData, given: Mapping[str, Any]) -> Callable[[StoredClassifier], StoredClassifier]:
    """Return a function that trains a model further without adding words, n-grams or labels."""

    def retrain(model: StoredClassifier) -> StoredClassifier:
        parameters = check_classifier_parameters({**given, **parameters_of(model), **_schedule(given)})
        trained = train_classifier(data.source, data.plain_labels, parameters, start=model, extend=False)
        return replace(trained.stored, parameters=model.parameters)

    return retrain


def _schedule(given: Mapping[str, Any]) -> dict[str, Any]:
    return {name: given[name] for name in ("learning_rate", "epochs", "n_threads", "memory_budget")}


def kept_parameters(given: Mapping[str, Any], parameters: ClassifierParameters) -> dict[str, object]:
    """Return the parameters that belong to the model, in their plain types."""
    kept = {name: value for name, value in given.items() if name not in NOT_IN_FILES}
    return {name: getattr(parameters, name, value) for name, value in kept.items()}


def parameters_of(stored: StoredClassifier) -> dict[str, Any]:
    """Return the parameters that a model was made with; what the model itself tells comes from it."""
    features = stored.features
    shape: dict[str, Any] = {
        "loss": stored.loss,
        "word_ngrams": features.word_ngrams,
        "min_n": min(features.min_n, features.max_n),
        "max_n": features.max_n,
        "label_prefix": features.label_prefix,
    }
    if features.n_buckets:
        shape["n_buckets"] = features.n_buckets
    if stored.output_vectors is not None:
        shape["dim"] = stored.input_vectors.shape[1]
    return stored.parameters | shape


def _require_trainable(start: StoredClassifier) -> None:
    if start.is_quantized or start.output_vectors is None:
        what = "folded" if start.output_vectors is None else "quantized"
        raise ValueError(f"a {what} model cannot be trained further; go on from the model that it was made of")


def _require_same_shape(start: StoredClassifier, parameters: ClassifierParameters) -> None:
    model = parameters_of(start)
    for name in SHAPE_PARAMETERS:
        value = getattr(parameters, name)
        if name in model and model[name] != value and not (name == "n_buckets" and not start.features.n_buckets):
            raise ValueError(
                f"`{name}` must stay as the model was trained, {model[name]!r}, got {value!r}; "
                f"set_params({name}={model[name]!r}), or fit a new model"
            )


def _pretrained(given: object) -> StoredVectors | None:
    if given is None:
        return None
    if isinstance(given, VectorQueries):
        return StoredVectors(given.vocabulary_, given.input_vectors_, None, given.subwords_)
    if isinstance(given, str | os.PathLike):
        return read_vectors(given)
    raise TypeError(f"`pretrained_vectors` must be a path or WordVectors, got {type(given).__name__}")
