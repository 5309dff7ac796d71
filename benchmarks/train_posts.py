"""Train a tag model on labelled posts: ``train_posts.py FILE THREADS``; prints JSON."""

import json
import sys
import time

from textspace import TagSpace


def main(path: str, n_threads: str) -> None:
    """One epoch of the sampled softmax: a hundred of all tags a post; no linear part."""
    began = time.perf_counter()
    ts = TagSpace(
        loss="sampled_softmax", linear=False, folding="whitespace", dim=64, epochs=1, word_ngrams=1, min_n=0, max_n=0,
        options={"n_negatives": 100, "memory_budget": 2**22}, n_threads=int(n_threads),
    )  # fmt: skip
    ts.fit(path)
    print(json.dumps({"tags": len(ts.tags_), "loss": ts.history_[-1].loss, "seconds": time.perf_counter() - began}))


if __name__ == "__main__":
    main(*sys.argv[1:])
