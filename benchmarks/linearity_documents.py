"""Cost of a token as the documents grow in number: the same hundred thousand once, ten times, a hundred times."""

from dataclasses import replace
from functools import partial
from pathlib import Path

from classifier_programs import ClassifierTask, train_textspace
from documents import short_documents
from measure import in_turn, medians
from programs import model_path
from results import Scale, Section

N_WORDS = 10


def measure(scale: Scale) -> Section:
    """Train on the repeated documents: the words, labels and n-grams stay the same."""
    sizes = scale.linearity_documents
    n_different = min(sizes)
    # At so low a rate labels stay about as uncertain as they were: the sure ones of a trained model cost less.
    once = ClassifierTask(Path(), epochs=5, n_threads=1, word_ngrams=2, learning_rate=0.001)
    texts = {size: short_documents(n_different, times=size // n_different, n_words=N_WORDS) for size in sizes}
    tasks = {size: replace(once, text=text) for size, text in texts.items()}
    rounds = min(scale.rounds, 2)
    section = Section(
        "Cost per token as the documents grow in number",
        f"{n_different:,} documents of {N_WORDS} words of English Wikipedia, with 20 labels, repeated; softmax, "
        f"bigrams, dim 100, five epochs at the rate 0.001, one thread (two depend on where the machine puts them), "
        f"medians of {rounds} rounds. The bar is on the training phase; the whole command has a fixed start.",
        ("documents", "training, ns a token", "whole command, ns a token", "peak MB"),
    )
    runs = in_turn({f"{size:,}": partial(train, task) for size, task in tasks.items()}, rounds=rounds)
    section.raw["runs"] = runs
    nanoseconds = []
    for size, task in tasks.items():
        figures = medians(runs[f"{size:,}"])
        nanoseconds.append(1e9 / figures["words_per_second"])
        whole = 1e9 * figures["wall_seconds"] / (size * (N_WORDS + 2) * task.epochs)
        section.rows.append((f"{size:,}", f"{nanoseconds[-1]:.0f}", f"{whole:.0f}", f"{figures['peak_mb']:.0f}"))
    section.at_most("dearest token of documents against the cheapest", max(nanoseconds) / min(nanoseconds), 1.1)
    return section


def train(task: ClassifierTask) -> dict[str, float]:
    """Train and forget the model."""
    output = model_path("linear.textspace")
    figures = train_textspace(task, output)
    output.unlink()
    return figures
