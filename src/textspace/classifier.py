"""`TextClassifier`: fastText's linear text classifier."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from textspace._estimator import Estimator
from textspace._validation import check_choice
from textspace.classification.finishing import ClassifierFinishing
from textspace.classification.fitting import parameters_of, train_model
from textspace.classification.labelled_data import LabelledData
from textspace.classification.queries import ClassifierQueries
from textspace.formats import read_classifier, write_classifier

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike
    from typing_extensions import Self

    from textspace._typing import Labels, Source
    from textspace.classification.labelled_data import Validation
    from textspace.formats import StoredClassifier
    from textspace.queries import VectorQueries
    from textspace.training.callbacks import Callback
    from textspace.training.loop import HistoryRecord

__all__ = ["TextClassifier"]


class TextClassifier(ClassifierFinishing, ClassifierQueries, Estimator):
    """Labels for texts, learned from labelled texts: the linear classifier of fastText.

    The vector of a text is the mean of the rows of its words, word n-grams and character n-grams; each label's score is
    the product with the label's own vector.

    Parameters
    ----------
    loss : {"softmax", "hs", "ns", "ova"}
        Softmax: one distribution over all labels. "hs": hierarchical softmax on a Huffman tree, whose cost grows with
        the logarithm of the number of labels. "ns": negative sampling. "ova": one-vs-all, an independent yes or no for
        each label, which suits texts with any number of labels.
    dim : int
        Components D of a text's vector.
    word_ngrams : int
        Longest run of words that is a feature; 1 uses single words alone.
    min_n, max_n : int
        Shortest and longest character n-gram of a word; max_n=0 uses none.
    n_buckets : int
        Number of buckets that n-grams of both kinds are hashed to. Only buckets that occur take memory.
    epochs : int
        Passes over the texts, at most.
    learning_rate : float
        At the start; it falls linearly to 0.
    min_count : int
        Rarer words are left out.
    min_count_label : int
        Rarer labels are left out.
    n_negatives : int
        Negative examples for each positive one, with the loss "ns".
    label_prefix : str
        Tokens of a text that start with it are its labels, in files, and never words, anywhere. "" makes every token a
        word.
    multilabel : {"all", "sample"}
        What a text with several labels teaches at each visit: all of them, sharing its weight, or one drawn at random,
        as fastText does. With the loss "ova" it is always all.
    class_weight : dict or "balanced", optional
        How much the texts of each label count; "balanced": the same for each label's texts together.
    shuffle : bool
        Visit the texts in a new order in every epoch.
    pretrained_vectors : str, Path, WordVectors, optional
        Word vectors to start from, of the same `dim`; their words are added to the vocabulary.
    patience : int, optional
        Stop after so many epochs without a better `metric` on the validation set. None trains all epochs. The weights
        of the best epoch are kept in either case.
    metric : str
        What to judge epochs by: "f1", "accuracy", "macro_f1", "log_loss", or another name that `Metrics.value` takes.
    memory_budget : int
        Bytes of memory for the encoded texts (4 a word and n-gram); a larger set goes to a temporary file.
    n_threads : int, optional
        Threads; None uses all cores.
    random_state : int, optional
        Seed; None makes every run different.

    Attributes
    ----------
    labels_ : tuple of str
        The L labels in the model's order, the most frequent first.
    classes_ : ndarray of str or int, shape (L,)
        The labels in ascending order: the columns of `predict_proba`.
    vocabulary_ : Vocabulary
        The V words and their counts.
    calibration_ : Calibration or None
        What `calibrate` found.
    history_ : list of HistoryRecord
        The loss curve of the last training; files do not keep it.
    validation_scores_ : list of float
        With a validation set, the `metric` after each epoch of the last training.
    best_epoch_ : int or None
        The epoch, from 1, whose weights were kept, the best on the validation set; None without one.
    interrupted_ : bool
        Whether the last training was stopped before its end by Ctrl-C.

    Notes
    -----
    Threads update the shared matrices without locks, so two runs differ slightly; with n_threads=1 the same seed gives
    the same bytes on the same instruction set.

    References
    ----------
    .. [1] A. Joulin, E. Grave, P. Bojanowski, T. Mikolov, "Bag of tricks for efficient text classification", 2017.

    Examples
    --------
    >>> texts = ["a good film", "what a bad film", "good fun", "bad and boring"] * 25
    >>> clf = TextClassifier(dim=8, epochs=20, learning_rate=0.5).fit(texts, ["praise", "blame"] * 50)
    >>> clf.predict(["such fun", "a bad one"]).tolist()
    ['praise', 'blame']
    """

    _estimator_type = "classifier"  # what scikit-learn before 1.6 asks for

    def __init__(
        self,
        *,
        loss: Literal["softmax", "hs", "ns", "ova"] = "softmax",
        dim: int = 100,
        word_ngrams: int = 1,
        min_n: int = 0,
        max_n: int = 0,
        n_buckets: int = 2_000_000,
        epochs: int = 5,
        learning_rate: float = 0.1,
        min_count: int = 1,
        min_count_label: int = 1,
        n_negatives: int = 5,
        label_prefix: str = "__label__",
        multilabel: Literal["all", "sample"] = "all",
        class_weight: Mapping[str, float] | Mapping[int, float] | Literal["balanced"] | None = None,
        shuffle: bool = True,
        pretrained_vectors: str | os.PathLike[str] | VectorQueries | None = None,
        patience: int | None = None,
        metric: str = "f1",
        memory_budget: int = 2_000_000_000,
        n_threads: int | None = None,
        random_state: int | None = 0,
    ) -> None:
        self.loss = loss
        self.dim = dim
        self.word_ngrams = word_ngrams
        self.min_n = min_n
        self.max_n = max_n
        self.n_buckets = n_buckets
        self.epochs = epochs
        self.learning_rate = learning_rate
        self.min_count = min_count
        self.min_count_label = min_count_label
        self.n_negatives = n_negatives
        self.label_prefix = label_prefix
        self.multilabel = multilabel
        self.class_weight = class_weight
        self.shuffle = shuffle
        self.pretrained_vectors = pretrained_vectors
        self.patience = patience
        self.metric = metric
        self.memory_budget = memory_budget
        self.n_threads = n_threads
        self.random_state = random_state

    def fit(
        self,
        source: Source,
        labels: Labels | None = None,
        *,
        sample_weight: ArrayLike | None = None,
        validation: Validation | None = None,
        callbacks: Sequence[Callback] = (),
        on_interrupt: Literal["raise", "keep"] = "raise",
    ) -> Self:
        """Learn from labelled texts; what was learned before is replaced.

        Parameters
        ----------
        source : str, Path, iterable of Path, or sequence of str
            A str or Path names a file (plain, .gz, .bz2, .xz or .zst; "-" is standard input), an iterable of Path
            several: in each line a text and its labels, the tokens that start with `label_prefix`. With `labels`,
            texts.
        labels : sequence, optional
            The labels of each text: a str, an int, or a list, tuple or set of them. If all are integers, predictions
            are integers too.
        sample_weight : array_like of float, shape (N,), optional
            How much each text counts; not negative.
        validation : str, Path, (texts, labels), or float, optional
            Labelled texts to judge each epoch by; or the share of the texts to hold out for that, drawn at random.
            They are kept in memory; with a share all texts are.
        callbacks : sequence of Callback
            Told of the progress, about ten times a second.
        on_interrupt : {"raise", "keep"}
            What Ctrl-C (KeyboardInterrupt) does once the threads have stopped: "raise" it and leave this estimator as
            it was, or "keep" what is trained so far, set `interrupted_` and return normally.

        Returns
        -------
        TextClassifier
            This estimator.

        Raises
        ------
        ValueError, TypeError
            When a parameter breaks its rule, or texts and labels do not fit together.
        TrainingDivergedError
            When a value stopped being finite; this estimator is left as it was.
        """
        data = LabelledData.given(source, labels, sample_weight)
        return self._train(
            data, validation, self.get_params(), start=None, callbacks=callbacks, on_interrupt=on_interrupt
        )

    def partial_fit(
        self,
        source: Source,
        labels: Labels | None = None,
        *,
        learning_rate: float | None = None,
        epochs: int | None = None,
        sample_weight: ArrayLike | None = None,
        validation: Validation | None = None,
        callbacks: Sequence[Callback] = (),
        on_interrupt: Literal["raise", "keep"] = "raise",
    ) -> Self:
        """Go on learning from more texts, on a trained or loaded model; without one it is the same as `fit`.

        Words, n-grams and labels that the model knows go on from what it has learned; new ones are added. Counts are
        added up. The calibration, which belongs to the old scores, is dropped.

        With the loss "hs" new labels, at most 1,000, are put into the tree beside the rarest known one; all others keep
        their probabilities until they are trained. A new model's tree is better balanced.

        Parameters
        ----------
        source : str, Path, iterable of Path, or sequence of str
            The new texts, as for `fit`; the old ones again, for a warm restart.
        labels : sequence, optional
            Their labels, as for `fit`.
        learning_rate : float, optional
            At the start, falling linearly to 0; by default the parameter `learning_rate`. A low one changes less.
        epochs : int, optional
            Passes over the new texts; by default the parameter `epochs`.
        sample_weight : array_like of float, shape (N,), optional
            How much each text counts.
        validation : str, Path, (texts, labels), or float, optional
            As for `fit`.
        callbacks : sequence of Callback
            Told of the progress, about ten times a second.
        on_interrupt : {"raise", "keep"}
            What Ctrl-C does, as for `fit`.

        Returns
        -------
        TextClassifier
            This estimator.

        Raises
        ------
        ValueError, TypeError, TrainingDivergedError
            As `fit`; and when `dim`, `loss` or what decides the features are not the model's. The model is left as it
            was.
        """
        params = self.get_params()
        params |= {} if learning_rate is None else {"learning_rate": learning_rate}
        params |= {} if epochs is None else {"epochs": epochs}
        data = LabelledData.given(source, labels, sample_weight)
        return self._train(data, validation, params, start=self._model, callbacks=callbacks, on_interrupt=on_interrupt)

    def _train(
        self,
        data: LabelledData,
        validation: Validation,
        given: dict[str, Any],
        *,
        start: StoredClassifier | None,
        callbacks: Sequence[Callback],
        on_interrupt: Literal["raise", "keep"],
    ) -> Self:
        check_choice("on_interrupt", on_interrupt, ("raise", "keep"))
        trained, scores = train_model(
            data, validation, given, start=start, callbacks=callbacks, on_interrupt=on_interrupt
        )
        self._set_model(trained.stored)
        self.history_: list[HistoryRecord] = trained.run.history
        self.interrupted_ = trained.run.interrupted
        self.validation_scores_ = scores
        self.best_epoch_ = trained.best_epoch
        return self

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the model to a file, in the format that its name asks for.

        Parameters
        ----------
        path : str or os.PathLike
            ``.textspace`` keeps everything; ``.bin`` is fastText's model, ``.ftz`` its quantized one, without the
            calibration, and with integer labels as str. An existing file is replaced in one step.

        Raises
        ------
        NotFittedError
            When there is no model yet.
        ValueError
            When the suffix is unknown, or the format cannot hold the model.
        """
        write_classifier(path, self._fitted)

    @classmethod
    def load(cls, path: str | os.PathLike[str], *, mmap: bool = True) -> Self:
        """Read a model from a file of any format that `save` writes.

        Parameters
        ----------
        path : str or os.PathLike
            The file; its content tells the format.
        mmap : bool
            Leave the matrices in the file, where the format allows it: it opens at once, and several processes share
            the memory. False reads them.

        Returns
        -------
        TextClassifier
            With the parameters that the file keeps, and the defaults of the others.

        Raises
        ------
        FormatError
            When the file is damaged, of no known format, or holds no text classifier.
        """
        model = read_classifier(path, mmap=mmap)
        known = cls._parameter_defaults()
        self = cls(**{name: value for name, value in parameters_of(model).items() if name in known})
        self._set_model(model)
        return self

    def __sklearn_clone__(self) -> Self:
        # scikit-learn would make untrained copies of trained word vectors.
        return type(self)(**self.get_params())

    def __sklearn_tags__(self) -> Any:
        # Only scikit-learn calls this: it stratifies the folds of a classifier.
        from sklearn.utils import ClassifierTags, InputTags, Tags, TargetTags

        return Tags(
            estimator_type=self._estimator_type,
            target_tags=TargetTags(required=True),
            classifier_tags=ClassifierTags(),
            input_tags=InputTags(two_d_array=False, string=True),
        )

    def __sklearn_is_fitted__(self) -> bool:
        return self._model is not None

    def __getstate__(self) -> dict[str, Any]:
        # What can be computed again is left out; memory-mapped matrices are pickled as plain ones.
        return {name: value for name, value in self.__dict__.items() if not name.startswith("_cached")}
