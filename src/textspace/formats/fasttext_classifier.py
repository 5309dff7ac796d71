"""Classifiers in fastText's files: dense (`.bin`), or product-quantized and perhaps pruned (`.ftz`)."""

import os
from dataclasses import replace
from itertools import pairwise
from typing import cast

import numpy as np
from numpy.typing import NDArray

from textspace.formats.fasttext_layout import (
    LOSSES,
    OBJECTIVES,
    FastTextArguments,
    FastTextDictionary,
    read_arguments,
    read_dictionary,
    read_matrix,
    read_version,
)
from textspace.formats.fasttext_quantized import (
    read_pruned_buckets,
    read_quantized_matrix,
)
from textspace.formats.file_bytes import Fields, map_bytes
from textspace.formats.quantized import Matrix, ProductQuantized
from textspace.formats.stored import MAX_NGRAM_LENGTH
from textspace.formats.stored_classifier import Loss, StoredClassifier
from textspace.text.features import TextFeatures
from textspace.text.utf8 import to_text
from textspace.text.vocabulary import Vocabulary

SUPERVISED = 3
_PREFIX = "__label__"
_KEPT = ("dim", "window", "epochs", "min_count", "n_negatives", "word_ngrams", "n_buckets", "min_n", "max_n")
_INT32_MAX = (1 << 31) - 1


def read_fasttext_classifier(path: str | os.PathLike[str], *, mmap: bool = True) -> StoredClassifier:
    """Open a fastText classifier.

    Parameters
    ----------
    path : str or os.PathLike
        A `.bin` or `.ftz` file of version 11 or 12.
    mmap : bool
        True: the matrices are read-only views of the file. False: copies in memory.

    Returns
    -------
    StoredClassifier
        The model, with a row for every bucket unless it was pruned. The file does not say what the labels' prefix was:
        it is "__label__" where all labels start with that, else none.

    Raises
    ------
    FormatError
        The file is corrupt, holds word vectors, or is older than the magic number.
    OSError
        The file cannot be opened.

    Notes
    -----
    Costs one pass over the dictionary. As in fastText, version 11 means no character n-grams, whatever `maxn` says.

    References
    ----------
    https://github.com/facebookresearch/fastText, versions 0.1.0 to 0.9.3.
    """
    fields = Fields(path, map_bytes(path))
    version = read_version(fields)
    arguments = read_arguments(fields)
    if version == 11:
        arguments = replace(arguments, max_n=0)
    _require_supervised(fields, arguments)
    dictionary = read_dictionary(fields)
    if dictionary.n_labels == 0:
        raise fields.error("nlabels must be >= 1, got 0: the model has no labels")
    features, order = _features(fields, arguments, dictionary)
    input_vectors, output_vectors = _matrices(fields, arguments, features, dictionary.n_labels, copy=not mmap)
    labels = _labels(dictionary)
    prefixed = all(label.startswith(_PREFIX) for label in labels)
    try:
        return StoredClassifier(
            replace(features, label_prefix=_PREFIX if prefixed else ""),
            tuple(label.removeprefix(_PREFIX) for label in labels) if prefixed else labels,
            dictionary.counts[dictionary.n_words :],
            input_vectors,
            output_vectors,
            cast("Loss", LOSSES[arguments.loss]),
            parameters=_parameters_from(arguments),
            bucket_order=order,
        )
    except ValueError as error:
        raise fields.error(str(error)) from None


def _require_supervised(fields: Fields, arguments: FastTextArguments) -> None:
    if arguments.objective != SUPERVISED:
        raise fields.error(f"a {OBJECTIVES[arguments.objective]} model: this reader handles classifiers")
    if arguments.word_ngrams > MAX_NGRAM_LENGTH:
        raise fields.error(f"wordNgrams must be <= {MAX_NGRAM_LENGTH}, got {arguments.word_ngrams}")
    if arguments.word_ngrams > 1 and arguments.n_buckets == 0:
        raise fields.error(f"bucket must be > 0 when wordNgrams is > 1, got bucket=0, {arguments.word_ngrams=}")


def _features(
    fields: Fields, arguments: FastTextArguments, dictionary: FastTextDictionary
) -> tuple[TextFeatures, NDArray[np.int32] | None]:
    n_words = dictionary.n_words
    offsets = dictionary.offsets[: n_words + 1]
    blob, counts = dictionary.blob[: offsets[-1]], dictionary.counts[:n_words]
    has_subwords = 0 < arguments.max_n >= arguments.min_n
    features = TextFeatures(
        Vocabulary.from_arrays(blob, offsets, counts, n_tokens=dictionary.n_tokens, check_offsets=False),
        min_n=arguments.min_n if has_subwords else 0,
        max_n=arguments.max_n if has_subwords else 0,
        word_ngrams=max(1, arguments.word_ngrams),
        n_buckets=arguments.n_buckets,
    )
    if dictionary.n_pruned < 0:
        return features, None
    sizes = {"n_words": n_words, "n_buckets": arguments.n_buckets}
    rows, order = read_pruned_buckets(fields, dictionary.n_pruned, **sizes)
    return replace(features, buckets=rows.buckets, bucket_rows=rows.rows, skip_missing=True), order


def _matrices(
    fields: Fields, arguments: FastTextArguments, features: TextFeatures, n_labels: int, *, copy: bool
) -> tuple[Matrix, Matrix]:
    n_rows, dim = features.n_rows, arguments.dim
    if not 1 <= n_rows <= _INT32_MAX:
        raise fields.error(f"words and buckets must be from 1 to {_INT32_MAX} together, got {n_rows}")
    quantized = fields.flag("quant")
    if features.buckets is not None and not quantized:
        raise fields.error("the dictionary is pruned but the matrix is not quantized: no valid model is like that")
    input_vectors = _read_matrix(fields, "input", n_rows=n_rows, dim=dim, quantized=quantized, copy=copy)
    quantized = fields.flag("qout") and quantized
    output_vectors = _read_matrix(fields, "output", n_rows=n_labels, dim=dim, quantized=quantized, copy=copy)
    if fields.n_left:
        raise fields.error(f"{fields.n_left} bytes follow the output matrix: the file is corrupt")
    return input_vectors, output_vectors


def _read_matrix(fields: Fields, name: str, *, n_rows: int, dim: int, quantized: bool, copy: bool) -> Matrix:
    if not quantized:
        matrix = read_matrix(fields, name, n_rows=n_rows, dim=dim)
        return np.array(matrix) if copy else matrix
    found = read_quantized_matrix(fields, name, n_rows=n_rows, dim=dim)
    if not copy:
        return found
    norm_codes = None if found.norm_codes is None else found.norm_codes.copy()
    norm_centroids = None if found.norm_centroids is None else found.norm_centroids.copy()
    return ProductQuantized(
        found.codes.copy(), found.centroids.copy(), found.dim, found.sub_dim, norm_codes, norm_centroids
    )


def _labels(dictionary: FastTextDictionary) -> tuple[str, ...]:
    offsets = dictionary.offsets[dictionary.n_words :].tolist()
    blob = dictionary.blob[offsets[0] :].tobytes()
    starts = [offset - offsets[0] for offset in offsets]
    return tuple(to_text(blob[begin:end]) for begin, end in pairwise(starts))


def _parameters_from(arguments: FastTextArguments) -> dict[str, object]:
    names = (*_KEPT, "learning_rate_interval", "subsample")
    return {name: getattr(arguments, name) for name in names} | {"loss": LOSSES[arguments.loss]}
