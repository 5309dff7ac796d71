"""What a file of a text classifier holds, whatever its format."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from textspace._typing import FloatArray, LongArray
    from textspace.text.features import TextFeatures


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
        How many documents of the training set have each.
    input_vectors : ndarray of float32, shape (R, D)
        May be memory-mapped, read-only, not aligned to 4 bytes, or a view of padded rows.
    output_vectors : ndarray of float32, shape (L, D), or None
        Hierarchical softmax: row i is inner node i of the Huffman tree of `label_counts`. None in a folded model, whose
        `input_vectors` are (R, L): the product of both.
    loss : {"softmax", "hs", "ns", "ova"}
        What it was trained with, which says how scores become probabilities.
    calibration : Calibration or None
        Of the scores.
    parameters : dict
        Hyperparameters of `TextClassifier` by name.
    """

    features: TextFeatures
    labels: tuple[str, ...]
    label_counts: LongArray
    input_vectors: FloatArray
    output_vectors: FloatArray | None
    loss: Literal["softmax", "hs", "ns", "ova"]
    calibration: Calibration | None = None
    parameters: dict[str, object] = field(default_factory=dict)
