"""Choose learning rate and epochs for a set: ``choose_settings.py fastText|textspace SET [KEY=VALUE,VALUE ...]``.

Every combination of the given values is trained on nine tenths of the training documents and scored on the last; the
test documents are not touched. fastText with 10 threads, as fewer leave a part of its input matrix uninitialized.
"""

import itertools
import json
import sys
from dataclasses import replace
from typing import Any

from accuracy_classifier import SCORE, TRAINERS
from classifier_programs import ONLY_ACCURACY, SETTINGS, describe
from documents import validation_split
from measure import run
from programs import model_path


def main(program: str, name: str, *choices: str) -> None:
    """Print the scores of every combination."""
    kept, held_out = validation_split(name)
    trainer, suffix, n_threads = TRAINERS[program]
    settings = replace((SETTINGS | ONLY_ACCURACY)[name], text=kept, n_threads=n_threads)
    values = {key: parsed(settings, key, given) for key, _, given in (choice.partition("=") for choice in choices)}
    for combination in itertools.product(*values.values()):
        changed: dict[str, Any] = dict(zip(values, combination, strict=True))
        candidate, model = replace(settings, **changed), model_path(f"choice{suffix}")
        seconds = trainer(candidate, model)["wall_seconds"]
        scores = json.loads(run([sys.executable, SCORE, program, model, held_out]).output.splitlines()[-1])
        model.unlink()
        figures = ", ".join(f"{score} {value:.2f}" for score, value in scores.items())
        print(
            f"{program}, {name}: {describe(candidate)}, seed {candidate.seed}: {figures} ({seconds:.1f} s)", flush=True
        )


def parsed(settings: object, key: str, given: str) -> list[object]:
    """The values, in the type that the setting has."""
    return [type(getattr(settings, key))(value) for value in given.split(",")]


if __name__ == "__main__":
    main(*sys.argv[1:])
