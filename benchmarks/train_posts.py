"""Train a tag model on labelled posts: ``train_posts.py FILE THREADS``; prints JSON."""

import json
import sys
import threading
import time
from pathlib import Path

from textspace import TagSpace

STATUS = Path("/proc/self/status")


class OwnMemory:
    """The most memory that belongs to the process alone, looked at again and again: None where Linux does not tell.

    Pages of memory-mapped files count in a process's peak too, but the system takes them back when it needs them.
    """

    def __init__(self) -> None:
        self.peak_kb: int | None = None
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        while STATUS.is_file():
            own = next(line for line in STATUS.read_text().splitlines() if line.startswith("RssAnon:"))
            self.peak_kb = max(self.peak_kb or 0, int(own.split()[1]))
            time.sleep(0.01)


def main(path: str, n_threads: str) -> None:
    """One epoch of the sampled softmax: a hundred of all tags a post; no linear part."""
    memory = OwnMemory()
    began, began_cpu = time.perf_counter(), time.process_time()
    ts = TagSpace(
        loss="sampled_softmax", linear=False, folding="whitespace", dim=64, epochs=1, word_ngrams=1, min_n=0, max_n=0,
        options={"n_negatives": 100, "memory_budget": 2**22}, n_threads=int(n_threads),
    )  # fmt: skip
    ts.fit(path)
    figures = {"seconds": time.perf_counter() - began, "cpu_seconds": time.process_time() - began_cpu}
    found = {"tags": len(ts.tags_), "loss": ts.history_[-1].loss, "own_kb": memory.peak_kb}
    print(json.dumps(found | figures))


if __name__ == "__main__":
    main(*sys.argv[1:])
