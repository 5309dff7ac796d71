"""Labels, probabilities and scores of texts, against the slow reference."""

import dataclasses

import numpy as np
import pytest

import reference_prediction as reference
from textspace.formats.stored_classifier import Calibration, StoredClassifier
from textspace.prediction.folding import fold
from textspace.prediction.predictor import Predictor
from textspace.text.features import TextFeatures
from textspace.text.vocabulary import Vocabulary

WORDS = ["</s>", "the", "cheese", "of", "né", "寿司", "naïve", "a", "supercalifragilistic", "extraordinary-word"]
TEXTS = [
    "the cheese of the cheese",
    "",
    "unknown words, all of them",
    "né 寿司 naïve\ncheese\r\tthe\x00of\x0ba\x0cthe",
    "__label__x the __label__y cheese",
    "the </s> cheese",
    "supercalifragilistic supercalifragilistik extraordinary-word " * 70,
    "  the  ",
    "word " * 200 + "the of a",
]


def build(
    loss="softmax", n_labels=5, dim=9, min_n=0, max_n=0, word_ngrams=1, n_buckets=0, compact=False, skip=False, seed=1
):
    """The same random model for both."""
    rng = np.random.default_rng(seed)
    buckets = rows = None
    n_rows = len(WORDS) + n_buckets
    if compact:
        buckets = np.sort(rng.choice(n_buckets, n_buckets // 2, replace=False)).astype(np.int32)
        rows = (len(WORDS) + rng.permutation(buckets.size)).astype(np.int32)
        n_rows = len(WORDS) + buckets.size
    vectors = rng.standard_normal((n_rows, dim)).astype(np.float32)
    output = rng.standard_normal((n_labels, dim)).astype(np.float32)
    counts = np.sort(rng.integers(1, 100, n_labels))[::-1].copy()
    labels = tuple(f"label{i}" for i in range(n_labels))
    features = TextFeatures(
        Vocabulary.from_words(WORDS), min_n, max_n, word_ngrams, n_buckets, "__label__", buckets, rows, skip
    )
    slow = reference.Model(
        [word.encode() for word in WORDS],
        list(labels),
        counts.tolist(),
        vectors,
        output,
        loss,
        min_n,
        max_n,
        word_ngrams,
        n_buckets,
        bucket_rows=dict(zip(buckets.tolist(), rows.tolist(), strict=True)) if compact else None,
        skip_missing=skip,
    )
    return StoredClassifier(features, labels, counts, vectors, output, loss), slow


RULES = {
    "words": {},
    "bigrams": {"word_ngrams": 2, "n_buckets": 1000},
    "subwords": {"min_n": 2, "max_n": 4, "n_buckets": 1000},
    "all": {"min_n": 1, "max_n": 5, "word_ngrams": 4, "n_buckets": 777, "compact": True},
    "pruned": {"min_n": 3, "max_n": 3, "word_ngrams": 3, "n_buckets": 777, "compact": True, "skip": True},
}


@pytest.mark.parametrize("rule", RULES)
def test_rows_of_texts(rule):
    stored, slow = build(**RULES[rule])
    features = Predictor(stored, n_threads=1)._features
    for text in TEXTS:
        rows, n_features = features.rows_of(text.encode())
        expected = reference.features(slow, text.encode())
        assert n_features == len(expected)
        assert sorted(rows) == sorted(row for row in expected if row >= 0)


SHAPES = [(5, 9), (1, 1), (2, 40), (23, 100), (70, 17), (300, 16), (4, 4), (3, 170)]


@pytest.mark.parametrize(
    ("rule", "loss", "n_labels", "dim"),
    [(rule, "softmax", 5, 9) for rule in RULES]
    + [("bigrams", loss, *shape) for loss in ("softmax", "hs", "ova") for shape in SHAPES]
    + [("all", "ns", 2, 8)],
)
def test_all_scores(isa, rule, loss, n_labels, dim):
    stored, slow = build(loss, n_labels, dim, **RULES[rule])
    expected = {name: getattr(reference, name) for name in ("logits", "probabilities", "hidden")}
    expected = {name: np.array([value(slow, text.encode()) for text in TEXTS]) for name, value in expected.items()}
    for model, folds in [(stored, False), (stored, n_labels <= dim)] + (
        [(fold(stored), False)] if n_labels <= dim else []
    ):
        predictor = Predictor(model, n_threads=2, fold=folds)
        np.testing.assert_allclose(predictor.logits(TEXTS), expected["logits"], rtol=1e-4, atol=1e-4)
        np.testing.assert_allclose(predictor.probabilities(TEXTS), expected["probabilities"], rtol=2e-4, atol=1e-6)
        ranked = predictor.top(TEXTS, k=3, threshold=0.01)
        k = min(3, n_labels)
        order = np.argsort(-expected["probabilities"], kind="stable")[:, :k]
        scores = np.take_along_axis(expected["probabilities"], order, 1)
        kept = scores >= 0.01
        np.testing.assert_allclose(ranked.scores, np.where(kept, scores, 0), rtol=2e-4, atol=1e-6)
        assert (ranked.label_ids == np.where(kept, order, -1)).all()
        assert ranked.labels.tolist() == [[f"label{i}" if i >= 0 else "" for i in ids] for ids in ranked.label_ids]
        assert (predictor.best(TEXTS) == order[:, 0]).all()
    np.testing.assert_allclose(Predictor(stored).embed(TEXTS), expected["hidden"], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("loss", ["softmax", "hs", "ns", "ova"])
def test_scores_as_fasttext_gives_them(loss):
    stored, slow = build(loss, 23, 16, **RULES["bigrams"])
    ranked = Predictor(stored, fasttext_scores=True).top(TEXTS, k=23)
    for text, ids, scores in zip(TEXTS, ranked.label_ids, ranked.scores, strict=True):
        expected = reference.fasttext_probabilities(slow, text.encode())
        np.testing.assert_allclose(scores, expected[ids], atol=5e-6)
        np.testing.assert_allclose(scores, np.sort(expected)[::-1], atol=5e-6)


@pytest.mark.parametrize("loss", ["softmax", "hs", "ova"])
@pytest.mark.parametrize("per_label", [False, True])
def test_calibration(loss, per_label):
    stored, slow = build(loss, 7, 9)
    n = 7 if per_label else 1
    rng = np.random.default_rng(3)
    scale, offset = rng.random(n, np.float32) + 0.5, rng.random(n, np.float32)
    stored = dataclasses.replace(stored, calibration=Calibration(scale, offset))
    slow.scale, slow.offset = scale.astype(float), offset.astype(float)
    predictor = Predictor(stored, n_threads=1)
    expected = np.array([reference.probabilities(slow, text.encode()) for text in TEXTS])
    np.testing.assert_allclose(predictor.probabilities(TEXTS), expected, rtol=2e-4, atol=1e-6)
    np.testing.assert_allclose(predictor.top(TEXTS, k=7).scores, -np.sort(-expected), rtol=2e-4, atol=1e-6)
