"""Training speed of the paper's TagSpace network against PyTorch: same posts, batch and threads."""

import json
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from corpora import CACHE, ROOT
from documents import labelled
from measure import in_turn, medians, run
from results import Scale, Section
from train_tagspace import encode

TORCH = ROOT / "benchmarks" / ".venv" / "torch" / "bin" / "python"
SCRIPTS = {"textspace": "train_tagspace.py", "PyTorch": "pytorch_tagspace.py"}
BATCH_SIZE = 32


def measure(scale: Scale) -> Section:
    """Train both on the posts of debtags; speed is that of the training phase."""
    posts = encoded("debtags")
    # PyTorch is slow: fewer posts give it the same time.
    n_posts = {"textspace": scale.n_documents or 20_000, "PyTorch": (scale.n_documents or 20_000) // 5}
    section = Section(
        "Training TagSpace's network",
        f"The `paper` preset (K = 5, H = 1000, tanh, maximum over time; first violator of 1000 tags) against the same "
        f"network in PyTorch (benchmarks/pytorch_tagspace.py) on the CPU: descriptions of debtags, 598 tags, batches "
        f"of {BATCH_SIZE}, medians of {scale.rounds} alternating rounds, training phase only.",
        ("dim, threads", "program", "posts/s", "ratio", "peak MB"),
    )
    for dim in (64, 128):
        for n_threads in (1, 2):
            compare(section, scale, posts, (dim, n_threads), n_posts)
    return section


def compare(section: Section, scale: Scale, posts: Path, size: tuple[int, int], n_posts: dict[str, int]) -> None:
    """Run both programs in turn."""
    dim, n_threads = size
    case = f"{dim}, {n_threads}"
    programs: dict[str, Callable[[], dict[str, float]]] = {
        name: partial(train, name, posts, size, n_posts[name]) for name in SCRIPTS
    }
    runs = in_turn(programs, rounds=scale.rounds)
    section.raw[case] = runs
    ours = medians(runs["textspace"])["posts_per_second"]
    for name in SCRIPTS:
        figures = medians(runs[name])
        speed = figures["posts_per_second"]
        section.rows.append((case, name, f"{speed:,.0f}", f"{ours / speed:.1f}x", f"{figures['peak_mb']:.0f}"))
    ratio = ours / medians(runs["PyTorch"])["posts_per_second"]
    section.at_least(f"paper preset, dim {dim}, {n_threads} threads: posts/s against PyTorch", ratio, 3)


def train(name: str, posts: Path, size: tuple[int, int], n_posts: int) -> dict[str, float]:
    """Train in a fresh process."""
    python = sys.executable if name == "textspace" else str(TORCH)
    dim, n_threads = size
    sizes = [str(number) for number in (dim, BATCH_SIZE, n_threads, n_posts)]
    measurement = run([python, ROOT / "benchmarks" / SCRIPTS[name], posts, *sizes])
    found = json.loads(measurement.output.splitlines()[-1])
    return {"posts_per_second": found["posts_per_second"], "peak_mb": measurement.peak_bytes / 1e6}


def encoded(name: str) -> Path:
    """The posts of a set as arrays, made once."""
    path = CACHE / f"{name}.train.npz"
    if not path.is_file():
        encode(labelled(name, "train"), path)
    return path
