"""Runs a trainer of the core, whose threads are its own, and watches it from Python."""

from __future__ import annotations

import math
import time
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from textspace.errors import TrainingDivergedError
from textspace.training.callbacks import Callback, TrainingProgress

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

OnInterrupt = Literal["raise", "keep"]

SECONDS_BETWEEN_REPORTS = 0.1
SECONDS_BETWEEN_POLLS = 0.005  # what a run may end later than its threads
RECORDS_PER_RUN = 100


class Trainer(Protocol):
    """What the loop needs of a trainer of the core."""

    def start(self) -> None:
        """Start the threads and return at once."""

    def progress(self) -> tuple[int, float, float]:
        """Return words done, the sum of the losses of all examples so far, and the number of these examples."""

    def running(self) -> bool:
        """Return whether a thread is still at work."""

    def stop(self) -> None:
        """Ask the threads to end soon."""

    def join(self) -> None:
        """Wait until the threads have ended."""


@dataclass(frozen=True, slots=True)
class HistoryRecord:
    """One point of the loss curve; about a hundred of them make the history of a training run.

    Parameters
    ----------
    epoch : float
        Passes over the corpus done at this point.
    n_words : int
        Words done, over all epochs.
    loss : float
        Mean loss of the examples since the previous record.
    learning_rate : float
        Learning rate at this point.

    Examples
    --------
    >>> HistoryRecord(epoch=0.5, n_words=1000, loss=2.5, learning_rate=0.045).loss
    2.5
    """

    epoch: float
    n_words: int
    loss: float
    learning_rate: float


@dataclass(frozen=True, slots=True)
class TrainingRun:
    """What a training run leaves behind beside the matrices."""

    history: list[HistoryRecord]
    interrupted: bool


class _MeanLoss:
    """Mean loss of the examples between one call and the next; where there were none, the mean before."""

    def __init__(self) -> None:
        self._sum = self._count = 0.0
        self._mean = math.nan

    def up_to(self, loss_sum: float, loss_count: float) -> float:
        if loss_count > self._count:
            self._mean = float(loss_sum - self._sum) / (loss_count - self._count)
            self._sum, self._count = loss_sum, loss_count
        return self._mean


class _Monitor:
    """Turns the counters of a trainer into reports and records."""

    def __init__(self, trainer: Trainer, words_per_epoch: int, epochs: int, learning_rate: float) -> None:
        self._trainer = trainer
        self._words_per_epoch = words_per_epoch
        self._total = words_per_epoch * epochs
        self._learning_rate = learning_rate
        self._reported_loss, self._recorded_loss = _MeanLoss(), _MeanLoss()
        self._started = time.perf_counter()
        self.history: list[HistoryRecord] = []
        self.latest = TrainingProgress(0.0, 0.0, 0.0, math.nan, learning_rate, math.inf, 0)

    def report(self, *, last: bool = False) -> TrainingProgress:
        """Read the counters; raise TrainingDivergedError when the loss is not finite."""
        n_words, loss_sum, loss_count = self._trainer.progress()
        n_words = min(n_words, self._total)  # the threads may overrun the end by a few lines
        fraction = n_words / self._total
        if not math.isfinite(loss_sum):
            raise diverged(f"the loss became {loss_sum} after {fraction:.1%} of the training", self._learning_rate)
        speed = n_words / max(time.perf_counter() - self._started, 1e-9)
        self.latest = TrainingProgress(
            fraction=fraction,
            epoch=n_words / self._words_per_epoch,
            words_per_second=speed,
            loss=self._reported_loss.up_to(loss_sum, loss_count),
            learning_rate=self._learning_rate * (1 - fraction),
            seconds_left=(self._total - n_words) / speed if speed else math.inf,
            n_words=n_words,
        )
        if last or fraction * RECORDS_PER_RUN >= len(self.history) + 1:
            self._record(loss_sum, loss_count)
        return self.latest

    def end(self, callback: Callback) -> None:
        """Tell the callback how far the training came."""
        callback.on_end(self.latest)

    def _record(self, loss_sum: float, loss_count: float) -> None:
        now, loss = self.latest, self._recorded_loss.up_to(loss_sum, loss_count)
        self.history.append(HistoryRecord(now.epoch, now.n_words, loss, now.learning_rate))


def run_training(
    trainer: Trainer,
    *,
    words_per_epoch: int,
    epochs: int,
    learning_rate: float,
    callbacks: Sequence[Callback] = (),
    on_interrupt: OnInterrupt = "raise",
    resume: Callable[[], bool] | None = None,
) -> TrainingRun:
    """Train to the end, reporting to the callbacks; whatever happens, no thread is left running.

    Parameters
    ----------
    trainer : Trainer
        Not started yet.
    words_per_epoch : int
        Words that one pass over the corpus counts.
    epochs : int
        Number of passes.
    learning_rate : float
        At the start; it falls linearly to 0.
    callbacks : sequence of Callback
        Called about ten times a second.
    on_interrupt : {"raise", "keep"}
        What Ctrl-C does after it has stopped the threads: raise KeyboardInterrupt, or return what was done so far.
    resume : callable, optional
        Called whenever the threads have ended by themselves: whether the trainer is to be started again.

    Returns
    -------
    TrainingRun
        The history, and whether the run was interrupted.

    Raises
    ------
    TrainingDivergedError
        When the loss is not finite.
    """
    with ExitStack() as endings:
        monitor = _Monitor(trainer, words_per_epoch, epochs, learning_rate)
        for callback in callbacks:
            endings.callback(monitor.end, callback)
            callback.on_start(words_per_epoch * epochs)
        interrupted = False
        try:
            trainer.start()
            _watch(trainer, monitor, callbacks)
            while resume is not None and resume():
                trainer.start()
                _watch(trainer, monitor, callbacks)
        except KeyboardInterrupt:
            if on_interrupt == "raise":
                raise
            interrupted = True
        finally:
            trainer.stop()
            trainer.join()
        monitor.report(last=True)
    return TrainingRun(monitor.history, interrupted)


def _watch(trainer: Trainer, monitor: _Monitor, callbacks: Sequence[Callback]) -> None:
    pause, next_report = 0.001, time.monotonic()
    while trainer.running():
        time.sleep(pause)  # a Ctrl-C arrives here; short runs must not wait for a long first pause
        pause = min(2 * pause, SECONDS_BETWEEN_POLLS)
        if time.monotonic() < next_report:
            continue
        next_report = time.monotonic() + SECONDS_BETWEEN_REPORTS
        progress = monitor.report()
        for callback in callbacks:
            callback.on_progress(progress)


def diverged(what: str, learning_rate: float) -> TrainingDivergedError:
    """Return the error that says what diverged and what to do."""
    return TrainingDivergedError(
        f"training diverged: {what}; lower `learning_rate`, got {learning_rate:g} (the model is unchanged)"
    )
