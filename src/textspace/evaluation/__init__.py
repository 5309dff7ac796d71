"""How good models are: word vectors on judgements of similarity and on analogies, classifiers on labelled texts."""

from textspace.evaluation.analogies import (
    AnalogyResult,
    AnalogyScore,
    AnalogySection,
    evaluate_analogies,
    read_analogies,
)
from textspace.evaluation.classification import Confusion, Metrics
from textspace.evaluation.gold_labels import GoldLabels
from textspace.evaluation.label_metrics import LabelMetrics
from textspace.evaluation.metric_name import MetricName
from textspace.evaluation.metrics_collector import MetricsCollector
from textspace.evaluation.precision_recall import PrecisionRecallCurve, precision_recall_curve
from textspace.evaluation.similarity import SimilarityResult, WordPair, evaluate_similarity, read_word_pairs

__all__ = [
    "AnalogyResult",
    "AnalogyScore",
    "AnalogySection",
    "Confusion",
    "GoldLabels",
    "LabelMetrics",
    "MetricName",
    "Metrics",
    "MetricsCollector",
    "PrecisionRecallCurve",
    "SimilarityResult",
    "WordPair",
    "evaluate_analogies",
    "evaluate_similarity",
    "precision_recall_curve",
    "read_analogies",
    "read_word_pairs",
]
