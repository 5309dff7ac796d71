"""What a file of a text classifier holds, whatever its format."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, get_args

from textspace.formats.quantized import is_quantized
from textspace.formats.stored import MAX_NGRAM_LENGTH

if TYPE_CHECKING:
    from textspace._typing import FloatArray, IntArray, LongArray
    from textspace.formats.quantized import Matrix
    from textspace.text.features import TextFeatures

Loss = Literal["softmax", "hs", "ns", "ova"]


@dataclass(frozen=True, eq=False)
class Calibration:
    """Corrections that make scores probabilities one can trust, fitted on held-out texts.

    Parameters
    ----------
    scale, offset : ndarray of float32, shape (1,) or (L,)
        The calibrated logit is scale * logit + offset: one temperature for all labels, or Platt's two numbers for each.
    thresholds : ndarray of float32, shape (L,), or None
        The probability from which on a label is assigned.
    """

    scale: FloatArray
    offset: FloatArray
    thresholds: FloatArray | None = None


@dataclass(frozen=True, eq=False)
class StoredClassifier:
    """A text classifier as it is in a file.

    Parameters
    ----------
    features : TextFeatures
        From a text to rows of `input_vectors`.
    labels : tuple of str
        The L labels without their prefix, by descending count.
    label_counts : ndarray of int64, shape (L,)
        How many documents of the training set have each. Hierarchical softmax: of that set which made the tree; labels
        that were added later count 0.
    input_vectors : ndarray of float32 or float16, ProductQuantized or Int8Rows, shape (R, D)
        May be memory-mapped, read-only, not aligned to 4 bytes, or a view of padded rows.
    output_vectors : as `input_vectors`, shape (L, D), or None
        Hierarchical softmax: row i is inner node i of the Huffman tree of `label_counts`. None in a folded model, whose
        `input_vectors` are (R, L): the product of both.
    loss : {"softmax", "hs", "ns", "ova"}
        What it was trained with, which says how scores become probabilities.
    calibration : Calibration or None
        Of the scores.
    parameters : dict
        Hyperparameters of `TextClassifier` by name; and, from a fastText file, what it keeps besides.
    bucket_order : ndarray of int32, shape (G,), or None
        In what order a pruned fastText file lists `features.buckets`, so that it can be written again as it was; the
        native format does not keep it.

    Raises
    ------
    ValueError
        The parts do not fit together. The contents of arrays are not read.
    """

    features: TextFeatures
    labels: tuple[str, ...]
    label_counts: LongArray
    input_vectors: Matrix
    output_vectors: Matrix | None
    loss: Loss
    calibration: Calibration | None = None
    parameters: dict[str, object] = field(default_factory=dict)
    bucket_order: IntArray | None = None

    def __post_init__(self) -> None:
        """Check what every file must be able to hold."""
        if self.loss not in get_args(Loss):
            raise ValueError(f"`loss` must be one of {', '.join(get_args(Loss))}, got {self.loss!r:.80}")
        check_features(self.features)
        self._check_labels()
        self._check_matrices()
        if self.calibration is not None:
            _check_calibration(self.calibration, len(self.labels))

    @property
    def dim(self) -> int:
        """The number of columns of `input_vectors`.

        Returns
        -------
        int
            D; L in a folded model.
        """
        return int(self.input_vectors.shape[1])

    @property
    def is_quantized(self) -> bool:
        """Whether a matrix is not plain float32.

        Returns
        -------
        bool
            False for a model as it is trained.
        """
        return is_quantized(self.input_vectors) or (
            self.output_vectors is not None and is_quantized(self.output_vectors)
        )

    def _check_labels(self) -> None:
        if not self.labels:
            raise ValueError("`labels` must not be empty")
        if len(set(self.labels)) < len(self.labels):
            raise ValueError("`labels` must differ from each other")
        if self.label_counts.shape != (len(self.labels),):
            raise ValueError(f"`label_counts` must have shape ({len(self.labels)},), got {self.label_counts.shape}")

    def _check_matrices(self) -> None:
        n_rows, n_labels, shape = self.features.n_rows, len(self.labels), self.input_vectors.shape
        if len(shape) != 2 or shape[0] != n_rows or shape[0] * shape[1] == 0:
            raise ValueError(f"`input_vectors` must have one row a word and a bucket, {n_rows}, got shape {shape}")
        if self.output_vectors is None and self.dim != n_labels:
            raise ValueError(f"`input_vectors` of a folded model must have a column a label, {n_labels}, got {shape}")
        if self.output_vectors is not None and self.output_vectors.shape != (n_labels, self.dim):
            raise ValueError(f"`output_vectors` must have shape {n_labels, self.dim}, got {self.output_vectors.shape}")


def check_features(features: TextFeatures) -> None:
    """Raise ValueError for features that no file can hold.

    Parameters
    ----------
    features : TextFeatures
        The features; the contents of their arrays are not read.

    Raises
    ------
    ValueError
        A number is out of its range, or the arrays do not fit each other.
    """
    for name in ("min_n", "max_n", "word_ngrams"):
        if not 0 <= getattr(features, name) <= MAX_NGRAM_LENGTH:
            raise ValueError(f"`{name}` must be from 0 to {MAX_NGRAM_LENGTH}, got {getattr(features, name)}")
    if 0 < features.max_n < features.min_n:
        raise ValueError(f"`max_n` must be >= `min_n`, got min_n={features.min_n}, max_n={features.max_n}")
    has_ngrams = features.max_n > 0 or features.word_ngrams > 1
    if not int(has_ngrams) <= features.n_buckets < 1 << 31:
        raise ValueError(f"`n_buckets` must be from {int(has_ngrams)} to 2**31 - 1, got {features.n_buckets}")
    if features.n_rows >= 1 << 31:
        raise ValueError(f"words and buckets must be fewer than 2**31, got {features.n_rows}")
    if (features.buckets is None) != (features.bucket_rows is None):
        raise ValueError("`buckets` and `bucket_rows` must be given together")
    if features.buckets is not None and features.bucket_rows is not None:
        shapes = features.buckets.shape, features.bucket_rows.shape
        if features.buckets.ndim != 1 or shapes[0] != shapes[1]:
            raise ValueError(f"`buckets` and `bucket_rows` must both have shape (G,), got {shapes[0]} and {shapes[1]}")


def _check_calibration(calibration: Calibration, n_labels: int) -> None:
    shapes = calibration.scale.shape, calibration.offset.shape
    if shapes not in (((1,), (1,)), ((n_labels,), (n_labels,))):
        raise ValueError(
            f"`scale` and `offset` of the calibration must both have shape (1,) or ({n_labels},), got {shapes[0]} and "
            f"{shapes[1]}"
        )
    if calibration.thresholds is not None and calibration.thresholds.shape != (n_labels,):
        raise ValueError(f"`thresholds` must have shape ({n_labels},), got {calibration.thresholds.shape}")
