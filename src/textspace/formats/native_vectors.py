"""Word vectors in `.textspace` files."""

import json

import numpy as np

from textspace.errors import FormatError
from textspace.formats.native_parts import (
    Arrays,
    array_of,
    json_object,
    matrix_parts,
    parameters_to_json,
    read_vocabulary,
    require_matrix,
    vocabulary_arrays,
)
from textspace.formats.stored import StoredVectors
from textspace.formats.strict_json import parse_json
from textspace.formats.tensor_file import TensorFile
from textspace.text.subwords import Subwords

KIND = "word_vectors"


def vectors_parts(stored: StoredVectors) -> tuple[Arrays, dict[str, str]]:
    """Name the arrays and the metadata of a model.

    Parameters
    ----------
    stored : StoredVectors
        The model.

    Returns
    -------
    arrays : dict of str to ndarray
        What `read_stored_vectors` reads.
    metadata : dict of str to str
        The same.

    Raises
    ------
    ValueError
        A parameter cannot be written as JSON.
    """
    vocabulary, subwords = stored.vocabulary, stored.subwords
    arrays, sub_dim = matrix_parts("input", stored.input_vectors)
    if stored.output_vectors is not None:
        arrays["output_vectors"] = stored.output_vectors
    metadata = {"kind": KIND, "parameters": parameters_to_json(stored.parameters), "n_tokens": str(vocabulary.n_tokens)}
    if subwords is not None:
        sizes = {"min_n": subwords.min_n, "max_n": subwords.max_n, "n_buckets": subwords.n_buckets}
        metadata["subwords"] = json.dumps(sizes)
        if subwords.buckets is not None and subwords.ngram_rows is not None:
            arrays["ngram_buckets"] = subwords.buckets
            arrays["ngram_rows"] = subwords.ngram_rows
    return arrays | vocabulary_arrays(vocabulary), metadata | sub_dim


def read_stored_vectors(file: TensorFile) -> StoredVectors:
    """Find word vectors in a file.

    Parameters
    ----------
    file : TensorFile
        The file.

    Returns
    -------
    StoredVectors
        The model.

    Raises
    ------
    FormatError
        Something is missing or of another type.
    ValueError
        The parts do not fit each other.
    """
    input_vectors = require_matrix(file, "input")
    vocabulary = read_vocabulary(file)
    output_vectors = array_of(file, "output_vectors", np.float32, 2) if "output_vectors" in file.arrays else None
    parameters = json_object(file.metadata, "parameters")
    return StoredVectors(vocabulary, input_vectors, output_vectors, _subwords(file, len(vocabulary)), parameters)


def _subwords(file: TensorFile, n_words: int) -> Subwords | None:
    if "subwords" not in file.metadata:
        return None
    sizes = parse_json(file.metadata["subwords"])
    names = ("min_n", "max_n", "n_buckets")
    if not isinstance(sizes, dict) or set(sizes) != set(names) or not all(type(sizes[name]) is int for name in names):
        raise FormatError(f"`subwords` must give the integers {', '.join(names)}")
    compact = "ngram_buckets" in file.arrays
    return Subwords(
        min_n=sizes["min_n"],
        max_n=sizes["max_n"],
        n_buckets=sizes["n_buckets"],
        first_row=n_words,
        buckets=array_of(file, "ngram_buckets", np.int32, 1) if compact else None,
        ngram_rows=array_of(file, "ngram_rows", np.int32, 1) if compact else None,
    )
