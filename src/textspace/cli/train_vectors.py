"""``textspace vectors train``: text in, a file of vectors out."""

from __future__ import annotations

import inspect
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import click

from textspace.cli import options
from textspace.cli.command import Option
from textspace.cli.output_file import check_output, shown_size

if TYPE_CHECKING:
    from textspace import WordVectors
    from textspace._typing import Source


@dataclass(frozen=True, slots=True)
class TrainingSummary:
    """How a training command went; `--json` prints it."""

    output: str
    objective: str
    n_words: int
    vocabulary: int
    epochs: float
    interrupted: bool
    loss: float
    reading_seconds: float
    training_seconds: float
    words_per_second: float
    seconds: float


def train(
    corpus: options.Corpus,
    output: Annotated[
        Path | None,
        Option(
            "--output",
            "-o",
            help="The file to write: .textspace, fastText's .bin, or word2vec's .vec. An existing one is replaced.",
            show_default="the first text's name, .textspace",
        ),
    ] = None,
    objective: options.Objective = "skipgram",
    loss: options.Loss = "ns",
    dim: options.Dim = 100,
    window: options.Window = 5,
    n_negatives: options.NNegatives = 5,
    epochs: options.Epochs = 5,
    learning_rate: options.LearningRate = 0.05,
    min_count: options.MinCount = 5,
    subsample: options.Subsample = 1e-4,
    min_n: options.MinN = 3,
    max_n: options.MaxN = 6,
    n_buckets: options.NBuckets = 2_000_000,
    negative_power: options.NegativePower = 0.5,
    max_vocab: options.MaxVocab = None,
    tokenizer: options.Tokenizer = "whitespace",
    position_weights: options.PositionWeights = False,
    corrected_cbow: options.CorrectedCbow = False,
    half_precision: options.HalfPrecision = False,
    memory_budget: options.MemoryBudget = 2_000_000_000,
    n_threads: options.NThreads = None,
    random_state: options.RandomState = 0,
    keep_interrupted: options.KeepInterrupted = False,
    as_json: options.AsJson = False,
) -> None:
    """Train word vectors on text."""
    given = dict(locals())
    from textspace import WordVectors

    output = default_output(corpus[0]) if output is None else output
    check_output(output, inputs=corpus)
    wv = WordVectors(**{name: given[name] for name in inspect.signature(WordVectors).parameters})
    summary = train_and_save(wv, paths_of(corpus), output, keep_interrupted=keep_interrupted)
    click.echo(json.dumps(asdict(summary)) if as_json else in_words(summary))


def train_and_save(wv: WordVectors, source: Source, output: Path, *, keep_interrupted: bool) -> TrainingSummary:
    """Train with a progress display on standard error, save, and sum up."""
    from textspace.cli.progress import TrainingDisplay, open_terminal

    began = time.perf_counter()
    try:
        with TrainingDisplay(open_terminal()) as display:
            wv.fit(source, callbacks=[display], on_interrupt="keep" if keep_interrupted else "raise")
    except KeyboardInterrupt:
        sys.stderr.write("textspace: stopped; nothing is saved (--keep-interrupted would keep what is trained)\n")
        raise
    wv.save(output)
    last = display.last
    assert last is not None  # a corpus without words is an error before this
    return TrainingSummary(
        output=str(output),
        objective=wv.objective,
        n_words=wv.vocabulary_.n_tokens,
        vocabulary=len(wv.vocabulary_),
        epochs=last.epoch,
        interrupted=wv.interrupted_,
        loss=last.loss,
        reading_seconds=display.reading_seconds,
        training_seconds=display.training_seconds,
        words_per_second=last.words_per_second,
        seconds=time.perf_counter() - began,
    )


def paths_of(corpus: Sequence[str]) -> Source:
    """The texts as the library takes them: a list of str would be texts, not files."""
    return corpus[0] if len(corpus) == 1 else [Path(name) for name in corpus]


def default_output(first_text: str, *, stem: str = "vectors") -> Path:
    """The name of the first text in the current folder, with .textspace in place of all its suffixes."""
    name = stem if first_text == "-" else Path(first_text).name
    return Path(name.split(".")[0] or stem).with_suffix(".textspace")


def in_words(summary: TrainingSummary) -> str:
    """The summary as a person reads it."""
    from textspace.cli.progress import shown_count, shown_seconds

    done = f"stopped after {summary.epochs:.2f} epochs" if summary.interrupted else f"{summary.epochs:.0f} epochs"
    return (
        f"{summary.objective} vectors of {shown_count(summary.vocabulary)} words "
        f"from a text of {shown_count(summary.n_words)} words, {done}\n"
        f"read in {shown_seconds(summary.reading_seconds)}, trained in {shown_seconds(summary.training_seconds)} "
        f"({shown_count(summary.words_per_second)} words/s), {shown_seconds(summary.seconds)} in all\n"
        f"saved: {summary.output} ({shown_size(Path(summary.output))})"
    )
