"""Small classifiers and labelled texts for tests."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sample_models import random_rows, sample_vocabulary
from textspace.formats import Calibration, StoredClassifier
from textspace.formats.quantized import Matrix
from textspace.formats.stored_classifier import Loss
from textspace.quantization import quantize_classifier
from textspace.text.features import TextFeatures


def random_documents(n: int, *, n_words: int, n_labels: int, seed: int) -> list[str]:
    """Lines of one or two labels and some words, frequent ones often; a label brings words of its own."""
    rng = np.random.default_rng(seed)
    letters = np.array(list("abcdefghijklmnopqrstuvwxyzäßéñøжλ寿司🙂"))
    words = ["".join(rng.choice(letters, size)) for size in rng.integers(1, 9, n_words)]
    lines = []
    for i in range(n):
        labels = dict.fromkeys([i % n_labels, *(np.minimum(rng.zipf(1.5, 1), n_labels) - 1).tolist()])
        chosen = (np.minimum(rng.zipf(1.4, 12), n_words) - 1).tolist() + [label % n_words for label in labels]
        lines.append(" ".join([*(f"__label__{label}é" for label in labels), *(words[word_id] for word_id in chosen)]))
    return lines


LABELS = ("en", "ru", "", "寿司", "\udcff")


def sample_features(*, compact: bool = False, pruned: bool = False) -> TextFeatures:
    """Ten words and 40 buckets, all of them with rows or only some."""
    sizes = {"min_n": 2, "max_n": 3, "word_ngrams": 2, "n_buckets": 40}
    vocabulary = sample_vocabulary()
    if not (compact or pruned):
        return TextFeatures(vocabulary, **sizes)
    buckets = np.array([0, 3, 4, 17, 39], np.int32)
    rows = len(vocabulary) + np.array([4, 0, 3, 1, 2], np.int32)
    return TextFeatures(vocabulary, buckets=buckets, bucket_rows=rows.astype(np.int32), skip_missing=pruned, **sizes)


def sample_classifier(
    *,
    compact: bool = False,
    pruned: bool = False,
    loss: Loss = "softmax",
    dim: int = 7,
    labels: tuple[str, ...] = LABELS,
    **quantization: Any,
) -> StoredClassifier:
    """A classifier of random rows, quantized as asked."""
    features = sample_features(compact=compact, pruned=pruned)
    counts = np.arange(2 * len(labels), len(labels), -1)
    rows, outputs = random_rows(features.n_rows, dim), random_rows(len(labels), dim, seed=1)
    parameters: dict[str, object] = {"dim": dim, "epochs": 3, "learning_rate": 0.5, "window": 4}
    model = StoredClassifier(features, labels, counts, rows, outputs, loss, parameters=parameters)
    return quantize_classifier(model, **quantization) if quantization else model


def plain_classifier() -> StoredClassifier:
    """Words alone, no prefix."""
    features = TextFeatures(sample_vocabulary(), label_prefix="")
    return StoredClassifier(features, ("a", "b"), np.array([3, 2]), random_rows(10, 4), random_rows(2, 4), "softmax")


def folded_classifier() -> StoredClassifier:
    """The product of both matrices."""
    model = sample_classifier()
    assert isinstance(model.input_vectors, np.ndarray)
    assert isinstance(model.output_vectors, np.ndarray)
    logits = (model.input_vectors @ model.output_vectors.T).astype(np.float32)
    return replace(model, input_vectors=logits, output_vectors=None)


def calibrated_classifier() -> StoredClassifier:
    """One temperature, and a threshold for each label."""
    model = sample_classifier(loss="ova")
    thresholds = np.linspace(0, 1, len(LABELS), dtype=np.float32)
    calibration = Calibration(np.array([1.5], np.float32), np.zeros(1, np.float32), thresholds)
    return replace(model, calibration=calibration)


CLASSIFIERS: dict[str, Callable[[], StoredClassifier]] = {
    "dense": sample_classifier,
    "compact": lambda: sample_classifier(compact=True, loss="hs"),
    "words": plain_classifier,
    "product": lambda: sample_classifier(method="product", qnorm=True, qout=True, dsub=2),
    "product compact": lambda: sample_classifier(compact=True, method="product", dsub=3, loss="ova"),
    "product pruned": lambda: sample_classifier(pruned=True, method="product", qout=True, dsub=9, loss="ns"),
    "int8": lambda: sample_classifier(compact=True, method="int8", qout=True),
    "float16": lambda: sample_classifier(method="float16"),
    "folded": folded_classifier,
    "calibrated": calibrated_classifier,
}


def matrix_arrays(matrix: Matrix) -> dict[str, NDArray[Any]]:
    """The arrays of a matrix by their names."""
    if isinstance(matrix, np.ndarray):
        return {"values": matrix}
    return {name: np.asarray(value) for name, value in vars(matrix).items() if value is not None}


def assert_same_matrix(found: Matrix | None, expected: Matrix | None) -> None:
    """Everything equal, bit by bit."""
    assert type(found) is type(expected)
    if found is None or expected is None:
        return
    ours, theirs = matrix_arrays(found), matrix_arrays(expected)
    assert list(ours) == list(theirs)
    for name, array in ours.items():
        assert array.dtype == theirs[name].dtype
        np.testing.assert_array_equal(array, theirs[name])


def assert_same_classifier(found: StoredClassifier, expected: StoredClassifier) -> None:
    """Everything equal, bit by bit, but for the parameters."""
    for name in ("min_n", "max_n", "word_ngrams", "n_buckets", "label_prefix", "skip_missing"):
        assert getattr(found.features, name) == getattr(expected.features, name)
    for name in ("buckets", "bucket_rows"):
        np.testing.assert_array_equal(getattr(found.features, name), getattr(expected.features, name))
    assert found.features.vocabulary.words == expected.features.vocabulary.words
    assert found.features.vocabulary.n_tokens == expected.features.vocabulary.n_tokens
    np.testing.assert_array_equal(found.features.vocabulary.counts, expected.features.vocabulary.counts)
    assert (found.labels, found.loss) == (expected.labels, expected.loss)
    np.testing.assert_array_equal(found.label_counts, expected.label_counts)
    assert_same_matrix(found.input_vectors, expected.input_vectors)
    assert_same_matrix(found.output_vectors, expected.output_vectors)
    assert (found.calibration is None) == (expected.calibration is None)
    if found.calibration is not None and expected.calibration is not None:
        for name, array in vars(found.calibration).items():
            np.testing.assert_array_equal(array, getattr(expected.calibration, name))
