"""The parameters of a training run of TagSpace, checked, and the presets that published models stand for."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
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

ENCODERS = ("cnn", "bag")
LOSSES = ("tagspace", "warp", "warp_expected", "hinge", "hinge_max", "softmax", "bce", "sampled_softmax", "hs")
SIMILARITIES = ("dot", "cosine")
POOLINGS = ("mean", "max", "min")
OPTIMIZERS = ("sgd", "adagrad", "row_adagrad", "adam")
SCHEDULES = ("linear", "epochs", "constant")
REDUCTIONS = ("mean", "sum")
# These look at random tags; the others at all of them or, `hs`, at a path.
SAMPLING_LOSSES = ("tagspace", "warp", "warp_expected", "hinge", "sampled_softmax")


@dataclass(frozen=True, slots=True)
class TagSpaceParameters:
    """What a tag model is and how it is trained.

    Parameters
    ----------
    encoder : {"bag", "cnn"}
        How a text becomes a vector: a bag of its rows, or TagSpace's convolution.
    loss : str
        One of `LOSSES`; core/tag_losses.h defines each.
    similarity : {"dot", "cosine"}
        Score of a text and a tag.
    dim : int
        Components of a word row, and of a tag for each pooling of a bag.
    width, n_filters : int
        Of the convolution: words of a window, and H.
    pool : int or None
        Positions that a maximum is taken over; None: all of the text.
    max_length : int or None
        Words that are read of a text; with `pool`, the maxima are those of a text of this length.
    second_tanh : bool
        Whether there is another tanh after the maximum.
    poolings : tuple of {"mean", "max", "min"}
        Of the bag; several stand one after the other.
    power : float
        The bag's sum is divided by (its sum of weights) ** power: 1 is the mean, 0 the sum.
    idf : bool
        Whether rows are weighted by log(N / number of texts that have them).
    margin : float
        Of the ranking losses.
    n_negatives : int
        Tags drawn at most for a text; `hinge_max`: 0 looks at all tags.
    max_violators : int
        `hinge`: how many of the drawn tags are used at most.
    negative_power : float
        Tags are drawn in proportion to count ** negative_power; `tagspace` and `warp` draw uniformly.
    log_q : bool
        `sampled_softmax`: whether the scores are corrected by the probability of having been drawn.
    score_scale : float
        What a similarity is multiplied by before the loss.
    tag_bias : bool
        Whether each tag has a bias, at first the logarithm of its frequency.
    optimizer : {"sgd", "adagrad", "row_adagrad", "adam"}
        `row_adagrad` is StarSpace's, with one sum of squares a row. Adam moves only the rows that a batch has.
    learning_rate : float
        At the start.
    schedule : {"linear", "epochs", "constant"}
        How it falls to 0: with the words read, epoch by epoch, or not.
    batch_size, epochs : int
        Texts a step, and passes over all texts.
    reduction : {"mean", "sum"}
        Of the losses of a batch; texts without loss count in the mean.
    clip_norm : float
        Bound of the norm of a batch's gradient; 0: none.
    max_norm : float
        Bound of the norm of the rows of words and tags; 0: none.
    word_dropout : float
        Probability that a word is left out in training.
    raw_gradients : bool
        StarSpace's gradients, in which neither the bag's nor the cosine's divisor is seen.
    init_sd : float
        Standard deviation of the first words and tags.
    initialization : {"random", "bag"}
        Whether the convolution's words and tags come from a bag model trained first, as the paper's did (WSABIE).
    train_words : bool
        Whether the word rows are trained.
    pretrained_vectors : str or None
        A file of word vectors that known words start from; its dimension must be `dim`.
    min_count, min_count_label, word_ngrams, min_n, max_n, n_buckets : int
        From texts to rows, as for the classifier. The convolution reads words alone.
    max_ngrams : int
        How many buckets of n-grams have rows at most, the most frequent: a row takes 12 bytes a component in training.
    label_prefix : str
        What tags in the text of a file start with.
    memory_budget : int
        Bytes of ids that are kept in memory.
    n_threads, seed : int
        Settled.
    """

    encoder: str = "bag"
    loss: str = "softmax"
    similarity: str = "dot"
    dim: int = 128
    width: int = 5
    n_filters: int = 1000
    pool: int | None = None
    max_length: int | None = None
    second_tanh: bool = True
    poolings: tuple[str, ...] = ("mean",)
    power: float = 1.0
    idf: bool = True
    margin: float = 0.1
    n_negatives: int = 1000
    max_violators: int = 10
    negative_power: float = 0.0
    log_q: bool = True
    score_scale: float = 1.0
    tag_bias: bool = True
    optimizer: str = "adam"
    learning_rate: float = 0.002
    schedule: str = "linear"
    batch_size: int = 32
    epochs: int = 25
    reduction: str = "mean"
    clip_norm: float = 0.0
    max_norm: float = 0.0
    word_dropout: float = 0.2
    raw_gradients: bool = False
    init_sd: float = 0.1
    initialization: str = "random"
    train_words: bool = True
    pretrained_vectors: str | None = None
    min_count: int = 1
    min_count_label: int = 1
    word_ngrams: int = 1
    min_n: int = 0
    max_n: int = 0
    n_buckets: int = 2_000_000
    max_ngrams: int = 2_000_000
    label_prefix: str = "__label__"
    memory_budget: int = 2**31
    n_threads: int = 1
    seed: int = 0


_RANKING = TagSpaceParameters(idf=False, tag_bias=False, word_dropout=0.0)
_CNN = replace(_RANKING, encoder="cnn", width=5, n_filters=1000)

# Each is what its source does where that is known; what is not (the paper gives no learning rate) is what works.
PRESETS: Mapping[str, TagSpaceParameters] = {
    "fast": TagSpaceParameters(),
    # Weston, Chopra, Adams 2014: first violator of 1000 draws, margin 0.1, SGD without locks, words from a bag model.
    "paper": replace(
        _CNN, loss="tagspace", dim=64, margin=0.1, n_negatives=1000, optimizer="sgd", learning_rate=0.01, batch_size=32,
        epochs=10, reduction="sum", initialization="bag",
        clip_norm=50.0,  # the first steps from a bag's long tag vectors are some ten times as large, and may diverge
    ),
    # flrngel's: maxima over runs of 5 positions of 60, the lowest of the true tags against the highest of all others.
    "tensorflow": replace(
        _CNN, loss="hinge_max", n_negatives=0, margin=0.05, dim=10, pool=5, max_length=60, optimizer="adam",
        learning_rate=0.01, schedule="epochs", batch_size=20, epochs=5, clip_norm=1.0,
    ),
    # PaddlePaddle's (fluid): cosine, no second tanh, the best of three random tags.
    "paddle": replace(
        _CNN, loss="hinge_max", n_negatives=3, margin=0.1, similarity="cosine", dim=10, second_tanh=False,
        optimizer="adagrad", learning_rate=0.01, schedule="constant", batch_size=5, epochs=10,
    ),
    # StarSpace's defaults.
    "starspace": replace(
        _RANKING, loss="hinge", similarity="cosine", dim=100, power=0.5, margin=0.05, n_negatives=50, max_violators=10,
        negative_power=1.0, log_q=False, optimizer="row_adagrad", learning_rate=0.01, batch_size=5, epochs=5,
        reduction="sum", max_norm=1.0, raw_gradients=True, init_sd=0.001,
    ),
}  # fmt: skip


def tagspace_preset(name: str) -> TagSpaceParameters:
    """Return a preset by its name.

    Parameters
    ----------
    name : {"fast", "paper", "tensorflow", "paddle", "starspace"}
        Which.

    Returns
    -------
    TagSpaceParameters
        Its parameters.

    Raises
    ------
    ValueError
        If there is none of this name.

    Examples
    --------
    >>> tagspace_preset("paper").n_filters
    1000
    """
    return PRESETS[check_choice("preset", name, tuple(PRESETS))]


def check_tagspace_parameters(given: Mapping[str, Any]) -> TagSpaceParameters:
    """Return the parameters in their plain types.

    Parameters
    ----------
    given : mapping
        Parameters by name, `random_state` in place of `seed`; those that are missing have their defaults.

    Returns
    -------
    TagSpaceParameters
        The same, checked.

    Raises
    ------
    ValueError, TypeError
        When one of them breaks its rule; the message names it.
    """
    defaults: dict[str, Any] = asdict(TagSpaceParameters())
    values = defaults | {"n_threads": None, "random_state": 0} | dict(given)
    unknown = set(values) - set(defaults) - {"random_state"}
    if unknown:
        raise TypeError(f"parameters must be those of TagSpaceParameters, got {', '.join(sorted(unknown))}")
    checked = TagSpaceParameters(
        **_choices(values),
        **_integers(values),
        **_floats(values),
        **_booleans(values),
        pool=_optional_int("pool", values["pool"]),
        max_length=_optional_int("max_length", values["max_length"]),
        poolings=_check_poolings(values["poolings"]),
        pretrained_vectors=None if values["pretrained_vectors"] is None else str(values["pretrained_vectors"]),
        label_prefix=_check_prefix(values["label_prefix"]),
        n_threads=check_n_threads(values["n_threads"]),
        seed=check_random_state(values["random_state"]),
    )
    _check_together(checked)
    return checked


_BOOLEANS = ("second_tanh", "idf", "log_q", "tag_bias", "raw_gradients", "train_words")
_CHOICES = {
    "encoder": ENCODERS,
    "loss": LOSSES,
    "similarity": SIMILARITIES,
    "optimizer": OPTIMIZERS,
    "schedule": SCHEDULES,
    "reduction": REDUCTIONS,
    "initialization": ("random", "bag"),
}
_INTEGERS = {
    "dim": (1, 2**16),
    "width": (1, 255),
    "n_filters": (1, 2**16),
    "n_negatives": (0, 10**6),
    "max_violators": (1, 10**6),
    "batch_size": (1, 2**16),
    "epochs": (1, 10**6),
    "min_count": (1, None),
    "min_count_label": (1, None),
    "word_ngrams": (1, 255),
    "min_n": (0, 255),
    "max_n": (0, 255),
    "n_buckets": (0, 2**31 - 1),
    "max_ngrams": (0, 2**31 - 1),
    "memory_budget": (0, None),
}


def _choices(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: check_choice(name, values[name], choices) for name, choices in _CHOICES.items()}


def _booleans(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: check_bool(name, values[name]) for name in _BOOLEANS}


def _integers(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: check_int(name, values[name], at_least=low, at_most=high) for name, (low, high) in _INTEGERS.items()}


def _floats(values: Mapping[str, Any]) -> dict[str, Any]:
    checked = {name: check_float(name, values[name], above=0) for name in ("learning_rate", "score_scale", "init_sd")}
    for name in ("power", "margin", "negative_power", "clip_norm", "max_norm"):
        checked[name] = check_float(name, values[name], at_least=0)
    checked["word_dropout"] = check_float("word_dropout", values["word_dropout"], at_least=0, at_most=0.99)
    return checked


def _optional_int(name: str, value: object) -> int | None:
    return None if value is None else check_int(name, value, at_least=1, at_most=2**31 - 1)


def _check_poolings(value: object) -> tuple[str, ...]:
    given = (value,) if isinstance(value, str) else value
    if not isinstance(given, (tuple, list)) or not given or len(set(given)) < len(given):
        reject("poolings", "be different ones of " + ", ".join(map(repr, POOLINGS)), value)
    checked = tuple(check_choice("poolings", name, POOLINGS) for name in given)
    return tuple(name for name in POOLINGS if name in checked)


def _check_prefix(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"`label_prefix` must be a str, got {value!r}")
    return value


def _check_together(given: TagSpaceParameters) -> None:
    if given.max_n and given.max_n < given.min_n:
        raise ValueError(
            f"`max_n` must be >= `min_n`, got min_n={given.min_n}, max_n={given.max_n}; max_n=0 uses whole words alone"
        )
    if given.encoder == "cnn" and (given.word_ngrams > 1 or given.max_n > 0):
        remedy = "the convolution reads words in their order; encoder='bag' has n-grams"
        reject("word_ngrams and max_n", "be 1 and 0 with encoder='cnn'", (given.word_ngrams, given.max_n), remedy)
    if given.pool is not None and given.max_length is None:
        reject("max_length", "be a number of words where `pool` is one", None, "pool=None takes one maximum")
    if given.loss in SAMPLING_LOSSES and given.n_negatives == 0:
        reject("n_negatives", f"be >= 1 with loss={given.loss!r}", 0)
    if given.loss == "hs" and (given.similarity != "dot" or given.tag_bias):
        raise ValueError(
            f"`similarity` and `tag_bias` must be 'dot' and False with loss='hs', got {given.similarity!r}, "
            f"{given.tag_bias}"
        )
