"""``textspace vectors nearest`` and ``analogy``: ask a file of vectors."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated

import click

from textspace.cli import options
from textspace.cli.command import Argument

if TYPE_CHECKING:
    from textspace import WordVectors
    from textspace.vectors import Neighbor


def nearest(
    model: options.Model,
    words: Annotated[tuple[str, ...], Argument(help="One word or more; they need not be in the vocabulary.")],
    k: options.K = 10,
    as_json: options.AsJson = False,
) -> None:
    """Show the words whose vectors are nearest (cosine)."""
    wv = open_vectors(model)
    neighbors = dict(zip(words, wv.nearest_batch(words, k=k), strict=True))
    if as_json:
        found = {word: [{"word": n.word, "similarity": n.similarity} for n in neighbors[word]] for word in words}
        click.echo(json.dumps(found, ensure_ascii=False))
        return
    for word in words:
        if word not in wv:
            click.echo(f"{word!r} is not in the vocabulary: its vector comes from its n-grams", err=True)
    show_neighbors(neighbors)


def analogy(
    model: options.Model,
    a: Annotated[str, Argument(help="berlin")],
    b: Annotated[str, Argument(help="germany")],
    c: Annotated[str, Argument(help="france")],
    k: options.K = 10,
    as_json: options.AsJson = False,
) -> None:
    """Show the words nearest to A - B + C: berlin - germany + france should give paris."""
    found = open_vectors(model).analogy(a, b, c, k=k)
    if as_json:
        click.echo(json.dumps([{"word": n.word, "similarity": n.similarity} for n in found], ensure_ascii=False))
    else:
        show_neighbors({f"{a} - {b} + {c}": found})


def open_vectors(path: options.Model) -> WordVectors:
    """Open a file that must be one of word vectors."""
    from textspace import WordVectors, load

    model = load(path)
    if not isinstance(model, WordVectors):
        raise ValueError(f"{path} holds a {type(model).__name__}; this command needs word vectors")
    return model


def show_neighbors(neighbors: Mapping[str, Sequence[Neighbor]]) -> None:
    """Print a table for a person, and lines of query, word and similarity between tabs for a program."""
    if on_terminal():
        show_table(neighbors)
        return
    for query, found in neighbors.items():
        for neighbor in found:
            click.echo(f"{query}\t{neighbor.word}\t{neighbor.similarity:.4f}")


def show_table(neighbors: Mapping[str, Sequence[Neighbor]]) -> None:
    """Print a column for each query, a row for each rank."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, header_style="bold")
    for query in neighbors:
        table.add_column(Text(query), no_wrap=True)
    for rank in range(max(map(len, neighbors.values()))):
        table.add_row(*(shown_neighbor(found, rank) for found in neighbors.values()))
    Console(width=None if on_terminal() else 120).print(table)


def shown_neighbor(found: Sequence[Neighbor], rank: int) -> str:
    """One cell of the table: similarity and word."""
    from rich.markup import escape

    return f"[dim]{found[rank].similarity:.3f}[/dim] {escape(found[rank].word)}" if rank < len(found) else ""


def on_terminal() -> bool:
    """Whether a person reads what is printed."""
    return sys.stdout.isatty()
