"""``textspace tags train``: texts with tags in, a file of a tag model out."""

from __future__ import annotations

import inspect
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import click

from textspace.cli import options
from textspace.cli.command import Argument, Option
from textspace.cli.output_file import check_output, shown_size
from textspace.cli.train_vectors import default_output, paths_of

if TYPE_CHECKING:
    from textspace import TagSpace

SUFFIXES = (".textspace", ".tsv")
Tagged = Annotated[
    tuple[str, ...],
    Argument(help="Files with a text and its tags a line (plain, .gz, .bz2, .xz, .zst), or - for standard input."),
]
Unset = "the preset's"


def train(
    corpus: Tagged,
    output: Annotated[
        Path | None,
        Option(
            "--output",
            "-o",
            help="The file to write: .textspace, or .tsv as StarSpace reads it.",
            show_default="the first file's name, .textspace",
        ),
    ] = None,
    preset: Annotated[
        Literal["fast", "paper", "tensorflow", "paddle", "starspace"],
        Option(help="The default; TagSpace's paper; two published programs; StarSpace."),
    ] = "fast",
    encoder: Annotated[
        Literal["bag", "cnn"] | None, Option(help="A bag of words, or a convolution.", show_default=Unset)
    ] = None,
    loss: Annotated[str | None, Option(help="softmax, bce, warp ...", show_default=Unset)] = None,
    similarity: Annotated[
        Literal["dot", "cosine"] | None, Option(help="Score of two vectors.", show_default=Unset)
    ] = None,
    dim: Annotated[int | None, Option(help="Length of a vector.", show_default=Unset)] = None,
    epochs: Annotated[int | None, Option(help="Passes over the texts.", show_default=Unset)] = None,
    learning_rate: Annotated[float | None, Option(help="Step size at the start.", show_default=Unset)] = None,
    tags_from: Annotated[
        Literal["label", "hashtag"], Option(help="Tags are tokens with the prefix, or hashtags in the text.")
    ] = "label",
    label_prefix: Annotated[str | None, Option(help="Of tags.", show_default="__label__")] = None,
    n_threads: options.NThreads = None,
    random_state: options.RandomState = 0,
    keep_interrupted: options.KeepInterrupted = False,
    as_json: options.AsJson = False,
) -> None:
    """Train a tag model on texts with tags."""
    given: dict[str, Any] = dict(locals())
    from textspace import TagSpace

    output = default_output(corpus[0], stem="tags") if output is None else output
    check_output(output, inputs=corpus, suffixes=SUFFIXES)
    names = set(inspect.signature(TagSpace).parameters) & set(given)
    ts = TagSpace(**{name: given[name] for name in names})
    summary = train_and_save(ts, paths_of(corpus), output, keep_interrupted=keep_interrupted)
    click.echo(json.dumps(summary) if as_json else in_words(summary))


def train_and_save(
    ts: TagSpace, source: Any, output: Path, *, tags: Any = None, keep_interrupted: bool = False
) -> dict[str, Any]:
    """Train with a progress display on standard error, save, and sum up."""
    from textspace.cli.progress import TrainingDisplay, open_terminal

    began = time.perf_counter()
    try:
        with TrainingDisplay(open_terminal()) as display:
            ts.fit(source, tags, callbacks=[display], on_interrupt="keep" if keep_interrupted else "raise")
    except KeyboardInterrupt:
        sys.stderr.write("textspace: stopped; nothing is saved (--keep-interrupted would keep what is trained)\n")
        raise
    ts.save(output)
    return {
        "output": str(output),
        "vocabulary": len(ts.vocabulary_),
        "tags": len(ts.tags_),
        "interrupted": ts.interrupted_,
        "loss": ts.history_[-1].loss if ts.history_ else None,
        "seconds": time.perf_counter() - began,
    }


def in_words(summary: dict[str, Any]) -> str:
    """The summary as a person reads it."""
    from textspace.cli.progress import shown_count, shown_seconds

    path = Path(summary["output"])
    return (
        f"A model of {shown_count(summary['tags'])} tags and {shown_count(summary['vocabulary'])} words, trained in "
        f"{shown_seconds(summary['seconds'])}\n{path} ({shown_size(path)})"
    )
