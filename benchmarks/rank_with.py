"""Rank tags for texts with one program in one thread, and print what it costs.

The programs: "exact" and "approximate" are `TagSpace.rank`, from texts to tags; "numpy" is a matrix product and
argpartition, from vectors of the texts that are given to it.
"""

import json
import os
import sys
import time
from pathlib import Path

os.environ["OPENBLAS_NUM_THREADS"] = "1"

import numpy as np

from textspace import TagSpace

K = 10
_TEXTS_PER_BLOCK = 250


def rank_with_numpy(texts: np.ndarray, tags: np.ndarray) -> None:
    """The k best columns of the product, sorted, block by block."""
    for begin in range(0, len(texts), _TEXTS_PER_BLOCK):
        scores = texts[begin : begin + _TEXTS_PER_BLOCK] @ tags.T
        best = np.argpartition(scores, -K, axis=1)[:, -K:]
        np.argsort(-np.take_along_axis(scores, best, 1), axis=1)


def main(program: str, model: str, path: str, n_probes: str = "0") -> None:
    """Rank once; what is made once (packed rows, clusters) is made before, with a first text."""
    ts = TagSpace.load(model, mmap=False)
    ts.n_threads = 1
    texts = Path(path).read_text(encoding="utf-8").splitlines()
    figures: dict[str, float] = {}
    if program == "numpy":
        vectors, tags = ts.embed(texts), ts.embed_tags()
        began = time.process_time()
        rank_with_numpy(vectors, tags)
    else:
        building = time.process_time()
        if program == "approximate":
            ts.build_tag_index(n_probes=int(n_probes))
        ts.rank(texts[:1], k=K, search=program)  # type: ignore[arg-type]
        figures["build_seconds"] = time.process_time() - building
        began = time.process_time()
        ts.rank(texts, k=K, search=program)  # type: ignore[arg-type]
    figures["cpu_seconds"] = time.process_time() - began
    if program == "approximate":
        figures["recall"] = ts.tag_index_recall(texts[:1000], k=K)
    print(json.dumps(figures))


if __name__ == "__main__":
    main(*sys.argv[1:])
