"""``textspace classifier``: the verbs for text classifiers."""

import typer

from textspace.cli.evaluate_classifier import evaluate
from textspace.cli.explain_classifier import explain
from textspace.cli.predict_classifier import predict
from textspace.cli.quantize_classifier import quantize
from textspace.cli.train_classifier import train
from textspace.cli.tune_classifier import tune

app = typer.Typer(no_args_is_help=True, help="Train text classifiers and use them.")
for command in (train, predict, evaluate, explain, quantize, tune):
    app.command()(command)
