"""From a corpus to word vectors: what `WordVectors.fit` and `WordVectors.partial_fit` do."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from textspace import _core
from textspace.formats.stored import StoredVectors
from textspace.text.corpus import read_corpus
from textspace.text.subwords import Subwords
from textspace.training.extension import VectorMatrices, extended_matrices, new_matrices
from textspace.training.loop import TrainingRun, diverged, run_training
from textspace.training.matrices import from_bfloat16, is_finite, to_bfloat16
from textspace.training.subsampling import keep_probability

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textspace._typing import FloatArray, HalfArray, IntArray, LongArray, Source
    from textspace.text.corpus import EncodedCorpus
    from textspace.text.vocabulary import Vocabulary
    from textspace.training.callbacks import Callback
    from textspace.training.loop import OnInterrupt
    from textspace.training.parameters import VectorParameters


# Memory in which each thread keeps the vectors of CBOW's frequent words by itself: see core/hot_words.h. Skip-gram,
# which is not bound by its rows alone, would be hardly faster, and worse at analogies after one epoch.
HOT_WORD_BYTES = 8 << 20
MACHINE_PARAMETERS = ("n_threads", "memory_budget")
NGRAM_PARAMETERS = ("min_n", "max_n", "n_buckets")


@dataclass(frozen=True, slots=True)
class TrainedVectors:
    """A trained model, and what its training leaves behind besides."""

    stored: StoredVectors
    position_weights: FloatArray | None
    run: TrainingRun


def train_vectors(
    source: Source,
    parameters: VectorParameters,
    *,
    start: StoredVectors | None = None,
    start_weights: FloatArray | None = None,
    callbacks: Sequence[Callback] = (),
    on_interrupt: OnInterrupt = "raise",
) -> TrainedVectors:
    """Train on a corpus, from random vectors or from a model, which is not changed.

    Parameters
    ----------
    source : path, paths or iterable of str
        The corpus.
    parameters : VectorParameters
        Checked parameters.
    start : StoredVectors, optional
        The model to start from: its words keep their ids and vectors, new words and n-grams get rows.
    start_weights : float32 array (2 * window, D), optional
        Position weights to start from.
    callbacks : sequence of Callback
        Told of the progress.
    on_interrupt : {"raise", "keep"}
        What Ctrl-C does.

    Returns
    -------
    TrainedVectors
        The model, with finite vectors, and the history of the training.

    Raises
    ------
    TrainingDivergedError
        When the loss or a vector is not finite.
    ValueError
        When the corpus has no text, or too few words.
    """
    known = None if start is None else start.vocabulary
    vocabulary, corpus = _read(source, parameters, known)
    with corpus:
        _require_words(vocabulary, corpus, parameters)
        subwords = _subwords(vocabulary, parameters)
        if start is None:
            matrices = new_matrices(vocabulary, subwords, parameters)
        else:
            matrices = extended_matrices(start, start_weights, vocabulary, subwords, parameters)
        half = to_bfloat16(matrices.inputs) if parameters.half_precision else None
        trainer = _trainer(corpus, vocabulary, subwords, matrices, parameters, half_inputs=half)
        run = run_training(
            trainer,
            words_per_epoch=corpus.n_tokens,
            epochs=parameters.epochs,
            learning_rate=parameters.learning_rate,
            callbacks=callbacks,
            on_interrupt=on_interrupt,
        )
    if half is not None:
        from_bfloat16(half, matrices.inputs)
    _require_finite(matrices, parameters)
    dim = parameters.dim
    weights = matrices.position_weights
    stored = StoredVectors(vocabulary, matrices.inputs[:, :dim], matrices.outputs[:, :dim], subwords)
    return TrainedVectors(stored, None if weights is None else weights[:, :dim], run)


def with_parameters(stored: StoredVectors, parameters: dict[str, object]) -> StoredVectors:
    """Return the model with the parameters that belong to it: not those of the machine, and no callable, but None."""
    kept = {name: value for name, value in parameters.items() if name not in MACHINE_PARAMETERS}
    return replace(stored, parameters={name: None if callable(value) else value for name, value in kept.items()})


def parameters_of(stored: StoredVectors) -> dict[str, Any]:
    """Return the parameters that a model was made with; what its matrices tell comes from them."""
    shape: dict[str, Any] = {"dim": stored.dim, "max_n": 0}
    if stored.subwords is not None:
        shape |= {name: getattr(stored.subwords, name) for name in NGRAM_PARAMETERS}
    return {name: value for name, value in stored.parameters.items() if name not in NGRAM_PARAMETERS} | shape


def _read(source: Source, parameters: VectorParameters, known: Vocabulary | None) -> tuple[Vocabulary, EncodedCorpus]:
    return read_corpus(
        source,
        min_count=parameters.min_count,
        max_vocab=parameters.max_vocab,
        tokenizer=parameters.tokenizer,
        memory_budget=parameters.memory_budget,
        n_threads=parameters.n_threads,
        vocabulary=known,
        extend=known is not None,
    )


def _require_words(vocabulary: Vocabulary, corpus: EncodedCorpus, parameters: VectorParameters) -> None:
    if corpus.n_tokens == 0:
        raise ValueError(
            f"the corpus has no word that occurs `min_count` = {parameters.min_count} times; "
            "give more text or lower `min_count`"
        )
    if len(vocabulary) < 2:
        raise ValueError(
            f"the corpus must have at least 2 different words that occur `min_count` = {parameters.min_count} times, "
            f"got only {vocabulary.word(0)!r}; give more text or lower `min_count`"
        )


def _subwords(vocabulary: Vocabulary, parameters: VectorParameters) -> Subwords | None:
    if parameters.max_n == 0:
        return None
    return Subwords.from_vocabulary(
        vocabulary, min_n=parameters.min_n, max_n=parameters.max_n, n_buckets=parameters.n_buckets
    )


def word_rows(vocabulary: Vocabulary, subwords: Subwords | None) -> tuple[LongArray, IntArray]:
    """Return the rows of the input matrix that each word has, as a CSR list."""
    if subwords is not None:
        return subwords.vocabulary_rows(vocabulary)
    n_words = len(vocabulary)
    return np.arange(n_words + 1, dtype=np.int64), np.arange(n_words, dtype=np.int32)


def _trainer(
    corpus: EncodedCorpus,
    vocabulary: Vocabulary,
    subwords: Subwords | None,
    matrices: VectorMatrices,
    parameters: VectorParameters,
    *,
    half_inputs: HalfArray | None,
) -> _core.VectorTrainer:
    return _core.VectorTrainer(
        corpus.ids,
        *word_rows(vocabulary, subwords),
        matrices.inputs if half_inputs is None else half_inputs,
        matrices.outputs,
        keep_probability=keep_probability(
            vocabulary.counts, n_tokens=vocabulary.n_tokens, subsample=parameters.subsample
        ),
        counts=vocabulary.counts,
        objective=parameters.objective,
        loss=parameters.loss,
        window=parameters.window,
        n_negatives=parameters.n_negatives,
        negative_power=parameters.negative_power,
        epochs=parameters.epochs,
        learning_rate=parameters.learning_rate,
        seed=parameters.seed,
        n_threads=parameters.n_threads,
        position_weights=matrices.position_weights,
        normalize_cbow=parameters.corrected_cbow,
        n_hot_words=_n_hot_words(vocabulary, subwords, matrices, parameters),
    )


def _n_hot_words(
    vocabulary: Vocabulary, subwords: Subwords | None, matrices: VectorMatrices, parameters: VectorParameters
) -> int:
    if subwords is None or parameters.objective != "cbow":
        return 0
    row_bytes: int = matrices.outputs[0].nbytes
    return min(len(vocabulary), HOT_WORD_BYTES // (2 * row_bytes))


def _require_finite(matrices: VectorMatrices, parameters: VectorParameters) -> None:
    for name, matrix in (
        ("input", matrices.inputs),
        ("output", matrices.outputs),
        ("position", matrices.position_weights),
    ):
        if matrix is not None and not is_finite(matrix):
            raise diverged(f"the {name} vectors are not finite", parameters.learning_rate)
