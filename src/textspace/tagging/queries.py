"""`TagQueries`: everything that a trained tag model can be asked."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

import numpy as np

from textspace import _core
from textspace._validation import check_choice, check_float, check_int, check_n_threads, check_texts
from textspace.errors import NotFittedError
from textspace.evaluation.ranking import CUTOFFS, ranks_of_tags, starspace_hit_at_k, tag_metrics
from textspace.lookup import Neighbor
from textspace.prediction.ranked import Ranked
from textspace.search.approximate import N_PROBES
from textspace.search.unit_rows import unit_rows
from textspace.tagging.explanations import explain_tag, filter_windows
from textspace.tagging.recommendation import Recommendation, nearest_to_history
from textspace.tagging.scoring import TagScorer, vectors_of_tags
from textspace.tagging.tagged_texts import tagged_texts

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from textspace._typing import FloatArray, Source
    from textspace.classification.explanation import Explanation
    from textspace.evaluation.ranking import TagMetrics
    from textspace.formats.stored_tagspace import StoredTagSpace
    from textspace.tagging.explanations import FilterWindow
    from textspace.tagging.scoring import Search
    from textspace.tagging.tagged_texts import TagSource
    from textspace.text.vocabulary import Vocabulary


class TagQueries:
    """The part of an estimator that answers questions about texts and tags."""

    n_threads: int | None
    tags_from: TagSource
    _model: StoredTagSpace | None = None
    _cached_scorer: tuple[int, TagScorer] | None = None
    _known_tags: dict[str, int] | None = None

    def _set_model(self, model: StoredTagSpace) -> None:
        self._model = model
        self._cached_scorer = self._known_tags = None

    @property
    def _fitted(self) -> StoredTagSpace:
        if self._model is None:
            raise NotFittedError(
                f"this {type(self).__name__} is not trained yet; call fit(texts, tags) first, or textspace.load(path)"
            )
        return self._model

    @property
    def _scorer(self) -> TagScorer:
        n_threads = check_n_threads(self.n_threads)
        if self._cached_scorer is None or self._cached_scorer[0] != n_threads:
            self._cached_scorer = n_threads, TagScorer(self._fitted, n_threads=n_threads)
        return self._cached_scorer[1]

    @property
    def tags_(self) -> tuple[str, ...]:
        """The L tags, the most frequent first."""
        return self._fitted.tags

    @property
    def vocabulary_(self) -> Vocabulary:
        """The V words and their counts."""
        return self._fitted.features.vocabulary

    def rank(self, texts: Iterable[str], k: int = 10, *, search: Search = "auto") -> Ranked:
        """Return the best tags of each text.

        Parameters
        ----------
        texts : iterable of str
            N texts.
        k : int, default 10
            How many; all L where there are fewer.
        search : {"auto", "exact", "approximate"}
            Whether all tags are compared with a text, or those of the best clusters of an index, which it builds where
            `build_tag_index` was not called. "auto": with more than 100,000 tags the index, if it was built.

        Returns
        -------
        Ranked
            Tags and scores, the best first; of equal scores the more frequent tag. A text without a known word has the
            tags by their frequency.

        Raises
        ------
        NotFittedError
            When there is no model yet.
        ValueError
            When an approximate search is asked for and the score is no inner product of vectors.
        """
        check_choice("search", search, ("auto", "exact", "approximate"))
        listed = check_texts("texts", texts)
        k = min(check_int("k", k, at_least=1), len(self._fitted.tags))
        ids, scores = self._scorer.best(listed, k, search=search)
        return Ranked(self._scorer.tags[ids], scores, ids)

    def build_tag_index(self, *, n_probes: int = N_PROBES) -> None:
        """Build an index of the tags, by which `rank` finds most of the best without looking at all of them.

        Parameters
        ----------
        n_probes : int
            In how many clusters of tags a search looks: more find more of the best, and take longer. Of an index that
            is built already it is changed at once.

        Raises
        ------
        ValueError
            When the score is no inner product of vectors: the model has a linear part, or loss "hs".

        Notes
        -----
        The tags are put into clusters by the directions of their vectors (an inverted file). Building it for 100,000
        tags takes as long as ranking all of them for some 15,000 texts. The index is kept in memory with this
        estimator, and not in files. What it finds depends on the vectors: measure it by `tag_index_recall`, and set
        `n_probes`.
        """
        self._scorer.tag_index(check_int("n_probes", n_probes, at_least=1))

    def tag_index_recall(self, texts: Iterable[str], k: int = 10) -> float:
        """Measure how many of the k best tags are found by the index.

        Parameters
        ----------
        texts : iterable of str
            Texts like those to be ranked; those without a known word do not count.
        k : int, default 10
            How many tags of each.

        Returns
        -------
        float
            The share, from 0 to 1; NaN where no text counts.
        """
        scorer = self._scorer
        return scorer.tag_index().recall(scorer.queries(check_texts("texts", texts)), check_int("k", k, at_least=1))

    def embed(self, texts: Iterable[str]) -> FloatArray:
        """Return the vectors of texts in the space of the tags.

        Parameters
        ----------
        texts : iterable of str
            N texts.

        Returns
        -------
        ndarray of float32, shape (N, E)
            Zeros for a text without a known word.
        """
        return self._scorer.embed(check_texts("texts", texts))

    def embed_tags(self, tags: Iterable[str] | None = None) -> FloatArray:
        """Return the vectors of tags.

        Parameters
        ----------
        tags : iterable of str, optional
            Which; all, in the order of `tags_`, by default.

        Returns
        -------
        ndarray of float32, shape (n_tags, E)
            A row a tag; zeros for one that the model does not know.

        Raises
        ------
        ValueError
            With loss "hs", whose tags have no vectors.
        """
        vectors = vectors_of_tags(self._fitted)
        if tags is None:
            return np.array(vectors, dtype=np.float32)
        ids = self._ids_of(check_texts("tags", tags))
        found: FloatArray = np.asarray(vectors[np.maximum(ids, 0)], dtype=np.float32)
        found[ids < 0] = 0
        return found

    def nearest_tags(self, tag: str, k: int = 10) -> list[Neighbor]:
        """Return the tags most similar to a tag, by the cosine of their vectors.

        Parameters
        ----------
        tag : str
            A known tag.
        k : int, default 10
            How many.

        Returns
        -------
        list of Neighbor
            The most similar first, without the tag itself.

        Raises
        ------
        KeyError
            When the model does not know the tag.
        ValueError
            With loss "hs", whose tags have no vectors.
        """
        tag_id = self._id_of(tag)
        vectors = unit_rows(vectors_of_tags(self._fitted))
        similarities = vectors @ vectors[tag_id]
        similarities[tag_id] = -np.inf
        return _neighbors(similarities, self._fitted.tags, min(check_int("k", k, at_least=1), len(vectors) - 1))

    def words_near_tag(self, tag: str, k: int = 10) -> list[Neighbor]:
        """Return the words whose vectors are most similar to that of a tag.

        Parameters
        ----------
        tag : str
            A known tag.
        k : int, default 10
            How many.

        Returns
        -------
        list of Neighbor
            The most similar first. With a bag of words alone: for the convolution and for several poolings a word is
            embedded as a text of its own.

        Raises
        ------
        KeyError
            When the model does not know the tag.
        ValueError
            With loss "hs", whose tags have no vectors.
        """
        tag_id = self._id_of(tag)
        words = self.vocabulary_.words
        vectors = unit_rows(self.embed(words))
        similarities = vectors @ unit_rows(vectors_of_tags(self._fitted)[tag_id : tag_id + 1])[0]
        return _neighbors(similarities, words, min(check_int("k", k, at_least=1), len(words)))

    def recommend(
        self, history: Iterable[str], candidates: Iterable[str], k: int = 10, *, bag_of_words: float = 0.0
    ) -> Recommendation:
        """Rank texts by their similarity to the most similar text of a history, as the paper recommends documents.

        Parameters
        ----------
        history : iterable of str
            Texts that one reader has read.
        candidates : iterable of str
            N texts to choose from.
        k : int, default 10
            How many; all where there are fewer.
        bag_of_words : float, default 0
            Share, from 0 to 1, of the cosine of weighted words in the similarity; the rest is that of embeddings. The
            paper's best figures are those of a mixture.

        Returns
        -------
        Recommendation
            Positions among the candidates and similarities, the best first; without a history all are 0.
        """
        share = check_float("bag_of_words", bag_of_words, at_least=0, at_most=1)
        read, offered = check_texts("history", history), check_texts("candidates", candidates)
        return nearest_to_history(self._scorer, read, offered, check_int("k", k, at_least=1), share)

    def evaluate(self, texts: Source, tags: object = None) -> TagMetrics:
        """Rank all tags for texts whose tags are known.

        Parameters
        ----------
        texts : path, paths or iterable of str
            As for `fit`.
        tags : sequence, optional
            As for `fit`.

        Returns
        -------
        TagMetrics
            Precision, recall and nDCG at 1, 5 and 10, ranks, and coverage. Every text with a tag counts, also one of
            unknown words, and tags that the model does not know count as not found.
        """
        listed, truth = tagged_texts(texts, tags, tags_from=self.tags_from, label_prefix=self._label_prefix)
        counts, n_tags = np.asarray(self._fitted.tag_counts), len(self._fitted.tags)
        k = min(max(CUTOFFS), n_tags)
        best = np.empty((len(listed), k), np.int32)
        ranks, frequencies = [], []
        for begin, scores in self._scorer.score_blocks(listed):
            end = begin + len(scores)
            _core.best_columns(
                scores, columns_out=best[begin:end], scores_out=np.empty((len(scores), k), np.float32), n_threads=1
            )
            for row, names in zip(scores, truth[begin:end], strict=True):
                ids = self._ids_of(dict.fromkeys(names))
                ranks.append(ranks_of_tags(row[None], np.zeros(ids.size, np.int64), ids))
                frequencies.append(np.where(ids >= 0, counts[np.maximum(ids, 0)], 0))
        return tag_metrics(ranks, best, n_tags=n_tags, frequencies=frequencies)

    def starspace_hit(self, texts: Source, tags: object = None, *, k: int = 1) -> float:
        """Return StarSpace's hit@k, for comparison with its figures: see `evaluation.ranking.starspace_hit_at_k`.

        Parameters
        ----------
        texts : path, paths or iterable of str
            As for `fit`.
        tags : sequence, optional
            As for `fit`.
        k : int, default 1
            How many tags are looked at.

        Returns
        -------
        float
            Share of texts.
        """
        listed, truth = tagged_texts(texts, tags, tags_from=self.tags_from, label_prefix=self._label_prefix)
        ids = [known[known >= 0] for known in (self._ids_of(names) for names in truth)]
        hits = np.zeros(2)
        for begin, scores in self._scorer.score_blocks(listed):
            block = ids[begin : begin + len(scores)]
            n_known = sum(each.size > 0 for each in block)
            if n_known:
                hits += n_known * starspace_hit_at_k(scores, block, check_int("k", k, at_least=1)), n_known
        return float(hits[0] / hits[1]) if hits[1] else float("nan")

    def explain(self, text: str, tag: str | None = None) -> Explanation:
        """Return what every word and n-gram of a text adds to the score of a tag, in both parts together.

        Parameters
        ----------
        text : str
            One text.
        tag : str, optional
            A known tag; None: the best one.

        Returns
        -------
        Explanation
            The contributions and the offset, which is what the tag has with every text, add up to the score. Those of a
            convolution are the windows that its filters have their maxima in. With loss "hs" the score is the sum of
            the log-odds on the way to the tag.

        Raises
        ------
        KeyError
            When the model does not know the tag.
        """
        tag_id = int(self.rank([text], k=1).label_ids[0, 0]) if tag is None else self._id_of(tag)
        return explain_tag(self._scorer, self._fitted, text, tag_id)

    def filter_windows(self, text: str, tag: str, k: int = 10) -> list[FilterWindow]:
        """Return which words the filters of a convolution saw that matter most for a tag.

        Parameters
        ----------
        text : str
            One text.
        tag : str
            A known tag.
        k : int, default 10
            How many filters.

        Returns
        -------
        list of FilterWindow
            Those that add or take most first.

        Raises
        ------
        ValueError
            When the encoder is no convolution.
        """
        found = filter_windows(self._scorer, self._fitted, text, self._id_of(tag))
        return found[: check_int("k", k, at_least=1)]

    @property
    def _label_prefix(self) -> str:
        return str(self._fitted.features.label_prefix)

    def _ids_of(self, tags: Iterable[str]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        if self._known_tags is None:
            self._known_tags = {tag: tag_id for tag_id, tag in enumerate(self._fitted.tags)}
        known = self._known_tags
        return np.array([known.get(tag, -1) for tag in tags], np.int64)

    def _id_of(self, tag: str) -> int:
        tag_id = int(self._ids_of([tag])[0])
        if tag_id < 0:
            near = difflib.get_close_matches(str(tag), self._fitted.tags[:10_000], n=3)
            raise KeyError(f"no tag {tag!r}" + (f"; near it: {', '.join(near)}" if near else ""))
        return tag_id


def _neighbors(similarities: FloatArray, names: Sequence[str], k: int) -> list[Neighbor]:
    order = np.argsort(-similarities, kind="stable")[:k]
    return [Neighbor(names[place], float(similarities[place])) for place in order.tolist()]
