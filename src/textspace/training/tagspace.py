"""From tagged texts to a tag model: what `TagSpace.fit` and `TagSpace.partial_fit` do."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from textspace import _core
from textspace.formats.stored_tagspace import StoredTagSpace
from textspace.text.label_ids import KnownLabels
from textspace.training.loop import TrainingRun, diverged, run_training
from textspace.training.tag_documents import TagDocuments, encode_tagged, idf_weights
from textspace.training.tagspace_matrices import (
    aligned_rows,
    core_model,
    n_poolings,
    new_matrices,
    stored_convolution,
    stored_matrices,
    unstacked_rows,
)
from textspace.training.tagspace_start import extended_matrices, start_from_bag, start_from_file

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textspace._typing import FloatArray, IntArray, LongArray, Source
    from textspace.text.features import TextFeatures
    from textspace.training.callbacks import Callback
    from textspace.training.loop import OnInterrupt
    from textspace.training.tagspace_matrices import TagMatrices
    from textspace.training.tagspace_parameters import TagSpaceParameters

_EPSILON = {"adam": 1e-8, "adagrad": 1e-6, "row_adagrad": 1e-6, "sgd": 0.0}
_BETA1, _BETA2 = 0.9, 0.999


@dataclass(frozen=True, slots=True)
class TrainedTagSpace:
    """A trained model, and the history of its training."""

    stored: StoredTagSpace
    run: TrainingRun


def train_tagspace(
    documents: Source,
    tags: object,
    parameters: TagSpaceParameters,
    *,
    start: StoredTagSpace | None = None,
    callbacks: Sequence[Callback] = (),
    on_interrupt: OnInterrupt = "raise",
) -> TrainedTagSpace:
    """Train on tagged texts, from random matrices or from a model, which is not changed.

    Parameters
    ----------
    documents : path, paths or iterable of str
        Texts, without their tags; with them, in fastText's form, where `tags` is None.
    tags : sequence, or None
        For each text its tag, or a sequence of them.
    parameters : TagSpaceParameters
        Checked parameters.
    start : StoredTagSpace, optional
        The model to start from: its words and tags keep their ids, new ones are added.
    callbacks : sequence of Callback
        Told of the progress.
    on_interrupt : {"raise", "keep"}
        What Ctrl-C does.

    Returns
    -------
    TrainedTagSpace
        The model, with finite values.

    Raises
    ------
    TrainingDivergedError
        When the loss or a value is not finite.
    ValueError
        When the texts have no known word, or no tag.
    """
    features, names, counts, encoded = encode_tagged(
        documents,
        tags,
        parameters,
        start=None if start is None else start.features,
        start_tags=None if start is None else KnownLabels(start.tags, start.tag_counts),
    )
    return train_encoded(
        encoded, features, names, counts, parameters, start=start, callbacks=callbacks, on_interrupt=on_interrupt
    )


def train_encoded(
    documents: TagDocuments,
    features: TextFeatures,
    tags: tuple[str, ...],
    tag_counts: LongArray,
    parameters: TagSpaceParameters,
    *,
    start: StoredTagSpace | None = None,
    callbacks: Sequence[Callback] = (),
    on_interrupt: OnInterrupt = "raise",
) -> TrainedTagSpace:
    """Train on texts that are rows already: see `train_tagspace`."""
    _require_texts(documents, tags, parameters)
    if start is not None and parameters.loss == "hs":
        raise ValueError(
            "a model with loss='hs' cannot be trained further: its tree is that of its first tags; fit anew"
        )
    matrices = _first_matrices(documents, features, tags, tag_counts, parameters, start=start)
    trainer = tag_trainer(core_model(matrices, parameters), documents, tag_counts, parameters)
    run = run_training(
        trainer,
        words_per_epoch=trainer.n_words,
        epochs=parameters.epochs,
        learning_rate=parameters.learning_rate,
        callbacks=callbacks,
        on_interrupt=on_interrupt,
    )
    if not matrices.all_finite():
        raise diverged("the vectors are not finite", parameters.learning_rate)
    return TrainedTagSpace(_stored(matrices, features, tags, tag_counts, parameters), run)


def tree_scores(node_scores: FloatArray, tag_counts: LongArray) -> FloatArray:
    """Return the log-probabilities of all tags under loss "hs".

    Parameters
    ----------
    node_scores : ndarray of float32, shape (N, L - 1)
        Inner products of N embeddings and the rows of `tag_vectors`.
    tag_counts : ndarray of int64, shape (L,)
        Descending: they make the tree.

    Returns
    -------
    ndarray of float32, shape (N, L)
        Their exponentials add up to 1.
    """
    out = np.empty((len(node_scores), len(tag_counts)), np.float32)
    _core.tree_log_probabilities(np.ascontiguousarray(tag_counts), np.ascontiguousarray(node_scores), out)
    return out


def _require_texts(documents: TagDocuments, tags: tuple[str, ...], parameters: TagSpaceParameters) -> None:
    if documents.rows.size == 0:
        raise ValueError(
            f"the texts have no word that occurs `min_count` = {parameters.min_count} times; give more text or lower it"
        )
    if len(tags) < 2:
        raise ValueError(
            f"the texts must have at least 2 different tags that occur `min_count_label` = "
            f"{parameters.min_count_label} times, got {len(tags)}"
        )


def _first_matrices(
    documents: TagDocuments,
    features: TextFeatures,
    tags: tuple[str, ...],
    tag_counts: LongArray,
    parameters: TagSpaceParameters,
    *,
    start: StoredTagSpace | None,
) -> TagMatrices:
    is_idf_bag = parameters.encoder == "bag" and parameters.idf
    weights = idf_weights(documents, features.n_rows, n_threads=parameters.n_threads) if is_idf_bag else None
    matrices = new_matrices(
        parameters, n_rows=features.n_rows, tag_counts=tag_counts, n_documents=len(documents), row_weights=weights
    )
    if start is not None:
        return extended_matrices(matrices, start, features)
    if parameters.initialization == "bag" and parameters.encoder == "cnn":
        bag = replace(parameters, **BAG_START)
        trained = train_encoded(documents, features, tags, tag_counts, bag)
        start_from_bag(matrices, trained.stored)
    if parameters.pretrained_vectors is not None:
        start_from_file(matrices, parameters.pretrained_vectors, features.vocabulary, dim=parameters.dim)
    return matrices


# The bag that words and tags of a convolution start from: WSABIE's, a mean of words with the WARP loss.
BAG_START: dict[str, Any] = {
    "encoder": "bag",
    "loss": "warp",
    "similarity": "dot",
    "pool": None,
    "idf": False,
    "tag_bias": False,
    "optimizer": "adagrad",
    "learning_rate": 0.1,
    "schedule": "linear",
    "reduction": "mean",
    "batch_size": 32,
    "initialization": "random",
}


def tag_trainer(
    model: _core.TagModel, documents: TagDocuments, tag_counts: LongArray, parameters: TagSpaceParameters
) -> _core.TagTrainer:
    """Return the trainer of the core."""
    return _core.TagTrainer(
        model,
        documents.indptr,
        documents.rows,
        documents.tag_indptr,
        documents.tag_ids,
        tag_counts=tag_counts,
        loss=parameters.loss,
        margin=parameters.margin,
        n_draws=parameters.n_negatives,
        max_violators=parameters.max_violators,
        negative_power=parameters.negative_power,
        log_q=parameters.log_q,
        optimizer=parameters.optimizer,
        learning_rate=parameters.learning_rate,
        beta1=_BETA1,
        beta2=_BETA2,
        epsilon=_EPSILON[parameters.optimizer],
        schedule=parameters.schedule,
        batch_size=parameters.batch_size,
        epochs=parameters.epochs,
        mean=parameters.reduction == "mean",
        clip_norm=parameters.clip_norm,
        max_norm=parameters.max_norm,
        word_dropout=parameters.word_dropout,
        train_words=parameters.train_words,
        shuffle=True,
        seed=parameters.seed,
        n_threads=parameters.n_threads,
    )


def _stored(
    matrices: TagMatrices,
    features: TextFeatures,
    tags: tuple[str, ...],
    tag_counts: LongArray,
    parameters: TagSpaceParameters,
) -> StoredTagSpace:
    dim = parameters.dim
    return StoredTagSpace(
        features=features,
        tags=tags,
        tag_counts=tag_counts,
        word_vectors=matrices.words[:, :dim],
        tag_vectors=unstacked_rows(matrices.tags, dim, n_poolings(parameters)),
        tag_bias=None if matrices.tag_bias is None else matrices.tag_bias[: len(tag_counts)],
        row_weights=matrices.row_weights,
        convolution=stored_convolution(matrices, parameters),
        similarity="cosine" if parameters.similarity == "cosine" else "dot",
        loss=parameters.loss,
        parameters=asdict(parameters),
    )


class TagEmbedder:
    """Embeds texts with a model, as training does.

    Parameters
    ----------
    stored : StoredTagSpace
        The model.
    parameters : TagSpaceParameters
        Those of its encoder.
    """

    def __init__(self, stored: StoredTagSpace, parameters: TagSpaceParameters) -> None:
        self._parameters = parameters
        matrices = stored_matrices(stored)
        self._model = core_model(matrices, parameters)
        self._width = matrices.tags.shape[1]

    def embed(self, indptr: LongArray, rows: IntArray, *, n_threads: int) -> FloatArray:
        """Return the embeddings of texts.

        Parameters
        ----------
        indptr : ndarray of int64, shape (N + 1,)
            Text i has ``rows[indptr[i]:indptr[i + 1]]``.
        rows : ndarray of int32
            Rows of the word vectors, -1 for one of zeros.
        n_threads : int
            Threads; they change no bit of the result.

        Returns
        -------
        ndarray of float32, shape (N, E)
            Zeros for a text without rows.
        """
        out = aligned_rows(indptr.size - 1, self._width)
        self._model.embed(np.ascontiguousarray(indptr), np.ascontiguousarray(rows), out, n_threads=n_threads)
        return unstacked_rows(out, self._parameters.dim, n_poolings(self._parameters))
