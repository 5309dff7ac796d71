"""Options of the commands for text classifiers, with the names of the estimator's parameters."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import click

from textspace.cli.command import Argument, Option

if TYPE_CHECKING:
    from textspace.classifier import TextClassifier

SUFFIXES = (".textspace", ".bin", ".ftz")

Labelled = Annotated[
    tuple[str, ...],
    Argument(
        help="Files of lines `__label__A [__label__B ...] text` (plain, .gz, .bz2, .xz, .zst), or - for standard input."
    ),
]
Model = Annotated[Path, Argument(help="A file of a text classifier: .textspace, fastText's .bin or .ftz.")]
Loss = Annotated[
    Literal["softmax", "hs", "ns", "ova"],
    Option(help="Softmax, hierarchical softmax (many labels), negative sampling, or one-vs-all (several a text)."),
]
WordNgrams = Annotated[int, Option(help="Longest run of words that is a feature; 1: single words.")]
MinN = Annotated[int, Option(help="Characters of the shortest n-grams of a word.")]
MaxN = Annotated[int, Option(help="Characters of the longest n-grams of a word; 0: none.")]
Epochs = Annotated[int, Option(help="Passes over the texts, at most.")]
MinCountLabel = Annotated[int, Option(help="Labels that occur less often are left out.")]
NNegatives = Annotated[int, Option(help="Random labels for each true one (negative sampling).")]
LabelPrefix = Annotated[str, Option(help="Tokens that start with it are labels.")]
Multilabel = Annotated[
    Literal["all", "sample"],
    Option(help="Of a text with several labels learn all each time, or one at random, as fastText does."),
]
ClassWeight = Annotated[
    str | None,
    Option(help='How much the texts of each label count: balanced, or JSON: {"spam": 2, "ham": 1}.'),
]
Shuffle = Annotated[bool, Option("--shuffle/--no-shuffle", help="Visit the texts in a new order in every epoch.")]
PretrainedVectors = Annotated[str | None, Option(help="A file of word vectors to start from, of the same dimension.")]
Validation = Annotated[
    str | None, Option(help="Labelled texts to judge each epoch by: a file, or a share of the texts, as 0.1.")
]
Calibrate = Annotated[bool, Option(help="Fit the probabilities to the validation file.")]
Patience = Annotated[
    int | None,
    Option(help="Stop after so many epochs without a better metric; keep the best.", show_default="no"),
]
Metric = Annotated[
    str, Option(help="Judge by it: f1, f1:LABEL, macro_f1, accuracy, log_loss, precision_at_recall:0.9, ...")
]
TopK = Annotated[int, Option("-k", "--k", type=click.IntRange(min=1), help="Labels for a text, at most.")]
Threshold = Annotated[float, Option(help="Only labels whose probability reaches this.")]


def validation_of(given: str | None) -> str | float | None:
    """The validation set as the library takes it: a share of the texts where it is a number, else a file."""
    if given is None:
        return None
    try:
        return float(given)
    except ValueError:
        return given


def open_classifier(path: Path) -> TextClassifier:
    """Open a file that must be one of a text classifier."""
    from textspace import TextClassifier, load

    model = load(path)
    if not isinstance(model, TextClassifier):
        raise ValueError(f"{path} holds a {type(model).__name__}; this command needs a text classifier")
    return model
