"""Scores of all tags for texts: the dense part, the linear part, and both together."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias, cast

import numpy as np

from textspace import _core
from textspace.search.approximate import ApproximateIndex
from textspace.search.exact import ExactIndex
from textspace.search.unit_rows import unit_rows
from textspace.tagging.tagged_texts import Folding, folded
from textspace.text.label_ids import KnownLabels
from textspace.training.tag_documents import encode_tagged
from textspace.training.tagspace import TagEmbedder
from textspace.training.tagspace_parameters import TagSpaceParameters
from textspace.training.weighted_texts import WeightedTexts, weighted_texts

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from textspace._typing import FloatArray, IntArray, LongArray
    from textspace.formats.stored_tagspace import StoredTagSpace

Search: TypeAlias = Literal["auto", "exact", "approximate"]
EXACT_LIMIT = 100_000  # tags, up to which comparing all of them takes a fraction of a millisecond a text
_SCORES_PER_BLOCK = 2**23
_TEXTS_PER_BLOCK = 16384


class TextRows(NamedTuple):
    """N texts as rows of the model: text i has ``rows[indptr[i]:indptr[i + 1]]``."""

    indptr: LongArray
    rows: IntArray


class TagScorer:
    """Scores texts and tags with a model, which must not change.

    Parameters
    ----------
    stored : StoredTagSpace
        The model.
    n_threads : int
        Threads; the results do not depend on them.
    """

    def __init__(self, stored: StoredTagSpace, *, n_threads: int) -> None:
        self._stored = stored
        self._n_threads = n_threads
        self._parameters = parameters_of(stored, n_threads=n_threads)
        self._embedder = TagEmbedder(_with_own_weights(stored), self._parameters)
        self.tags = np.array(stored.tags, dtype=object)
        self._by_frequency = np.argsort(-np.asarray(stored.tag_counts), kind="stable").astype(np.int32)
        self.priors = np.log(np.maximum(stored.tag_counts, 0.5) / max(stored.tag_counts.max(initial=1), 1))
        self._folding = cast("Folding", stored.parameters.get("folding", "whitespace"))
        self._tag_vectors = np.ascontiguousarray(stored.tag_vectors, dtype=np.float32)
        if stored.similarity == "cosine":
            self._tag_vectors = unit_rows(self._tag_vectors)
        self._known_tags = KnownLabels(stored.tags, stored.tag_counts)
        self._index: ExactIndex | None = None
        self._clusters: ApproximateIndex | None = None

    def rows_of(self, texts: Sequence[str]) -> TextRows:
        """Return the rows that texts have; those of unknown words are left out."""
        _, _, _, documents = encode_tagged(
            folded(texts, self._folding),
            [()] * len(texts),
            self._parameters,
            start=self._stored.features,
            start_tags=self._known_tags,
            extend=False,
        )
        return TextRows(np.ascontiguousarray(documents.indptr), np.ascontiguousarray(documents.rows))

    def folded(self, text: str) -> str:
        """Return a text as the features see it."""
        return folded([text], self._folding)[0]

    def probability(self, text: str, tag_id: int) -> float:
        """Return the probability of a tag; NaN where the model was trained to rank alone, or has a linear part."""
        loss = self._stored.loss
        if self._stored.linear is not None or loss not in ("softmax", "sampled_softmax", "bce", "hs"):
            return math.nan
        scores = self._scores(self.rows_of([text]))[0].astype(np.float64) * self._parameters.score_scale
        if loss == "hs":
            return float(np.exp(scores[tag_id]))
        if loss == "bce":
            return float(0.5 * (1 + np.tanh(scores[tag_id] / 2)))
        return float(np.exp(scores[tag_id] - np.logaddexp.reduce(scores)))

    def embed(self, texts: Sequence[str]) -> FloatArray:
        """Return the embeddings (N, E) of texts; zeros where no word is known."""
        return self.embed_rows(self.rows_of(texts))

    def score_blocks(self, texts: Sequence[str]) -> Iterator[tuple[int, FloatArray]]:
        """Yield the place of the first text of a block, and the scores (B, L) of its texts."""
        n_tags = max(len(self._stored.tags), 1)
        size = max(1, min(_TEXTS_PER_BLOCK, _SCORES_PER_BLOCK // n_tags))
        for begin in range(0, len(texts), size):
            yield begin, self._scores(self.rows_of(texts[begin : begin + size]))

    @property
    def is_dense(self) -> bool:
        """Whether a score is an inner product of two vectors, by which tags can be indexed."""
        return self._stored.linear is None and self._stored.loss != "hs"

    def tag_index(self, n_probes: int | None = None) -> ApproximateIndex:
        """Return the approximate index of the tags, built where there is none, with `n_probes` if one is given."""
        if not self.is_dense:
            raise ValueError(
                "tags can be indexed only where a score is an inner product: this model has "
                + ("loss='hs'" if self._stored.linear is None else "a linear part; train with linear=False")
            )
        if self._clusters is None:
            self._clusters = ApproximateIndex(self._tag_matrix(), n_threads=self._n_threads)
        if n_probes is not None:
            self._clusters.n_probes = n_probes
        return self._clusters

    def queries(self, texts: Sequence[str]) -> FloatArray:
        """Return the vectors whose products with the indexed tags are the scores; no text without known words."""
        rows = self.rows_of(texts)
        return self._index_queries(rows)[np.diff(rows.indptr) > 0]

    def best(self, texts: Sequence[str], k: int, *, search: Search = "auto") -> tuple[IntArray, FloatArray]:
        """Return the numbers (N, k) and scores of the tags of highest score; k <= L."""
        ids = np.empty((len(texts), k), np.int32)
        scores = np.empty((len(texts), k), np.float32)
        if search == "approximate" or self.is_dense:
            index = self._index_for(search)
            for begin in range(0, len(texts), _TEXTS_PER_BLOCK):
                end = min(begin + _TEXTS_PER_BLOCK, len(texts))
                ids[begin:end], scores[begin:end] = self._dense_best(index, self.rows_of(texts[begin:end]), k)
            return ids, scores
        for begin, block in self.score_blocks(texts):
            end = begin + len(block)
            _core.best_columns(
                block, columns_out=ids[begin:end], scores_out=scores[begin:end], n_threads=self._n_threads
            )
        return ids, scores

    def weighted(self, rows: TextRows) -> WeightedTexts:
        """Return texts as the linear part sees them; without one, by the weights of the bag."""
        stored = self._stored
        weights = stored.row_weights if stored.linear is None else stored.linear.row_weights
        if weights is None:
            weights = np.ones(stored.features.n_rows, np.float32)
        lead = 0.0 if stored.linear is None else stored.linear.lead
        return weighted_texts(
            *rows, weights, n_words=len(stored.features.vocabulary), lead=lead, n_threads=self._n_threads
        )

    @property
    def n_rows(self) -> int:
        """R."""
        return self._stored.features.n_rows

    def embed_rows(self, rows: TextRows) -> FloatArray:
        """Return the embeddings (N, E) of texts that are rows already."""
        return self._embedder.embed(rows.indptr, rows.rows, n_threads=self._n_threads)

    def _queries(self, rows: TextRows) -> FloatArray:
        embeddings = self.embed_rows(rows)
        return unit_rows(embeddings) if self._stored.similarity == "cosine" else embeddings

    def _index_for(self, search: Search) -> ExactIndex | ApproximateIndex:
        is_built = self._clusters is not None
        if search == "approximate" or (search == "auto" and is_built and len(self._stored.tags) > EXACT_LIMIT):
            return self.tag_index()
        if self._index is None:
            self._index = ExactIndex(self._tag_matrix(), similarity="dot", n_threads=self._n_threads)
        return self._index

    def _dense_best(self, index: ExactIndex | ApproximateIndex, rows: TextRows, k: int) -> tuple[IntArray, FloatArray]:
        ids, scores = index.search(self._index_queries(rows), k)
        empty = np.diff(rows.indptr) == 0
        ids[empty] = self._by_frequency[:k]
        scores[empty] = self.priors[self._by_frequency[:k]]
        return ids, scores

    def _tag_matrix(self) -> FloatArray:
        bias = self._stored.tag_bias
        return self._tag_vectors if bias is None else np.column_stack([self._tag_vectors, bias])

    def _index_queries(self, rows: TextRows) -> FloatArray:
        queries = self._queries(rows)
        if self._stored.tag_bias is None:
            return queries
        return np.column_stack([queries, np.ones(len(queries), np.float32)])

    def _scores(self, rows: TextRows) -> FloatArray:
        stored = self._stored
        scores = np.ascontiguousarray(self._queries(rows) @ self._tag_vectors.T)
        if stored.loss == "hs":
            nodes, scores = scores, np.empty((len(scores), len(stored.tags)), np.float32)
            _core.tree_log_probabilities(np.ascontiguousarray(stored.tag_counts), nodes, scores)
        if stored.tag_bias is not None:
            scores += stored.tag_bias
        linear = stored.linear
        if linear is not None:
            texts = self.weighted(rows)
            scaled = (texts.values * linear.mix).astype(np.float32)
            scores += linear.mix * linear.bias
            _core.add_linear_scores(
                texts.indptr, texts.rows, scaled, linear.indptr, linear.tag_ids, linear.values, scores,
                n_threads=self._n_threads,
            )  # fmt: skip
        scores[np.diff(rows.indptr) == 0] = self.priors
        return scores


def _with_own_weights(stored: StoredTagSpace) -> StoredTagSpace:
    # The core takes no read-only view of a file.
    own = {
        name: None if values is None else np.array(values, np.float32)
        for name, values in (("tag_bias", stored.tag_bias), ("row_weights", stored.row_weights))
    }
    return replace(stored, **own)  # type: ignore[arg-type]


def vectors_of_tags(stored: StoredTagSpace) -> FloatArray:
    """Return the vectors (L, E) of the tags."""
    if stored.loss == "hs":
        raise ValueError("tags have no vectors with loss='hs', but a place in a tree; train with another loss")
    return np.asarray(stored.tag_vectors)


def parameters_of(stored: StoredTagSpace, *, n_threads: int) -> TagSpaceParameters:
    """Return the parameters that a model was trained with."""
    names = TagSpaceParameters.__dataclass_fields__
    given = {name: value for name, value in stored.parameters.items() if name in names}
    if isinstance(poolings := given.get("poolings"), list):
        given["poolings"] = tuple(poolings)
    given |= {"n_threads": n_threads}
    return TagSpaceParameters(**given)  # type: ignore[arg-type]
