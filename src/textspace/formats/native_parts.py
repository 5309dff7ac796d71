"""The parts of `.textspace` files that every kind of model has: words, matrices in any form, checked metadata."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from textspace.errors import FormatError
from textspace.formats.quantized import Int8Rows, Matrix, ProductQuantized
from textspace.formats.strict_json import parse_json
from textspace.formats.tensor_file import TensorFile
from textspace.text.vocabulary import Vocabulary

Arrays = dict[str, NDArray[Any]]


def vocabulary_arrays(vocabulary: Vocabulary) -> Arrays:
    """Name the arrays of a vocabulary.

    Parameters
    ----------
    vocabulary : Vocabulary
        The words.

    Returns
    -------
    dict of str to ndarray
        What `read_vocabulary` reads.
    """
    return {
        "word_index": vocabulary.index,
        "word_offsets": vocabulary.offsets,
        "word_counts": vocabulary.counts,
        "word_bytes": vocabulary.blob,
    }


def read_vocabulary(file: TensorFile) -> Vocabulary:
    """Find the vocabulary in a file.

    Parameters
    ----------
    file : TensorFile
        The file.

    Returns
    -------
    Vocabulary
        Over the arrays of the file, whose offsets are checked where they are used.

    Raises
    ------
    FormatError
        An array is missing or of another type.
    ValueError
        The arrays do not fit each other.
    """
    return Vocabulary.from_arrays(
        array_of(file, "word_bytes", np.uint8, 1),
        array_of(file, "word_offsets", np.int64, 1),
        array_of(file, "word_counts", np.int64, 1),
        n_tokens=integer_of(file.metadata, "n_tokens"),
        index=array_of(file, "word_index", np.uint32, 1),
        check_offsets=False,
    )


def matrix_parts(name: str, matrix: Matrix) -> tuple[Arrays, dict[str, str]]:
    """Name the arrays and the metadata of a matrix.

    Parameters
    ----------
    name : str
        "input" or "output".
    matrix : Matrix
        The matrix.

    Returns
    -------
    arrays : dict of str to ndarray
        What `read_matrix` reads.
    metadata : dict of str to str
        The same.
    """
    if isinstance(matrix, np.ndarray):
        return {f"{name}_vectors": matrix}, {}
    if isinstance(matrix, Int8Rows):
        return {f"{name}_vectors": matrix.values, f"{name}_scales": matrix.scales}, {}
    arrays: Arrays = {f"{name}_codes": matrix.codes, f"{name}_centroids": matrix.centroids}
    if matrix.norm_codes is not None and matrix.norm_centroids is not None:
        arrays |= {f"{name}_norm_codes": matrix.norm_codes, f"{name}_norm_centroids": matrix.norm_centroids}
    return arrays, {f"{name}_sub_dim": str(matrix.sub_dim)}


def read_matrix(file: TensorFile, name: str) -> Matrix | None:
    """Find a matrix in a file.

    Parameters
    ----------
    file : TensorFile
        The file.
    name : str
        "input" or "output".

    Returns
    -------
    Matrix or None
        As it was written; None where the file has none of that name.

    Raises
    ------
    FormatError
        An array is missing or of another type.
    ValueError
        The arrays do not fit each other.
    """
    if f"{name}_codes" in file.arrays:
        return _read_product_quantized(file, name)
    matrix = file.arrays.get(f"{name}_vectors")
    if matrix is None:
        return None
    if matrix.dtype == np.int8:
        return Int8Rows(array_of(file, f"{name}_vectors", np.int8, 2), array_of(file, f"{name}_scales", np.float32, 1))
    if matrix.dtype == np.float16:
        return array_of(file, f"{name}_vectors", np.float16, 2)
    return array_of(file, f"{name}_vectors", np.float32, 2)


def require_matrix(file: TensorFile, name: str) -> Matrix:
    """Find a matrix that a file must have.

    Parameters
    ----------
    file : TensorFile
        The file.
    name : str
        "input" or "output".

    Returns
    -------
    Matrix
        As it was written.

    Raises
    ------
    FormatError
        An array is missing or of another type.
    ValueError
        The arrays do not fit each other.
    """
    matrix = read_matrix(file, name)
    if matrix is None:
        raise FormatError(f"array `{name}_vectors` is missing")
    return matrix


def parameters_to_json(parameters: Mapping[str, object]) -> str:
    """Write parameters as JSON.

    Parameters
    ----------
    parameters : mapping of str to object
        Numbers, those of NumPy too, strings, lists and None.

    Returns
    -------
    str
        A JSON object.

    Raises
    ------
    ValueError
        A value is something else, or not finite.
    """

    def plain(value: object) -> object:
        if isinstance(value, np.generic):
            return value.item()
        raise ValueError(f"parameters can be saved when they are numbers, strings, lists or None, got {value!r}")

    return json.dumps(dict(parameters), default=plain, allow_nan=False)


def json_object(metadata: Mapping[str, str], name: str) -> dict[str, Any]:
    """Find a JSON object in the metadata of a file.

    Parameters
    ----------
    metadata : mapping of str to str
        The metadata.
    name : str
        Its key.

    Returns
    -------
    dict
        The object.

    Raises
    ------
    FormatError
        It is missing, or something else.
    """
    value = parse_json(metadata.get(name, ""))
    if not isinstance(value, dict):
        raise FormatError(f"`{name}` must be a JSON object")
    return value


def array_of(file: TensorFile, name: str, dtype: type[np.generic], n_dimensions: int) -> NDArray[Any]:
    """Find an array in a file.

    Parameters
    ----------
    file : TensorFile
        The file.
    name : str
        Its name.
    dtype : type of NumPy number
        What it must be of.
    n_dimensions : int
        How many it must have.

    Returns
    -------
    ndarray
        The array.

    Raises
    ------
    FormatError
        It is missing, or something else.
    """
    array = file.arrays.get(name)
    if array is None:
        raise FormatError(f"array `{name}` is missing")
    if array.dtype != dtype or array.ndim != n_dimensions:
        raise FormatError(
            f"array `{name}` must be {np.dtype(dtype)} with {n_dimensions} dimensions, got {array.dtype} with shape "
            f"{array.shape}"
        )
    return array


def integer_of(metadata: Mapping[str, str], name: str) -> int:
    """Find an integer in the metadata of a file.

    Parameters
    ----------
    metadata : mapping of str to str
        The metadata.
    name : str
        Its key.

    Returns
    -------
    int
        From 0 to 2**63 - 1.

    Raises
    ------
    FormatError
        It is missing, or something else.
    """
    text = metadata.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) <= 19 and int(text) < 1 << 63):
        raise FormatError(f"metadata `{name}` must be an integer from 0 to 2**63 - 1, got {text!r:.80}")
    return int(text)


def _read_product_quantized(file: TensorFile, name: str) -> ProductQuantized:
    centroids = array_of(file, f"{name}_centroids", np.float32, 1)
    has_norms = f"{name}_norm_codes" in file.arrays
    return ProductQuantized(
        array_of(file, f"{name}_codes", np.uint8, 2),
        centroids,
        dim=centroids.size // 256,
        sub_dim=integer_of(file.metadata, f"{name}_sub_dim"),
        norm_codes=array_of(file, f"{name}_norm_codes", np.uint8, 1) if has_norms else None,
        norm_centroids=array_of(file, f"{name}_norm_centroids", np.float32, 1) if has_norms else None,
    )
