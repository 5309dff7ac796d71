"""``textspace vectors export``: plain vectors of chosen words, for programs that know nothing of n-grams."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import click

from textspace.cli import options
from textspace.cli.command import Option
from textspace.cli.output_file import check_output, shown_size
from textspace.cli.query_vectors import open_vectors


def export(
    model: options.Model,
    output: Annotated[Path, Option("--output", "-o", help="The file to write: .vec (text) or .w2v.bin.")],
    words: Annotated[
        Path | None,
        Option(help="A file of words, one a line (- is standard input); they need not be in the vocabulary."),
    ] = None,
    limit: Annotated[
        int | None, Option(type=click.IntRange(min=1), help="Only this many words, the most frequent first.")
    ] = None,
) -> None:
    """Write the vectors of words without what made them: all words, the most frequent, or those of a list."""
    import numpy as np

    from textspace.formats import StoredVectors, write_vectors
    from textspace.text.vocabulary import Vocabulary

    check_output(output, inputs=[model])
    wv = open_vectors(model)
    if words is None:
        chosen, counts, vectors = wv.words[:limit], wv.vocabulary_.counts[:limit], wv.vectors[:limit]
    else:
        chosen, counts = read_words(words)[:limit], None
        vectors = np.stack([wv[word] for word in chosen])
    write_vectors(output, StoredVectors(Vocabulary.from_words(chosen, counts), vectors))
    click.echo(f"saved: {output} ({len(chosen)} words, {shown_size(output)})")


def read_words(path: Path) -> list[str]:
    """Words of a file, one a line, each once, in their order; bytes that are not UTF-8 survive."""
    data = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
    words = list(dict.fromkeys(data.decode("utf-8", errors="surrogateescape").split()))
    if not words:
        raise ValueError(f"{path} holds no words; give one word a line")
    return words
