"""``textspace classifier train``: labelled texts in, a file of a classifier out."""

from __future__ import annotations

import inspect
import json
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import click

from textspace.cli import classifier_options, options
from textspace.cli.command import Option
from textspace.cli.output_file import check_output, shown_size
from textspace.cli.train_vectors import default_output, paths_of

if TYPE_CHECKING:
    from textspace import TextClassifier


@dataclass(frozen=True, slots=True)
class TrainingSummary:
    """How a training command went; `--json` prints it."""

    output: str
    loss_function: str
    n_words: int
    vocabulary: int
    labels: int
    epochs: float
    interrupted: bool
    loss: float
    metric: str
    validation: list[float]
    reading_seconds: float
    training_seconds: float
    words_per_second: float
    seconds: float


def train(
    corpus: classifier_options.Labelled,
    output: Annotated[
        Path | None,
        Option(
            "--output",
            "-o",
            help="The file to write: .textspace or fastText's .bin. An existing one is replaced.",
            show_default="the first file's name, .textspace",
        ),
    ] = None,
    validation: classifier_options.Validation = None,
    calibrate: classifier_options.Calibrate = False,
    loss: classifier_options.Loss = "softmax",
    dim: options.Dim = 100,
    word_ngrams: classifier_options.WordNgrams = 1,
    min_n: classifier_options.MinN = 0,
    max_n: classifier_options.MaxN = 0,
    n_buckets: options.NBuckets = 2_000_000,
    epochs: classifier_options.Epochs = 5,
    learning_rate: options.LearningRate = 0.1,
    min_count: options.MinCount = 1,
    min_count_label: classifier_options.MinCountLabel = 1,
    n_negatives: classifier_options.NNegatives = 5,
    label_prefix: classifier_options.LabelPrefix = "__label__",
    multilabel: classifier_options.Multilabel = "all",
    class_weight: classifier_options.ClassWeight = None,
    shuffle: classifier_options.Shuffle = True,
    pretrained_vectors: classifier_options.PretrainedVectors = None,
    patience: classifier_options.Patience = None,
    metric: classifier_options.Metric = "f1",
    memory_budget: options.MemoryBudget = 2_000_000_000,
    n_threads: options.NThreads = None,
    random_state: options.RandomState = 0,
    keep_interrupted: options.KeepInterrupted = False,
    as_json: options.AsJson = False,
) -> None:
    """Train a text classifier on labelled texts."""
    given: dict[str, Any] = dict(locals())
    from textspace import TextClassifier

    output = default_output(corpus[0], stem="classifier") if output is None else output
    held_out = classifier_options.validation_of(validation)
    read = [*corpus, *([held_out] if isinstance(held_out, str) else [])]
    check_output(output, inputs=read, suffixes=classifier_options.SUFFIXES)
    if calibrate and not isinstance(held_out, str):
        raise click.BadParameter("--calibrate needs texts that are not trained on: give a file with --validation")
    given["class_weight"] = class_weight_of(class_weight)
    clf = TextClassifier(**{name: given[name] for name in inspect.signature(TextClassifier).parameters})
    summary = train_and_save(
        clf,
        paths_of(corpus),
        output,
        validation=held_out,
        calibrate=calibrate,
        keep_interrupted=keep_interrupted,
    )
    click.echo(json.dumps(asdict(summary)) if as_json else in_words(summary))


def class_weight_of(given: str | None) -> str | dict[str, float] | None:
    """The option as the library takes it."""
    if given is None or not given.lstrip().startswith("{"):
        return given
    try:
        weights: dict[str, float] = json.loads(given)
    except ValueError as error:
        raise click.BadParameter(f'--class-weight must be balanced or JSON, as {{"spam": 2}}: {error}') from error
    return weights


def train_and_save(
    clf: TextClassifier,
    source: Any,
    output: Path,
    *,
    labels: Any = None,
    validation: Any = None,
    calibrate: bool = False,
    keep_interrupted: bool = False,
) -> TrainingSummary:
    """Train with a progress display on standard error, save, and sum up."""
    from textspace.cli.progress import TrainingDisplay, open_terminal

    began = time.perf_counter()
    try:
        with TrainingDisplay(open_terminal(), metric=clf.metric) as display:
            clf.fit(
                source,
                labels,
                validation=validation,
                callbacks=[display],
                on_interrupt="keep" if keep_interrupted else "raise",
            )
    except KeyboardInterrupt:
        sys.stderr.write("textspace: stopped; nothing is saved (--keep-interrupted would keep what is trained)\n")
        raise
    if calibrate:
        clf.calibrate(validation)
    clf.save(output)
    last = display.last
    assert last is not None  # a set without texts is an error before this
    return TrainingSummary(
        output=str(output),
        loss_function=clf.loss,
        n_words=round(last.n_words / last.epoch) if last.epoch else 0,
        vocabulary=len(clf.vocabulary_),
        labels=len(clf.labels_),
        epochs=last.epoch,
        interrupted=clf.interrupted_,
        loss=last.loss,
        metric=clf.metric,
        validation=display.values,
        reading_seconds=display.reading_seconds,
        training_seconds=display.training_seconds,
        words_per_second=last.words_per_second,
        seconds=time.perf_counter() - began,
    )


def in_words(summary: TrainingSummary) -> str:
    """The summary as a person reads it."""
    from textspace.cli.progress import shown_count, shown_seconds

    done = f"stopped after {summary.epochs:.2f} epochs" if summary.interrupted else f"{summary.epochs:.0f} epochs"
    values = ", ".join(f"{value:.4f}" for value in summary.validation)
    judged = f"{summary.metric} on the validation set after each epoch: {values}\n" if values else ""
    return (
        f"{summary.loss_function} classifier of {summary.labels} labels, {shown_count(summary.vocabulary)} words "
        f"from texts of {shown_count(summary.n_words)} words, {done}\n"
        f"read in {shown_seconds(summary.reading_seconds)}, trained in {shown_seconds(summary.training_seconds)} "
        f"({shown_count(summary.words_per_second)} words/s), {shown_seconds(summary.seconds)} in all\n"
        f"{judged}saved: {summary.output} ({shown_size(Path(summary.output))})"
    )
