"""Counting the words of plain text and turning them into ids, on one core."""

import sys
from functools import partial

from corpora import wikipedia
from measure import in_turn, medians, run
from results import Scale, Section

READ = """
import sys, time
from textspace.text.corpus import read_corpus
began = time.perf_counter()
vocabulary, corpus = read_corpus(sys.argv[1], min_count=5, max_vocab=None, tokenizer=sys.argv[2], n_threads=1)
print(time.perf_counter() - began, corpus.n_tokens)
"""


def measure(scale: Scale) -> Section:
    """Read the text once with each tokenizer, in fresh processes."""
    text = wikipedia("en")
    megabytes = text.stat().st_size / 1e6
    section = Section(
        "Counting and encoding",
        f"{text.name} ({megabytes:.0f} MB), one thread, medians of {scale.rounds} rounds, the file in the page cache",
        ("tokenizer", "MB/s", "peak MB"),
    )
    tokenizers = ("whitespace", "unicode")
    runs = in_turn({name: partial(read_once, str(text), name) for name in tokenizers}, rounds=scale.rounds)
    section.raw["runs"] = runs
    for name in tokenizers:
        figures = medians(runs[name])
        section.rows.append((name, f"{megabytes / figures['seconds']:.0f}", f"{figures['peak_mb']:.0f}"))
    speed = megabytes / medians(runs["whitespace"])["seconds"]
    section.at_least("counting + encoding plain text, one core", speed, 100, unit=" MB/s")
    return section


def read_once(text: str, tokenizer: str) -> dict[str, float]:
    """Count and encode in a fresh interpreter."""
    measurement = run([sys.executable, "-c", READ, text, tokenizer])
    return {"seconds": float(measurement.output.split()[-2]), "peak_mb": measurement.peak_bytes / 1e6}
