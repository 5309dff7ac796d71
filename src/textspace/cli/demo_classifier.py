"""The classifier's part of ``textspace demo``: which module a docstring is from."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

if TYPE_CHECKING:
    from textspace import TextClassifier
    from textspace.text.stdlib_docs import Docstring

MIN_DOCS = 40  # of a module, to learn from and to test on
TEST_EVERY = 5
SHOWN_LABELS = 3
SHOWN_FEATURES = 5


class Task(NamedTuple):
    """Texts and the module that each is from."""

    texts: list[str]
    modules: list[str]


def classify(docs: list[Docstring], output: Path) -> None:
    """Train on most docstrings, test on the others, and look at one of these."""
    training, test = split(docs)
    clf = train_on(training, output)
    metrics = clf.evaluate(*test)
    commonest, count = Counter(test.modules).most_common(1)[0]
    click.echo(
        f"Of {len(test.texts):,} docstrings that were held out, {metrics.accuracy:.1%} got the right one of "
        f"{len(clf.labels_)} modules;\nalways saying {commonest!r} would give {count / len(test.texts):.1%}."
    )
    show_one(clf, test, but=commonest)


def split(docs: list[Docstring]) -> tuple[Task, Task]:
    """Hold out every fifth docstring; modules with few docstrings are left out, and texts that occur twice."""
    counts = Counter(doc.module for doc in docs)
    once = {plain(doc.text): doc.module for doc in docs if counts[doc.module] >= MIN_DOCS}
    training, test = Task([], []), Task([], [])
    for number, (text, module) in enumerate(once.items()):
        task = test if number % TEST_EVERY == 0 else training
        task.texts.append(text)
        task.modules.append(module)
    return training, test


def plain(text: str) -> str:
    """Lower-case words and numbers; what a dotted name has is words too."""
    return " ".join(re.findall(r"\w+", text.lower().replace("_", " ")))


def train_on(task: Task, output: Path) -> TextClassifier:
    """Train with word pairs and more passes than for a large text, save, and say how it went."""
    from textspace import TextClassifier
    from textspace.cli.train_classifier import in_words, train_and_save

    clf = TextClassifier(dim=50, word_ngrams=2, epochs=25, learning_rate=0.5)
    click.echo(in_words(train_and_save(clf, task.texts, output, labels=task.modules)))
    return clf


def show_one(clf: TextClassifier, test: Task, *, but: str) -> None:
    """Show a rather sure right answer on a short text: the probabilities, and what made them."""
    ranked = clf.top(test.texts, k=SHOWN_LABELS)
    right = [n for n, module in enumerate(test.modules) if ranked.labels[n, 0] == module != but]
    short = [n for n in right if 8 <= len(test.texts[n].split()) <= 16] or right
    n = min(short, key=lambda n: abs(float(ranked.scores[n, 0]) - 0.9))
    answers = zip(ranked.labels[n], ranked.scores[n], strict=True)
    click.echo(f"One of them, of {test.modules[n]}:\n  {test.texts[n]}")
    click.echo("is from " + ", ".join(f"{label} ({score:.1%})" for label, score in answers) + ". Why:")
    click.echo(clf.explain(test.texts[n]).to_text(k=SHOWN_FEATURES))
