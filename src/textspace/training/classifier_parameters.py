"""The parameters of a training run of a text classifier, checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, cast

import numpy as np

from textspace._validation import (
    check_bool,
    check_choice,
    check_float,
    check_int,
    check_n_threads,
    check_random_state,
    reject,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textspace._typing import FloatArray, LongArray

ClassifierLoss = Literal["softmax", "hs", "ns", "ova"]
ClassWeight = Mapping[str, float] | Literal["balanced"] | None

LOSSES = ("softmax", "hs", "ns", "ova")
LABEL_RULES = ("all", "sample")


@dataclass(frozen=True, slots=True)
class ClassifierParameters:
    """Parameters of `TextClassifier` by the same names, but for `n_threads` and `seed`, which are settled here."""

    loss: ClassifierLoss
    dim: int
    word_ngrams: int
    min_n: int
    max_n: int
    n_buckets: int
    epochs: int
    learning_rate: float
    min_count: int
    min_count_label: int
    n_negatives: int
    label_prefix: str
    multilabel: str
    class_weight: ClassWeight
    shuffle: bool
    pretrained_vectors: object
    patience: int | None
    memory_budget: int
    n_threads: int
    seed: int


def check_classifier_parameters(given: Mapping[str, Any]) -> ClassifierParameters:
    """Return the parameters in their plain types.

    Parameters
    ----------
    given : mapping
        Parameters of `TextClassifier`, all of them, by name.

    Returns
    -------
    ClassifierParameters
        The same, checked.

    Raises
    ------
    ValueError, TypeError
        When one of them breaks its rule; the message names it.
    """
    patience = given["patience"]
    checked = ClassifierParameters(
        loss=cast("ClassifierLoss", check_choice("loss", given["loss"], LOSSES)),
        dim=check_int("dim", given["dim"], at_least=1, at_most=2**16),
        word_ngrams=check_int("word_ngrams", given["word_ngrams"], at_least=1, at_most=1000),
        min_n=check_int("min_n", given["min_n"], at_least=0),
        max_n=check_int("max_n", given["max_n"], at_least=0),
        n_buckets=check_int("n_buckets", given["n_buckets"], at_least=0, at_most=2**31 - 1),
        epochs=check_int("epochs", given["epochs"], at_least=1, at_most=10**6),
        learning_rate=check_float("learning_rate", given["learning_rate"], above=0),
        min_count=check_int("min_count", given["min_count"], at_least=1),
        min_count_label=check_int("min_count_label", given["min_count_label"], at_least=0),
        n_negatives=check_int("n_negatives", given["n_negatives"], at_least=1, at_most=1000),
        label_prefix=_check_prefix(given["label_prefix"]),
        multilabel=check_choice("multilabel", given["multilabel"], LABEL_RULES),
        class_weight=_check_class_weight(given["class_weight"]),
        shuffle=check_bool("shuffle", given["shuffle"]),
        pretrained_vectors=given["pretrained_vectors"],
        patience=None if patience is None else check_int("patience", patience, at_least=1),
        memory_budget=check_int("memory_budget", given["memory_budget"], at_least=0),
        n_threads=check_n_threads(given["n_threads"]),
        seed=check_random_state(given["random_state"]),
    )
    _check_together(checked)
    return checked


def label_weights(class_weight: ClassWeight, labels: Sequence[str], counts: LongArray) -> FloatArray | None:
    """Return how much each label weighs.

    Parameters
    ----------
    class_weight : mapping, "balanced" or None
        Weights by label, 1 where a label is not in it; or such that all labels weigh the same together.
    labels : sequence of str
        L labels.
    counts : ndarray of int64, shape (L,)
        How often each occurs.

    Returns
    -------
    ndarray of float32, shape (L,), or None
        None where all weigh 1.

    Raises
    ------
    ValueError
        If a weight is given to a label that there is not.
    """
    if class_weight is None:
        return None
    if isinstance(class_weight, str):
        present = counts[counts > 0]
        return np.asarray(present.sum() / (present.size * np.maximum(counts, 1)), np.float32)
    weights = {str(label): weight for label, weight in class_weight.items()}
    unknown = sorted(set(weights) - set(labels))
    if unknown:
        reject("class_weight", "have labels of the training set", unknown[0], "take it out, or lower `min_count_label`")
    return np.array([weights.get(label, 1.0) for label in labels], np.float32)


def _check_prefix(prefix: object) -> str:
    if not isinstance(prefix, str):
        raise TypeError(f"`label_prefix` must be a str, got {type(prefix).__name__}")
    if set(prefix) & set(" \n\r\t\v\f\0"):
        reject("label_prefix", "hold no whitespace", prefix)
    return prefix


def _check_class_weight(class_weight: object) -> ClassWeight:
    if class_weight is None:
        return None
    if isinstance(class_weight, str):
        return cast("ClassWeight", check_choice("class_weight", class_weight, ("balanced",)))
    if not isinstance(class_weight, Mapping):
        raise TypeError(f"`class_weight` must be a mapping, 'balanced' or None, got {type(class_weight).__name__}")
    return {str(label): check_float("class_weight", weight, at_least=0) for label, weight in class_weight.items()}


def _check_together(given: ClassifierParameters) -> None:
    if given.max_n < given.min_n:
        remedy = "max_n=0 uses no character n-grams"
        raise ValueError(f"`max_n` must be >= `min_n`, got min_n={given.min_n}, max_n={given.max_n}; {remedy}")
    if given.n_buckets == 0 and (given.max_n or given.word_ngrams > 1):
        reject("n_buckets", "be >= 1 with n-grams", 0, "word_ngrams=1 and max_n=0 use single words alone")
