"""``textspace tags rank``, ``evaluate`` and ``recommend``: questions to a tag model."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import click

from textspace.cli import options
from textspace.cli.command import Argument, Option
from textspace.cli.train_vectors import paths_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from textspace import TagSpace
    from textspace.evaluation.ranking import TagMetrics

Model = Annotated[Path, Argument(help="A file of a tag model: .textspace, or StarSpace's .tsv.")]
_LINES_PER_BATCH = 4096


def rank(
    model: Model,
    texts: Annotated[tuple[str, ...], Argument(help="Texts; lines of standard input when none is given.")] = (),
    k: options.K = 5,
    as_json: options.AsJson = False,
) -> None:
    """Print the best tags of texts: tag and score between tabs, or JSON, a line a text."""
    ts = open_tags(model)
    for batch in batches(texts or (line.rstrip("\r\n") for line in sys.stdin)):
        ranked = ts.rank(batch, k=k)
        for text, tags, scores in zip(batch, ranked.labels, ranked.scores, strict=True):
            pairs = [(str(tag), round(float(score), 4)) for tag, score in zip(tags, scores, strict=True)]
            if as_json:
                click.echo(json.dumps({"text": text, "tags": [{"tag": tag, "score": score} for tag, score in pairs]}))
            else:
                click.echo("\t".join(f"{tag}\t{score:.4f}" for tag, score in pairs))


def evaluate(
    model: Model,
    corpus: Annotated[tuple[str, ...], Argument(help="Files with a text and its tags a line.")],
    as_json: options.AsJson = False,
) -> None:
    """Rank all tags for texts whose tags are known, and print how well they agree."""
    metrics = open_tags(model).evaluate(paths_of(corpus))
    click.echo(json.dumps(asdict(metrics)) if as_json else in_words(metrics))


def recommend(
    model: Model,
    history: Annotated[Path, Argument(help="A file with a text that was read a line.")],
    candidates: Annotated[Path, Argument(help="A file with a text to choose from a line.")],
    k: options.K = 10,
    bag_of_words: Annotated[float, Option(help="Share of the cosine of words in the similarity.")] = 0.0,
    as_json: options.AsJson = False,
) -> None:
    """Print the candidates that are most similar to any text of the history."""
    offered = lines_of(candidates)
    found = open_tags(model).recommend(lines_of(history), offered, k, bag_of_words=bag_of_words)
    for position, similarity in zip(found.positions.tolist(), found.similarities.tolist(), strict=True):
        record = {"line": position + 1, "similarity": round(similarity, 4), "text": offered[position]}
        click.echo(json.dumps(record) if as_json else "\t".join(map(str, record.values())))


def open_tags(path: Path) -> TagSpace:
    """Open a file that must be one of a tag model."""
    from textspace import TagSpace, load

    model = load(path)
    if not isinstance(model, TagSpace):
        raise ValueError(f"{path} holds a {type(model).__name__}; this command needs a tag model")
    return model


def lines_of(path: Path) -> list[str]:
    """The lines of a text file, whose numbers are those that other programs count."""
    # No str.splitlines: it cuts at form feeds and at Unicode's separators as well.
    with path.open(encoding="utf-8", errors="surrogateescape") as file:
        return [line.rstrip("\n") for line in file]


def batches(texts: Iterable[str]) -> Iterator[list[str]]:
    """A few thousand texts at a time, so that input of any length fits in memory."""
    iterator = iter(texts)
    while batch := list(islice(iterator, _LINES_PER_BATCH)):
        yield batch


def in_words(metrics: TagMetrics) -> str:
    """The figures as a person reads them."""
    lines = [f"{metrics.n_texts:,} texts with tags ({metrics.n_without_tags:,} without)"]
    lines += [
        f"P@{k} {metrics.precision[k]:.3f}  R@{k} {metrics.recall[k]:.3f}  nDCG@{k} {metrics.ndcg[k]:.3f}  "
        f"coverage@{k} {metrics.coverage[k]:.3f}"
        for k in metrics.precision
    ]
    lines.append(f"rank of a true tag: mean {metrics.mean_rank:.1f}, median {metrics.median_rank:.0f}")
    shares = ", ".join(f"{name}: {share:.3f}" for name, share in metrics.recall_by_frequency.items())
    return "\n".join([*lines, f"true tags among the best 10, by training texts of the tag: {shares}"])
