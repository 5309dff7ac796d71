"""The parameters of a training run of word vectors, checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

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
    from collections.abc import Mapping

    from textspace._typing import Tokenizer

OBJECTIVES = ("skipgram", "cbow")
LOSSES = ("ns", "hs", "softmax")
TOKENIZERS = ("whitespace", "unicode")


@dataclass(frozen=True, slots=True)
class VectorParameters:
    """Parameters of `WordVectors` by the same names, but for `n_threads` and `seed`, which are settled here."""

    objective: str
    loss: str
    dim: int
    window: int
    n_negatives: int
    negative_power: float
    epochs: int
    learning_rate: float
    min_count: int
    max_vocab: int | None
    subsample: float
    min_n: int
    max_n: int
    n_buckets: int
    tokenizer: Tokenizer
    position_weights: bool
    corrected_cbow: bool
    half_precision: bool
    memory_budget: int
    n_threads: int
    seed: int


def check_parameters(given: Mapping[str, Any]) -> VectorParameters:
    """Return the parameters in their plain types.

    Parameters
    ----------
    given : mapping
        Parameters of `WordVectors`, all of them, by name.

    Returns
    -------
    VectorParameters
        The same, checked.

    Raises
    ------
    ValueError, TypeError
        When one of them breaks its rule; the message names it.
    """
    checked = VectorParameters(
        objective=check_choice("objective", given["objective"], OBJECTIVES),
        loss=check_choice("loss", given["loss"], LOSSES),
        dim=check_int("dim", given["dim"], at_least=1, at_most=2**16),
        window=check_int("window", given["window"], at_least=1, at_most=255),
        n_negatives=check_int("n_negatives", given["n_negatives"], at_least=1, at_most=1000),
        negative_power=check_float("negative_power", given["negative_power"], at_least=0, at_most=10),
        epochs=check_int("epochs", given["epochs"], at_least=1, at_most=10**6),
        learning_rate=check_float("learning_rate", given["learning_rate"], above=0),
        min_count=check_int("min_count", given["min_count"], at_least=1),
        max_vocab=_optional_int("max_vocab", given["max_vocab"]),
        subsample=check_float("subsample", given["subsample"], at_least=0),
        min_n=check_int("min_n", given["min_n"], at_least=0),
        max_n=check_int("max_n", given["max_n"], at_least=0),
        n_buckets=check_int("n_buckets", given["n_buckets"], at_least=0, at_most=2**31 - 1),
        tokenizer=check_tokenizer(given["tokenizer"]),
        position_weights=check_bool("position_weights", given["position_weights"]),
        corrected_cbow=check_bool("corrected_cbow", given["corrected_cbow"]),
        half_precision=check_bool("half_precision", given["half_precision"]),
        memory_budget=check_int("memory_budget", given["memory_budget"], at_least=0),
        n_threads=check_n_threads(given["n_threads"]),
        seed=check_random_state(given["random_state"]),
    )
    _check_together(checked)
    return checked


def check_tokenizer(tokenizer: object) -> Tokenizer:
    """Return `tokenizer` when it is one; a file cannot hold a callable, so None stands for one there."""
    if callable(tokenizer):
        return tokenizer
    if tokenizer is None:
        reject(
            "tokenizer",
            "be set again with set_params(tokenizer=...)",
            None,
            "the model was trained with a callable, which a file cannot hold",
        )
    return check_choice("tokenizer", tokenizer, TOKENIZERS)


def _optional_int(name: str, value: object) -> int | None:
    return None if value is None else check_int(name, value, at_least=1, remedy="None sets no limit")


def _check_together(given: VectorParameters) -> None:
    if given.max_n:
        remedy = "max_n=0 learns words without n-grams"
        if given.max_n < given.min_n:
            raise ValueError(f"`max_n` must be >= `min_n`, got min_n={given.min_n}, max_n={given.max_n}; {remedy}")
        if given.n_buckets == 0:
            reject("n_buckets", "be >= 1 with n-grams", given.n_buckets, remedy)
    if given.objective != "cbow":
        for name in ("position_weights", "corrected_cbow"):
            if getattr(given, name):
                reject(name, "be False for skip-gram", getattr(given, name), "set objective='cbow'")
