"""`VectorQueries`: everything that trained word vectors can be asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from textspace._validation import check_int, check_n_threads, check_texts, reject
from textspace.errors import NotFittedError
from textspace.evaluation import evaluate_analogies, evaluate_similarity, read_analogies, read_word_pairs
from textspace.lookup import Neighbor, VectorLookup
from textspace.text.tokenizers import tokenize
from textspace.text.vocabulary import END_OF_LINE
from textspace.training.parameters import check_tokenizer

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    from textspace._typing import FloatArray, Tokenizer
    from textspace.evaluation import AnalogyResult, SimilarityResult
    from textspace.formats import StoredVectors
    from textspace.formats.quantized import Matrix
    from textspace.text.subwords import Subwords
    from textspace.text.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class VectorEvaluation:
    """How good word vectors are on the test sets they were tried on.

    Parameters
    ----------
    similarity : SimilarityResult or None
        Agreement with people's judgements of similarity; None without such a set.
    analogies : AnalogyResult or None
        Analogies answered rightly; None without such a set.
    """

    similarity: SimilarityResult | None
    analogies: AnalogyResult | None


class VectorQueries:
    """The part of an estimator that answers questions about its word vectors.

    The model is one value, replaced as a whole: no failure leaves half of another behind, and what was computed from
    the old vectors goes with them.
    """

    tokenizer: Tokenizer
    n_threads: int | None
    _model: StoredVectors | None = None
    _cached_lookup: VectorLookup | None = None

    def _set_model(self, model: StoredVectors) -> None:
        self._model = model
        self._cached_lookup = None

    @property
    def _fitted(self) -> StoredVectors:
        if self._model is None:
            raise NotFittedError(
                f"this {type(self).__name__} is not trained yet; call fit(corpus) first, or textspace.load(path)"
            )
        return self._model

    @property
    def _lookup(self) -> VectorLookup:
        if self._cached_lookup is None:
            self._cached_lookup = VectorLookup(self._fitted, n_threads=check_n_threads(self.n_threads))
        return self._cached_lookup

    @property
    def vocabulary_(self) -> Vocabulary:
        """The V words and their counts."""
        return self._fitted.vocabulary

    @property
    def subwords_(self) -> Subwords | None:
        """The rows of the n-grams; None for words without n-grams."""
        return self._fitted.subwords

    @property
    def input_vectors_(self) -> Matrix:
        """The input matrix (R, D): a row for each word, then for each n-gram."""
        return self._fitted.input_vectors

    @property
    def output_vectors_(self) -> FloatArray | None:
        """The output matrix (V, D), which only training uses."""
        return self._fitted.output_vectors

    @property
    def words(self) -> list[str]:
        """The words of the vocabulary in the order of their ids, the most frequent first."""
        return self.vocabulary_.words

    @property
    def vectors(self) -> FloatArray:
        """The vectors (V, D) of the words of the vocabulary; read-only, computed at the first use and kept."""
        return self._lookup.vocabulary_vectors

    def __contains__(self, word: object) -> bool:
        return word in self.vocabulary_

    def __getitem__(self, word: str | bytes) -> FloatArray:
        vector: FloatArray = self._vectors_of([word])[0]
        return vector

    def embed(self, texts: Sequence[str]) -> FloatArray:
        """Return a vector for each text: the mean of its words' vectors, each divided by its norm.

        Parameters
        ----------
        texts : sequence of str
            N texts.

        Returns
        -------
        float32 array (N, D)
            Zeros for a text without words that have a vector.

        Raises
        ------
        TypeError
            When `texts` is a single text.

        Notes
        -----
        This is fastText's sentence vector; the end of a line does not count as a word.

        Examples
        --------
        >>> from textspace import WordVectors
        >>> wv = WordVectors(dim=16, min_count=1).fit(["the cat sat", "the dog ran"] * 50)
        >>> wv.embed(["a cat", "the dogs", ""]).shape
        (3, 16)
        """
        lookup, tokenizer = self._lookup, check_tokenizer(self.tokenizer)

        def words_of(text: str) -> list[str]:
            return [word for word in tokenize(text, tokenizer=tokenizer) if word != END_OF_LINE]

        return lookup.text_vectors(check_texts("texts", texts), words_of)

    def similarity(self, a: str | bytes, b: str | bytes) -> float:
        """Return the cosine of the angle between the vectors of two words.

        Parameters
        ----------
        a, b : str
            The words.

        Returns
        -------
        float
            From -1 to 1; 0 when a vector is zero.

        Raises
        ------
        KeyError
            When a word is unknown and the model has no n-grams.
        """
        one, other = self._vectors_of([a, b]).astype(np.float64)
        norm = float(np.linalg.norm(one) * np.linalg.norm(other))
        return float(one @ other) / norm if norm else 0.0

    def nearest(self, query: str | bytes | FloatArray, *, k: int = 10) -> list[Neighbor]:
        """Return the words whose vectors have the largest cosine with the query's.

        Parameters
        ----------
        query : str or array (D,)
            A word, which is not among the results; or a vector.
        k : int
            Number of results.

        Returns
        -------
        list of Neighbor
            (word, similarity), the nearest first; at most as many as there are words.

        Raises
        ------
        KeyError
            When the word is unknown and the model has no n-grams.

        Notes
        -----
        The search is exact: it costs V * D multiplications. The first one normalizes the vectors of all words.

        Examples
        --------
        >>> from textspace import WordVectors
        >>> wv = WordVectors(dim=16, min_count=1).fit(["the cat sat", "the dog ran"] * 50)
        >>> [neighbor.word for neighbor in wv.nearest("cat", k=2)]  # doctest: +SKIP
        ['sat', 'the']
        """
        if isinstance(query, str | bytes):
            return self.nearest_batch([query], k=k)[0]
        vector = np.asarray(query)
        if vector.shape != (self._fitted.dim,):
            reject(
                "query", f"be a word or a vector of shape ({self._fitted.dim},)", query, "nearest_batch takes several"
            )
        return self.nearest_batch(vector[np.newaxis], k=k)[0]

    def nearest_batch(self, queries: Sequence[str | bytes] | FloatArray, *, k: int = 10) -> list[list[Neighbor]]:
        """Return for each of several queries what `nearest` returns for one, in much less time.

        Parameters
        ----------
        queries : sequence of str, or array (N, D)
            Words, each of which is not among its own results; or vectors.
        k : int
            Number of results of each.

        Returns
        -------
        list of list of Neighbor
            A list for each query.

        Raises
        ------
        KeyError
            When a word is unknown and the model has no n-grams.
        """
        k = check_int("k", k, at_least=1)
        if isinstance(queries, np.ndarray) and queries.dtype.kind in "fiu":
            if queries.ndim != 2 or queries.shape[1] != self._fitted.dim:
                reject("queries", f"be words or vectors of shape (N, {self._fitted.dim})", queries.shape)
            vectors = np.ascontiguousarray(queries, dtype=np.float32)
            return self._lookup.nearest(vectors, k=k, exclude=[[]] * len(vectors))
        if isinstance(queries, str | bytes):
            raise TypeError(f"`queries` must be a sequence of words, got a single one; call nearest({queries!r})")
        words: list[str | bytes] = list(queries)
        return self._lookup.nearest(self._vectors_of(words), k=k, exclude=[[word] for word in words])

    def analogy(self, a: str | bytes, b: str | bytes, c: str | bytes, *, k: int = 10) -> list[Neighbor]:
        """Return the words nearest to a - b + c: berlin - germany + france should give paris.

        Parameters
        ----------
        a, b, c : str
            The words; their vectors are divided by their norms. None of them is among the results.
        k : int
            Number of results.

        Returns
        -------
        list of Neighbor
            (word, similarity), the nearest first.

        Raises
        ------
        KeyError
            When a word is unknown and the model has no n-grams.

        References
        ----------
        T. Mikolov, W. Yih, G. Zweig, "Linguistic regularities in continuous space word representations", 2013.

        Examples
        --------
        >>> wv.analogy("berlin", "germany", "france")  # doctest: +SKIP
        [Neighbor(word='paris', similarity=0.81), ...]
        """
        vectors = self._vectors_of([a, b, c])
        units = vectors / (np.linalg.norm(vectors, axis=1, keepdims=True) + 1e-8)
        query = units[0] - units[1] + units[2]
        return self._lookup.nearest(query[np.newaxis], k=check_int("k", k, at_least=1), exclude=[[a, b, c]])[0]

    def evaluate(
        self,
        *,
        similarity: str | os.PathLike[str] | None = None,
        analogies: str | os.PathLike[str] | None = None,
        method: str = "3cosadd",
        restrict_vocabulary: int | None = None,
        case: str = "fold",
    ) -> VectorEvaluation:
        """Return how good the vectors are on test sets.

        Parameters
        ----------
        similarity : str or os.PathLike, optional
            A file of lines `word word score`, such as WordSim-353.
        analogies : str or os.PathLike, optional
            A file of lines `a b c d` and `: section`, such as Google's.
        method : {"3cosadd", "3cosmul"}
            What the answer to an analogy maximizes.
        restrict_vocabulary : int, optional
            Only so many of the most frequent words count as known in analogies. None: all.
        case : {"fold", "keep", "lower"}
            "fold" takes a word lower-cased where the vocabulary has only that, "keep" as it is, "lower" lower-cased.

        Returns
        -------
        VectorEvaluation
            The results on the sets that were given.

        Raises
        ------
        ValueError
            When no test set is given.
        FormatError
            When a file is not what it should be.

        See Also
        --------
        textspace.evaluation.evaluate_similarity : Takes any vectors and pairs.
        textspace.evaluation.evaluate_analogies : Takes any vectors and questions.

        Examples
        --------
        >>> wv.evaluate(similarity="en-ws353.txt").similarity.spearman_in_vocabulary  # doctest: +SKIP
        0.63
        """
        if similarity is None and analogies is None:
            raise ValueError("`similarity` or `analogies` must be the path of a test set, got None for both")
        vocabulary, lookup = self.vocabulary_, self._lookup
        agreement = answers = None
        if similarity is not None:
            pairs = read_word_pairs(similarity)
            agreement = evaluate_similarity(lookup.word_vectors, pairs, vocabulary=vocabulary, case=case)
        if analogies is not None:
            answers = evaluate_analogies(
                lookup.index,
                read_analogies(analogies),
                vocabulary=vocabulary,
                method=method,
                restrict_vocabulary=restrict_vocabulary,
                case=case,
            )
        return VectorEvaluation(agreement, answers)

    def _vectors_of(self, words: Sequence[str | bytes]) -> FloatArray:
        model = self._fitted
        for word in words:
            if not isinstance(word, str | bytes):
                raise TypeError(f"a word must be a str, got {word!r} ({type(word).__name__})")
            if model.subwords is None and word not in model.vocabulary:
                raise KeyError(
                    f"{word!r} is not in the vocabulary, and the model has no n-grams to make a vector from; "
                    "test with `word in model`, or train with max_n > 0"
                )
        return self._lookup.word_vectors(words)
