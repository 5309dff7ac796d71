"""Cost of a word as the text grows: the same million words once, ten times, a hundred times."""

from functools import partial

from corpora import repeated, wikipedia
from measure import in_turn, medians
from programs import Task, model_path, train_textspace
from results import Scale, Section


def measure(scale: Scale) -> Section:
    """Train on the repeated text; `min_count` grows with it, so that the vocabulary stays the same."""
    n_words = min(scale.linearity_words)
    tasks = {}
    for size in scale.linearity_words:
        times = size // n_words
        text = repeated(wikipedia("en"), n_words=n_words, times=times)
        tasks[size] = Task(text, n_threads=2, min_count=5 * times)
    rounds = min(scale.rounds, 2)
    section = Section(
        "Cost per word as the text grows",
        f"{n_words:,} words of English Wikipedia repeated, the same vocabulary, skip-gram with subwords, dim 100, "
        f"one epoch, 2 threads, medians of {rounds} rounds. The bar is on the training phase; the whole command has "
        "a fixed start.",
        ("words", "training, ns a word", "whole command, ns a word", "peak MB"),
    )
    runs = in_turn(
        {f"{size:,}": partial(train, task) for size, task in tasks.items()},
        rounds=rounds,
    )
    model_path("linear.textspace")
    section.raw["runs"] = runs
    nanoseconds = []
    for size in scale.linearity_words:
        figures = medians(runs[f"{size:,}"])
        nanoseconds.append(1e9 / figures["words_per_second"])
        whole = 1e9 * figures["wall_seconds"] / size
        section.rows.append((f"{size:,}", f"{nanoseconds[-1]:.0f}", f"{whole:.0f}", f"{figures['peak_mb']:.0f}"))
    section.at_most("dearest word against the cheapest", max(nanoseconds) / min(nanoseconds), 1.1)
    return section


def train(task: Task) -> dict[str, float]:
    """Train and forget the model."""
    return train_textspace(task, model_path("linear.textspace"))
