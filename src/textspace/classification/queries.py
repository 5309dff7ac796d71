"""`ClassifierQueries`: everything that a trained text classifier can be asked."""

from __future__ import annotations

import difflib
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from textspace._validation import check_float, check_int, check_n_threads, check_texts, reject
from textspace.classification.contributions import explain_text, find_keywords
from textspace.classification.fitting import INTEGER_LABELS
from textspace.classification.given_labels import check_labels
from textspace.classification.labelled_data import LabelledData, evaluate_model
from textspace.errors import NotFittedError
from textspace.prediction.predictor import Predictor
from textspace.text.feature_list import list_features

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import ArrayLike, NDArray

    from textspace._typing import FloatArray, Labels, Source
    from textspace.classification.contributions import Keyword
    from textspace.classification.explanation import Explanation
    from textspace.evaluation import Metrics
    from textspace.formats import Calibration, StoredClassifier
    from textspace.prediction.ranked import Ranked
    from textspace.text.vocabulary import Vocabulary

DEFAULT_THRESHOLD = 0.5


def _is_integer(label: str) -> bool:
    return label.removeprefix("-").isdecimal()


class ClassifierQueries:
    """The part of an estimator that answers questions about texts and labels.

    The model is one value, replaced as a whole: no failure leaves half of another behind, and what was computed from
    the old one goes with it.
    """

    n_threads: int | None
    _model: StoredClassifier | None = None
    _cached_predictor: tuple[int, Predictor] | None = None
    _cached_classes: NDArray[Any] | None = None

    def _set_model(self, model: StoredClassifier) -> None:
        self._model = model
        self._cached_predictor = self._cached_classes = None

    @property
    def _fitted(self) -> StoredClassifier:
        if self._model is None:
            raise NotFittedError(
                f"this {type(self).__name__} is not trained yet; call fit(texts, labels) first, or textspace.load(path)"
            )
        return self._model

    @property
    def _predictor(self) -> Predictor:
        n_threads = check_n_threads(self.n_threads)
        if self._cached_predictor is None or self._cached_predictor[0] != n_threads:
            self._cached_predictor = n_threads, Predictor(self._fitted, n_threads=n_threads)
        return self._cached_predictor[1]

    @property
    def labels_(self) -> tuple[str, ...]:
        """The labels in the model's order, the most frequent first: a label's position is its `label_id`."""
        return self._fitted.labels

    @property
    def classes_(self) -> NDArray[Any]:
        """The labels in ascending order, as scikit-learn wants them; int where they were given as integers."""
        return self._class_of_label_id()[self._class_order()]

    @property
    def vocabulary_(self) -> Vocabulary:
        """The V words and their counts."""
        return self._fitted.features.vocabulary

    @property
    def calibration_(self) -> Calibration | None:
        """What `calibrate` found; None before."""
        return self._fitted.calibration

    def _class_of_label_id(self) -> NDArray[Any]:
        if self._cached_classes is None:
            labels = self._fitted.labels
            are_integers = self._fitted.parameters.get(INTEGER_LABELS) is True and all(map(_is_integer, labels))
            self._cached_classes = np.array([int(label) for label in labels] if are_integers else labels)
        return self._cached_classes

    def _class_order(self) -> NDArray[np.intp]:
        return np.argsort(self._class_of_label_id(), kind="stable")

    def predict(self, texts: Iterable[str]) -> NDArray[Any]:
        """Return the best label of each text.

        Parameters
        ----------
        texts : sequence of str
            N texts: a list, tuple or array, of NumPy, pandas, polars or Arrow.

        Returns
        -------
        ndarray of str or int, shape (N,)
            The labels; integers where they were given as integers.

        Raises
        ------
        TypeError
            When `texts` is a single text.
        """
        return self._class_of_label_id()[self._predictor.best(texts)]

    def predict_multilabel(self, texts: Iterable[str], *, threshold: float | None = None) -> list[tuple[Any, ...]]:
        """Return all labels of each text whose probability reaches the threshold.

        Parameters
        ----------
        texts : sequence of str
            N texts.
        threshold : float, optional
            For all labels. None: the threshold of each label that `calibrate` found; 0.5 without a calibration.

        Returns
        -------
        list of tuple
            The labels of each text, the most probable first; there may be none.

        Raises
        ------
        TypeError
            When `texts` is a single text.
        """
        thresholds, classes = self._thresholds(threshold), self._class_of_label_id()
        found: list[tuple[Any, ...]] = []
        for probabilities in self._predictor.probability_blocks(texts):
            rows, label_ids = np.nonzero(probabilities >= thresholds)
            order = np.lexsort((-probabilities[rows, label_ids], rows))
            labels = classes[label_ids[order]].tolist()
            ends = np.cumsum(np.bincount(rows, minlength=len(probabilities))).tolist()
            found += [tuple(labels[begin:end]) for begin, end in pairwise([0, *ends])]
        return found

    def predict_proba(self, texts: Iterable[str]) -> FloatArray:
        """Return the probability of every label, calibrated if the model is.

        Parameters
        ----------
        texts : sequence of str
            N texts.

        Returns
        -------
        ndarray of float32, shape (N, L)
            Columns in the order of `classes_`. With the losses "softmax" and "hs" a row sums to 1; with "ova" and "ns"
            each label has a probability of its own.

        Raises
        ------
        TypeError
            When `texts` is a single text.
        """
        return self._in_class_order(self._predictor.probabilities(texts))

    def decision_function(self, texts: Iterable[str]) -> FloatArray:
        """Return the score of every label: its logit, calibrated if the model is.

        Parameters
        ----------
        texts : sequence of str
            N texts.

        Returns
        -------
        ndarray of float32, shape (N, L), or (N,) for two labels
            Columns in the order of `classes_`; log-probabilities with the loss "hs". With two labels, by
            scikit-learn's convention, the score of the second less that of the first.

        Raises
        ------
        TypeError
            When `texts` is a single text.
        """
        scores = self._in_class_order(self._predictor.logits(texts))
        return scores[:, 1] - scores[:, 0] if scores.shape[1] == 2 else scores

    def _in_class_order(self, columns: FloatArray) -> FloatArray:
        return columns[:, self._class_order()]

    def top(self, texts: Iterable[str], *, k: int = 1, threshold: float = 0.0) -> Ranked:
        """Return the best labels of each text with their probabilities.

        Parameters
        ----------
        texts : sequence of str
            N texts.
        k : int
            How many labels of each text, at most.
        threshold : float
            Labels with a lower probability are left out.

        Returns
        -------
        Ranked
            `labels` (N, K) as str, `scores` (N, K), `label_ids` (N, K): best first, padded.

        Raises
        ------
        TypeError
            When `texts` is a single text.
        """
        k = min(check_int("k", k, at_least=1), len(self._fitted.labels))
        return self._predictor.top(texts, k=k, threshold=check_float("threshold", threshold, at_least=0, at_most=1))

    def embed(self, texts: Iterable[str]) -> FloatArray:
        """Return the vector of each text: the mean of the rows of its words and n-grams.

        Parameters
        ----------
        texts : sequence of str
            N texts.

        Returns
        -------
        ndarray of float32, shape (N, D)
            The vectors.

        Raises
        ------
        TypeError
            When `texts` is a single text.
        """
        return self._predictor.embed(texts)

    def evaluate(
        self, source: Source, labels: Labels | None = None, *, k: int | None = 1, threshold: float | None = 0.0
    ) -> Metrics:
        """Return how good the predictions are on texts whose labels are known.

        Parameters
        ----------
        source : str, Path, or sequence of str
            A file of lines with labels, as for `fit`; or texts, with `labels`.
        labels : sequence, optional
            The labels of each text: a str, an int, or several of them.
        k : int or None
            Predict at most this many labels of each text; None: all.
        threshold : float or None
            Predict labels whose probability reaches this; None: the thresholds of `predict_multilabel`.

        Returns
        -------
        Metrics
            Precision, recall and F1 over all labels and of each, log loss, confusions, and more.

        Raises
        ------
        ValueError, TypeError
            When texts and labels do not fit together, or there are none.

        Notes
        -----
        What `predict_multilabel` returns is judged by ``evaluate(..., k=None, threshold=None)``.
        """
        most = len(self._fitted.labels)
        return evaluate_model(
            self._predictor,
            LabelledData.given(source, labels),
            k=most if k is None else min(check_int("k", k, at_least=1), most),
            threshold=self._thresholds(None) if threshold is None else check_float("threshold", threshold),
        )

    def score(self, texts: Iterable[str], labels: Labels, sample_weight: ArrayLike | None = None) -> float:
        """Return the accuracy: the share of the texts whose best label is right.

        Parameters
        ----------
        texts : sequence of str
            N texts.
        labels : sequence
            The labels of each text; of several, any is right.
        sample_weight : array_like of float, shape (N,), optional
            How much each text counts.

        Returns
        -------
        float
            From 0 to 1.

        Raises
        ------
        ValueError, TypeError
            When texts and labels do not fit together.
        """
        best = self._predictor.best(texts)
        lists = check_labels(labels).lists
        if len(lists) != len(best):
            reject("labels", f"have one entry for each of {len(best)} texts", len(lists))
        names = self._fitted.labels
        right = [names[label_id] in found for label_id, found in zip(best.tolist(), lists, strict=True)]
        weights = None if sample_weight is None else np.asarray(sample_weight, dtype=np.float64)
        return float(np.average(np.array(right, dtype=np.float64), weights=weights))

    def explain(self, text: str, label: str | int | None = None) -> Explanation:
        """Return the exact contribution of every word and n-gram of a text to the score of a label.

        Parameters
        ----------
        text : str
            One text.
        label : str or int, optional
            The label; None: the best one.

        Returns
        -------
        Explanation
            Coloured text in a terminal or notebook; `contributions` holds the numbers.

        Raises
        ------
        KeyError
            When the model has no such label.
        TypeError
            When `text` is no str.

        Notes
        -----
        A text's vector is the mean over its features, and a label's logit a product with that vector: so each
        feature's part is exact. With the loss "hs" the log-probability is not linear in the text; what is explained
        then is the sum of the log-odds of all branches on the way to the label.
        """
        if not isinstance(text, str):
            raise TypeError(f"`text` must be one text, a str, got {type(text).__name__}")
        label_id = int(self._predictor.best([text])[0]) if label is None else self._label_id(label)
        return explain_text(self._predictor, text, label_id)

    def keywords(self, label: str | int, *, k: int = 20, texts: Iterable[str] | None = None) -> list[Keyword]:
        """Return the words and n-grams that speak most for a label.

        Parameters
        ----------
        label : str or int
            The label.
        k : int
            How many.
        texts : iterable of str, optional
            Texts whose word n-grams are looked at too: a model keeps no n-grams, only the buckets they are hashed to.

        Returns
        -------
        list of Keyword
            (text, weight, kind), the highest weight first: what one occurrence adds to the sum over a text's features,
            whose mean is the score.

        Raises
        ------
        KeyError
            When the model has no such label.
        """
        label_id, k = self._label_id(label), check_int("k", k, at_least=1)
        ngrams = {
            feature.text: feature.row
            for text in check_texts("texts", () if texts is None else texts)
            for feature in list_features(self._fitted.features, text)[1]
            if feature.kind == "ngram"
        }
        return find_keywords(self._fitted, label_id, ngrams, k=k)

    def _label_id(self, label: str | int) -> int:
        name = label if isinstance(label, str) else str(label)
        if name not in self._fitted.labels:
            nearest = difflib.get_close_matches(name, self._fitted.labels, n=3)
            remedy = f"did you mean {' or '.join(map(repr, nearest))}?" if nearest else "see `labels_`"
            raise KeyError(f"`label` must be one of the {len(self._fitted.labels)} labels, got {label!r}; {remedy}")
        return self._fitted.labels.index(name)

    def _thresholds(self, threshold: float | None) -> FloatArray:
        """The threshold of each label (L,)."""
        calibration, n_labels = self._fitted.calibration, len(self._fitted.labels)
        if threshold is not None:
            threshold = check_float("threshold", threshold, at_least=0, at_most=1)
        elif calibration is not None and calibration.thresholds is not None:
            return calibration.thresholds
        return np.full(n_labels, DEFAULT_THRESHOLD if threshold is None else threshold, np.float32)
