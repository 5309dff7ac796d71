"""Options that several commands take, with the names of the estimators' parameters."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import click

from textspace.cli.command import Argument, Option

Corpus = Annotated[
    tuple[str, ...],
    Argument(help="Text files, one or more (plain, .gz, .bz2, .xz, .zst), or - for standard input."),
]
Model = Annotated[Path, Argument(help="A file of vectors: .textspace, fastText's .bin, word2vec's .vec ...")]
AsJson = Annotated[bool, Option("--json", help="Print JSON, for programs.")]
K = Annotated[int, Option("-k", "--k", type=click.IntRange(min=1), help="Number of results.")]

Objective = Annotated[
    Literal["skipgram", "cbow"],
    Option(help="Predict the words around a word (skipgram) or a word from those around it (cbow)."),
]
Loss = Annotated[
    Literal["ns", "hs", "softmax"],
    Option(help="Negative sampling, hierarchical softmax, or full softmax (small vocabularies)."),
]
Dim = Annotated[int, Option(help="Length of a vector.")]
Window = Annotated[int, Option(help="Greatest distance between two words that predict each other.")]
NNegatives = Annotated[int, Option(help="Random words for each true one (negative sampling).")]
Epochs = Annotated[int, Option(help="Passes over the text.")]
LearningRate = Annotated[float, Option(help="Step size at the start; falls linearly to 0.")]
MinCount = Annotated[int, Option(help="Words that occur less often are left out.")]
Subsample = Annotated[float, Option(help="Occurrences of words above this share of the text are thinned out.")]
MinN = Annotated[int, Option(help="Characters of the shortest n-grams.")]
MaxN = Annotated[int, Option(help="Characters of the longest n-grams; 0 trains whole words only.")]
NBuckets = Annotated[int, Option(help="Hash buckets of the n-grams; only those that occur take memory.")]
NegativePower = Annotated[
    float, Option(help="Random words are drawn by count to this power: 0.5 is fastText's, 0.75 word2vec's.")
]
MaxVocab = Annotated[int | None, Option(help="Only this many words, the most frequent.", show_default="all")]
PositionWeights = Annotated[bool, Option(help="CBOW: weight context words by their position.")]
CorrectedCbow = Annotated[bool, Option(help="CBOW: share the gradient among the context words.")]
HalfPrecision = Annotated[bool, Option(help="Train with input vectors in bfloat16.")]
MemoryBudget = Annotated[
    int, Option(help="Bytes of memory for the encoded text; what is larger goes to a temporary file.")
]
Tokenizer = Annotated[
    Literal["whitespace", "unicode"],
    Option(help="Words between spaces, as fastText's, or lower-cased words by Unicode's rules."),
]
NThreads = Annotated[int | None, Option(help="All cores when not given; 1 is reproducible.", show_default="all")]
RandomState = Annotated[int, Option(help="Seed of everything random.")]
KeepInterrupted = Annotated[bool, Option(help="On Ctrl-C, save what is trained so far.")]
