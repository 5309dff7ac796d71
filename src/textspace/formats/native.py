"""The native format `.textspace`: a safetensors file with everything of a model, opened by memory map."""

import json
import os
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from textspace.errors import FormatError
from textspace.formats.stored import StoredVectors
from textspace.formats.strict_json import parse_json
from textspace.formats.tensor_file import TensorFile, read_tensor_file, write_tensor_file
from textspace.text.subwords import Subwords
from textspace.text.vocabulary import Vocabulary

FORMAT_VERSION = 1
_KIND = "word_vectors"


def write_native(path: str | os.PathLike[str], stored: StoredVectors) -> None:
    """Write a model as `.textspace`.

    Parameters
    ----------
    path : str or os.PathLike
        The file; replaced in one step when it exists.
    stored : StoredVectors
        The model. Everything in it is kept.

    Raises
    ------
    ValueError
        A parameter cannot be written as JSON.
    OSError
        The file cannot be written.

    Notes
    -----
    Any safetensors library can read the arrays. The matrices are written a block of rows at a time.
    """
    vocabulary, subwords = stored.vocabulary, stored.subwords
    arrays: dict[str, NDArray[Any]] = {"input_vectors": stored.input_vectors}
    if stored.output_vectors is not None:
        arrays["output_vectors"] = stored.output_vectors
    metadata = {
        "format": "textspace",
        "format_version": str(FORMAT_VERSION),
        "kind": _KIND,
        "parameters": _parameters_to_json(stored.parameters),
        "n_tokens": str(vocabulary.n_tokens),
    }
    if subwords is not None:
        sizes = {"min_n": subwords.min_n, "max_n": subwords.max_n, "n_buckets": subwords.n_buckets}
        metadata["subwords"] = json.dumps(sizes)
        if subwords.buckets is not None and subwords.ngram_rows is not None:
            arrays["ngram_buckets"] = subwords.buckets
            arrays["ngram_rows"] = subwords.ngram_rows
    arrays["word_index"] = vocabulary.index
    arrays["word_offsets"] = vocabulary.offsets
    arrays["word_counts"] = vocabulary.counts
    arrays["word_bytes"] = vocabulary.blob
    write_tensor_file(path, arrays, metadata=metadata)


def read_native(path: str | os.PathLike[str], *, mmap: bool = True) -> StoredVectors:
    """Open a `.textspace` file of word vectors.

    Parameters
    ----------
    path : str or os.PathLike
        The file.
    mmap : bool
        True: arrays are read-only views of the file. False: copies in memory.

    Returns
    -------
    StoredVectors
        The model.

    Raises
    ------
    FormatError
        The file is not valid, or of a newer version of the format.
    OSError
        The file cannot be opened.

    Notes
    -----
    Opening takes a millisecond whatever the size of the file: nothing proportional to it is read. Word offsets, index
    entries and rows are therefore checked where they are used.
    """
    file = read_tensor_file(path, mmap=mmap)
    try:
        _check_metadata(file.metadata)
        return _stored_vectors(file)
    except (ValueError, TypeError) as error:
        raise FormatError(f"{path}: {error}") from error


def _parameters_to_json(parameters: Mapping[str, object]) -> str:
    def plain(value: object) -> object:
        if isinstance(value, np.generic):
            return value.item()
        raise ValueError(f"parameters can be saved when they are numbers, strings, lists or None, got {value!r}")

    return json.dumps(dict(parameters), default=plain, allow_nan=False)


def _check_metadata(metadata: Mapping[str, str]) -> None:
    if metadata.get("format") != "textspace":
        raise FormatError("a safetensors file, but not one that textspace wrote: it has no metadata `format`")
    version = _integer(metadata, "format_version")
    if not 1 <= version <= FORMAT_VERSION:
        raise FormatError(f"the version of the format must be 1 to {FORMAT_VERSION}, got {version}: upgrade textspace")
    if metadata.get("kind") != _KIND:
        raise FormatError(f"`kind` must be {_KIND!r}, got {metadata.get('kind')!r:.80}")


def _stored_vectors(file: TensorFile) -> StoredVectors:
    input_vectors = _array(file, "input_vectors", np.float32, 2)
    vocabulary = Vocabulary.from_arrays(
        _array(file, "word_bytes", np.uint8, 1),
        _array(file, "word_offsets", np.int64, 1),
        _array(file, "word_counts", np.int64, 1),
        n_tokens=_integer(file.metadata, "n_tokens"),
        index=_array(file, "word_index", np.uint32, 1),
        check_offsets=False,
    )
    output_vectors = _array(file, "output_vectors", np.float32, 2) if "output_vectors" in file.arrays else None
    parameters = parse_json(file.metadata.get("parameters", ""))
    if not isinstance(parameters, dict):
        raise FormatError("`parameters` must be a JSON object")
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
        buckets=_array(file, "ngram_buckets", np.int32, 1) if compact else None,
        ngram_rows=_array(file, "ngram_rows", np.int32, 1) if compact else None,
    )


def _array(file: TensorFile, name: str, dtype: type[np.generic], n_dimensions: int) -> NDArray[Any]:
    array = file.arrays.get(name)
    if array is None:
        raise FormatError(f"array `{name}` is missing")
    if array.dtype != dtype or array.ndim != n_dimensions:
        raise FormatError(
            f"array `{name}` must be {np.dtype(dtype)} with {n_dimensions} dimensions, got {array.dtype} with shape "
            f"{array.shape}"
        )
    return array


def _integer(metadata: Mapping[str, str], name: str) -> int:
    text = metadata.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) <= 19 and int(text) < 1 << 63):
        raise FormatError(f"metadata `{name}` must be an integer from 0 to 2**63 - 1, got {text!r:.80}")
    return int(text)
