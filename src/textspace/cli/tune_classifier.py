"""``textspace classifier tune``: the best classifier that is found in a given time."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import click

from textspace.cli import classifier_options, options
from textspace.cli.command import Argument, Option
from textspace.cli.output_file import check_output, shown_size

if TYPE_CHECKING:
    from textspace.tuning import Trial, Tuned


def tune(
    train: Annotated[str, Argument(help="Labelled texts to train on.")],
    validation: Annotated[str, Argument(help="Labelled texts to judge by.")],
    output: Annotated[Path, Option("--output", "-o", help="Where the best one is saved.")],
    metric: classifier_options.Metric = "f1",
    budget: Annotated[float, Option(help="Seconds to search.")] = 300.0,
    k: classifier_options.TopK = 1,
    model_size: Annotated[
        str | None,
        Option(help="Bytes the file may have, as 2M: models are quantized to fit.", show_default="any"),
    ] = None,
    search: Annotated[
        tuple[str, ...], Option(help="A parameter to search; may be given several times.", show_default="all")
    ] = (),
    n_trials: Annotated[int | None, Option(help="At most so many trials.", show_default="any")] = None,
    storage: Annotated[
        Path | None, Option(help="A file that trials are written to; a search goes on from there.")
    ] = None,
    loss: classifier_options.Loss = "softmax",
    label_prefix: classifier_options.LabelPrefix = "__label__",
    n_threads: options.NThreads = None,
    random_state: options.RandomState = 0,
    as_json: options.AsJson = False,
) -> None:
    """Search for good hyperparameters with Optuna, and save the best classifier."""
    from textspace import TextClassifier
    from textspace.tuning import tune as search_best
    from textspace.tuning.search_space import SEARCHED

    suffixes = (".ftz", ".textspace") if model_size else (".textspace", ".bin")
    check_output(output, inputs=[train, validation], suffixes=suffixes)
    found = search_best(
        train,
        validation,
        classifier=TextClassifier(loss=loss, label_prefix=label_prefix, n_threads=n_threads, random_state=random_state),
        metric=metric,
        budget=budget,
        k=k,
        model_size=model_size,
        search=search or SEARCHED,
        n_trials=n_trials,
        storage=storage,
        random_state=random_state,
        on_trial=show_trial,
        on_interrupt="keep",
    )
    found.classifier.save(output)
    if as_json:
        click.echo(json.dumps(record_of(found, output)))
    else:
        click.echo(found.table())
        click.echo(f"saved: {output} ({found.metric} {found.value:.4f}, {shown_size(output)})")


def show_trial(trial: Trial) -> None:
    """Write a line on standard error when a trial ends."""
    from textspace.tuning.search import shown_parameters

    value = trial.outcome if math.isnan(trial.value) else f"{trial.value:.4f}"
    click.echo(
        f"trial {trial.number}: {value} in {trial.seconds:.1f} s: {shown_parameters(trial.parameters)}", err=True
    )


def record_of(found: Tuned, output: Path) -> dict[str, Any]:
    """The outcome, for programs; values that are not defined are null."""
    trials = [asdict(trial) for trial in found.trials]
    return {
        "output": str(output),
        "metric": found.metric,
        "value": found.value,
        "parameters": found.parameters,
        "trials": [
            {name: None if isinstance(value, float) and math.isnan(value) else value for name, value in trial.items()}
            for trial in trials
        ],
    }
