"""``textspace tags``: the verbs for tag models."""

import typer

from textspace.cli.rank_tags import evaluate, rank, recommend
from textspace.cli.train_tags import train

app = typer.Typer(no_args_is_help=True, help="Train models that rank tags for texts, and use them.")
for command in (train, rank, evaluate, recommend):
    app.command()(command)
