"""Seconds to import the package in a fresh interpreter, beside NumPy's own and the peers'."""

import sys
from functools import partial

from measure import in_turn, medians, run
from results import Scale, Section

STATEMENTS = (
    "import textspace",
    "from textspace import WordVectors",
    "import numpy",
    "import fasttext",
    "import gensim.models",
)
TIMED = "import time; began = time.perf_counter(); {}; print(time.perf_counter() - began)"


def measure(scale: Scale) -> Section:
    """Medians of many imports; the package itself waits with its own until a name of it is used."""
    rounds = 3 if scale.name == "quick" else 11
    section = Section(
        "Import",
        f"seconds of the statement in a fresh interpreter, medians of {rounds} rounds, files in the page cache",
        ("statement", "s", "MB"),
    )
    runs = in_turn({statement: partial(import_once, statement) for statement in STATEMENTS}, rounds=rounds)
    section.raw["runs"] = runs
    for statement in STATEMENTS:
        figures = medians(runs[statement])
        section.rows.append((f"`{statement}`", f"{figures['seconds']:.3f}", f"{figures['peak_mb']:.0f}"))
    section.at_most(STATEMENTS[0], medians(runs[STATEMENTS[0]])["seconds"], 0.15, unit=" s")
    return section


def import_once(statement: str) -> dict[str, float]:
    """Import in a fresh interpreter."""
    measurement = run([sys.executable, "-c", TIMED.format(statement)])
    return {"seconds": float(measurement.output.split()[-1]), "peak_mb": measurement.peak_bytes / 1e6}
