"""`TagSpace`: texts and tags in one space, and the right tags for a text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from textspace._estimator import Estimator
from textspace._validation import check_choice, check_float
from textspace.formats import read_starspace_tsv, read_tagspace, write_tagspace
from textspace.tagging.fitting import PLANNED_TEXTS, folding_of, plan_fitting, train_model
from textspace.tagging.queries import TagQueries
from textspace.tagging.tagged_texts import texts_to_learn

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence

    from typing_extensions import Self

    from textspace._typing import Source
    from textspace.formats.stored_tagspace import StoredTagSpace
    from textspace.tagging.tagged_texts import Folding, TagSource
    from textspace.training.callbacks import Callback
    from textspace.training.loop import HistoryRecord

__all__ = ["TagSpace"]

Preset = Literal["fast", "paper", "tensorflow", "paddle", "starspace"]


class TagSpace(TagQueries, Estimator):
    """Ranks tags for texts: a text and a tag have vectors in one space, and their product is the score.

    The default adds to it a linear model for each tag over the weighted words, word pairs and, in short texts,
    character n-grams of the text.

    Parameters
    ----------
    preset : {"fast", "paper", "tensorflow", "paddle", "starspace"}
        What the parameters left at None are: the default; TagSpace as its paper has it; two published programs; and
        StarSpace.
    encoder : {"bag", "cnn"}, optional
        How a text becomes a vector: from its rows in any order, or by a convolution over its words.
    loss : str, optional
        "softmax" over all tags, "bce", "sampled_softmax", "hs", or a ranking loss: "tagspace", "warp",
        "warp_expected", "hinge", "hinge_max". The default is "softmax"; where texts times tags times epochs are more
        than 10^11, which takes a core half an hour, it is "sampled_softmax" with 100 tags a text, and a warning is
        logged.
    similarity : {"dot", "cosine"}, optional
        Score of two vectors.
    dim : int, optional
        Components of a vector.
    epochs : int, optional
        Passes over the texts.
    learning_rate : float, optional
        At the start.
    word_ngrams, min_n, max_n : int, optional
        Longest run of words, shortest and longest run of characters that are features. The default has word pairs,
        and, where texts have up to 32 words on average, 4 to 5 characters.
    min_count, min_count_label : int, optional
        Rarer words and tags are left out.
    pretrained_vectors : str or Path, optional
        Word vectors to start from.
    linear : bool or "auto", optional
        Whether there is a linear part. "auto", the default with the preset "fast", leaves it out where texts and tags
        are so many that it would take most of the time, and logs a warning; True trains it all the same, False is the
        default of other presets.
    cost : float
        C of the linear part.
    folding : {"words", "whitespace"}, optional
        What a text's words are: Unicode words, lower-cased; or whatever stands between white space, as in fastText. By
        default the former with the preset "fast".
    tags_from : {"label", "hashtag"}
        Where tags are, in texts that are given without them: tokens with `label_prefix`, or hashtags.
    label_prefix : str, optional
        By default ``__label__``.
    options : mapping, optional
        Any other parameter of `training.tagspace_parameters.TagSpaceParameters` by its name.
    n_threads : int, optional
        Threads; None uses all cores.
    random_state : int, optional
        Seed; None makes every run different.

    Attributes
    ----------
    tags_ : tuple of str
        The L tags, the most frequent first.
    vocabulary_ : Vocabulary
        The V words and their counts.
    history_ : list of HistoryRecord
        The loss curve of the last training; files do not keep it.

    References
    ----------
    J. Weston, S. Chopra, K. Adams, "#TagSpace: semantic embeddings from hashtags", 2014.

    Examples
    --------
    >>> texts = ["how do i bake bread", "which oil for frying fish", "bread without yeast", "how to grill fish"] * 10
    >>> ts = TagSpace(dim=16, n_threads=1).fit(texts, [["bread", "baking"], "fish", ["bread"], "fish"] * 10)
    >>> ts.rank(["a fish soup"], k=1).labels.tolist()
    [['fish']]
    """

    def __init__(
        self,
        *,
        preset: Preset = "fast",
        encoder: Literal["bag", "cnn"] | None = None,
        loss: str | None = None,
        similarity: Literal["dot", "cosine"] | None = None,
        dim: int | None = None,
        epochs: int | None = None,
        learning_rate: float | None = None,
        word_ngrams: int | None = None,
        min_n: int | None = None,
        max_n: int | None = None,
        min_count: int | None = None,
        min_count_label: int | None = None,
        pretrained_vectors: str | os.PathLike[str] | None = None,
        linear: bool | Literal["auto"] | None = None,
        cost: float = 0.5,
        folding: Folding | None = None,
        tags_from: TagSource = "label",
        label_prefix: str | None = None,
        options: Mapping[str, object] | None = None,
        n_threads: int | None = None,
        random_state: int | None = 0,
    ) -> None:
        self.preset = preset
        self.encoder = encoder
        self.loss = loss
        self.similarity = similarity
        self.dim = dim
        self.epochs = epochs
        self.learning_rate = learning_rate
        self.word_ngrams = word_ngrams
        self.min_n = min_n
        self.max_n = max_n
        self.min_count = min_count
        self.min_count_label = min_count_label
        self.pretrained_vectors = pretrained_vectors
        self.linear = linear
        self.cost = cost
        self.folding = folding
        self.tags_from = tags_from
        self.label_prefix = label_prefix
        self.options = options
        self.n_threads = n_threads
        self.random_state = random_state

    @classmethod
    def from_preset(cls, preset: Preset, **parameters: Any) -> Self:
        """Return an estimator with the parameters of a published model.

        Parameters
        ----------
        preset : {"fast", "paper", "tensorflow", "paddle", "starspace"}
            Which.
        **parameters : object
            Parameters of the estimator that differ.

        Returns
        -------
        TagSpace
            Not trained yet.
        """
        return cls(preset=preset, **parameters)

    def fit(
        self,
        source: Source,
        tags: object = None,
        *,
        callbacks: Sequence[Callback] = (),
        on_interrupt: Literal["raise", "keep"] = "raise",
    ) -> Self:
        """Learn from texts with tags; what was learned before is replaced.

        Parameters
        ----------
        source : path, paths or iterable of str
            Texts, or files with a text a line. Without `tags`, with their tags in them, as `tags_from` says: these are
            cut out, so that nothing of them is learned as a word.
        tags : sequence, optional
            For each text its tag, or a sequence of tags.
        callbacks : sequence of Callback
            Told of the progress.
        on_interrupt : {"raise", "keep"}
            What Ctrl-C does in training: raise KeyboardInterrupt, or keep what is trained so far, which is the dense
            part alone until the end.

        Returns
        -------
        TagSpace
            This estimator.

        Raises
        ------
        ValueError, TypeError
            When a parameter breaks its rule, or texts and tags do not fit together.
        TrainingDivergedError
            When a value stopped being finite; this estimator is left as it was.
        """
        return self._train(source, tags, {}, start=None, callbacks=callbacks, on_interrupt=on_interrupt)

    def partial_fit(
        self,
        source: Source,
        tags: object = None,
        *,
        epochs: int | None = None,
        learning_rate: float | None = None,
        callbacks: Sequence[Callback] = (),
        on_interrupt: Literal["raise", "keep"] = "raise",
    ) -> Self:
        """Go on learning from more texts, with new words and new tags; without a model it is the same as `fit`.

        Parameters
        ----------
        source : path, paths or iterable of str
            As for `fit`.
        tags : sequence, optional
            As for `fit`.
        epochs : int, optional
            Passes over the new texts.
        learning_rate : float, optional
            At the start.
        callbacks : sequence of Callback
            Told of the progress.
        on_interrupt : {"raise", "keep"}
            What Ctrl-C does, as for `fit`.

        Returns
        -------
        TagSpace
            This estimator.

        Notes
        -----
        The dense part goes on from where it is. The linear part keeps the weights of the tags that it has; those of new
        tags are trained on the texts given here.
        """
        given: dict[str, Any] = {} if epochs is None else {"epochs": epochs}
        given |= {} if learning_rate is None else {"learning_rate": learning_rate}
        return self._train(source, tags, given, start=self._model, callbacks=callbacks, on_interrupt=on_interrupt)

    def _train(
        self,
        source: Source,
        tags: object,
        changes: dict[str, Any],
        *,
        start: StoredTagSpace | None,
        callbacks: Sequence[Callback],
        on_interrupt: Literal["raise", "keep"],
    ) -> Self:
        check_choice("on_interrupt", on_interrupt, ("raise", "keep"))
        given = self.get_params() | changes
        first, all_texts = texts_to_learn(
            source,
            tags,
            tags_from=self.tags_from,
            label_prefix="__label__" if self.label_prefix is None else self.label_prefix,
            folding=folding_of(given),
            n_first=PLANNED_TEXTS,
        )
        plan = plan_fitting(given, first, start=start)
        texts = all_texts((plan.parameters if start is None else start.features).label_prefix)
        stored, run = train_model(texts, tags, plan, start=start, callbacks=callbacks, on_interrupt=on_interrupt)
        self._set_model(stored)
        self.history_: list[HistoryRecord] = run.history
        self.interrupted_ = run.interrupted
        return self

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the model to a file.

        Parameters
        ----------
        path : str or os.PathLike
            An existing file is replaced in one step. ``.textspace`` keeps everything; ``.tsv`` is StarSpace's form,
            for a model of preset "starspace", and others that are bags of single words without biases.

        Raises
        ------
        NotFittedError
            When there is no model yet.
        ValueError
            When the suffix is another one, or ``.tsv`` cannot hold the model.
        """
        write_tagspace(path, self._fitted)

    @classmethod
    def load(cls, path: str | os.PathLike[str], *, mmap: bool = True) -> Self:
        """Read a model from a ``.textspace`` file, or from StarSpace's ``.tsv``.

        Parameters
        ----------
        path : str or os.PathLike
            The file. A ``.tsv`` does not say what similarity it is for: it is taken for the cosine, StarSpace's
            default; `from_starspace` takes another.
        mmap : bool
            Leave the matrices in the file. False reads them.

        Returns
        -------
        TagSpace
            With the parameters of its model.

        Raises
        ------
        FormatError
            When the file is damaged, or holds no tag model.
        """
        return cls._of_stored(read_tagspace(path, mmap=mmap))

    @classmethod
    def from_starspace(
        cls,
        path: str | os.PathLike[str],
        *,
        similarity: Literal["cosine", "dot"] = "cosine",
        power: float = 0.5,
        label_prefix: str = "__label__",
    ) -> Self:
        """Read the ``.tsv`` of a model that StarSpace trained.

        Parameters
        ----------
        path : str or os.PathLike
            The file.
        similarity : {"cosine", "dot"}
            What StarSpace was told as ``-similarity``.
        power : float
            The same for ``-p``.
        label_prefix : str
            The same for ``-label``.

        Returns
        -------
        TagSpace
            With the words and tags of the file. StarSpace writes no n-grams to it.

        Raises
        ------
        FormatError
            When the file is damaged, or has no words, or no labels.
        """
        check_choice("similarity", similarity, ("cosine", "dot"))
        check_float("power", power, at_least=0)
        stored = read_starspace_tsv(path, label_prefix=label_prefix, similarity=similarity, power=power)
        return cls._of_stored(stored)

    @classmethod
    def _of_stored(cls, stored: StoredTagSpace) -> Self:
        names = set(cls._parameter_defaults()) & set(stored.parameters) - {"n_threads", "pretrained_vectors"}
        parameters: dict[str, Any] = {name: stored.parameters[name] for name in names}
        self = cls(**parameters)
        self._set_model(stored)
        return self

    def __getstate__(self) -> dict[str, Any]:
        # What can be computed again is left out.
        return {name: value for name, value in self.__dict__.items() if name not in {"_cached_scorer", "_known_tags"}}
