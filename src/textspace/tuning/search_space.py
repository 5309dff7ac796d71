"""Which hyperparameters are tried: those of fastText's autotune, in its bounds."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from textspace._validation import reject

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

EPOCHS = 1, 100
LEARNING_RATE = 0.01, 5.0
DIM = 1, 1000
WORD_NGRAMS = 1, 5
MIN_N = 0, 2, 3
N_BUCKETS = 10_000, 10_000_000
DSUB = 2, 4, 8, 16
LONGER = 3  # characters from min_n to max_n

SEARCHED = ("epochs", "learning_rate", "dim", "word_ngrams", "min_n", "n_buckets", "dsub")


def check_searched(search: Sequence[str]) -> tuple[str, ...]:
    """Return the names of what is searched.

    Parameters
    ----------
    search : sequence of str
        Out of `SEARCHED`.

    Returns
    -------
    tuple of str
        The same.
    """
    unknown = [name for name in search if name not in SEARCHED]
    if isinstance(search, str) or unknown or not search:
        reject("search", f"name some of {', '.join(SEARCHED)}", search)
    return tuple(search)


def suggested(trial: Any, given: Mapping[str, Any], search: Sequence[str], *, quantized: bool) -> dict[str, Any]:
    """Let Optuna choose values.

    Parameters
    ----------
    trial : optuna.Trial
        What chooses.
    given : mapping
        Parameters of the classifier, which those that are not searched keep.
    search : sequence of str
        What is searched.
    quantized : bool
        Whether the model will be quantized, so that `dsub` counts.

    Returns
    -------
    dict
        All parameters of the classifier; and "dsub".
    """
    chosen = {"dsub": DSUB[0], **given}
    choices: dict[str, Callable[[], Any]] = {
        "epochs": lambda: trial.suggest_int("epochs", *EPOCHS, log=True),
        "learning_rate": lambda: trial.suggest_float("learning_rate", *LEARNING_RATE, log=True),
        "dim": lambda: trial.suggest_int("dim", *DIM, log=True),
        "word_ngrams": lambda: trial.suggest_int("word_ngrams", *WORD_NGRAMS),
        "min_n": lambda: trial.suggest_categorical("min_n", MIN_N),
    }
    for name, choose in choices.items():
        if name in search:
            chosen[name] = choose()
    if "min_n" in search:
        chosen["max_n"] = chosen["min_n"] + LONGER if chosen["min_n"] else 0
    if "n_buckets" in search and (chosen["max_n"] or chosen["word_ngrams"] > 1):
        chosen["n_buckets"] = trial.suggest_int("n_buckets", *N_BUCKETS, log=True)
    if "dsub" in search and quantized:
        chosen["dsub"] = trial.suggest_categorical("dsub", DSUB)
    return chosen


def first_choice(given: Mapping[str, Any], search: Sequence[str]) -> dict[str, Any]:
    """Return what the first trial tries: the given parameters, or what is nearest to them within the bounds.

    Parameters
    ----------
    given : mapping
        Parameters of the classifier.
    search : sequence of str
        What is searched.

    Returns
    -------
    dict
        A value for each of `search`.

    Examples
    --------
    >>> first_choice({"epochs": 5, "dim": 2000}, ["epochs", "dim"])
    {'epochs': 5, 'dim': 1000}
    """
    bounds = {
        "epochs": EPOCHS, "learning_rate": LEARNING_RATE, "dim": DIM, "word_ngrams": WORD_NGRAMS, "n_buckets": N_BUCKETS
    }  # fmt: skip
    first = {name: min(max(given[name], low), high) for name, (low, high) in bounds.items() if name in search}
    if "min_n" in search:
        first["min_n"] = given["min_n"] if given["max_n"] and given["min_n"] in MIN_N else 0
    if "dsub" in search:
        first["dsub"] = DSUB[0]
    return first
