"""``textspace classifier evaluate``: how good the predictions are on texts whose labels are known."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Annotated

import click

from textspace.cli import classifier_options, options
from textspace.cli.command import Option
from textspace.cli.query_vectors import on_terminal
from textspace.cli.train_vectors import paths_of

if TYPE_CHECKING:
    from rich.table import Table

    from textspace.evaluation import Metrics

NAMES = {
    "precision": "precision at k",
    "recall": "recall at k",
    "f1": "F1 at k",
    "macro_precision": "precision, mean of the labels",
    "macro_recall": "recall, mean of the labels",
    "macro_f1": "F1, mean of the labels",
    "accuracy": "accuracy: the best label is right",
    "top_k_accuracy": "accuracy: one of the k best is right",
    "exact_match": "exact match: all labels and no others",
    "coverage": "coverage: texts with a prediction",
    "log_loss": "log loss",
}


def evaluate(
    model: classifier_options.Model,
    data: classifier_options.Labelled,
    k: classifier_options.TopK = 1,
    threshold: classifier_options.Threshold = 0.0,
    n_labels: Annotated[
        int, Option("--labels", type=click.IntRange(min=0), help="Show so many labels, the most frequent.")
    ] = 20,
    n_confusions: Annotated[
        int, Option("--confusions", type=click.IntRange(min=0), help="Show so many confused pairs.")
    ] = 10,
    n_threads: options.NThreads = None,
    as_json: options.AsJson = False,
) -> None:
    """Compare predicted labels with the true ones."""
    clf = classifier_options.open_classifier(model).set_params(n_threads=n_threads)
    metrics = clf.evaluate(paths_of(data), k=k, threshold=threshold)
    if as_json:
        click.echo(json.dumps(record_of(metrics, n_confusions), ensure_ascii=False, allow_nan=False))
    else:
        show(metrics, n_labels=n_labels, n_confusions=n_confusions)


def record_of(metrics: Metrics, n_confusions: int) -> dict[str, object]:
    """All figures, for programs; those that are not defined are null."""
    test = metrics.fasttext_test()
    return {
        "k": metrics.k,
        **{name: number_or_none(figure) for name, figure in metrics.as_dict().items()},
        "fasttext": {name: number_or_none(figure) for name, figure in test._asdict().items()},
        "labels": {
            label: {**found._asdict(), "precision": found.precision, "recall": found.recall, "f1": found.f1}
            for label, found in metrics.per_label.items()
        },
        "confusions": [confusion._asdict() for confusion in metrics.confusions(n_confusions)],
    }


def number_or_none(number: float) -> float | None:
    """The number, or None for NaN, which JSON does not have."""
    return None if math.isnan(number) else number


def show(metrics: Metrics, *, n_labels: int, n_confusions: int) -> None:
    """Print tables for people."""
    from rich.console import Console
    from rich.table import Table

    console = Console(width=None if on_terminal() else 120, highlight=False)
    console.print(f"{metrics.n_documents:,} texts, {metrics.n_known:,} labels, k = {metrics.k}")
    figures = Table(box=None, show_header=False)
    for name, figure in metrics.as_dict().items():
        if name in NAMES and not math.isnan(figure):
            figures.add_row(NAMES[name], f"{figure:.4f}")
    console.print(figures)
    if n_labels:
        console.print(table_of_labels(metrics, n_labels))
        if len(metrics.labels) > n_labels:
            console.print(f"... and {len(metrics.labels) - n_labels:,} labels more (--labels)")
    confusions = metrics.confusions(n_confusions) if n_confusions else []
    if confusions:
        table = empty_table(texts=["true", "predicted"], numbers=["texts"])
        for confusion in confusions:
            add_row(table, [confusion.gold, confusion.predicted], [f"{confusion.n_documents:,}"])
        console.print(table)


def table_of_labels(metrics: Metrics, n_labels: int) -> Table:
    """The figures of the labels that most texts have."""
    table = empty_table(texts=["label"], numbers=["precision", "recall", "F1", "texts", "predicted"])
    for label, found in sorted(metrics.per_label.items(), key=lambda item: -item[1].n_gold)[:n_labels]:
        shares = (f"{share:.4f}" for share in (found.precision, found.recall, found.f1))
        add_row(table, [label], [*shares, f"{found.n_gold:,}", f"{found.n_predicted:,}"])
    return table


def empty_table(*, texts: list[str], numbers: list[str]) -> Table:
    """A table whose numbers stand at the right of their columns."""
    from rich.table import Table

    table = Table(*texts, box=None, header_style="bold")
    for name in numbers:
        table.add_column(name, justify="right")
    return table


def add_row(table: Table, texts: list[str], numbers: list[str]) -> None:
    """Add a row; texts are shown as they are, were they full of brackets."""
    from rich.text import Text

    table.add_row(*map(Text, texts), *numbers)
