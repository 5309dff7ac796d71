"""The tag model's part of ``textspace demo``: modules for a sentence."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Sequence

QUESTION = "wait until another thread has finished"
SHOWN_TAGS = 5


def rank_modules(texts: Sequence[str], modules: Sequence[str], output: Path) -> None:
    """Train on texts and the modules they are from, and rank modules for a sentence: one that is typed, or ours."""
    from textspace import TagSpace
    from textspace.cli.train_tags import in_words, train_and_save

    ts = TagSpace()
    click.echo(in_words(train_and_save(ts, list(texts), output, tags=list(modules))))
    sentence = ""
    if sys.stdin.isatty():
        sentence = click.prompt("A sentence (Enter: an example)", default="", show_default=False)
    sentence = sentence.strip() or QUESTION
    ranked = ts.rank([sentence], k=SHOWN_TAGS)
    click.echo(f"Modules for {sentence!r}:")
    for tag, score in zip(ranked.labels[0], ranked.scores[0], strict=True):
        click.echo(f"  {tag:<20} {score:7.2f}")
