"""``textspace convert``: the same vectors in another file format."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import click

from textspace.cli import options
from textspace.cli.command import Argument
from textspace.cli.output_file import check_output, shown_size


def convert(
    model: options.Model,
    output: Annotated[Path, Argument(help="The file to write; its suffix says the format.")],
) -> None:
    """Write a model in another file format."""
    from textspace import load

    check_output(output, inputs=[model])
    load(model).save(output)
    click.echo(f"saved: {output} ({shown_size(output)})")
