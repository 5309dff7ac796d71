"""Training of both parts of a tag model."""

from __future__ import annotations

import logging
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, cast

from textspace._validation import check_choice, check_float, reject
from textspace.tagging.tagged_texts import FOLDINGS
from textspace.text.label_ids import KnownLabels
from textspace.training.linear_tags import LinearParameters, train_linear, with_new_rows
from textspace.training.tag_documents import encode_tagged
from textspace.training.tagspace import train_encoded
from textspace.training.tagspace_parameters import (
    TagSpaceParameters,
    check_tagspace_parameters,
    tagspace_preset,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textspace._typing import Source
    from textspace.formats.stored_tagspace import SparseLinear, StoredTagSpace
    from textspace.tagging.tagged_texts import Folding
    from textspace.text.features import TextFeatures
    from textspace.training.callbacks import Callback
    from textspace.training.loop import OnInterrupt, TrainingRun
    from textspace.training.tag_documents import TagDocuments

PLANNED_TEXTS = 10_000  # that are looked at before training
# Texts of up to so many words on average: each word tells much, and its parts tell more.
_SHORT_TEXT = 32
_SHORT: dict[str, Any] = {"min_n": 4, "max_n": 5, "epochs": 10}
_LONG: dict[str, Any] = {"dim": 64, "epochs": 3}
# Buckets take memory only where they occur: so many that two n-grams hardly ever share one.
_FAST: dict[str, Any] = {"word_ngrams": 2, "n_buckets": 2**23, "learning_rate": 0.005}
_SUBWORD_WEIGHT = 0.6
# Long texts begin with what they are about.
_LEAD = 3.0
# What 1 of the linear score is beside the logits of the dense part; chosen on validation data, see docs/tags.md.
_MIX = 50.0
# Rows read times blocks of 16 tags, above which linear models would take minutes, and a model file gigabytes.
_LINEAR_LIMIT = 2_000_000_000
# Scores of a softmax, texts times tags times epochs, above which the default draws tags: half an hour of one core.
_SOFTMAX_LIMIT = 10**11
_N_DRAWN = 100
_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FittingPlan:
    """How a model is to be trained.

    Parameters
    ----------
    parameters : TagSpaceParameters
        Of the dense part.
    is_loss_open : bool
        Whether the loss is the default's, and may be "sampled_softmax" where texts and tags are very many.
    folding : {"words", "whitespace"}
        Of the texts.
    linear : bool or "auto"
        Whether there is a linear part; "auto": where its cost allows.
    cost : float
        Of the linear part.
    min_texts : int
        Of the linear part.
    lead : float
        Of the linear part.
    estimator : dict
        Parameters of `TagSpace` that are kept beside those of the dense part.
    """

    parameters: TagSpaceParameters
    is_loss_open: bool
    folding: Folding
    linear: bool | Literal["auto"]
    cost: float
    min_texts: int
    lead: float
    estimator: dict[str, object]


def folding_of(given: dict[str, Any]) -> Folding:
    """Return what is done to texts: what `folding` says, or what the preset does.

    Parameters
    ----------
    given : dict
        The parameters of `TagSpace`.

    Returns
    -------
    {"words", "whitespace"}
        As in `tagged_texts.folded`.
    """
    folding = given["folding"] or ("words" if given["preset"] == "fast" else "whitespace")
    return cast("Folding", check_choice("folding", folding, FOLDINGS))


def plan_fitting(given: dict[str, Any], texts: Sequence[str], *, start: StoredTagSpace | None = None) -> FittingPlan:
    """Settle what is left open: the preset's values, and for the default what suits the texts.

    Parameters
    ----------
    given : dict
        The parameters of `TagSpace`.
    texts : sequence of str
        The first `PLANNED_TEXTS` of those that it is trained on, without tags.
    start : StoredTagSpace, optional
        The model to go on from: what it is made of stays, whatever the texts are.

    Returns
    -------
    FittingPlan
        Checked.
    """
    is_fast = given["preset"] == "fast"
    values = asdict(tagspace_preset(given["preset"])) | (_FAST if is_fast else {})
    del values["seed"]
    short = sum(text.count(" ") + 1 for text in texts) <= _SHORT_TEXT * max(len(texts), 1)
    if is_fast and given["encoder"] in (None, "bag"):
        values |= _SHORT if short else _LONG
    if given["encoder"] == "cnn":
        values |= {"word_ngrams": 1, "min_n": 0, "max_n": 0}
    if given["loss"] == "hs":
        values["tag_bias"] = False  # a tree has none
    values |= {name: given[name] for name in OVERRIDES if given[name] is not None}
    values |= dict(given["options"] or {})
    if start is not None:
        names = ("word_ngrams", "min_n", "max_n", "n_buckets")
        values |= {"dim": start.word_vectors.shape[1]} | {name: getattr(start.features, name) for name in names}
    values |= {"n_threads": given["n_threads"], "random_state": given["random_state"]}
    folding = folding_of(given)
    linear = is_fast and values["encoder"] == "bag" if given["linear"] is None else given["linear"]
    if linear not in (True, False, "auto"):
        reject("linear", "be True, False, 'auto' or None", linear)
    return FittingPlan(
        check_tagspace_parameters(values),
        is_fast and given["loss"] is None and "loss" not in (given["options"] or {}),
        folding,
        "auto" if given["linear"] is None and linear else linear,
        check_float("cost", given["cost"], above=0),
        1 if short else 2,
        0.0 if short else _LEAD,
        {name: given[name] for name in ("preset", "linear", "cost", "tags_from")}
        | {"folding": folding, "options": None if given["options"] is None else dict(given["options"])},
    )


OVERRIDES = (
    "encoder", "loss", "similarity", "dim", "epochs", "learning_rate", "word_ngrams", "min_n", "max_n", "min_count",
    "min_count_label", "pretrained_vectors", "label_prefix",
)  # fmt: skip


def train_model(
    texts: Source,
    tags: object,
    plan: FittingPlan,
    *,
    start: StoredTagSpace | None,
    callbacks: Sequence[Callback],
    on_interrupt: OnInterrupt,
) -> tuple[StoredTagSpace, TrainingRun]:
    """Train the dense part, then the linear part.

    Parameters
    ----------
    texts : path or iterable of str
        N texts, folded already; or, with their tags in them in fastText's form, a file or lines.
    tags : sequence, or None
        For each text its tag, or a sequence of tags; None where they are in the texts.
    plan : FittingPlan
        How.
    start : StoredTagSpace or None
        The model to go on from: its words and tags keep their numbers.
    callbacks : sequence of Callback
        Told of the progress.
    on_interrupt : {"raise", "keep"}
        What Ctrl-C does.

    Returns
    -------
    stored : StoredTagSpace
        The model.
    run : TrainingRun
        Of the dense part.
    """
    features, names, counts, documents = encode_tagged(
        texts,
        tags,
        plan.parameters,
        start=None if start is None else start.features,
        start_tags=None if start is None else KnownLabels(start.tags, start.tag_counts),
    )
    parameters = _with_affordable_loss(plan, len(documents), len(names))
    trained = train_encoded(
        documents, features, names, counts, parameters, start=start, callbacks=callbacks, on_interrupt=on_interrupt
    )
    stored = replace(trained.stored, parameters=trained.stored.parameters | plan.estimator)
    run = trained.run
    if run.interrupted or not _has_linear(plan, documents, len(names)):
        return stored, run
    options = LinearParameters(
        plan.cost, _SUBWORD_WEIGHT, plan.min_texts, plan.lead, parameters.n_threads, parameters.memory_budget
    )
    known = None if start is None else _known(start, features)

    def report(fraction: float) -> None:
        for callback in callbacks:
            callback.on_linear(fraction)

    try:
        linear = train_linear(documents, features, len(names), options, mix=_MIX, progress=report, start=known)
    except KeyboardInterrupt:
        if on_interrupt == "raise":
            raise
        return stored, replace(run, interrupted=True)
    return replace(stored, linear=linear), run


def _known(start: StoredTagSpace, features: TextFeatures) -> SparseLinear | None:
    if start.linear is None:
        return None
    n_known = len(start.features.vocabulary)
    n_new = len(features.vocabulary) - n_known
    return with_new_rows(start.linear, n_known_words=n_known, n_new_words=n_new, n_rows=features.n_rows)


def _with_affordable_loss(plan: FittingPlan, n_texts: int, n_tags: int) -> TagSpaceParameters:
    n_scores = n_texts * n_tags * plan.parameters.epochs
    if not plan.is_loss_open or n_scores <= _SOFTMAX_LIMIT:
        return plan.parameters
    _LOGGER.warning(
        "loss='sampled_softmax' with %d tags a text is taken: a softmax over all %d tags would take %.1g scores for %d "
        "texts; loss='softmax' asks for it",
        _N_DRAWN,
        n_tags,
        n_scores,
        n_texts,
    )
    return replace(plan.parameters, loss="sampled_softmax", n_negatives=_N_DRAWN)


def _has_linear(plan: FittingPlan, documents: TagDocuments, n_tags: int) -> bool:
    work = documents.rows.size * (n_tags // 16 + 1)
    if plan.linear != "auto" or work <= _LINEAR_LIMIT:
        return plan.linear is not False
    _LOGGER.warning(
        "the linear part is left out: one model a tag for %d tags would be slow and large; linear=True trains it, "
        "linear=False is silent",
        n_tags,
    )
    return False
