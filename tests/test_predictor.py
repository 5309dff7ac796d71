"""Labels, probabilities and scores of texts, against the slow reference."""

import dataclasses
import signal
import threading
import time

import numpy as np
import pytest

import reference_prediction as reference
from instruction_sets import instruction_set
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


def test_folding_waits_for_enough_text():
    stored, _ = build("softmax", 2, 9, **RULES["bigrams"])
    predictor = Predictor(stored, n_threads=1)
    few = predictor.logits(TEXTS[:1])
    assert "_folded" not in predictor.__dict__
    predictor.best(["the cheese " * 100])
    assert "_folded" in predictor.__dict__
    np.testing.assert_allclose(predictor.logits(TEXTS[:1]), few, rtol=1e-5)
    assert "_folded" not in Predictor(stored, fold=False).__dict__


def test_a_model_of_more_labels_than_dimensions_is_not_folded():
    stored, _ = build("softmax", 23, 9)
    predictor = Predictor(stored)
    predictor.best(["the cheese " * 1000])
    assert "_folded" not in predictor.__dict__
    with pytest.raises(ValueError, match="23 > 9"):
        fold(stored)


def test_a_folded_model_stands_for_itself():
    stored, _ = build("hs", 5, 9, **RULES["bigrams"])
    folded = fold(stored, n_threads=2)
    assert folded.input_vectors.shape == (len(stored.input_vectors), 5) and folded.output_vectors is None
    np.testing.assert_allclose(folded.input_vectors, stored.input_vectors @ stored.output_vectors.T, atol=1e-5)
    assert fold(folded) is folded
    with pytest.raises(ValueError, match="not folded"):
        Predictor(folded).embed(TEXTS)


@pytest.mark.parametrize("loss", ["softmax", "hs"])
def test_the_result_does_not_depend_on_threads_nor_on_neighbours(loss):
    stored, _ = build(loss, 300, 16, **RULES["all"])
    texts = [f"{text} {i}" for i in range(60) for text in TEXTS]
    one, four = (Predictor(stored, n_threads=n_threads).top(texts, k=5) for n_threads in (1, 4))
    assert (one.scores == four.scores).all() and (one.label_ids == four.label_ids).all()
    alone = Predictor(stored).top(texts[100:101], k=5)
    assert (alone.scores == one.scores[100]).all() and (alone.label_ids == one.label_ids[100]).all()


def test_equal_scores_are_in_the_order_of_the_labels():
    stored, _ = build("ova", 40, 9)
    stored = dataclasses.replace(stored, output_vectors=np.zeros_like(stored.output_vectors))
    assert Predictor(stored).top(["the"], k=7).label_ids.tolist() == [list(range(7))]
    assert Predictor(stored).top(["the"], k=100).label_ids.tolist() == [list(range(40))]


def test_a_vocabulary_without_an_end_of_text_may_leave_nothing():
    features = TextFeatures(Vocabulary.from_words(["a"]))
    output = np.array([[1.0], [-1.0]], np.float32)
    stored = StoredClassifier(features, ("x", "y"), np.array([1, 1]), np.ones((1, 1), np.float32), output, "softmax")
    assert Predictor(stored).probabilities(["", "a"]).round(3).tolist() == [[0.5, 0.5], pytest.approx([0.881, 0.119])]


def test_scores_that_are_not_numbers_choose_no_label():
    stored, _ = build("softmax", 5, 9)
    vectors = stored.input_vectors.copy()
    vectors[:] = np.nan
    stored = dataclasses.replace(stored, input_vectors=vectors)
    assert Predictor(stored).best(["the"]).tolist() == [-1]
    assert Predictor(stored).top(["the"]).labels.tolist() == [[""]]


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"k": 0}, ValueError, "`k`"),
        ({"k": 1.5}, TypeError, "`k`"),
        ({"threshold": np.nan}, ValueError, "`threshold`"),
        ({"threshold": None}, TypeError, "`threshold`"),
    ],
)
def test_what_does_not_fit_is_refused(arguments, error, message):
    stored, _ = build()
    with pytest.raises(error, match=message):
        Predictor(stored).top(["a"], **arguments)
    with pytest.raises(ValueError, match="`fold`"):
        Predictor(stored, fold="no")
    with pytest.raises(ValueError, match="`n_threads`"):
        Predictor(stored, n_threads=0)


def test_damaged_models_are_refused():
    stored, _ = build("hs", **RULES["all"])

    def predict(**changes):
        features = dataclasses.replace(stored.features, **changes.pop("features", {}))
        model = dataclasses.replace(stored, features=features, **changes)
        return Predictor(model, n_threads=1).top(TEXTS)

    buckets, rows = stored.features.buckets, stored.features.bucket_rows
    assert (predict().label_ids >= 0).all()
    for change, message in [
        ({"features": {"buckets": buckets[::-1].copy()}}, "ascend"),
        ({"features": {"buckets": buckets + 777}}, "ascend"),
        ({"label_counts": np.arange(5)}, "must not increase"),
        ({"label_counts": np.array([5, 4, 3, 2, -1])}, "negative"),
        ({"label_counts": np.full(5, 2**62)}, "add up"),
    ]:
        with pytest.raises(ValueError, match=message):
            predict(**change)
    for wrong in (-1, 0, 2**31 - 1, -(2**31)):  # rows that are none of the n-grams' are missing rows
        assert (predict(features={"bucket_rows": np.full_like(rows, wrong)}).label_ids >= 0).all()


def test_ctrl_c_stops_a_prediction():
    with instruction_set("baseline"):
        predictor = Predictor(build("softmax", 2, 9, **RULES["all"])[0], n_threads=2, fold=False)
        texts = ["extraordinary words of all kinds " * 2000] * 30_000
        timer = threading.Timer(0.3, signal.raise_signal, [signal.SIGINT])
        began = time.perf_counter()
        timer.start()
        with pytest.raises(KeyboardInterrupt):
            predictor.best(texts)
        assert time.perf_counter() - began < 3  # it would take ten times as long
        timer.join()
