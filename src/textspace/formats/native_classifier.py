"""Text classifiers in `.textspace` files."""

import json
from dataclasses import fields
from itertools import pairwise
from typing import Any

import numpy as np

from textspace.errors import FormatError
from textspace.formats.native_parts import (
    Arrays,
    array_of,
    json_object,
    matrix_parts,
    parameters_to_json,
    read_matrix,
    read_vocabulary,
    require_matrix,
    vocabulary_arrays,
)
from textspace.formats.stored_classifier import Calibration, StoredClassifier
from textspace.formats.tensor_file import TensorFile
from textspace.text.features import TextFeatures
from textspace.text.utf8 import pack_words, to_text

KIND = "text_classifier"
_FEATURES: dict[str, type] = {
    "min_n": int,
    "max_n": int,
    "word_ngrams": int,
    "n_buckets": int,
    "label_prefix": str,
    "skip_missing": bool,
}


def classifier_parts(stored: StoredClassifier) -> tuple[Arrays, dict[str, str]]:
    """Name the arrays and the metadata of a model.

    Parameters
    ----------
    stored : StoredClassifier
        The model.

    Returns
    -------
    arrays : dict of str to ndarray
        What `read_stored_classifier` reads.
    metadata : dict of str to str
        The same.

    Raises
    ------
    ValueError
        A parameter cannot be written as JSON.
    """
    features = stored.features
    arrays, metadata = matrix_parts("input", stored.input_vectors)
    if stored.output_vectors is not None:
        more_arrays, more_metadata = matrix_parts("output", stored.output_vectors)
        arrays, metadata = arrays | more_arrays, metadata | more_metadata
    if features.buckets is not None and features.bucket_rows is not None:
        arrays |= {"ngram_buckets": features.buckets, "ngram_rows": features.bucket_rows}
    arrays |= vocabulary_arrays(features.vocabulary)
    arrays["label_bytes"], arrays["label_offsets"] = pack_words(stored.labels)
    arrays["label_counts"] = stored.label_counts
    if stored.calibration is not None:
        given = {field.name: getattr(stored.calibration, field.name) for field in fields(Calibration)}
        arrays |= {f"calibration_{name}": array for name, array in given.items() if array is not None}
    return arrays, metadata | {
        "kind": KIND,
        "loss": stored.loss,
        "features": json.dumps({name: getattr(features, name) for name in _FEATURES}),
        "n_tokens": str(features.vocabulary.n_tokens),
        "parameters": parameters_to_json(stored.parameters),
    }


def read_stored_classifier(file: TensorFile) -> StoredClassifier:
    """Find a text classifier in a file.

    Parameters
    ----------
    file : TensorFile
        The file.

    Returns
    -------
    StoredClassifier
        The model.

    Raises
    ------
    FormatError
        Something is missing or of another type.
    ValueError
        The parts do not fit each other.
    """
    loss: Any = file.metadata.get("loss")  # checked by StoredClassifier
    return StoredClassifier(
        _features(file),
        _labels(file),
        array_of(file, "label_counts", np.int64, 1),
        require_matrix(file, "input"),
        read_matrix(file, "output"),
        loss,
        calibration=_calibration(file),
        parameters=json_object(file.metadata, "parameters"),
    )


def _features(file: TensorFile) -> TextFeatures:
    given = json_object(file.metadata, "features")
    if set(given) != set(_FEATURES) or any(type(given[name]) is not kind for name, kind in _FEATURES.items()):
        raise FormatError(f"`features` must give {', '.join(_FEATURES)}, of the right types")
    compact = "ngram_buckets" in file.arrays
    return TextFeatures(
        read_vocabulary(file),
        buckets=array_of(file, "ngram_buckets", np.int32, 1) if compact else None,
        bucket_rows=array_of(file, "ngram_rows", np.int32, 1) if compact else None,
        **given,
    )


def _labels(file: TensorFile) -> tuple[str, ...]:
    blob = array_of(file, "label_bytes", np.uint8, 1).tobytes()
    offsets = array_of(file, "label_offsets", np.int64, 1).tolist()
    if not offsets or offsets[0] != 0 or offsets[-1] != len(blob) or sorted(offsets) != offsets:
        raise FormatError(f"`label_offsets` must ascend from 0 to the length of `label_bytes`, {len(blob)}")
    return tuple(to_text(blob[begin:end]) for begin, end in pairwise(offsets))


def _calibration(file: TensorFile) -> Calibration | None:
    if "calibration_scale" not in file.arrays:
        return None
    return Calibration(
        array_of(file, "calibration_scale", np.float32, 1),
        array_of(file, "calibration_offset", np.float32, 1),
        array_of(file, "calibration_thresholds", np.float32, 1) if "calibration_thresholds" in file.arrays else None,
    )
