"""Classifiers in fastText's files: dense (`.bin`), or product-quantized and perhaps pruned (`.ftz`)."""

import os
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Any, BinaryIO, cast

import numpy as np
from numpy.typing import NDArray

from textspace.formats.atomic import atomic_file
from textspace.formats.fasttext_buckets import BucketRows, every_bucket, require_sound
from textspace.formats.fasttext_layout import (
    LOSSES,
    OBJECTIVES,
    FastTextArguments,
    FastTextDictionary,
    code_of,
    number_of,
    read_arguments,
    read_dictionary,
    read_matrix,
    read_version,
    write_dictionary,
    write_flag,
    write_header,
    write_matrix,
)
from textspace.formats.fasttext_quantized import (
    read_pruned_buckets,
    read_quantized_matrix,
    write_pruned_buckets,
    write_quantized_matrix,
)
from textspace.formats.file_bytes import Fields, map_bytes, row_blocks
from textspace.formats.quantized import Matrix, ProductQuantized, dense_blocks, rows_of
from textspace.formats.stored import MAX_NGRAM_LENGTH
from textspace.formats.stored_classifier import Loss, StoredClassifier
from textspace.formats.word_list import require_words
from textspace.text.features import TextFeatures
from textspace.text.utf8 import pack_words, to_bytes, to_text
from textspace.text.vocabulary import Vocabulary

SUPERVISED = 3
_PREFIX = "__label__"
_KEPT = ("dim", "window", "epochs", "min_count", "n_negatives", "word_ngrams", "n_buckets", "min_n", "max_n")
_NUMBERS = {"window": 5, "epochs": 5, "min_count": 1, "n_negatives": 5, "learning_rate_interval": 100}
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


def write_fasttext_classifier(path: str | os.PathLike[str], stored: StoredClassifier) -> None:
    """Write a classifier as fastText's `.bin` or `.ftz`, version 12.

    Parameters
    ----------
    path : str or os.PathLike
        The file; replaced in one step when it exists.
    stored : StoredClassifier
        The model. A bucket that has no row gets a row of zeros, unless the model is pruned. Product-quantized matrices
        are written as they are, others as float32. The calibration, the learning rate and the labels' prefix have no
        place in the format; the prefix is put before each label.

    Raises
    ------
    ValueError
        The model is folded, or pruned without being product-quantized; a word or label is empty or has a zero byte; a
        parameter is not one that fastText knows; or the model is damaged.
    OSError
        The file cannot be written.

    Notes
    -----
    A file that was read is written byte for byte, but for what fastText never looks at or cannot write: version 11
    becomes 12 with `maxn` 0; a dense model's `qout` becomes 0.
    """
    if stored.output_vectors is None:
        raise ValueError(
            "a folded model has no output vectors, which a fastText file needs: save as .textspace, or save the model "
            "before folding it"
        )
    rows = _bucket_rows(stored)
    pruned = rows is not None and stored.features.skip_missing
    if pruned and not isinstance(stored.input_vectors, ProductQuantized):
        raise ValueError(
            "a pruned model must be product-quantized in a fastText file: call quantize, or save as .textspace"
        )
    if rows is not None:
        require_sound(rows)
    arguments, dictionary = _arguments_from(stored), _dictionary_from(stored, pruned=pruned)
    with atomic_file(path) as file:
        write_header(file, arguments)
        write_dictionary(file, dictionary)
        if pruned and rows is not None:
            write_pruned_buckets(file, rows, _sound_order(stored, rows))
        quantized = isinstance(stored.input_vectors, ProductQuantized)
        _write_matrix(file, stored.input_vectors, None if pruned else rows, quantized=quantized)
        quantized = quantized and isinstance(stored.output_vectors, ProductQuantized)
        _write_matrix(file, stored.output_vectors, None, quantized=quantized)


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


def _arguments_from(stored: StoredClassifier) -> FastTextArguments:
    """Take what the model itself says from the model, and the rest from its parameters or fastText's defaults."""
    features, given = stored.features, stored.parameters
    numbers = {name: int(number_of(given, name, default=default)) for name, default in _NUMBERS.items()}
    ngrams = {"min_n": features.min_n, "max_n": features.max_n}
    found = {name: int(number_of(given, name, default=0)) for name in ngrams}
    if features.max_n == 0 and not 0 < found["max_n"] >= found["min_n"]:
        ngrams = found  # they make no n-grams either, and are what the file had
    return FastTextArguments(
        dim=stored.dim,
        word_ngrams=features.word_ngrams,
        loss=code_of(LOSSES, {"loss": stored.loss}, "loss", default="softmax"),
        objective=SUPERVISED,
        n_buckets=features.n_buckets,
        subsample=number_of(given, "subsample", default=1e-4),
        **numbers,
        **ngrams,
    )


