"""Open one of fastText's classifiers with the C++ fastText and with textspace, and compare labels and probabilities.

``compare_classifiers.py MODEL TEXTS``; prints JSON.
"""

import json
import sys
from pathlib import Path
from typing import Any

import fasttext
import numpy as np
from numpy.typing import NDArray

from corpora import ROOT
from textspace import TextClassifier

sys.path.append(str(ROOT / "tests" / "interop"))
from fasttext_probabilities import bounds

BATCH = 500


def main(path: str, texts_path: str) -> None:
    """Print how many best labels differ and the largest difference of a probability."""
    texts = Path(texts_path).read_text(encoding="utf-8").removesuffix("\n").split("\n")
    fasttext.FastText.eprint = lambda *_: None
    theirs, ours = fasttext.load_model(path), TextClassifier.load(path)
    names, counts = theirs.get_labels(include_freq=True)
    labels = [name.removeprefix("__label__") for name in names]
    if labels != list(ours.labels_):
        raise RuntimeError(f"the labels differ: {labels[:3]}... and {ours.labels_[:3]}...")
    label_ids = {label: label_id for label_id, label in enumerate(labels)}
    columns = np.argsort([label_ids[str(label)] for label in ours.classes_])
    loss, differing, largest = theirs.f.getArgs().loss.name, 0, 0.0
    for start in range(0, len(texts), BATCH):
        batch = texts[start : start + BATCH]
        reported = their_probabilities(theirs, batch, label_ids)
        best = np.array([label_ids[str(label)] for label in ours.predict(batch)])
        # Which of equals is first is chance: a label differs if fastText itself finds it less probable.
        differing += int((reported[np.arange(len(batch)), best] < reported.max(axis=1) - 1e-6).sum())
        low, high = bounds(reported, loss, counts)
        found = ours.predict_proba(batch)[:, columns].astype(np.float64)
        largest = max(largest, float(np.maximum(low - found, found - high).max()))
    print(json.dumps({"n_texts": len(texts), "n_labels": len(labels), "differing": differing, "largest": largest}))


def their_probabilities(model: Any, texts: list[str], label_ids: dict[str, int]) -> NDArray[np.float64]:
    """All labels' probabilities as fastText reports them; a negative threshold keeps it from cutting its tree."""
    reported = np.full((len(texts), len(label_ids)), np.nan)
    for row, names, probabilities in zip(reported, *model.predict(texts, k=-1, threshold=-1.0), strict=True):
        row[[label_ids[name.removeprefix("__label__")] for name in names]] = probabilities
    if np.isnan(reported).any():
        raise RuntimeError("fastText left labels out")
    return reported


if __name__ == "__main__":
    main(*sys.argv[1:])
