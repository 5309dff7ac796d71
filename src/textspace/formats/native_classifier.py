"""Text classifiers in `.textspace` files."""

from dataclasses import fields
from typing import Any

import numpy as np

from textspace.formats.native_features import features_parts, read_features, read_names
from textspace.formats.native_parts import (
    Arrays,
    array_of,
    json_object,
    matrix_parts,
    parameters_to_json,
    read_matrix,
    require_matrix,
)
from textspace.formats.stored_classifier import Calibration, StoredClassifier
from textspace.formats.tensor_file import TensorFile
from textspace.text.utf8 import pack_words

KIND = "text_classifier"


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
    more_arrays, more_metadata = features_parts(features)
    arrays, metadata = arrays | more_arrays, metadata | more_metadata
    arrays["label_bytes"], arrays["label_offsets"] = pack_words(stored.labels)
    arrays["label_counts"] = stored.label_counts
    if stored.calibration is not None:
        given = {field.name: getattr(stored.calibration, field.name) for field in fields(Calibration)}
        arrays |= {f"calibration_{name}": array for name, array in given.items() if array is not None}
    return arrays, metadata | {
        "kind": KIND,
        "loss": stored.loss,
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
        read_features(file),
        read_names(file, "label"),
        array_of(file, "label_counts", np.int64, 1),
        require_matrix(file, "input"),
        read_matrix(file, "output"),
        loss,
        calibration=_calibration(file),
        parameters=json_object(file.metadata, "parameters"),
    )


def _calibration(file: TensorFile) -> Calibration | None:
    if "calibration_scale" not in file.arrays:
        return None
    return Calibration(
        array_of(file, "calibration_scale", np.float32, 1),
        array_of(file, "calibration_offset", np.float32, 1),
        array_of(file, "calibration_thresholds", np.float32, 1) if "calibration_thresholds" in file.arrays else None,
    )
