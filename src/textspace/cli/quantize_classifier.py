"""``textspace classifier quantize``: the same classifier in less memory."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import click

from textspace.cli import classifier_options, options
from textspace.cli.command import Option
from textspace.cli.output_file import check_output, shown_size


def quantize(
    model: classifier_options.Model,
    output: Annotated[
        Path, Option("--output", "-o", help="The file to write: fastText's .ftz (product), or .textspace.")
    ],
    source: Annotated[
        str | None, Option("--retrain", help="Labelled texts to train the rows again that --cutoff leaves.")
    ] = None,
    method: Annotated[
        Literal["product", "int8", "float16"],
        Option(help="fastText's product quantization; one byte a component; or two (.textspace only)."),
    ] = "product",
    cutoff: Annotated[int, Option(help="Keep only so many words and n-grams; 0 keeps all.")] = 0,
    dsub: Annotated[int, Option(help="Components that share a byte.")] = 2,
    qnorm: Annotated[bool, Option(help="Quantize the norms by themselves.")] = False,
    qout: Annotated[bool, Option(help="Quantize the output vectors too (many labels).")] = False,
    learning_rate: Annotated[
        float | None, Option(help="Of the training after --cutoff.", show_default="the model's")
    ] = None,
    epochs: Annotated[int | None, Option(help="Of that training.", show_default="the model's")] = None,
    n_threads: options.NThreads = None,
) -> None:
    """Make a classifier smaller, as fastText's quantize."""
    suffixes = (".ftz", ".textspace") if method == "product" else (".textspace",)
    check_output(output, inputs=[model, *([source] if source else [])], suffixes=suffixes)
    clf = classifier_options.open_classifier(model).set_params(n_threads=n_threads)
    clf.quantize(
        source,
        method=method,
        cutoff=cutoff,
        dsub=dsub,
        qnorm=qnorm,
        qout=qout,
        learning_rate=learning_rate,
        epochs=epochs,
    )
    clf.save(output)
    click.echo(f"saved: {output} ({shown_size(output)}, was {shown_size(model)})")
