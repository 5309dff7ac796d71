"""Labels and probabilities of fastText's own classifiers, read by the C++ fastText and by textspace."""

import json
import sys
from pathlib import Path

from classifier_programs import ClassifierTask, fasttext_model
from corpora import ROOT
from documents import MODELS, labelled, plain_texts, with_many_labels
from measure import run
from results import Scale, Section

COMPARE = ROOT / "benchmarks" / "compare_classifiers.py"
LOSSES = {
    "softmax": "softmax",
    "hs": "hierarchical softmax",
    "ns": "negative sampling",
    "ova": "one-vs-all",
}


def measure(scale: Scale) -> Section:
    """Compare every model on the same sentences."""
    quick = scale.name == "quick"
    texts = plain_texts("langid", 500 if quick else 5000)
    section = Section(
        "Classifiers shared with fastText",
        f"models that fastText trained on sentences in 75 languages (dim 16, characters 2-4, words up to bigrams), and "
        f"its language identifier; {texts.name}, probabilities of all labels. Taken off before: the 1e-5 that fastText "
        "adds to a probability (to each branch of its tree), and the steps of its table of sigmoids (negative sampling "
        "and one-vs-all: how far ours lies outside the step). A best label differs if fastText itself finds it less "
        "probable than its own.",
        ("model", "labels", "texts", "best labels that differ", "largest difference"),
    )
    for name, model in models(quick=quick).items():
        print(name, flush=True)
        found = json.loads(run([sys.executable, COMPARE, model, texts]).output.splitlines()[-1])
        section.raw[name] = found
        section.rows.append(
            (name, str(found["n_labels"]), f"{found['n_texts']:,}", str(found["differing"]), f"{found['largest']:.1e}")
        )
        section.at_most(f"fastText's classifiers, {name}: best labels that differ", found["differing"], 0, unit="")
        section.at_most(f"fastText's classifiers, {name}: largest difference", found["largest"], 1e-5, unit="")
    return section


def models(*, quick: bool) -> dict[str, Path]:
    """The file of each kind of model."""
    n_documents, suffix = (2000, "-quick") if quick else (20_000, "")
    # Ten threads: with fewer a part of the matrix is not initialized, and a small one may hold NaN.
    settings = {"dim": 16, "epochs": 3, "learning_rate": 0.5, "min_n": 2, "max_n": 4, "word_ngrams": 2}
    text = labelled("langid", "train", n_documents=n_documents)
    tasks = {
        loss: ClassifierTask(text, loss=loss, n_buckets=100_000, n_threads=10, **settings)  # type: ignore[arg-type]
        for loss in LOSSES
    }
    many = ClassifierTask(with_many_labels(n_documents), n_buckets=100_000, n_threads=10, **settings)  # type: ignore[arg-type]
    found = {name: fasttext_model(f"{loss}{suffix}", tasks[loss]) for loss, name in LOSSES.items()}
    quantized = {
        "quantized": (tasks["softmax"], ()),
        "quantized, pruned, norms": (tasks["softmax"], ("-qnorm", "-cutoff", "20000", "-retrain")),
        "one-vs-all, quantized": (tasks["ova"], ("-qnorm",)),
        "quantized, output too": (many, ("-qnorm", "-qout", "-dsub", "3")),
    }
    for name, (task, flags) in quantized.items():
        found[name] = fasttext_model(f"{name.replace(', ', '-').replace(' ', '-')}{suffix}", task, quantize=flags)
    return found | {"lid.176.ftz (hierarchical, pruned)": MODELS / "lid.176.ftz"}
