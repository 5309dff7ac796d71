"""Time and memory to open a large model and get one vector from it."""

import json
import sys
from functools import partial

from corpora import ROOT
from measure import in_turn, medians, run
from programs import model_path
from results import Scale, Section

MAKE = ROOT / "benchmarks" / "make_model.py"
OPEN_TEXTSPACE = """
import sys, time
from textspace import load
began = time.perf_counter()
vector = load(sys.argv[1])["where"]
print(time.perf_counter() - began, vector.size)
"""
OPEN_FASTTEXT = """
import sys, time, fasttext
began = time.perf_counter()
vector = fasttext.load_model(sys.argv[1]).get_word_vector("where")
print(time.perf_counter() - began, vector.size)
"""


def measure(scale: Scale) -> Section:
    """Make one model in both formats, open each in fresh processes."""
    native, binary = model_path("large.textspace"), model_path("large.bin")
    made = json.loads(run([sys.executable, MAKE, str(scale.model_gigabytes), native, binary]).output.splitlines()[-1])
    rounds = 3 if scale.name == "quick" else 7
    section = Section(
        "Opening a model",
        f"{made['n_words']:,} words, {made['n_rows']:,} rows, dim {made['dim']}: {made['native_mb']:.0f} MB as "
        f".textspace, {made['binary_mb']:.0f} MB as .bin, both in the page cache. Time from the call (after the "
        f"import) to the first vector, peak memory of the whole process; medians of {rounds} rounds.",
        ("file", "program", "ms", "peak MB"),
    )
    cases = {
        ".textspace textspace": (OPEN_TEXTSPACE, native),
        ".bin textspace": (OPEN_TEXTSPACE, binary),
        ".bin fastText": (OPEN_FASTTEXT, binary),
    }
    runs = in_turn({case: partial(open_once, *cases[case]) for case in cases}, rounds=rounds)
    section.raw["runs"] = runs
    for case in cases:
        figures = medians(runs[case])
        section.rows.append((*case.split(), f"{figures['milliseconds']:.1f}", f"{figures['peak_mb']:.0f}"))
    ours = medians(runs[".textspace textspace"])
    section.at_most("open a .textspace and get a vector", ours["milliseconds"], 20, unit=" ms")
    section.at_most("peak memory of doing so", ours["peak_mb"], 100, unit=" MB")
    model_path("large.textspace"), model_path("large.bin")
    return section


def open_once(program: str, model: object) -> dict[str, float]:
    """Open a model in a fresh interpreter."""
    measurement = run([sys.executable, "-c", program, str(model)])
    return {
        "milliseconds": 1000 * float(measurement.output.split()[-2]),
        "peak_mb": measurement.peak_bytes / 1e6,
    }
