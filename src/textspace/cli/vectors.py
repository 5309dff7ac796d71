"""``textspace vectors``: the verbs for word vectors."""

import typer

from textspace.cli.evaluate_vectors import evaluate
from textspace.cli.export_vectors import export
from textspace.cli.query_vectors import analogy, nearest
from textspace.cli.train_vectors import train

app = typer.Typer(no_args_is_help=True, help="Train word vectors and use them.")
for command in (train, nearest, analogy, evaluate, export):
    app.command()(command)
