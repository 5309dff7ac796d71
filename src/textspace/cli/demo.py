"""``textspace demo``: the main jobs on real text that is already here, in under a minute."""

from __future__ import annotations

import platform
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import click

from textspace.cli.classifier_options import SUFFIXES
from textspace.cli.command import Option
from textspace.cli.demo_classifier import classify, split
from textspace.cli.demo_tags import rank_modules
from textspace.cli.output_file import check_output
from textspace.cli.query_vectors import show_table
from textspace.cli.train_tags import SUFFIXES as TAG_SUFFIXES
from textspace.text.stdlib_docs import Docstring, stdlib_docs

if TYPE_CHECKING:
    from textspace import WordVectors

QUERIES = ("thread", "socket", "regular", "directory")
UNSEEN_WORDS = ("multithreaded", "subdirectories", "unpickleable", "websockets")


def demo(
    output: Annotated[Path, Option("--output", "-o", help="Where the vectors are saved.")] = Path("demo.textspace"),
    classifier: Annotated[Path, Option(help="Where the classifier is saved.")] = Path("demo-classifier.textspace"),
    tags: Annotated[Path, Option(help="Where the tag model is saved.")] = Path("demo-tags.textspace"),
) -> None:
    """Train word vectors, a classifier and a tag model on the docstrings of Python's standard library."""
    check_output(output)
    check_output(classifier, suffixes=SUFFIXES)
    check_output(tags, suffixes=TAG_SUFFIXES)
    docs = read_docs()
    wv = train_on(docs, output)
    show_vectors(wv)
    click.echo("\nWhich module of the standard library is a docstring from?")
    classify(docs, classifier)
    click.echo("\nWhich modules suit a sentence?")
    training, _ = split(docs)
    rank_modules(training.texts, training.modules, tags)
    click.echo(f"\nThe models are {output.resolve()},\n{classifier.resolve()}\nand {tags.resolve()}. Ask them:")
    click.echo(f"  textspace vectors nearest {output} {' '.join(QUERIES[:2])}")
    click.echo(f"  textspace classifier explain {classifier} 'wait until the thread ends'")
    click.echo(f"  textspace tags rank {tags} 'read a compressed file'")
    click.echo("and train on texts of your own:")
    click.echo("  textspace vectors train corpus.txt -o corpus.textspace")
    click.echo("  textspace classifier train labelled.txt -o labelled.textspace")
    click.echo("  textspace tags train tagged.txt -o tagged.textspace")


def read_docs() -> list[Docstring]:
    """Read the corpus and say what it is."""
    began = time.perf_counter()
    docs = list(stdlib_docs())
    modules = {doc.module for doc in docs}
    click.echo(
        f"Corpus: {len(docs):,} docstrings of {len(modules)} modules of Python {platform.python_version()}, "
        f"read from their sources in {time.perf_counter() - began:.1f} s"
    )
    return docs


def train_on(docs: list[Docstring], output: Path) -> WordVectors:
    """Train with parameters for a small text (more passes, rarer words), save, and say how it went."""
    from textspace import WordVectors
    from textspace.cli.train_vectors import in_words, train_and_save

    wv = WordVectors(
        dim=64, window=8, n_negatives=10, epochs=25, learning_rate=0.1, min_count=3, subsample=1e-3, min_n=4,
        tokenizer="unicode",
    )  # fmt: skip
    texts = [re.sub("[._]", " ", doc.text) for doc in docs]  # of dotted names the parts are the words
    click.echo(in_words(train_and_save(wv, texts, output, keep_interrupted=False)))
    return wv


def show_vectors(wv: WordVectors) -> None:
    """Show the neighbours of words, and of one that the corpus does not have."""
    click.echo("\nThe words whose vectors are nearest (cosine):")
    show_table({word: wv.nearest(word, k=6) for word in QUERIES if word in wv})
    unseen = next(word for word in UNSEEN_WORDS if word not in wv)
    vector = wv[unseen]
    click.echo(f"\n{unseen!r} is not in the corpus, but n-grams of it are. Its vector of {wv.dim} numbers,")
    click.echo(f"{vector[0]:+.3f} {vector[1]:+.3f} {vector[2]:+.3f} ..., is near to those of:")
    click.echo("  " + ", ".join(neighbor.word for neighbor in wv.nearest(unseen, k=6)))
