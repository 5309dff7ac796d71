"""`ClassifierFinishing`: what can be done to a classifier once it is trained: calibrate, quantize, fold."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from textspace._validation import check_n_threads
from textspace.classification.calibration import fit_calibration
from textspace.classification.fitting import retrain_model
from textspace.classification.labelled_data import LabelledData, logits_and_truth
from textspace.prediction.folding import fold
from textspace.prediction.predictor import Predictor
from textspace.quantization import quantize_classifier

if TYPE_CHECKING:
    from typing_extensions import Self

    from textspace._typing import Labels, Source
    from textspace.formats import StoredClassifier
    from textspace.quantization import Method


class ClassifierFinishing:
    """The part of an estimator that makes its trained model better to use; the model is replaced as a whole."""

    n_threads: int | None
    random_state: int | None

    if TYPE_CHECKING:

        @property
        def _fitted(self) -> StoredClassifier: ...
        def _set_model(self, model: StoredClassifier) -> None: ...
        def get_params(self, deep: bool = True) -> dict[str, Any]: ...  # noqa: D102, FBT001, FBT002

    def calibrate(self, source: Source, labels: Labels | None = None) -> Self:
        """Fit the probabilities to labelled texts that the model was not trained on.

        With the losses "softmax" and "hs" one temperature is fitted, with "ova" and "ns" Platt's scaling of each label;
        and for each label the threshold with the highest F1, which `predict_multilabel` uses. Files keep them.

        Parameters
        ----------
        source : str, Path, or sequence of str
            Texts, as for `fit`.
        labels : sequence, optional
            Their labels, as for `fit`.

        Returns
        -------
        TextClassifier
            This estimator.

        Raises
        ------
        ValueError, TypeError
            When texts and labels do not fit together, or no text has a label that the model knows.

        Notes
        -----
        Takes 4 * N * L bytes of memory.
        """
        raw = replace(self._fitted, calibration=None)
        predictor = Predictor(raw, n_threads=check_n_threads(self.n_threads))
        logits, truth = logits_and_truth(predictor, LabelledData.given(source, labels))
        self._set_model(replace(raw, calibration=fit_calibration(logits, truth, loss=raw.loss)))
        return self

    def quantize(
        self,
        source: Source | None = None,
        labels: Labels | None = None,
        *,
        method: Method = "product",
        cutoff: int = 0,
        dsub: int = 2,
        qnorm: bool = False,
        qout: bool = False,
        learning_rate: float | None = None,
        epochs: int | None = None,
    ) -> Self:
        """Make the model smaller, as fastText's `quantize`; it cannot be trained further then.

        Parameters
        ----------
        source : str, Path, or sequence of str, optional
            Texts, as for `fit`, to train the rows again that `cutoff` leaves. None: they stay as they are.
        labels : sequence, optional
            Their labels, as for `fit`.
        method : {"product", "int8", "float16"}
            Product quantization as fastText's, for `.ftz` files: one byte for `dsub` components. A byte or two bytes
            for each component, for the native format.
        cutoff : int
            Keep only so many words and n-grams, those with the longest vectors; 0 keeps all.
        dsub : int
            Components that share a byte.
        qnorm : bool
            Quantize the norms of the vectors by themselves.
        qout : bool
            Quantize the output vectors too, which pays with many labels.
        learning_rate : float, optional
            Of the training after `cutoff`; by default the parameter `learning_rate`.
        epochs : int, optional
            Of that training; by default the parameter `epochs`.

        Returns
        -------
        TextClassifier
            This estimator.

        Raises
        ------
        ValueError, TypeError
            When an argument breaks its rule, or the model is quantized or folded already.

        Notes
        -----
        The calibration is kept, unless the model is trained again; `calibrate` again after a strong `cutoff`.
        """
        params = self.get_params()
        params |= {} if learning_rate is None else {"learning_rate": learning_rate}
        params |= {} if epochs is None else {"epochs": epochs}
        quantized = quantize_classifier(
            self._fitted,
            method=method,
            cutoff=cutoff,
            dsub=dsub,
            qnorm=qnorm,
            qout=qout,
            retrain=None if source is None else retrain_model(LabelledData.given(source, labels), params),
            n_threads=check_n_threads(self.n_threads),
            random_state=self.random_state,
        )
        self._set_model(quantized)
        return self

    def fold(self) -> Self:
        """Keep the product of both matrices only: a small model with the same predictions where labels are few.

        A word costs as many numbers as there are labels then, instead of `dim`. There are no text vectors any more
        (`embed`), and no further training.

        Returns
        -------
        TextClassifier
            This estimator.

        Raises
        ------
        ValueError
            When there are more labels than dimensions, or the loss is "hs".
        """
        self._set_model(fold(self._fitted, n_threads=check_n_threads(self.n_threads)))
        return self
