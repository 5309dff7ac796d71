"""Classifiers written as fastText's files."""

import os
from collections.abc import Iterator
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from textspace.formats.atomic import atomic_file
from textspace.formats.fasttext_buckets import BucketRows, every_bucket, require_sound
from textspace.formats.fasttext_classifier import SUPERVISED
from textspace.formats.fasttext_layout import (
    LOSSES,
    FastTextArguments,
    FastTextDictionary,
    code_of,
    number_of,
    write_dictionary,
    write_flag,
    write_header,
    write_matrix,
)
from textspace.formats.fasttext_quantized import (
    write_pruned_buckets,
    write_quantized_matrix,
)
from textspace.formats.file_bytes import row_blocks
from textspace.formats.quantized import Matrix, ProductQuantized, dense_blocks, rows_of
from textspace.formats.stored_classifier import StoredClassifier
from textspace.formats.word_list import require_words
from textspace.text.utf8 import pack_words, to_bytes
from textspace.text.vocabulary import Vocabulary

_NUMBERS = {"window": 5, "epochs": 5, "min_count": 1, "n_negatives": 5, "learning_rate_interval": 100}


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
