"""Tag models in `.textspace` files.

Metadata as of classifiers, with `kind` "tag_space", and `similarity`. Arrays, with R rows, D components, L tags:

- input_vectors (R, D), tag_vectors (L, E), float32. tag_bias (L,), row_weights (R,), float32: may be absent.
- convolution_filters (H * K, D), convolution_filter_bias (H,), convolution_projection (P * H, D),
  convolution_projection_bias (D,), float32: absent where the encoder is a bag.
- linear_indptr (R + 1,), int64, linear_tag_ids, int32, linear_values, float32, linear_bias (L,), and perhaps
  linear_row_weights (R,), with metadata `linear_mix` and `linear_lead`: the sparse linear part, where there is one.
- tag_bytes, tag_offsets (L + 1,), tag_counts (L,): the tags. Words and n-grams as of classifiers.
"""

import math
from dataclasses import fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from textspace.errors import FormatError
from textspace.formats.native_features import features_parts, read_features, read_names
from textspace.formats.native_parts import Arrays, array_of, json_object, parameters_to_json
from textspace.formats.stored_tagspace import SparseLinear, StoredConvolution, StoredTagSpace
from textspace.formats.tensor_file import TensorFile
from textspace.text.utf8 import pack_words

KIND = "tag_space"
_CONVOLUTION = tuple(field.name for field in fields(StoredConvolution))
_LINEAR: dict[str, type[np.generic]] = {
    "indptr": np.int64,
    "tag_ids": np.int32,
    "values": np.float32,
    "bias": np.float32,
    "row_weights": np.float32,
}


def tagspace_parts(stored: StoredTagSpace) -> tuple[Arrays, dict[str, str]]:
    """Name the arrays and the metadata of a model.

    Parameters
    ----------
    stored : StoredTagSpace
        The model.

    Returns
    -------
    arrays : dict of str to ndarray
        What `read_stored_tagspace` reads.
    metadata : dict of str to str
        The same.

    Raises
    ------
    ValueError
        A parameter cannot be written as JSON.
    """
    arrays, metadata = features_parts(stored.features)
    given: dict[str, NDArray[Any] | None] = {
        "input_vectors": stored.word_vectors,
        "tag_vectors": stored.tag_vectors,
        "tag_bias": stored.tag_bias,
        "row_weights": stored.row_weights,
        "tag_counts": stored.tag_counts,
    }
    if stored.convolution is not None:
        given |= {f"convolution_{name}": getattr(stored.convolution, name) for name in _CONVOLUTION}
    if stored.linear is not None:
        given |= {f"linear_{name}": getattr(stored.linear, name) for name in _LINEAR}
        metadata["linear_mix"] = repr(float(stored.linear.mix))
        metadata["linear_lead"] = repr(float(stored.linear.lead))
    arrays |= {name: array for name, array in given.items() if array is not None}
    arrays["tag_bytes"], arrays["tag_offsets"] = pack_words(stored.tags)
    return arrays, metadata | {
        "kind": KIND,
        "loss": stored.loss,
        "similarity": stored.similarity,
        "parameters": parameters_to_json(stored.parameters),
    }


def read_stored_tagspace(file: TensorFile) -> StoredTagSpace:
    """Find a tag model in a file.

    Parameters
    ----------
    file : TensorFile
        The file.

    Returns
    -------
    StoredTagSpace
        The model.

    Raises
    ------
    FormatError
        Something is missing or of another type.
    ValueError
        The parts do not fit each other.
    """
    similarity: Any = file.metadata.get("similarity")  # checked by StoredTagSpace, as is the loss
    return StoredTagSpace(
        features=read_features(file),
        tags=read_names(file, "tag"),
        tag_counts=array_of(file, "tag_counts", np.int64, 1),
        word_vectors=array_of(file, "input_vectors", np.float32, 2),
        tag_vectors=array_of(file, "tag_vectors", np.float32, 2),
        tag_bias=_optional(file, "tag_bias"),
        row_weights=_optional(file, "row_weights"),
        convolution=_convolution(file),
        similarity=similarity,
        loss=file.metadata.get("loss", ""),
        linear=_linear(file),
        parameters=json_object(file.metadata, "parameters"),
    )


def _optional(file: TensorFile, name: str) -> NDArray[np.float32] | None:
    return array_of(file, name, np.float32, 1) if name in file.arrays else None


def _convolution(file: TensorFile) -> StoredConvolution | None:
    if "convolution_filters" not in file.arrays:
        return None
    return StoredConvolution(
        filters=array_of(file, "convolution_filters", np.float32, 2),
        filter_bias=array_of(file, "convolution_filter_bias", np.float32, 1),
        projection=array_of(file, "convolution_projection", np.float32, 2),
        projection_bias=array_of(file, "convolution_projection_bias", np.float32, 1),
    )


def _linear(file: TensorFile) -> SparseLinear | None:
    if "linear_indptr" not in file.arrays:
        return None
    found: dict[str, Any] = {
        name: array_of(file, f"linear_{name}", dtype, 1)
        for name, dtype in _LINEAR.items()
        if f"linear_{name}" in file.arrays or name != "row_weights"
    }
    return SparseLinear(**found, mix=_number(file, "linear_mix", ""), lead=_number(file, "linear_lead", "0"))


def _number(file: TensorFile, name: str, default: str) -> float:
    given = file.metadata.get(name, default)
    try:
        number = float(given)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise FormatError(f"`{name}` must be a number, got {given!r:.80}")
    return number
