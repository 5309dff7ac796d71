"""What a person sees while a model is trained: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING

import click

from textspace.training.callbacks import Callback, TrainingProgress

if TYPE_CHECKING:
    from types import TracebackType

    from rich.console import Console
    from rich.progress import Progress, TaskID
    from rich.status import Status

SECONDS_BETWEEN_LINES = 10.0


def open_terminal() -> Console | None:
    """The terminal that standard error is; None where it is none, which costs no time for loading rich."""
    if not (sys.stderr.isatty() or "FORCE_COLOR" in os.environ or "TTY_COMPATIBLE" in os.environ):
        return None
    from rich.console import Console

    console = Console(stderr=True, highlight=False)
    return console if console.is_terminal else None


def shown_count(number: float) -> str:
    """Write a count for people.

    Parameters
    ----------
    number : float
        Not negative.

    Returns
    -------
    str
        Three or four significant digits and a unit.

    Examples
    --------
    >>> shown_count(512), shown_count(67_900), shown_count(16_900_000)
    ('512', '67.9 k', '16.9 M')
    """
    for unit, size in (("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if number >= size:
            return f"{number / size:.1f} {unit}"
    return f"{number:.0f}"


def shown_seconds(seconds: float) -> str:
    """Write a duration for people.

    Parameters
    ----------
    seconds : float
        Not negative; may be infinite.

    Returns
    -------
    str
        Seconds, minutes and seconds, or hours and minutes.

    Examples
    --------
    >>> shown_seconds(8.21), shown_seconds(74), shown_seconds(3700), shown_seconds(float("inf"))
    ('8.2 s', '1 min 14 s', '1 h 1 min', '?')
    """
    if seconds == float("inf"):
        return "?"
    if seconds < 60:
        return f"{seconds:.1f} s"
    if seconds < 3600:
        return f"{int(seconds) // 60} min {int(seconds) % 60} s"
    return f"{int(seconds) // 3600} h {int(seconds) % 3600 // 60} min"


def shown_progress(progress: TrainingProgress) -> str:
    """The state of a training run in one line: speed, loss, learning rate, time left."""
    return (
        f"{shown_count(progress.words_per_second)} words/s  loss {progress.loss:.3f}  "
        f"learning rate {progress.learning_rate:.4f}  {shown_seconds(progress.seconds_left)} left"
    )


class TrainingDisplay(Callback):
    """Shows a training run on a terminal or in lines on standard error, and remembers how it went.

    Parameters
    ----------
    terminal : rich.console.Console or None
        Where to show it; None: in lines.
    metric : str
        The name of the figure that is measured on a validation set after each epoch.

    Attributes
    ----------
    last : TrainingProgress or None
        The last report; None before the training began.
    reading_seconds, training_seconds : float
        Time before the training began, and since.
    values : list of float
        The metric after each epoch.
    """

    def __init__(self, terminal: Console | None, *, metric: str = "") -> None:
        self.values: list[float] = []
        self._metric = metric
        self.last: TrainingProgress | None = None
        self.reading_seconds = 0.0
        self.training_seconds = 0.0
        self._terminal = terminal
        self._reading: Status | None = None
        self._bar: Progress | None = None
        self._task: TaskID
        self._began = self._next_line = 0.0

    def __enter__(self) -> TrainingDisplay:
        self._began = time.perf_counter()
        if self._terminal is not None:
            self._reading = self._terminal.status("Reading the text")
            self._reading.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for shown in (self._reading, self._bar):
            if shown is not None:
                shown.stop()

    def on_start(self, total_words: int) -> None:
        """The text is read: replace the spinner by a bar."""
        now = time.perf_counter()
        self.reading_seconds, self._began = now - self._began, now
        self._next_line = now + SECONDS_BETWEEN_LINES
        if self._reading is not None:
            self._reading.stop()
        self._start_bar(total_words)

    def _start_bar(self, total: float) -> None:
        if self._terminal is None:
            return
        from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

        columns = (BarColumn(), TaskProgressColumn(), TextColumn("{task.description}"))
        self._bar = Progress(*columns, console=self._terminal, transient=True)
        self._task = self._bar.add_task("", total=total)
        self._bar.start()

    def on_progress(self, progress: TrainingProgress) -> None:
        """Move the bar, or write a line when the last one is old."""
        self.last = progress
        self._show(progress.n_words, progress.fraction, shown_progress(progress))

    def _show(self, completed: float, fraction: float, description: str) -> None:
        if self._bar is not None:
            self._bar.update(self._task, completed=completed, description=description)
        elif time.perf_counter() >= self._next_line:
            self._next_line += SECONDS_BETWEEN_LINES
            click.echo(f"{fraction:4.0%}  {description}", err=True)

    def on_epoch(self, epoch: int, value: float) -> None:
        """Write the metric, above the bar."""
        self.values.append(value)
        line = f"epoch {epoch}: {self._metric} {value:.4f} on the validation set"
        if self._terminal is None:
            click.echo(line, err=True)
        else:
            self._terminal.print(line, soft_wrap=True)

    def on_end(self, progress: TrainingProgress) -> None:
        """Take the bar away: the command says what came out."""
        self.last = progress
        self.training_seconds = time.perf_counter() - self._began
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def on_linear(self, fraction: float) -> None:
        """Show the same of the linear part of a tag model, which is trained last."""
        if self._bar is None:
            self._start_bar(1.0)
        self._show(fraction, fraction, "linear part: one model a tag")
