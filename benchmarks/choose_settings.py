"""Choose fastText's learning rate and epochs for a set: ``choose_settings.py SET [KEY=VALUE,VALUE ...]``.

Every combination of the given values is trained on nine tenths of the training documents and scored on the last; the
test documents are not touched. With 10 threads, as fewer leave a part of fastText's input matrix uninitialized.
"""

import itertools
import re
import sys
from dataclasses import replace
from typing import Any

from classifier_programs import SETTINGS, describe, train_fasttext
from documents import validation_split
from measure import run
from programs import FASTTEXT, model_path


def main(name: str, *choices: str) -> None:
    """Print the precision at 1 of every combination."""
    kept, held_out = validation_split(name)
    settings = replace(SETTINGS[name], text=kept, n_threads=10)
    values = {key: parsed(settings, key, given) for key, _, given in (choice.partition("=") for choice in choices)}
    for combination in itertools.product(*values.values()):
        changed: dict[str, Any] = dict(zip(values, combination, strict=True))
        candidate, model = replace(settings, **changed), model_path("choice.bin")
        seconds = train_fasttext(candidate, model)["wall_seconds"]
        found = re.search(r"P@1\s+(\S+)", run([FASTTEXT, "test", model, held_out]).output)
        model.unlink()
        print(f"{name}: {describe(candidate)}: P@1 {found[1] if found else '?'} ({seconds:.1f} s)", flush=True)


def parsed(settings: object, key: str, given: str) -> list[object]:
    """The values, in the type that the setting has."""
    return [type(getattr(settings, key))(value) for value in given.split(",")]


if __name__ == "__main__":
    main(*sys.argv[1:])