def _dictionary_from(stored: StoredClassifier, *, pruned: bool) -> FastTextDictionary:
    vocabulary = stored.features.vocabulary
    prefix = to_bytes(stored.features.label_prefix)
    blob, offsets = pack_words([prefix + to_bytes(label) for label in stored.labels])
    labels = Vocabulary.from_arrays(blob, offsets, np.asarray(stored.label_counts), n_tokens=0)
    for entries in (vocabulary, labels):
        require_words(entries, without=b"\0", format_name="fastText's")
    buckets = stored.features.buckets
    return FastTextDictionary(
        len(vocabulary),
        len(labels),
        vocabulary.n_tokens,
        buckets.size if pruned and buckets is not None else -1,
        np.concatenate([vocabulary.blob, blob]),
        np.concatenate([vocabulary.offsets, vocabulary.offsets[-1] + offsets[1:]]),
        np.concatenate([vocabulary.counts, labels.counts]),
    )


def _bucket_rows(stored: StoredClassifier) -> BucketRows | None:
    features = stored.features
    if features.buckets is None or features.bucket_rows is None:
        return None
    return BucketRows(len(features.vocabulary), features.n_buckets, features.buckets, features.bucket_rows)


def _sound_order(stored: StoredClassifier, rows: BucketRows) -> NDArray[np.int32] | None:
    order = stored.bucket_order
    if order is not None and not np.array_equal(np.sort(order), np.arange(rows.buckets.size)):
        raise ValueError("`bucket_order` must hold each position of `buckets` once")
    return order


def _write_matrix(file: BinaryIO, matrix: Matrix, rows: BucketRows | None, *, quantized: bool) -> None:
    write_flag(file, quantized=quantized)
    n_rows = matrix.shape[0] if rows is None else rows.n_words + rows.n_buckets
    if not (quantized and isinstance(matrix, ProductQuantized)):
        write_matrix(file, _dense(matrix, rows), n_rows=n_rows, dim=matrix.shape[1])
        return
    part_codes, norm_code = (None, 0) if rows is None else _codes_of_zeros(matrix)
    codes = _all_rows(matrix.codes, rows, part_codes)
    norms = _all_rows(matrix.norm_codes, rows, np.uint8(norm_code))
    write_quantized_matrix(file, matrix, n_rows=n_rows, codes=codes, norms=norms)


def _dense(matrix: Matrix, rows: BucketRows | None) -> Iterator[NDArray[np.float32]]:
    if rows is None:
        return dense_blocks(matrix)
    return every_bucket(rows, lambda row_ids: rows_of(matrix, row_ids), missing=np.zeros(matrix.shape[1], np.float32))


def _all_rows(array: NDArray[np.uint8] | None, rows: BucketRows | None, missing: Any) -> Iterator[NDArray[np.uint8]]:
    if array is None:
        return iter(())
    if rows is None:
        return row_blocks(array)
    return every_bucket(rows, lambda row_ids: array[row_ids], missing=np.asarray(missing, np.uint8))


def _codes_of_zeros(matrix: ProductQuantized) -> tuple[NDArray[np.uint8], int]:
    """Find the codes of a row of zeros: centroids that are zero, or a norm that is."""
    n_parts = matrix.codes.shape[1]
    if matrix.norm_centroids is not None and (matrix.norm_centroids == 0).any():
        return np.zeros(n_parts, np.uint8), int(np.argmax(matrix.norm_centroids == 0))
    codes = np.zeros(n_parts, np.uint8)
    for part in range(n_parts):
        begin, end = part * matrix.sub_dim, min((part + 1) * matrix.sub_dim, matrix.dim)
        is_zero = (matrix.centroids[256 * begin : 256 * end].reshape(256, -1) == 0).all(axis=1)
        if not is_zero.any():
            raise ValueError(
                "the model has buckets without rows, which a fastText file can hold only where the model is pruned or "
                "has centroids of zero: quantize the model again, or save as .textspace"
            )
        codes[part] = np.argmax(is_zero)
    return codes, 0
