"""The same vectors on both sides: our .bin read by the C++ fastText, and its .bin read by us."""

import json
import sys

from corpora import ROOT, prefix, wikipedia
from measure import run
from programs import Task, model_path, train_fasttext, train_textspace
from results import Scale, Section

COMPARE = ROOT / "benchmarks" / "compare_vectors.py"


def measure(scale: Scale) -> Section:
    """Train a model with each program, open it with both."""
    text = prefix(wikipedia("en"), min(scale.speed_megabytes or 20, 20))
    section = Section(
        "Files shared with fastText",
        f"models trained on {text.name}, skip-gram with subwords, dim 100: largest difference of any component of any "
        "vector, over every word of the vocabulary and 1,000 words that it does not have",
        (".bin written by", "words", "largest difference, known", "unseen"),
    )
    for name, trainer in (("textspace", train_textspace), ("fastText", train_fasttext)):
        model = model_path("interop.bin")
        trainer(Task(text, n_threads=2), model)
        found = json.loads(run([sys.executable, COMPARE, model]).output.splitlines()[-1])
        model.unlink()
        section.raw[name] = found
        section.rows.append((name, f"{found['n_words']:,}", f"{found['known']:.1e}", f"{found['unseen']:.1e}"))
        section.at_most(f".bin written by {name}, both readers", max(found["known"], found["unseen"]), 1e-6, unit="")
    return section
