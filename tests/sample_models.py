"""Small models for the tests of the file formats."""

import numpy as np
from numpy.typing import NDArray

from reference_formats import FastTextModel
from textspace.formats import StoredVectors
from textspace.text.subwords import Subwords
from textspace.text.vocabulary import Vocabulary

WORDS = [
    b"</s>",
    b"the",
    b"na\xc3\xafve",
    b"\xff\xfe",
    b"cheese",
    "寿司".encode(),
    b"where",
    b"0.5",
    b"__label__x",
    b"a",
]
PARAMETERS: dict[str, object] = {
    "objective": "cbow",
    "loss": "hs",
    "dim": 7,
    "window": 3,
    "epochs": 2,
    "min_count": 1,
    "n_negatives": 4,
    "subsample": 1e-3,
    "min_n": 2,
    "max_n": 4,
    "n_buckets": 50,
}


def random_rows(n_rows: int, dim: int, *, seed: int = 0) -> NDArray[np.float32]:
    return np.random.default_rng(seed).normal(size=(n_rows, dim)).astype(np.float32)


def sample_vocabulary(words: list[bytes] = WORDS) -> Vocabulary:
    return Vocabulary.from_words(words, counts=range(2 * len(words), len(words), -1), n_tokens=1000)


def compact_model(*, n_buckets: int = 50, dim: int = 7, output: bool = True) -> StoredVectors:
    """Rows only for the buckets that occur."""
    vocabulary = sample_vocabulary()
    subwords = Subwords.from_vocabulary(vocabulary, min_n=2, max_n=4, n_buckets=n_buckets)
    return StoredVectors(
        vocabulary,
        random_rows(len(vocabulary) + subwords.n_rows, dim),
        random_rows(len(vocabulary), dim, seed=1) if output else None,
        subwords,
        PARAMETERS | {"dim": dim, "n_buckets": n_buckets},
    )


def dense_model() -> StoredVectors:
    """A row for every bucket."""
    vocabulary = sample_vocabulary()
    subwords = Subwords(min_n=2, max_n=4, n_buckets=50, first_row=len(vocabulary))
    rows = random_rows(len(vocabulary) + 50, 7)
    return StoredVectors(vocabulary, rows, random_rows(len(vocabulary), 7, seed=1), subwords, dict(PARAMETERS))


def plain_model(words: list[bytes] = WORDS, *, dim: int = 7) -> StoredVectors:
    """Words without n-grams."""
    vocabulary = sample_vocabulary(words)
    none = {"min_n": 0, "max_n": 0, "n_buckets": 0}
    rows, outputs = random_rows(len(vocabulary), dim), random_rows(len(vocabulary), dim, seed=1)
    return StoredVectors(vocabulary, rows, outputs, None, PARAMETERS | none | {"dim": dim})


MODELS = {"compact": compact_model, "dense": dense_model, "plain": plain_model}


def reference_of(model: StoredVectors) -> FastTextModel:
    """The same model for the reference: a row for every bucket, zeros where the model has none."""
    subwords, n_words = model.subwords, len(model.vocabulary)
    n_buckets = subwords.n_buckets if subwords else 0
    inputs = np.zeros((n_words + n_buckets, model.dim), np.float32)
    inputs[:n_words] = model.input_vectors[:n_words]
    for bucket in range(n_buckets):
        assert subwords is not None
        if subwords.buckets is None or subwords.ngram_rows is None:
            inputs[n_words + bucket] = model.input_vectors[n_words + bucket]
        else:
            for row in subwords.ngram_rows[subwords.buckets == bucket]:
                inputs[n_words + bucket] = model.input_vectors[row]
    arguments = {"dim": model.dim, "ws": 3, "epoch": 2, "minCount": 1, "neg": 4, "wordNgrams": 1, "loss": 1, "model": 1}
    arguments |= {"bucket": n_buckets, "minn": 2 if subwords else 0, "maxn": 4 if subwords else 0, "rate": 100}
    outputs = model.output_vectors if model.output_vectors is not None else np.zeros((n_words, model.dim), np.float32)
    words = [model.vocabulary.word_bytes(word_id) for word_id in range(n_words)]
    return FastTextModel(arguments, words, model.vocabulary.counts.tolist(), 1000, inputs, outputs, t=1e-3)


def assert_same_model(found: StoredVectors, expected: StoredVectors) -> None:
    """Everything equal, bit by bit."""
    np.testing.assert_array_equal(found.vocabulary.blob, expected.vocabulary.blob)
    np.testing.assert_array_equal(found.vocabulary.offsets, expected.vocabulary.offsets)
    np.testing.assert_array_equal(found.vocabulary.counts, expected.vocabulary.counts)
    assert found.vocabulary.n_tokens == expected.vocabulary.n_tokens
    np.testing.assert_array_equal(found.input_vectors, expected.input_vectors)
    assert (found.output_vectors is None) == (expected.output_vectors is None)
    if expected.output_vectors is not None:
        np.testing.assert_array_equal(found.output_vectors, expected.output_vectors)
    assert (found.subwords is None) == (expected.subwords is None)
    if found.subwords is not None and expected.subwords is not None:
        for name in ("min_n", "max_n", "n_buckets", "first_row", "n_rows", "is_dense"):
            assert getattr(found.subwords, name) == getattr(expected.subwords, name)
    assert found.parameters == expected.parameters
