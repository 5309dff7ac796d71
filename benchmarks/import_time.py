"""Seconds to import the package in a fresh interpreter, beside NumPy's own and the peers'."""

import sys
from functools import partial

from measure import in_turn, medians, run
from results import Scale, Section

MODULES = ("textspace", "numpy", "fasttext", "gensim.models")
TIMED_IMPORT = "import time; began = time.perf_counter(); import {}; print(time.perf_counter() - began)"


def measure(scale: Scale) -> Section:
    """Medians of many imports; textspace's includes NumPy's."""
    rounds = 3 if scale.name == "quick" else 11
    section = Section(
        "Import",
        f"seconds of the import statement, medians of {rounds} rounds, files in the page cache",
        ("module", "s", "MB"),
    )
    runs = in_turn({module: partial(import_once, module) for module in MODULES}, rounds=rounds)
    section.raw["runs"] = runs
    for module in MODULES:
        figures = medians(runs[module])
        section.rows.append((module, f"{figures['seconds']:.3f}", f"{figures['peak_mb']:.0f}"))
    section.at_most("import textspace", medians(runs["textspace"])["seconds"], 0.15, unit=" s")
    return section


def import_once(module: str) -> dict[str, float]:
    """Import a module in a fresh interpreter."""
    measurement = run([sys.executable, "-c", TIMED_IMPORT.format(module)])
    return {"seconds": float(measurement.output.split()[-1]), "peak_mb": measurement.peak_bytes / 1e6}
