"""Cost of a post and memory as posts grow in number, with very many tags."""

import json
import sys
from functools import partial
from pathlib import Path

from corpora import ROOT
from documents import posts
from measure import in_turn, medians, run
from results import Scale, Section

SCRIPT = ROOT / "benchmarks" / "train_posts.py"
MOST_GROWTH = 20  # MB: what is read ahead of a small file is less than of a large one


def measure(scale: Scale) -> Section:
    """Train on posts with the same words and tags, ten times as many the second time."""
    sizes = (10_000, 100_000) if scale.n_documents else (100_000, 1_000_000)
    n_tags, rounds = sizes[0], min(scale.rounds, 2)
    section = Section(
        "Tags of very many posts",
        f"Posts of ten made-up words, of {n_tags // 2:,} by Zipf's law, in fastText's form; {n_tags:,} tags, each "
        f"equally often. Sampled softmax with 100 of all tags, dim 64, one epoch, 2 threads, medians of {rounds} "
        "rounds, reading included. The numbers of the posts are in memory-mapped files beyond 4 MiB, whose pages the "
        "system takes back when it needs them: memory of the process's own is what must not grow.",
        ("posts", "us a post", "CPU us a post", "posts/s", "own MB", "peak MB with files"),
    )
    programs = {f"{size:,}": partial(train, posts(size, n_tags=n_tags)) for size in sizes}
    runs = in_turn(programs, rounds=rounds)
    section.raw["runs"] = runs
    found = [medians(runs[name]) for name in programs]
    costs = [1e6 * figures["seconds"] / size for figures, size in zip(found, sizes, strict=True)]
    for size, cost, figures in zip(sizes, costs, found, strict=True):
        cpu = 1e6 * figures["cpu_seconds"] / size
        memory = (f"{figures['own_mb']:.0f}", f"{figures['peak_mb']:.0f}")
        section.rows.append((f"{size:,}", f"{cost:.1f}", f"{cpu:.1f}", f"{1e6 / cost:,.0f}", *memory))
    section.at_most(f"cost of a post, {sizes[1]:,} posts against {sizes[0]:,}", costs[1] / costs[0], 1.1)
    cpu_costs = [figures["cpu_seconds"] / size for figures, size in zip(found, sizes, strict=True)]
    section.at_most("CPU time of a post, the same", cpu_costs[1] / cpu_costs[0], 1.1)
    growth = found[1]["own_mb"] - found[0]["own_mb"]
    section.at_most("growth of its own memory with ten times the posts", growth, MOST_GROWTH, unit=" MB")
    return section


def train(text: Path) -> dict[str, float]:
    """Train in a fresh process."""
    measurement = run([sys.executable, SCRIPT, text, "2"])
    found = json.loads(measurement.output.splitlines()[-1])
    peak = measurement.peak_bytes / 1e6
    own = peak if found["own_kb"] is None else found["own_kb"] * 1024 / 1e6
    return {"seconds": found["seconds"], "cpu_seconds": found["cpu_seconds"], "own_mb": own, "peak_mb": peak}
