"""``textspace classifier predict``: a file of texts in, the same file with labels and scores out."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import click

from textspace.cli import classifier_options, options
from textspace.cli.command import Argument, Option
from textspace.cli.output_file import check_output, shown_size

if TYPE_CHECKING:
    from types import TracebackType

    from rich.console import Console


SECONDS_BETWEEN_LINES = 10.0


class PredictionDisplay:
    """Shows how many texts are done: on a terminal all the time, elsewhere a line now and then.

    Parameters
    ----------
    terminal : rich.console.Console or None
        Where to show it; None: in lines on standard error.
    """

    def __init__(self, terminal: Console | None) -> None:
        self._status = None if terminal is None else terminal.status("Opening the texts")
        self._began = self._last_line = time.perf_counter()
        self._n_texts = 0

    def __enter__(self) -> PredictionDisplay:
        if self._status is not None:
            self._status.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._status is not None:
            self._status.stop()

    def add(self, n_texts: int) -> None:
        """Take notice of texts that are done."""
        self._n_texts += n_texts
        if self._status is not None:
            self._status.update(self.in_words())
        elif time.perf_counter() >= self._last_line + SECONDS_BETWEEN_LINES:
            self._last_line = time.perf_counter()
            click.echo(self.in_words(), err=True)

    def in_words(self) -> str:
        """How many texts, in what time."""
        from textspace.cli.progress import shown_count, shown_seconds

        seconds = time.perf_counter() - self._began
        return (
            f"{self._n_texts:,} texts in {shown_seconds(seconds)} "
            f"({shown_count(self._n_texts / max(seconds, 1e-9))} texts/s)"
        )


def predict(
    model: classifier_options.Model,
    texts: Annotated[
        str,
        Argument(
            help="A text a line, .jsonl, .csv, .tsv (compressed or not) or .parquet; - (default) is standard input.",
        ),
    ] = "-",
    output: Annotated[
        str, Option("--output", "-o", help="The file to write; - is standard output. It appears when complete.")
    ] = "-",
    file_format: Annotated[
        Literal["text", "jsonl", "csv", "tsv", "parquet"] | None,
        Option("--format", help="Of both files.", show_default="by the name of the texts"),
    ] = None,
    text_column: Annotated[str, Option(help="The column of the texts.")] = "text",
    label_column: Annotated[str, Option(help="The column of labels to add.")] = "predicted_label",
    score_column: Annotated[str, Option(help="The column of probabilities to add.")] = "predicted_score",
    k: classifier_options.TopK = 1,
    threshold: classifier_options.Threshold = 0.0,
    n_threads: options.NThreads = None,
) -> None:
    """Write a file again with a label and its probability for each text; lines get them in front, between tabs."""
    from textspace.cli.progress import open_terminal
    from textspace.prediction.files import Columns, predict_file

    if output != "-":
        check_output(Path(output), inputs=[model, texts], suffixes=())
    clf = classifier_options.open_classifier(model).set_params(n_threads=n_threads)
    with PredictionDisplay(open_terminal()) as display:
        predict_file(
            partial(clf.top, k=k, threshold=threshold),
            texts,
            output,
            file_format=file_format,
            columns=Columns(text_column, label_column, score_column),
            on_batch=display.add,
        )
    if output != "-":
        click.echo(f"{display.in_words()}\nsaved: {output} ({shown_size(Path(output))})")
