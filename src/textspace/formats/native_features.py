"""The way from texts to rows in `.textspace` files, and lists of names."""

import json
from itertools import pairwise

import numpy as np

from textspace.errors import FormatError
from textspace.formats.native_parts import Arrays, array_of, json_object, read_vocabulary, vocabulary_arrays
from textspace.formats.tensor_file import TensorFile
from textspace.text.features import TextFeatures
from textspace.text.utf8 import to_text

_FEATURES: dict[str, type] = {
    "min_n": int,
    "max_n": int,
    "word_ngrams": int,
    "n_buckets": int,
    "label_prefix": str,
    "skip_missing": bool,
}


def features_parts(features: TextFeatures) -> tuple[Arrays, dict[str, str]]:
    """Name the arrays and the metadata of features.

    Parameters
    ----------
    features : TextFeatures
        The features.

    Returns
    -------
    arrays : dict of str to ndarray
        What `read_features` reads.
    metadata : dict of str to str
        The same.
    """
    arrays = vocabulary_arrays(features.vocabulary)
    if features.buckets is not None and features.bucket_rows is not None:
        arrays |= {"ngram_buckets": features.buckets, "ngram_rows": features.bucket_rows}
    return arrays, {
        "features": json.dumps({name: getattr(features, name) for name in _FEATURES}),
        "n_tokens": str(features.vocabulary.n_tokens),
    }


def read_features(file: TensorFile) -> TextFeatures:
    """Find the features in a file.

    Parameters
    ----------
    file : TensorFile
        The file.

    Returns
    -------
    TextFeatures
        Over the arrays of the file.

    Raises
    ------
    FormatError
        Something is missing or of another type.
    ValueError
        The parts do not fit each other.
    """
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


def read_names(file: TensorFile, kind: str) -> tuple[str, ...]:
    """Find a list of names in a file.

    Parameters
    ----------
    file : TensorFile
        The file.
    kind : str
        What its arrays start with: "label".

    Returns
    -------
    tuple of str
        The names.

    Raises
    ------
    FormatError
        An array is missing or damaged.
    """
    blob = array_of(file, f"{kind}_bytes", np.uint8, 1).tobytes()
    offsets = array_of(file, f"{kind}_offsets", np.int64, 1).tolist()
    if not offsets or offsets[0] != 0 or offsets[-1] != len(blob) or sorted(offsets) != offsets:
        raise FormatError(f"`{kind}_offsets` must ascend from 0 to the length of `{kind}_bytes`, {len(blob)}")
    return tuple(to_text(blob[begin:end]) for begin, end in pairwise(offsets))
