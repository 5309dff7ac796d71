"""``textspace demo``: the main job on real text that is already here, in under a minute."""

from __future__ import annotations

import platform
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from textspace.cli.output_file import check_output
from textspace.cli.query_vectors import show_neighbors
from textspace.text.stdlib_docs import Docstring, stdlib_docs

if TYPE_CHECKING:
    from textspace import WordVectors

QUERIES = ("thread", "socket", "regular", "directory", "float", "exception")
UNSEEN_WORDS = ("multithreaded", "subdirectories", "unpickleable", "websockets")


def demo(
    output: Annotated[Path, typer.Option("--output", "-o", help="Where the vectors are saved.")] = Path(
        "demo.textspace"
    ),
) -> None:
    """Train word vectors on the docstrings of Python's standard library, and look at them."""
    check_output(output)
    docs = read_docs()
    wv = train_on(docs, output)
    show_vectors(wv)
    typer.echo(f"\nThe model is in {output.resolve()}. Ask it:")
    typer.echo(f"  textspace vectors nearest {output} {' '.join(QUERIES[:2])}")
    typer.echo("and train on a text of your own:")
    typer.echo("  textspace vectors train corpus.txt -o corpus.textspace")


def read_docs() -> list[Docstring]:
    """Read the corpus and say what it is."""
    began = time.perf_counter()
    docs = list(stdlib_docs())
    modules = {doc.module for doc in docs}
    typer.echo(
        f"Corpus: {len(docs):,} docstrings of {len(modules)} modules of Python {platform.python_version()}, "
        f"read from their sources in {time.perf_counter() - began:.1f} s"
    )
    return docs


def train_on(docs: list[Docstring], output: Path) -> WordVectors:
    """Train with parameters for a small text (more passes, rarer words), save, and say how it went."""
    from textspace import WordVectors
    from textspace.cli.train_vectors import in_words, train_and_save

    wv = WordVectors(dim=100, epochs=20, min_count=3, subsample=1e-3, tokenizer="unicode")
    typer.echo(in_words(train_and_save(wv, [doc.text for doc in docs], output, keep_interrupted=False)))
    return wv


def show_vectors(wv: WordVectors) -> None:
    """Show the neighbours of words, and of one that the corpus does not have."""
    known = [word for word in QUERIES if word in wv]
    typer.echo("\nNearest words (cosine):")
    show_neighbors({word: wv.nearest(word, k=6) for word in known})
    unseen = next(word for word in UNSEEN_WORDS if word not in wv)
    vector = wv[unseen]
    typer.echo(f"\n{unseen!r} is not in the corpus, but its n-grams are: {wv.dim} numbers, ", nl=False)
    typer.echo(f"{vector[0]:+.3f} {vector[1]:+.3f} {vector[2]:+.3f} ..., near to")
    show_neighbors({unseen: wv.nearest(unseen, k=6)})
