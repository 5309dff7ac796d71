"""Options that several commands take, with the names of the estimators' parameters."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

Corpus = Annotated[
    list[str],
    typer.Argument(help="Text files, one or more (plain, .gz, .bz2, .xz, .zst), or - for standard input."),
]
Model = Annotated[Path, typer.Argument(help="A file of vectors: .textspace, fastText's .bin, word2vec's .vec ...")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
K = Annotated[int, typer.Option("-k", "--k", min=1, help="Number of results.")]

Objective = Annotated[
    Literal["skipgram", "cbow"],
    typer.Option(help="Predict the words around a word (skipgram) or a word from those around it (cbow)."),
]
Loss = Annotated[
    Literal["ns", "hs", "softmax"],
    typer.Option(help="Negative sampling, hierarchical softmax, or full softmax (small vocabularies)."),
]
Dim = Annotated[int, typer.Option(help="Length of a vector.")]
Window = Annotated[int, typer.Option(help="Greatest distance between two words that predict each other.")]
NNegatives = Annotated[int, typer.Option(help="Random words for each true one (negative sampling).")]
Epochs = Annotated[int, typer.Option(help="Passes over the text.")]
LearningRate = Annotated[float, typer.Option(help="Step size at the start; falls linearly to 0.")]
MinCount = Annotated[int, typer.Option(help="Words that occur less often are left out.")]
Subsample = Annotated[float, typer.Option(help="Occurrences of words above this share of the text are thinned out.")]
MinN = Annotated[int, typer.Option(help="Characters of the shortest n-grams.")]
MaxN = Annotated[int, typer.Option(help="Characters of the longest n-grams; 0 trains whole words only.")]
NBuckets = Annotated[int, typer.Option(help="Hash buckets of the n-grams; only those that occur take memory.")]
NegativePower = Annotated[
    float, typer.Option(help="Random words are drawn by count to this power: 0.5 is fastText's, 0.75 word2vec's.")
]
MaxVocab = Annotated[int | None, typer.Option(help="Only this many words, the most frequent.", show_default="all")]
PositionWeights = Annotated[
    bool, typer.Option("--position-weights", help="CBOW: weight context words by their position.")
]
CorrectedCbow = Annotated[
    bool, typer.Option("--corrected-cbow", help="CBOW: share the gradient among the context words.")
]
HalfPrecision = Annotated[bool, typer.Option("--half-precision", help="Train with input vectors in bfloat16.")]
MemoryBudget = Annotated[
    int, typer.Option(help="Bytes of memory for the encoded text; what is larger goes to a temporary file.")
]
Tokenizer = Annotated[
    Literal["whitespace", "unicode"],
    typer.Option(help="Words between spaces, as fastText's, or lower-cased words by Unicode's rules."),
]
NThreads = Annotated[int | None, typer.Option(help="All cores when not given; 1 is reproducible.", show_default="all")]
RandomState = Annotated[int, typer.Option(help="Seed of everything random.")]
KeepInterrupted = Annotated[bool, typer.Option("--keep-interrupted", help="On Ctrl-C, save what is trained so far.")]
