"""The matrices of a tag model in training: padded, aligned, with their first values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from textspace import _core
from textspace.formats.stored_tagspace import StoredConvolution
from textspace.training.matrices import BLOCK_ROWS, ROW_MULTIPLE, empty_matrix, is_finite, zero_matrix

if TYPE_CHECKING:
    from textspace._typing import FloatArray, LongArray
    from textspace.formats.stored_tagspace import StoredTagSpace
    from textspace.training.tagspace_parameters import TagSpaceParameters

_WORDS, _TAGS, _FILTERS, _PROJECTION = range(4)  # random streams
_POOLING_BITS = {"mean": 1, "max": 2, "min": 4}


@dataclass(frozen=True, eq=False)
class TagMatrices:
    """Rows of a multiple of 16 floats; the tags of several poolings one padded row after the other."""

    words: FloatArray
    tags: FloatArray
    tag_bias: FloatArray | None
    row_weights: FloatArray | None
    filters: FloatArray | None = None
    filter_bias: FloatArray | None = None
    projection: FloatArray | None = None
    projection_bias: FloatArray | None = None

    def all_finite(self) -> bool:
        """Return whether no value is a NaN or an infinity."""
        vectors = (self.tag_bias, self.filter_bias, self.projection_bias)
        matrices = (self.words, self.tags, self.filters, self.projection)
        return all(is_finite(matrix) for matrix in matrices if matrix is not None) and all(
            bool(np.isfinite(vector).all()) for vector in vectors if vector is not None
        )


def n_poolings(parameters: TagSpaceParameters) -> int:
    """Return how many vectors of D components an embedding is made of."""
    return 1 if parameters.encoder == "cnn" else len(parameters.poolings)


def n_pools(parameters: TagSpaceParameters) -> int:
    """Return how many maxima a filter has."""
    if parameters.pool is None or parameters.max_length is None:
        return 1
    return -(-parameters.max_length // parameters.pool)


def new_matrices(
    parameters: TagSpaceParameters,
    *,
    n_rows: int,
    tag_counts: LongArray,
    n_documents: int,
    row_weights: FloatArray | None,
) -> TagMatrices:
    """Return the matrices of a model that has seen nothing yet."""
    n_tags = len(tag_counts) - (parameters.loss == "hs")
    words = normal_matrix(n_rows, parameters.dim, parameters.init_sd, seed=(parameters.seed, _WORDS))
    tags = stacked_rows(
        normal_matrix(
            n_tags * n_poolings(parameters), parameters.dim, parameters.init_sd, seed=(parameters.seed, _TAGS)
        ),
        n_poolings(parameters),
    )
    bias = prior_bias(parameters, tag_counts, n_documents) if parameters.tag_bias else None
    if parameters.encoder == "bag":
        return TagMatrices(words, tags, bias, row_weights)
    return TagMatrices(words, tags, bias, None, *_new_convolution(parameters))


def _new_convolution(parameters: TagSpaceParameters) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Return Glorot's random filters and projection; filters up to a multiple of 16 are zeros."""
    width, dim, n_filters = parameters.width, parameters.dim, parameters.n_filters
    pools, padded = n_pools(parameters), -(-n_filters // ROW_MULTIPLE) * ROW_MULTIPLE
    filters = zero_matrix(padded * width, dim)
    sd = float(np.sqrt(2 / (width * dim + n_filters)))
    filters[: n_filters * width] = normal_matrix(n_filters * width, dim, sd, seed=(parameters.seed, _FILTERS))
    projection = zero_matrix(pools * padded, dim)
    sd = float(np.sqrt(2 / (pools * n_filters + dim)))
    first = normal_matrix(pools * n_filters, dim, sd, seed=(parameters.seed, _PROJECTION))
    by_pool = projection.reshape(pools, padded, -1)
    by_pool[:, :n_filters] = first.reshape(pools, n_filters, -1)
    return filters, zero_vector(padded), projection, zero_vector(dim)


def stored_matrices(stored: StoredTagSpace) -> TagMatrices:
    """Return the matrices of a model, padded and aligned."""
    words = padded_rows(stored.word_vectors)
    dim = stored.word_vectors.shape[1]
    poolings = stored.tag_vectors.shape[1] // dim
    tags = stacked_rows(padded_rows(stored.tag_vectors.reshape(-1, dim)), poolings)
    bias = None if stored.tag_bias is None else padded_vector(stored.tag_bias)
    weights = None if stored.row_weights is None else np.ascontiguousarray(stored.row_weights)
    if stored.convolution is None:
        return TagMatrices(words, tags, bias, weights)
    own = stored.convolution
    padded = -(-own.n_filters // ROW_MULTIPLE) * ROW_MULTIPLE
    filters = zero_matrix(padded * own.width, dim)
    filters[: len(own.filters), :dim] = own.filters
    projection = zero_matrix(own.n_pools * padded, dim)
    by_pool = projection.reshape(own.n_pools, padded, -1)
    by_pool[:, : own.n_filters, :dim] = own.projection.reshape(own.n_pools, own.n_filters, dim)
    return TagMatrices(
        words, tags, bias, None, filters, padded_vector(own.filter_bias), projection, padded_vector(own.projection_bias)
    )


def stored_convolution(matrices: TagMatrices, parameters: TagSpaceParameters) -> StoredConvolution | None:
    """Return the convolution without padding."""
    if matrices.filters is None or matrices.projection is None:
        return None
    assert matrices.filter_bias is not None
    assert matrices.projection_bias is not None
    n_filters, dim, pools = parameters.n_filters, parameters.dim, n_pools(parameters)
    projection = matrices.projection.reshape(pools, -1, matrices.projection.shape[1])[:, :n_filters, :dim]
    return StoredConvolution(
        matrices.filters[: n_filters * parameters.width, :dim],
        matrices.filter_bias[:n_filters],
        projection.reshape(pools * n_filters, dim),
        matrices.projection_bias[:dim],
    )


def core_model(matrices: TagMatrices, parameters: TagSpaceParameters) -> _core.TagModel:
    """Return the model that the core trains and embeds with; it works on the matrices themselves."""
    model = _core.TagModel(
        matrices.words,
        matrices.tags,
        dim=parameters.dim,
        poolings=sum(_POOLING_BITS[name] for name in parameters.poolings) if parameters.encoder == "bag" else 1,
        power=parameters.power,
        max_length=parameters.max_length or 2**62,
        cosine=parameters.similarity == "cosine",
        score_scale=parameters.score_scale,
        raw_gradients=parameters.raw_gradients,
        row_weights=matrices.row_weights,
        tag_bias=matrices.tag_bias,
    )
    if matrices.filters is not None:
        assert matrices.filter_bias is not None
        assert matrices.projection is not None
        assert matrices.projection_bias is not None
        model.set_convolution(
            matrices.filters,
            matrices.filter_bias,
            matrices.projection,
            matrices.projection_bias,
            width=parameters.width,
            n_pools=n_pools(parameters),
            pool=parameters.pool or 2**31 - 1,
            second_tanh=parameters.second_tanh,
        )
    return model


def normal_matrix(n_rows: int, dim: int, sd: float, *, seed: tuple[int, int]) -> FloatArray:
    """Return an aligned matrix of normal numbers; row for row it does not depend on `n_rows`."""
    matrix = zero_matrix(n_rows, dim)
    for begin in range(0, n_rows, BLOCK_ROWS):
        rows = matrix[begin : begin + BLOCK_ROWS]
        stream = np.random.default_rng(np.random.SeedSequence(seed[0], spawn_key=(seed[1], begin // BLOCK_ROWS)))
        rows[:, :dim] = np.float32(sd) * stream.standard_normal((len(rows), dim), np.float32)
    return matrix


def prior_bias(parameters: TagSpaceParameters, tag_counts: LongArray, n_documents: int) -> FloatArray:
    """Return the logarithm of each tag's smoothed frequency, or for one-vs-rest of its odds."""
    counts = tag_counts.astype(np.float64)
    if parameters.loss == "bce":
        share = (counts + 0.5) / (max(n_documents, 1) + 1.0)
        return padded_vector(np.log(share) - np.log1p(-np.minimum(share, 0.999)))
    return padded_vector(np.log(counts + 1) - np.log(counts.sum() + len(counts)))


def zero_vector(n: int) -> FloatArray:
    """Return zeros at the start of a cache line, as many as a multiple of 16."""
    return zero_matrix(1, n).reshape(-1)


def padded_vector(values: object) -> FloatArray:
    """Return a copy at the start of a cache line, with zeros up to a multiple of 16."""
    given = np.asarray(values, np.float32)
    vector = zero_vector(len(given))
    vector[: len(given)] = given
    return vector


def padded_rows(values: FloatArray) -> FloatArray:
    """Return an aligned copy with padded rows."""
    matrix = zero_matrix(*values.shape)
    matrix[:, : values.shape[1]] = values
    return matrix


def stacked_rows(rows: FloatArray, n: int) -> FloatArray:
    """Return every n padded rows as one."""
    return rows.reshape(len(rows) // n, -1)


def unstacked_rows(rows: FloatArray, dim: int, n: int) -> FloatArray:
    """Return rows of n vectors without their padding."""
    return rows.reshape(len(rows), n, -1)[:, :, :dim].reshape(len(rows), n * dim)


def aligned_rows(n_rows: int, width: int) -> FloatArray:
    """Return room for embeddings."""
    return empty_matrix(n_rows, width)
