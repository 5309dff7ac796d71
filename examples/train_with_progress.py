"""Train on any text file and print the progress once a second: ``python train_with_progress.py corpus.txt``."""

import sys
import time

from textspace import WordVectors
from textspace.training.callbacks import Callback, TrainingProgress


class EverySecond(Callback):
    """Prints what a person wants to know, not more often than once a second."""

    def __init__(self) -> None:
        self.next_line = 0.0

    def on_progress(self, progress: TrainingProgress) -> None:
        """Print a line when the last one is a second old."""
        if time.monotonic() >= self.next_line:
            self.next_line = time.monotonic() + 1
            print(f"{progress.fraction:.0%}  loss {progress.loss:.3f}  {progress.words_per_second:,.0f} words/s")


wv = WordVectors(min_count=2, tokenizer="unicode")
wv.fit(sys.argv[1], callbacks=[EverySecond()])
wv.save("vectors.textspace")
print(f"{len(wv.vocabulary_):,} words, saved: vectors.textspace")
