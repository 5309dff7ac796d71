"""What a file of a tag model holds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from textspace.formats.stored_classifier import check_features

if TYPE_CHECKING:
    from textspace._typing import FloatArray, IntArray, LongArray
    from textspace.text.features import TextFeatures

TAG_LOSSES = ("tagspace", "warp", "warp_expected", "hinge", "hinge_max", "softmax", "bce", "sampled_softmax", "hs")


@dataclass(frozen=True, eq=False)
class StoredConvolution:
    """The matrices of a convolutional encoder beside its word rows.

    Parameters
    ----------
    filters : ndarray of float32, shape (H * K, D)
        H filters of K words each.
    filter_bias : ndarray of float32, shape (H,)
        Added before the maximum.
    projection : ndarray of float32, shape (P * H, D)
        From the maxima, P a filter, to the embedding.
    projection_bias : ndarray of float32, shape (D,)
        Added to it.
    """

    filters: FloatArray
    filter_bias: FloatArray
    projection: FloatArray
    projection_bias: FloatArray

    @property
    def n_filters(self) -> int:
        """Number of filters.

        Returns
        -------
        int
            H.
        """
        return len(self.filter_bias)

    @property
    def width(self) -> int:
        """Words of a window.

        Returns
        -------
        int
            K.
        """
        return len(self.filters) // len(self.filter_bias)

    @property
    def n_pools(self) -> int:
        """Maxima of each filter.

        Returns
        -------
        int
            P.
        """
        return len(self.projection) // len(self.filter_bias)

    def require_dim(self, dim: int) -> None:
        """Raise ValueError unless the matrices fit together and rows of D components.

        Parameters
        ----------
        dim : int
            D.
        """
        if self.filter_bias.ndim != 1 or self.filter_bias.size == 0:
            raise ValueError(f"`filter_bias` must have one dimension and not be empty, got {self.filter_bias.shape}")
        if not 1 <= self.width <= 255 or self.n_pools < 1:
            raise ValueError(
                f"windows must have 1 to 255 words, and a filter a maximum, got {self.width}, {self.n_pools}"
            )
        _require_shape("filters", self.filters.shape, (self.n_filters * self.width, dim))
        _require_shape("projection", self.projection.shape, (self.n_pools * self.n_filters, dim))
        _require_shape("projection_bias", self.projection_bias.shape, (dim,))


@dataclass(frozen=True, eq=False)
class SparseLinear:
    """A linear model of tags beside the dense one: the weights of row r are values[indptr[r]:indptr[r + 1]].

    Parameters
    ----------
    indptr : ndarray of int64, shape (R + 1,)
        Where the weights of each row of the features start.
    tag_ids : ndarray of int32, shape (W,)
        Their tags, ascending in each row.
    values : ndarray of float32, shape (W,)
        The weights.
    bias : ndarray of float32, shape (L,)
        Of each tag.
    row_weights : ndarray of float32, shape (R,), or None
        What a row counts in a text, such as its idf.
    mix : float
        What the linear score is multiplied by when it is added to the dense one.
    lead : float
        What the first word of a text counts more than a late one; 0: all count the same.
    """

    indptr: LongArray
    tag_ids: IntArray
    values: FloatArray
    bias: FloatArray
    row_weights: FloatArray | None = None
    mix: float = 1.0
    lead: float = 0.0

    def require_sizes(self, n_rows: int, n_tags: int) -> None:
        """Raise ValueError unless the arrays fit together, R rows and L tags, and no position is out of range.

        Parameters
        ----------
        n_rows, n_tags : int
            R and L.
        """
        _require_shape("indptr", self.indptr.shape, (n_rows + 1,))
        _require_shape("values", self.values.shape, self.tag_ids.shape)
        _require_shape("bias", self.bias.shape, (n_tags,))
        if self.row_weights is not None:
            _require_shape("row_weights", self.row_weights.shape, (n_rows,))
        if self.indptr[0] != 0 or self.indptr[-1] != self.tag_ids.size or (self.indptr[1:] < self.indptr[:-1]).any():
            raise ValueError(f"`indptr` must ascend from 0 to the number of weights, {self.tag_ids.size}")
        if self.tag_ids.size and not 0 <= self.tag_ids.min() <= self.tag_ids.max() < n_tags:
            raise ValueError(f"`tag_ids` must be from 0 to {n_tags - 1}")


@dataclass(frozen=True, eq=False)
class StoredTagSpace:
    """A tag model as it is in a file.

    Parameters
    ----------
    features : TextFeatures
        From a text to rows of `word_vectors`.
    tags : tuple of str
        The L tags without prefix, by descending count.
    tag_counts : ndarray of int64, shape (L,)
        How many texts of the training set have each.
    word_vectors : ndarray of float32, shape (R, D)
        A row a feature.
    tag_vectors : ndarray of float32, shape (L, E)
        A row a tag; E is D, or with a bag of several poolings D for each of them. Loss "hs": the L - 1 inner nodes of
        the Huffman tree of `tag_counts`.
    tag_bias : ndarray of float32, shape (L,), or None
        Added to the scores.
    row_weights : ndarray of float32, shape (R,), or None
        What a row counts in a bag; None: all the same.
    convolution : StoredConvolution or None
        None: the encoder is a bag.
    similarity : {"dot", "cosine"}
        Of a text and a tag.
    loss : str
        What the model was trained with.
    linear : SparseLinear or None
        A linear part whose scores are added.
    parameters : dict
        Hyperparameters of `TagSpace` by name. `poolings`, `power`, `pool`, `max_length`, `second_tanh` and
        `score_scale` are part of the encoder and of the score.

    Raises
    ------
    ValueError
        The parts do not fit together. The contents of large arrays are not read.
    """

    features: TextFeatures
    tags: tuple[str, ...]
    tag_counts: LongArray
    word_vectors: FloatArray
    tag_vectors: FloatArray
    tag_bias: FloatArray | None = None
    row_weights: FloatArray | None = None
    convolution: StoredConvolution | None = None
    similarity: Literal["dot", "cosine"] = "dot"
    loss: str = "softmax"
    linear: SparseLinear | None = None
    parameters: dict[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check what every file must be able to hold."""
        if self.loss not in TAG_LOSSES:
            raise ValueError(f"`loss` must be one of {', '.join(TAG_LOSSES)}, got {self.loss!r:.80}")
        if self.similarity not in ("dot", "cosine"):
            raise ValueError(f"`similarity` must be 'dot' or 'cosine', got {self.similarity!r:.80}")
        check_features(self.features)
        n_rows, n_tags = self.features.n_rows, len(self.tags)
        if not self.tags or len(set(self.tags)) < n_tags:
            raise ValueError("`tags` must not be empty, and differ from each other")
        _require_shape("tag_counts", self.tag_counts.shape, (n_tags,))
        if self.word_vectors.ndim != 2 or len(self.word_vectors) != n_rows or self.word_vectors.size == 0:
            raise ValueError(f"`word_vectors` must have {n_rows} rows, got shape {self.word_vectors.shape}")
        n_poolings = self.tag_vectors.shape[-1] // self.dim
        _require_shape(
            "tag_vectors", self.tag_vectors.shape, (n_tags - (self.loss == "hs"), max(n_poolings, 1) * self.dim)
        )
        if n_poolings > (3 if self.convolution is None else 1):
            raise ValueError(f"`tag_vectors` must be as wide as an embedding, got shape {self.tag_vectors.shape}")
        if self.tag_bias is not None:
            _require_shape("tag_bias", self.tag_bias.shape, (n_tags,))
        if self.row_weights is not None:
            _require_shape("row_weights", self.row_weights.shape, (n_rows,))
        if self.convolution is not None:
            self.convolution.require_dim(self.dim)
        if self.linear is not None:
            self.linear.require_sizes(n_rows, n_tags)

    @property
    def dim(self) -> int:
        """The number of columns of `word_vectors`.

        Returns
        -------
        int
            D.
        """
        return int(self.word_vectors.shape[1])


def _require_shape(name: str, shape: tuple[int, ...], expected: tuple[int, ...]) -> None:
    if shape != expected:
        raise ValueError(f"`{name}` must have shape {expected}, got {shape}")
