"""Time one library's predictions: ``predict_with.py LIBRARY MODEL TEXTS N_THREADS N_PASSES batch|single``; prints JSON.

Runs in the environment of the library that is measured, and imports nothing of the others.
"""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

Predict = Callable[[list[str]], Any]
N_COMPARED = 2000


def textspace(model: str, n_threads: int) -> Predict:
    """An array of labels."""
    from textspace import TextClassifier

    return TextClassifier.load(model).set_params(n_threads=n_threads).predict


def fasttext(model: str, n_threads: int) -> Predict:
    """Lists of labels and of probabilities; fastText 0.9.3, and fasttext-turbo in its own environment: one thread."""
    import fasttext

    if n_threads != 1:
        raise ValueError(f"fastText predicts on one thread; `n_threads` must be 1, got {n_threads}")
    fasttext.FastText.eprint = lambda *_: None
    opened = fasttext.load_model(model)
    return lambda texts: opened.predict(texts)[0]


def fasttext_core(model: str, _: int) -> Predict:
    """One text, by the call inside fastText's `predict(str)`, which itself fails under NumPy 2."""
    import fasttext

    fasttext.FastText.eprint = lambda *_: None
    core = fasttext.load_model(model).f
    return lambda texts: [[label for _, label in core.predict(text + "\n", 1, 0.0, "strict")] for text in texts]


def fasttext_new(model: str, n_threads: int) -> Predict:
    """The same lists, in parallel."""
    import fasttext_new

    opened = fasttext_new.load_model(model)
    if n_threads == 1:  # a single text needs no batch
        return lambda texts: (
            opened.predict_batch(texts, threads=1)[0] if len(texts) > 1 else [opened.predict(texts[0])[0]]
        )
    return lambda texts: opened.predict_batch(texts, threads=n_threads)[0]


LIBRARIES = {
    "textspace": textspace,
    "fasttext": fasttext,
    "fasttext-core": fasttext_core,
    "fasttext-new": fasttext_new,
    "fasttext-turbo": fasttext,
}


def timed(predict: Predict, texts: list[str], n_passes: int) -> float:
    """Median seconds of a call with all texts."""
    seconds = []
    for _ in range(n_passes):
        began = time.perf_counter()
        predict(texts)
        seconds.append(time.perf_counter() - began)
    return median(seconds)


def timed_singly(predict: Predict, texts: list[str], n_passes: int) -> float:
    """Median seconds of a call with one text, a different one each time."""
    seconds = []
    for _ in range(n_passes):
        for text in texts:
            began = time.perf_counter()
            predict([text])
            seconds.append(time.perf_counter() - began)
    return median(seconds)


def plain(labels: Any) -> list[str]:
    """The best label of each text, without its prefix."""
    return [str(best if isinstance(best, str) else best[0]).removeprefix("__label__") for best in labels]


def main(library: str, model: str, texts_path: str, *settings: str) -> None:
    """Open the model, predict a part once to warm up, then measure."""
    n_threads, n_passes, mode = int(settings[0]), int(settings[1]), settings[2]
    texts = Path(texts_path).read_text(encoding="utf-8").removesuffix("\n").split("\n")
    began = time.perf_counter()
    predict = LIBRARIES[library](model, n_threads)
    predict(texts[:1])
    opened = time.perf_counter() - began
    predict(texts)
    measure = timed_singly if mode == "single" else timed
    print(
        json.dumps(
            {
                "seconds": measure(predict, texts, n_passes),
                "n_texts": 1 if mode == "single" else len(texts),
                "open_seconds": opened,
                "labels": plain(predict(texts[:N_COMPARED])),
            }
        )
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
