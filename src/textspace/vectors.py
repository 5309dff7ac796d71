"""`WordVectors`: word vectors with subwords, learned by skip-gram or CBOW."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from textspace._estimator import Estimator
from textspace._validation import check_choice
from textspace.formats import read_vectors, write_vectors
from textspace.lookup import Neighbor
from textspace.quantization import quantize_vectors
from textspace.queries import VectorQueries
from textspace.training.parameters import check_parameters
from textspace.training.word_vectors import parameters_of, train_vectors, with_parameters

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    from typing_extensions import Self

    from textspace._typing import FloatArray, Source, Tokenizer
    from textspace.formats import StoredVectors
    from textspace.training.callbacks import Callback
    from textspace.training.loop import HistoryRecord

__all__ = ["Neighbor", "WordVectors"]


class WordVectors(VectorQueries, Estimator):
    """Word vectors with subwords, learned from a corpus by skip-gram or CBOW.

    The vector of a word is the mean of its own row of the input matrix and the rows of its character n-grams, so that
    words the corpus never had get vectors too.

    Parameters
    ----------
    objective : {"skipgram", "cbow"}
        Predict each context word from the word, or the word from all its context words together.
    loss : {"ns", "hs", "softmax"}
        Negative sampling; hierarchical softmax over a Huffman tree; full softmax, whose cost grows with the vocabulary.
    dim : int
        Components D of a vector.
    window : int
        Context words reach up to this many words to each side; the reach is drawn anew, from 1, for every word.
    n_negatives : int
        Negative examples for each positive one.
    epochs : int
        Passes over the corpus.
    learning_rate : float
        At the start; it falls linearly to 0.
    min_count : int
        Rarer words are left out.
    subsample : float
        Words whose share of the text is above this are thinned out; 0 keeps all.
    min_n, max_n : int
        Shortest and longest n-gram in characters; max_n=0 learns words without n-grams.
    n_buckets : int
        Number of buckets that n-grams are hashed to. Only buckets that the corpus uses take memory.
    negative_power : float
        Negatives are drawn with probability count ** negative_power: 0.5 is fastText's, 0.75 word2vec's.
    max_vocab : int, optional
        Keep at most this many words, the most frequent.
    tokenizer : {"whitespace", "unicode"} or callable
        Split at ASCII white space, as fastText does; or at Unicode's word boundaries, lower-cased and normalized to
        NFKC; or a function from a str to a list of str.
    position_weights : bool
        CBOW only: learn a vector for each position of the window, by which the context word there is multiplied [3]_.
    corrected_cbow : bool
        CBOW only: divide the gradient by the number of context words, which word2vec and fastText do not [4]_; needs
        a higher learning rate.
    half_precision : bool
        Keep the input vectors in bfloat16 while training, rounded at random: half their memory traffic, for models
        larger than the processor's caches. The trained vectors are float32.
    memory_budget : int
        Bytes of memory for the encoded corpus (4 a word); a larger one goes to a temporary file.
    n_threads : int, optional
        Threads; None uses all cores.
    random_state : int, optional
        Seed; None makes every run different.

    Attributes
    ----------
    vocabulary_ : Vocabulary
        The V words and their counts.
    subwords_ : Subwords or None
        The rows of the n-grams.
    input_vectors_ : float32 array (R, D)
        A row for each word, then for each n-gram; once quantized, a `ProductQuantized`, `Int8Rows` or float16 array.
    output_vectors_ : float32 array (V, D) or None
        The other matrix of the training; None in models read from files that do not keep it.
    history_ : list of HistoryRecord
        The loss curve of the last training; files do not keep it.
    interrupted_ : bool
        Whether the last training was stopped before its end.

    Notes
    -----
    Threads update the shared matrices without locks, so two runs differ slightly; with n_threads=1 the same seed gives
    the same bytes on the same instruction set.

    References
    ----------
    .. [1] P. Bojanowski et al., "Enriching word vectors with subword information", TACL 2017.
    .. [2] T. Mikolov et al., "Distributed representations of words and phrases and their compositionality", 2013.
    .. [3] T. Mikolov et al., "Advances in pre-training distributed word representations", 2018, section 2.2.
    .. [4] O. Irsoy, A. Benton, K. Stratos, "Corrected CBOW performs as well as skip-gram", 2020.

    Examples
    --------
    >>> wv = WordVectors(dim=16, min_count=1).fit(["the cat sat on the mat", "the dog sat on the rug"] * 50)
    >>> wv["cats"].shape
    (16,)
    """

    _position_weights: FloatArray | None = None

    def __init__(
        self,
        *,
        objective: Literal["skipgram", "cbow"] = "skipgram",
        loss: Literal["ns", "hs", "softmax"] = "ns",
        dim: int = 100,
        window: int = 5,
        n_negatives: int = 5,
        epochs: int = 5,
        learning_rate: float = 0.05,
        min_count: int = 5,
        subsample: float = 1e-4,
        min_n: int = 3,
        max_n: int = 6,
        n_buckets: int = 2_000_000,
        negative_power: float = 0.5,
        max_vocab: int | None = None,
        tokenizer: Tokenizer = "whitespace",
        position_weights: bool = False,
        corrected_cbow: bool = False,
        half_precision: bool = False,
        memory_budget: int = 2_000_000_000,
        n_threads: int | None = None,
        random_state: int | None = 0,
    ) -> None:
        self.objective = objective
        self.loss = loss
        self.dim = dim
        self.window = window
        self.n_negatives = n_negatives
        self.epochs = epochs
        self.learning_rate = learning_rate
        self.min_count = min_count
        self.subsample = subsample
        self.min_n = min_n
        self.max_n = max_n
        self.n_buckets = n_buckets
        self.negative_power = negative_power
        self.max_vocab = max_vocab
        self.tokenizer = tokenizer
        self.position_weights = position_weights
        self.corrected_cbow = corrected_cbow
        self.half_precision = half_precision
        self.memory_budget = memory_budget
        self.n_threads = n_threads
        self.random_state = random_state

    def fit(
        self, corpus: Source, *, callbacks: Sequence[Callback] = (), on_interrupt: Literal["raise", "keep"] = "raise"
    ) -> Self:
        """Learn vectors from a corpus; what was learned before is replaced.

        Parameters
        ----------
        corpus : str, Path, iterable of Path, or iterable of str
            A str or Path names a file (plain, .gz, .bz2, .xz or .zst; "-" is standard input), an iterable of Path
            several; an iterable of str holds texts.
        callbacks : sequence of Callback
            Told of the progress, about ten times a second.
        on_interrupt : {"raise", "keep"}
            What Ctrl-C (KeyboardInterrupt) does once the threads have stopped: "raise" it and leave this estimator as
            it was, or "keep" what is trained so far, set `interrupted_` and return normally.

        Returns
        -------
        WordVectors
            This estimator.

        Raises
        ------
        ValueError, TypeError
            When a parameter breaks its rule, or the corpus has too few words.
        TrainingDivergedError
            When a value stopped being finite; this estimator is left as it was.
        """
        return self._train(corpus, self.get_params(), None, callbacks, on_interrupt)

    def partial_fit(
        self,
        corpus: Source,
        *,
        learning_rate: float | None = None,
        epochs: int | None = None,
        callbacks: Sequence[Callback] = (),
        on_interrupt: Literal["raise", "keep"] = "raise",
    ) -> Self:
        """Go on learning from more text, on a trained or loaded model; without one it is the same as `fit`.

        Words that the model knows keep their ids and go on from their vectors. Words that occur `min_count` times in
        the new text, and n-grams that are new, get rows. Counts are added up.

        Parameters
        ----------
        corpus : str, Path, iterable of Path, or iterable of str
            The new text, as for `fit`.
        learning_rate : float, optional
            At the start, falling linearly to 0; by default the parameter `learning_rate`. A low one changes less.
        epochs : int, optional
            Passes over the new text; by default the parameter `epochs`.
        callbacks : sequence of Callback
            Told of the progress, about ten times a second.
        on_interrupt : {"raise", "keep"}
            What Ctrl-C does, as for `fit`.

        Returns
        -------
        WordVectors
            This estimator.

        Raises
        ------
        ValueError, TypeError, TrainingDivergedError
            As `fit`; and when `dim`, `min_n`, `max_n` or `n_buckets` are not the model's. The model is left as it was.

        Notes
        -----
        A model from a fastText file has a row for every bucket; the rows of n-grams that no word has are dropped, which
        changes the vectors of unknown words a little. A model from a file of plain vectors has no output vectors: they
        start at zero; set `max_n` to give it n-grams, which start at zero too, so that no word's vector changes by
        that. With hierarchical softmax the output vectors start at zero, because new counts make another tree. Files do
        not keep position weights: those of a loaded model start at one.
        """
        given = self.get_params()
        given |= {} if learning_rate is None else {"learning_rate": learning_rate}
        given |= {} if epochs is None else {"epochs": epochs}
        return self._train(corpus, given, self._model, callbacks, on_interrupt)

    def _train(
        self,
        corpus: Source,
        given: dict[str, Any],
        start: StoredVectors | None,
        callbacks: Sequence[Callback],
        on_interrupt: Literal["raise", "keep"],
    ) -> Self:
        parameters = check_parameters(given)
        check_choice("on_interrupt", on_interrupt, ("raise", "keep"))
        trained = train_vectors(
            corpus,
            parameters,
            start=start,
            start_weights=None if start is None else self._position_weights,
            callbacks=callbacks,
            on_interrupt=on_interrupt,
        )
        self._set_model(with_parameters(trained.stored, self.get_params()))
        self._position_weights = trained.position_weights
        self.history_: list[HistoryRecord] = trained.run.history
        self.interrupted_ = trained.run.interrupted
        return self

    def quantize(
        self,
        *,
        method: Literal["product", "int8", "float16"] = "product",
        dsub: int = 2,
        qnorm: bool = False,
    ) -> Self:
        """Keep the input vectors in less memory, for all queries; the model can then no longer be trained.

        Parameters
        ----------
        method : {"product", "int8", "float16"}
            "product" replaces each `dsub` components by one of 256 choices, a byte, "int8" keeps a byte a component
            and a scale a row, "float16" two bytes a component.
        dsub : int
            Components that share a byte in product quantization: more are smaller and coarser.
        qnorm : bool
            Product quantization of rows divided by their norms, which are quantized by themselves.

        Returns
        -------
        WordVectors
            This estimator.

        Raises
        ------
        NotFittedError
            When there is no model yet.
        ValueError, TypeError
            When a parameter breaks its rule, or the model is quantized already.

        Notes
        -----
        `random_state` seeds the k-means of product quantization. ``.textspace`` files keep the quantized matrix, and
        open by memory map; other formats get float32.

        References
        ----------
        H. Jegou, M. Douze, C. Schmid, "Product quantization for nearest neighbor search", 2011.

        Examples
        --------
        >>> wv = WordVectors(dim=16, min_count=1).fit(["the cat sat", "the dog ran"] * 50)
        >>> wv.quantize(method="int8")["cats"].shape
        (16,)
        """
        model = quantize_vectors(
            self._fitted,
            method=method,
            dsub=dsub,
            qnorm=qnorm,
            n_threads=self.n_threads,
            random_state=self.random_state,
        )
        self._set_model(model)
        return self

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the model to a file, in the format that its name asks for.

        Parameters
        ----------
        path : str or os.PathLike
            ``.textspace`` keeps everything; ``.bin`` is fastText's model; ``.vec`` and ``.txt`` hold the words' vectors
            as text, ``.w2v.bin`` and ``.w2v`` in word2vec's binary form. An existing file is replaced in one step.

        Raises
        ------
        NotFittedError
            When there is no model yet.
        ValueError
            When the suffix is unknown, or the format cannot hold the model.
        """
        write_vectors(path, self._fitted)

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
        WordVectors
            With the parameters that the file keeps, and the defaults of the others.

        Raises
        ------
        FormatError
            When the file is damaged, or of no known format.
        """
        model = read_vectors(path, mmap=mmap)
        known = cls._parameter_defaults()
        self = cls(**{name: value for name, value in parameters_of(model).items() if name in known})
        self._set_model(model)
        return self

    def __getstate__(self) -> dict[str, Any]:
        # What can be computed again is left out; memory-mapped matrices are pickled as plain ones.
        return {name: value for name, value in self.__dict__.items() if name != "_cached_lookup"}
