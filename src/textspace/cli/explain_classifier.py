"""``textspace classifier explain``: why a text got its label, or which words speak for a label."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import click

from textspace.cli import classifier_options, options
from textspace.cli.command import Argument, Option

if TYPE_CHECKING:
    from textspace.classifier import TextClassifier


def explain(
    model: classifier_options.Model,
    text: Annotated[str | None, Argument(help="The text; without one, the words that speak for --label.")] = None,
    label: Annotated[str | None, Option(help="The label to explain.", show_default="the best one")] = None,
    k: options.K = 10,
    as_json: options.AsJson = False,
) -> None:
    """Show what each word and n-gram of a text adds to the score of a label."""
    if text is None and label is None:
        raise click.BadParameter("give a text, or a label with --label, or both")
    clf = classifier_options.open_classifier(model)
    if text is None:
        assert label is not None
        show_keywords(clf, label, k, as_json=as_json)
        return
    found = clf.explain(text, label)
    if as_json:
        record = asdict(found) | {"contributions": [part._asdict() for part in found.contributions]}
        click.echo(json.dumps(record, ensure_ascii=False))
    else:
        click.echo(found.to_text(k=k))


def show_keywords(clf: TextClassifier, label: str, k: int, *, as_json: bool) -> None:
    """Print the words and n-grams with the highest weights."""
    keywords = clf.keywords(label, k=k)
    if as_json:
        click.echo(json.dumps([keyword._asdict() for keyword in keywords], ensure_ascii=False))
        return
    for keyword in keywords:
        click.echo(f"{keyword.weight:+.3f}  {keyword.text}")
