"""Training: matrices, schedules, and the loop that watches the core's trainers."""

from textspace.training.callbacks import Callback, TrainingProgress
from textspace.training.loop import HistoryRecord

__all__ = ["Callback", "HistoryRecord", "TrainingProgress"]
