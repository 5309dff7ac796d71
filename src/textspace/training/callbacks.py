"""What a training run tells the outside while it goes on."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TrainingProgress:
    """The state of a training run at one moment.

    Parameters
    ----------
    fraction : float
        Share of the whole training that is done, from 0 to 1.
    epoch : float
        Passes over the corpus that are done; 2.5 is the middle of the third.
    words_per_second : float
        Mean speed since the start, over all threads; words that subsampling skips count.
    loss : float
        Mean loss of the examples since the previous report; NaN before the first example.
    learning_rate : float
        Learning rate of the next step.
    seconds_left : float
        Time to the end at the mean speed so far; infinite before the first words.
    n_words : int
        Words done, over all epochs.

    Examples
    --------
    >>> TrainingProgress(0.5, 2.5, 1e6, 1.9, 0.025, 42.0, 42_000_000).epoch
    2.5
    """

    fraction: float
    epoch: float
    words_per_second: float
    loss: float
    learning_rate: float
    seconds_left: float
    n_words: int


class Callback:
    """Base of objects that watch a training run: override what you need.

    The methods run in the thread that called `fit`, about ten times a second, while training goes on in threads of its
    own. An exception raised in one of them stops the training and reaches the caller of `fit`.

    Examples
    --------
    >>> class LossLog(Callback):
    ...     def on_progress(self, progress: TrainingProgress) -> None:
    ...         print(f"{progress.fraction:.0%} {progress.loss:.3f}")
    """

    def on_start(self, total_words: int) -> None:
        """Take notice that training is about to start.

        Parameters
        ----------
        total_words : int
            Words of all epochs together.
        """

    def on_progress(self, progress: TrainingProgress) -> None:
        """Take notice of how far the training is.

        Parameters
        ----------
        progress : TrainingProgress
            The state of the training now.
        """

    def on_epoch(self, epoch: int, value: float) -> None:
        """Take notice of how good the model is after an epoch; only classifiers with a validation set say so.

        Parameters
        ----------
        epoch : int
            Epochs done, from 1.
        value : float
            The metric on the validation set.
        """

    def on_linear(self, fraction: float) -> None:
        """Take notice of how far the linear part of a tag model is, which is trained last, after `on_end`.

        Parameters
        ----------
        fraction : float
            Share of it that is done, from 0 to 1.
        """

    def on_end(self, progress: TrainingProgress) -> None:
        """Take notice that training has ended: finished, interrupted, or failed.

        Parameters
        ----------
        progress : TrainingProgress
            How far it came.
        """
