"""What a file of a tag model holds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from textspace._typing import FloatArray, IntArray, LongArray
    from textspace.text.features import TextFeatures


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
    """

    indptr: LongArray
    tag_ids: IntArray
    values: FloatArray
    bias: FloatArray
    row_weights: FloatArray | None = None
    mix: float = 1.0


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
