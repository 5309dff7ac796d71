"""The search for hyperparameters of a text classifier, in bounded time and for a bounded size of the model."""

from textspace.tuning.search import Trial, Tuned, tune

__all__ = ["Trial", "Tuned", "tune"]
