"""How good word vectors are: judgements of similarity, and analogies."""

from textspace.evaluation.analogies import (
    AnalogyResult,
    AnalogyScore,
    AnalogySection,
    evaluate_analogies,
    read_analogies,
)
from textspace.evaluation.similarity import SimilarityResult, WordPair, evaluate_similarity, read_word_pairs

__all__ = [
    "AnalogyResult",
    "AnalogyScore",
    "AnalogySection",
    "SimilarityResult",
    "WordPair",
    "evaluate_analogies",
    "evaluate_similarity",
    "read_analogies",
    "read_word_pairs",
]
