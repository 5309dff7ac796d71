"""Scores of all tags for texts: the dense part, the linear part, and both together."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple, cast

import numpy as np

from textspace import _core
from textspace.search.exact import ExactIndex
from textspace.tagging.tagged_texts import Folding, folded
from textspace.text.label_ids import KnownLabels
from textspace.training.linear_tags import WeightedTexts, weighted_texts
from textspace.training.tag_documents import encode_tagged
from textspace.training.tagspace import TagEmbedder
from textspace.training.tagspace_parameters import TagSpaceParameters

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from textspace._typing import FloatArray, IntArray, LongArray
    from textspace.formats.stored_tagspace import StoredTagSpace

_SCORES_PER_BLOCK = 2**23
_TEXTS_PER_BLOCK = 4096
_SMALLEST_NORM = 1e-12


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
        self._by_frequency = np.argsort(-np.asarray(stored.tag_counts), kind="stable").astype(np.int32)
        self._priors = np.log(np.maximum(stored.tag_counts, 0.5) / max(stored.tag_counts.max(initial=1), 1))
        self._folding = cast("Folding", stored.parameters.get("folding", "whitespace"))
        self._tag_vectors = np.ascontiguousarray(stored.tag_vectors, dtype=np.float32)
        if stored.similarity == "cosine":
            self._tag_vectors = normalized(self._tag_vectors)
        self._index: ExactIndex | None = None

    def rows_of(self, texts: Sequence[str]) -> TextRows:
        """Return the rows that texts have; those of unknown words are left out."""
        stored = self._stored
        known = KnownLabels(stored.tags, stored.tag_counts)
        _, _, _, documents = encode_tagged(
            folded(texts, self._folding),
            [()] * len(texts),
            self._parameters,
            start=stored.features,
            start_tags=known,
            extend=False,
        )
        return TextRows(np.ascontiguousarray(documents.indptr), np.ascontiguousarray(documents.rows))

    def embed(self, texts: Sequence[str]) -> FloatArray:
        """Return the embeddings (N, E) of texts; zeros where no word is known."""
        return self.embed_rows(self.rows_of(texts))

    def score_blocks(self, texts: Sequence[str]) -> Iterator[tuple[int, FloatArray]]:
        """Yield the place of the first text of a block, and the scores (B, L) of its texts."""
        n_tags = max(len(self._stored.tags), 1)
        size = max(1, min(_TEXTS_PER_BLOCK, _SCORES_PER_BLOCK // n_tags))
        for begin in range(0, len(texts), size):
            yield begin, self._scores(self.rows_of(texts[begin : begin + size]))

    def best(self, texts: Sequence[str], k: int) -> tuple[IntArray, FloatArray]:
        """Return the numbers (N, k) and scores of the tags of highest score; k <= L."""
        ids = np.empty((len(texts), k), np.int32)
        scores = np.empty((len(texts), k), np.float32)
        if self._stored.linear is None and self._stored.loss != "hs":
            for begin in range(0, len(texts), _TEXTS_PER_BLOCK):
                end = min(begin + _TEXTS_PER_BLOCK, len(texts))
                ids[begin:end], scores[begin:end] = self._dense_best(self.rows_of(texts[begin:end]), k)
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
        return weighted_texts(*rows, weights, n_words=len(stored.features.vocabulary), lead=lead)

    @property
    def n_rows(self) -> int:
        """R."""
        return self._stored.features.n_rows

    def embed_rows(self, rows: TextRows) -> FloatArray:
        """Return the embeddings (N, E) of texts that are rows already."""
        return self._embedder.embed(rows.indptr, rows.rows, n_threads=self._n_threads)

    def _queries(self, rows: TextRows) -> FloatArray:
        embeddings = self.embed_rows(rows)
        return normalized(embeddings) if self._stored.similarity == "cosine" else embeddings

    def _dense_best(self, rows: TextRows, k: int) -> tuple[IntArray, FloatArray]:
        bias = self._stored.tag_bias
        vectors, queries = self._tag_vectors, self._queries(rows)
        if bias is not None:
            queries = np.column_stack([queries, np.ones(len(queries), np.float32)])
        if self._index is None:
            matrix = vectors if bias is None else np.column_stack([vectors, bias])
            self._index = ExactIndex(matrix, similarity="dot", n_threads=self._n_threads)
        ids, scores = self._index.search(queries, k)
        empty = np.diff(rows.indptr) == 0
        ids[empty] = self._by_frequency[:k]
        scores[empty] = self._priors[self._by_frequency[:k]]
        return ids, scores

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
        scores[np.diff(rows.indptr) == 0] = self._priors
        return scores


def _with_own_weights(stored: StoredTagSpace) -> StoredTagSpace:
    # The core takes no read-only view of a file.
    own = {
        name: None if values is None else np.array(values, np.float32)
        for name, values in (("tag_bias", stored.tag_bias), ("row_weights", stored.row_weights))
    }
    return replace(stored, **own)  # type: ignore[arg-type]


def normalized(vectors: FloatArray) -> FloatArray:
    """Divide rows by their norms; zeros stay zeros."""
    norms = np.sqrt(np.einsum("nd,nd->n", vectors, vectors, dtype=np.float64))
    return np.asarray(vectors / np.maximum(norms, _SMALLEST_NORM)[:, None], dtype=np.float32)


def parameters_of(stored: StoredTagSpace, *, n_threads: int) -> TagSpaceParameters:
    """Return the parameters that a model was trained with."""
    names = TagSpaceParameters.__dataclass_fields__
    given = {name: value for name, value in stored.parameters.items() if name in names}
    if isinstance(poolings := given.get("poolings"), list):
        given["poolings"] = tuple(poolings)
    given |= {"n_threads": n_threads}
    return TagSpaceParameters(**given)  # type: ignore[arg-type]
