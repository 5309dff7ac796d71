"""`Predictor`: labels, probabilities and scores of texts by a trained linear classifier."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Literal, TypeAlias, cast

import numpy as np

from textspace import _core
from textspace._validation import check_float, check_int, check_n_threads, reject
from textspace.formats.quantized import dense_matrix
from textspace.prediction.folding import folded_rows
from textspace.prediction.ranked import Ranked
from textspace.prediction.texts import parts_of, reject_text, text_batches
from textspace.text.utf8 import to_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from textspace._typing import FloatArray, IntArray
    from textspace.formats.stored_classifier import StoredClassifier
    from textspace.prediction.texts import Batch

    Scores: TypeAlias = Literal["logits", "probabilities", "hidden"]

CELLS_PER_BLOCK = 1 << 22  # probabilities that are in memory at a time
PRODUCTS_FOR_A_BYTE = 2  # numbers of the folded matrix that take as long as one byte of text without it


class Predictor:
    """Predicts with one model, which does not change; tables are built when they are first needed, and kept.

    Parameters
    ----------
    stored : StoredClassifier
        The model. Its arrays may be memory-mapped and are shared, not copied.
    n_threads : int, optional
        Threads; None uses all cores.
    fold : {"auto"} or bool
        Whether the product of both matrices is computed first: "auto" does so where there are at most as many labels
        as dimensions, as soon as there was enough text to make it worth while.
    fasttext_scores : bool
        Give the probabilities that fastText gives: the logistic function from its table, and 1e-5 added to each
        probability (to each step of the tree under "hs").

    Examples
    --------
    >>> from textspace.formats.stored_classifier import StoredClassifier
    >>> from textspace.text.features import TextFeatures
    >>> from textspace.text.vocabulary import Vocabulary
    >>> features = TextFeatures(Vocabulary.from_words(["good", "bad", "</s>"]))
    >>> vectors = np.array([[2, 0, 0], [0, 2, 0], [0, 0, 0]], np.float32)
    >>> stored = StoredClassifier(features, ("pos", "neg"), np.array([2, 1]), vectors, 3 * vectors[:2], "softmax")
    >>> ranked = Predictor(stored).top(["good", "really bad"], k=1)
    >>> ranked.labels.ravel().tolist(), ranked.scores.ravel().astype(float).round(3).tolist()
    (['pos', 'neg'], [0.998, 0.998])
    """

    def __init__(
        self,
        stored: StoredClassifier,
        *,
        n_threads: int | None = None,
        fold: bool | Literal["auto"] = "auto",
        fasttext_scores: bool = False,
    ) -> None:
        if fold not in {True, False, "auto"}:
            reject("fold", "be 'auto', True or False", fold)
        self.stored = stored
        self._n_threads = check_n_threads(n_threads)
        self._fasttext_scores = fasttext_scores
        self._names = np.array([*stored.labels, ""], dtype=object)
        can_fold = stored.output_vectors is not None and len(stored.labels) <= stored.input_vectors.shape[1]
        self._folds = fold is True or (fold == "auto" and can_fold)
        n_products = stored.input_vectors.shape[0] * len(stored.labels)
        self._bytes_until_folding = 0 if fold is True else n_products // PRODUCTS_FOR_A_BYTE

    def top(self, texts: object, *, k: int = 1, threshold: float = 0.0) -> Ranked:
        """Return the best labels of each text.

        Parameters
        ----------
        texts : collection of N texts
            See `text_batches`.
        k : int
            At most so many labels; no more than the model has.
        threshold : float
            Labels of a lower probability are left out.

        Returns
        -------
        Ranked
            Labels and probabilities, shape (N, K).
        """
        k = min(check_int("k", k, at_least=1), len(self.stored.labels))
        threshold = check_float("threshold", threshold) if threshold != 0.0 else 0.0
        batches = text_batches(texts)
        if isinstance(batches, tuple):  # the way of a single short text, where microseconds count
            ids, scores = self._top(0, batches[0], k, threshold)
        else:
            ids, scores = _joined([self._top(*batch, k, threshold) for batch in enumerate(batches)], k)
        return Ranked(self._names.take(ids), scores, ids)

    def best(self, texts: object) -> IntArray:
        """Return the most probable label of each text.

        Parameters
        ----------
        texts : collection of N texts
            See `text_batches`.

        Returns
        -------
        ndarray of int32, shape (N,)
            Its id; -1 only where a damaged model gives no label a score.

        Notes
        -----
        Faster than `top`, as no probability is computed.
        """
        parts = [self._best(*batch) for batch in enumerate(text_batches(texts))]
        return np.concatenate(parts) if parts else np.empty(0, np.int32)

    def logits(self, texts: object) -> FloatArray:
        """Return the scores of all labels, from which probabilities are computed.

        Parameters
        ----------
        texts : collection of N texts
            See `text_batches`.

        Returns
        -------
        ndarray of float32, shape (N, L)
            Calibrated where the model is. Under "hs" the logarithms of the probabilities.
        """
        return self._scores(texts, "logits", len(self.stored.labels))

    def probabilities(self, texts: object) -> FloatArray:
        """Return the probabilities of all labels.

        Parameters
        ----------
        texts : collection of N texts
            See `text_batches`.

        Returns
        -------
        ndarray of float32, shape (N, L)
            Rows add up to 1 under "softmax" and "hs"; under "ns" and "ova" each label has a probability of its own.
        """
        return self._scores(texts, "probabilities", len(self.stored.labels))

    def probability_blocks(self, texts: object) -> Iterator[FloatArray]:
        """Give the probabilities of all labels for a few texts at a time, in memory that does not grow with N.

        Parameters
        ----------
        texts : collection of N texts
            See `text_batches`.

        Yields
        ------
        ndarray of float32, shape (n, L)
            Those of the next n texts.
        """
        n_labels = len(self.stored.labels)
        for number, batch in enumerate(text_batches(texts)):
            for part in parts_of(batch, max(1, CELLS_PER_BLOCK // n_labels)):
                yield self._written("probabilities", part, n_labels, of_batch=(batch, number))

    def embed(self, texts: object) -> FloatArray:
        """Return the vectors of texts: the means of their rows of the input matrix.

        Parameters
        ----------
        texts : collection of N texts
            See `text_batches`.

        Returns
        -------
        ndarray of float32, shape (N, D)
            The vectors, not normalized.

        Raises
        ------
        ValueError
            The model is folded: it has no vectors any more.
        """
        if self.stored.output_vectors is None:
            raise ValueError("`embed` needs a model that is not folded: this one has scores, not vectors, of its words")
        return self._scores(texts, "hidden", self.stored.input_vectors.shape[1])

    def _scores(self, texts: object, what: Scores, width: int) -> FloatArray:
        parts = [
            self._written(what, batch, width, of_batch=(batch, number))
            for number, batch in enumerate(text_batches(texts))
        ]
        return parts[0] if len(parts) == 1 else np.concatenate([*parts, np.empty((0, width), np.float32)])

    def _written(self, what: Scores, texts: Batch, width: int, *, of_batch: tuple[Batch, int]) -> FloatArray:
        out = np.empty((len(texts), width), np.float32)
        model = self._dense if what == "hidden" else self._model_for(texts)
        try:
            getattr(model, what)(texts, n_threads=self._n_threads, out=out)
        except TypeError:
            reject_text(*of_batch)
        return out

    def _top(self, number: int, batch: Batch, k: int, threshold: float) -> tuple[IntArray, FloatArray]:
        ids, scores = np.empty((len(batch), k), np.int32), np.empty((len(batch), k), np.float32)
        try:
            self._model_for(batch).top(
                batch,
                k=k,
                threshold=threshold,
                as_fasttext=self._fasttext_scores,
                n_threads=self._n_threads,
                label_ids_out=ids,
                probabilities_out=scores,
            )
        except TypeError:
            reject_text(batch, number)
        return ids, scores

    def _best(self, number: int, batch: Batch) -> IntArray:
        ids = np.empty((len(batch), 1), np.int32)
        try:
            self._model_for(batch).top(
                batch,
                k=1,
                threshold=-np.inf,
                as_fasttext=False,
                n_threads=self._n_threads,
                label_ids_out=ids,
                probabilities_out=None,
            )
        except TypeError:
            reject_text(batch, number)
        return ids.ravel()

    def _model_for(self, batch: Batch) -> _core.LinearClassifier:
        """Choose how to compute: text pays, byte by byte, for the folding of the matrices."""
        if not self._folds:
            return self._dense
        if self._bytes_until_folding > 0:
            self._bytes_until_folding -= _size(batch)
        return self._folded if self._bytes_until_folding <= 0 else self._dense

    @cached_property
    def _features(self) -> _core.DocumentFeatures:
        features = self.stored.features
        return _core.DocumentFeatures(
            features.vocabulary.blob,
            features.vocabulary.offsets,
            min_n=features.min_n,
            max_n=features.max_n,
            word_ngrams=features.word_ngrams,
            n_buckets=features.n_buckets,
            label_prefix=to_bytes(features.label_prefix),
            buckets=features.buckets,
            bucket_rows=features.bucket_rows,
            skip_missing=features.skip_missing,
        )

    @cached_property
    def _dense(self) -> _core.LinearClassifier:
        return self._model(self._input_vectors, self._output_vectors)

    @cached_property
    def _folded(self) -> _core.LinearClassifier:
        assert self._output_vectors is not None
        n_labels = len(self.stored.labels)
        width = n_labels if n_labels <= 2 else -(-n_labels // 4) * 4  # a vector's load takes no neighbour's numbers
        folded = folded_rows(self._input_vectors, self._output_vectors, n_threads=self._n_threads, width=width)
        return self._model(folded, None)

    @cached_property
    def _input_vectors(self) -> FloatArray:
        return dense_matrix(self.stored.input_vectors)

    @cached_property
    def _output_vectors(self) -> FloatArray | None:
        return None if self.stored.output_vectors is None else dense_matrix(self.stored.output_vectors)

    def _model(self, input_vectors: FloatArray, output_vectors: FloatArray | None) -> _core.LinearClassifier:
        calibration = self.stored.calibration
        return _core.LinearClassifier(
            self._features,
            input_vectors,
            output_vectors,
            loss=self.stored.loss,
            label_counts=np.ascontiguousarray(self.stored.label_counts, np.int64),
            scale=None if calibration is None else np.ascontiguousarray(calibration.scale, np.float32),
            offset=None if calibration is None else np.ascontiguousarray(calibration.offset, np.float32),
            n_threads=self._n_threads,
        )


def _size(batch: Batch) -> int:
    """Return the bytes of a batch, roughly; 0 where a member is no text, which the core will say."""
    if not isinstance(batch, tuple):
        return batch.n_bytes
    try:
        return sum(map(len, cast("tuple[str, ...]", batch)))
    except TypeError:
        return 0


def _joined(pairs: list[tuple[IntArray, FloatArray]], width: int) -> tuple[IntArray, FloatArray]:
    pairs = [*pairs, (np.empty((0, width), np.int32), np.empty((0, width), np.float32))]
    return np.concatenate([ids for ids, _ in pairs]), np.concatenate([scores for _, scores in pairs])
