"""Models in less memory: rows that matter least are left out, and the others quantized."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from textspace import _core
from textspace._validation import check_bool, check_choice, check_int, check_n_threads, check_random_state
from textspace.formats.fasttext_buckets import BucketRows, require_sound
from textspace.formats.quantized import (
    N_CENTROIDS,
    Int8Rows,
    Matrix,
    ProductQuantized,
    Quantized,
    dense_blocks,
    require_float32,
)
from textspace.text.vocabulary import END_OF_LINE, Vocabulary

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from textspace._typing import FloatArray, IntArray, LongArray
    from textspace.formats import StoredClassifier, StoredVectors

Method: TypeAlias = Literal["product", "int8", "float16"]
METHODS = ("product", "int8", "float16")
_OUTPUT_SUB_DIM = 2


def quantize_classifier(
    model: StoredClassifier,
    *,
    method: Method = "product",
    cutoff: int = 0,
    dsub: int = 2,
    qnorm: bool = False,
    qout: bool = False,
    retrain: Callable[[StoredClassifier], StoredClassifier] | None = None,
    n_threads: int | None = None,
    random_state: int | None = 0,
) -> StoredClassifier:
    """Return a classifier in less memory, as fastText's `quantize`.

    Parameters
    ----------
    model : StoredClassifier
        A model of float32 matrices; it is not changed.
    method : {"product", "int8", "float16"}
        "product" is fastText's product quantization: a byte for `dsub` components. "int8" is a byte a component and a
        scale a row, "float16" two bytes a component; both are for the native format.
    cutoff : int
        Keep only so many rows of the input matrix, see `prune_classifier`; 0 keeps all.
    dsub : int
        Components that share a byte in product quantization; for the output matrix it is always 2.
    qnorm : bool
        Product quantization of rows divided by their norms, which are quantized by themselves.
    qout : bool
        Quantize the output matrix as well.
    retrain : callable, optional
        It takes the pruned model of float32 matrices and returns it trained further; used when rows were left out.
    n_threads : int, optional
        Threads; None uses all cores.
    random_state : int, optional
        Seed of the k-means; the result does not depend on `n_threads`.

    Returns
    -------
    StoredClassifier
        The quantized model.

    Raises
    ------
    ValueError, TypeError
        When a parameter breaks its rule, or the model is quantized already or not finite.

    Notes
    -----
    Where only some buckets have rows and the model is not pruned, one centroid of each part is put at zero, so that a
    fastText file can hold the rows of the other buckets.

    References
    ----------
    A. Joulin et al., "FastText.zip: compressing text classification models", 2016.

    Examples
    --------
    >>> quantize_classifier(model, cutoff=100_000, qnorm=True)  # doctest: +SKIP
    """
    check_int("cutoff", cutoff, at_least=0)
    check_bool("qout", qout)

    def quantized(matrix: Matrix, sub_dim: int, *, with_zeros: bool = False) -> Quantized:
        return quantize_matrix(
            matrix,
            method=method,
            dsub=sub_dim,
            qnorm=qnorm,
            with_zeros=with_zeros,
            n_threads=n_threads,
            random_state=random_state,
        )

    smaller = prune_classifier(model, cutoff=cutoff) if cutoff else model
    if smaller is not model and retrain is not None:
        smaller = retrain(smaller)
    features = smaller.features
    with_zeros = features.buckets is not None and not features.skip_missing
    inputs = quantized(smaller.input_vectors, dsub, with_zeros=with_zeros)
    outputs = smaller.output_vectors
    if qout and outputs is not None:
        outputs = quantized(outputs, _OUTPUT_SUB_DIM)
    return replace(smaller, input_vectors=inputs, output_vectors=outputs)


def quantize_vectors(
    model: StoredVectors,
    *,
    method: Method = "product",
    dsub: int = 2,
    qnorm: bool = False,
    n_threads: int | None = None,
    random_state: int | None = 0,
) -> StoredVectors:
    """Return word vectors in less memory, without the output vectors.

    Parameters
    ----------
    model : StoredVectors
        A model of a float32 matrix; it is not changed.
    method, dsub, qnorm, n_threads, random_state
        As for `quantize_classifier`.

    Returns
    -------
    StoredVectors
        The quantized model.

    Raises
    ------
    ValueError, TypeError
        When a parameter breaks its rule, or the model is quantized already or not finite.

    Examples
    --------
    >>> quantize_vectors(model, method="int8")  # doctest: +SKIP
    """
    inputs = quantize_matrix(
        model.input_vectors, method=method, dsub=dsub, qnorm=qnorm, n_threads=n_threads, random_state=random_state
    )
    return replace(model, input_vectors=inputs, output_vectors=None)


def prune_classifier(model: StoredClassifier, *, cutoff: int) -> StoredClassifier:
    """Keep the rows of a classifier's input matrix that matter most, by fastText's rule.

    The end of a line stays in any case, then the rows of the largest norms, of words and buckets alike. Words keep
    their order; the rows of buckets follow in the order of their norms. An n-gram without a row is then left out of a
    text, and no longer counts as a row of zeros.

    Parameters
    ----------
    model : StoredClassifier
        A model of a float32 input matrix; it is not changed.
    cutoff : int
        How many rows to keep.

    Returns
    -------
    StoredClassifier
        The model itself where it has no more words and buckets than that.

    Raises
    ------
    ValueError
        When `cutoff` is less than 1, or the model is quantized or damaged.

    Examples
    --------
    >>> prune_classifier(model, cutoff=100_000).features.n_rows  # doctest: +SKIP
    100000
    """
    check_int("cutoff", cutoff, at_least=1)
    features = model.features
    n_words, n_rows = len(features.vocabulary), features.n_rows
    # Buckets without rows count: in fastText they have rows, though of nothing learned.
    if cutoff >= (n_rows if features.skip_missing else n_words + features.n_buckets):
        return model
    matrix = require_float32(model.input_vectors)
    importance = row_norms(matrix)
    end_of_line = features.vocabulary.id_of(END_OF_LINE)
    if end_of_line >= 0:
        importance[end_of_line] = np.inf
    kept = np.argsort(-importance, kind="stable")[:cutoff]
    words, ngram_rows = np.sort(kept[kept < n_words]), kept[kept >= n_words]
    buckets = _buckets_of(model)[ngram_rows - n_words]
    order = np.argsort(buckets)
    pruned = replace(
        features,
        vocabulary=_chosen_words(features.vocabulary, words),
        buckets=buckets[order].astype(np.int32),
        bucket_rows=(len(words) + order).astype(np.int32),
        skip_missing=True,
    )
    return replace(model, features=pruned, input_vectors=matrix[np.concatenate([words, ngram_rows])], bucket_order=None)


def quantize_matrix(
    matrix: Matrix,
    *,
    method: str = "product",
    dsub: int = 2,
    qnorm: bool = False,
    with_zeros: bool = False,
    n_threads: int | None = None,
    random_state: int | None = 0,
) -> Quantized:
    """Quantize a matrix.

    Parameters
    ----------
    matrix : ndarray of float32, shape (R, D)
        Finite.
    method, dsub, qnorm, n_threads, random_state
        As for `quantize_classifier`.
    with_zeros : bool
        Product quantization: see to it that a row of zeros can be written exactly.

    Returns
    -------
    ProductQuantized, Int8Rows or ndarray of float16
        The quantized matrix.

    Raises
    ------
    ValueError, TypeError
        When a parameter breaks its rule, or the matrix is quantized already or not finite.

    Examples
    --------
    >>> q = quantize_matrix(np.array([[1, -2], [0, 0.5]], np.float32), method="int8")
    >>> q.dequantize().round(2).tolist()
    [[1.0, -2.0], [0.0, 0.5]]
    """
    check_choice("method", method, METHODS)
    check_int("dsub", dsub, at_least=1, at_most=1_000_000)
    check_bool("qnorm", qnorm)
    dense = require_float32(matrix)
    norms = row_norms(dense)
    if method == "int8":
        return _int8_rows(dense)
    if method == "float16":
        return _half_precision(dense)
    kmeans = _KMeans(check_n_threads(n_threads), check_random_state(random_state))
    if not qnorm:
        codes, centroids = kmeans.quantize(dense, None, sub_dim=dsub, with_zeros=with_zeros)
        return ProductQuantized(codes, centroids, dense.shape[1], dsub)
    codes, centroids = kmeans.quantize(dense, norms, sub_dim=dsub)
    norm_codes, norm_centroids = kmeans.quantize(norms[:, np.newaxis], None, sub_dim=1, with_zeros=with_zeros)
    return ProductQuantized(codes, centroids, dense.shape[1], dsub, norm_codes[:, 0], norm_centroids)


def row_norms(matrix: FloatArray) -> FloatArray:
    """Compute the Euclidean norms of the rows of a matrix, which must be finite.

    Parameters
    ----------
    matrix : float32 array (R, D)
        The matrix.

    Returns
    -------
    float32 array (R,)
        The norms.

    Raises
    ------
    ValueError
        When a norm is not finite.

    Examples
    --------
    >>> row_norms(np.array([[3, 4], [0, 0]], np.float32)).tolist()
    [5.0, 0.0]
    """
    norms = np.concatenate([np.linalg.norm(block, axis=1) for block in dense_blocks(matrix)])
    if not np.isfinite(norms).all():
        raise ValueError("the matrix must be finite to be pruned or quantized, and have norms that are")
    return norms


@dataclass(frozen=True, slots=True)
class _KMeans:
    n_threads: int
    seed: int

    def quantize(
        self, matrix: FloatArray, norms: FloatArray | None, *, sub_dim: int, with_zeros: bool = False
    ) -> tuple[NDArray[np.uint8], FloatArray]:
        """Return the codes (R, S) and the centroids (256 * D,) of the rows, divided by `norms` if given."""
        n_rows, dim = matrix.shape
        centroids = np.empty(N_CENTROIDS * dim, np.float32)
        given = {"sub_dim": sub_dim, "n_threads": self.n_threads}
        _core.train_centroids(matrix, norms, seed=self.seed, out=centroids, **given)
        if with_zeros:
            _put_one_at_zero(centroids, dim, sub_dim)
        codes = np.empty((n_rows, -(-dim // sub_dim)), np.uint8)
        _core.encode_rows(matrix, norms, centroids, out=codes, **given)
        return codes, centroids


def _put_one_at_zero(centroids: FloatArray, dim: int, sub_dim: int) -> None:
    for begin in range(0, dim, sub_dim):
        end = min(begin + sub_dim, dim)
        part = centroids[N_CENTROIDS * begin : N_CENTROIDS * end].reshape(N_CENTROIDS, -1)
        part[np.argmin(np.square(part).sum(axis=1))] = 0


def _int8_rows(matrix: FloatArray) -> Int8Rows:
    values, scales = np.empty(matrix.shape, np.int8), np.empty(len(matrix), np.float32)
    start = 0
    for block in dense_blocks(matrix):
        rows = slice(start, start + len(block))
        scales[rows] = np.abs(block).max(axis=1) / 127
        divisors = np.where(scales[rows] > 0, scales[rows], 1)[:, np.newaxis]
        values[rows] = np.clip(np.rint(block / divisors), -127, 127)
        start += len(block)
    return Int8Rows(values, scales)


def _half_precision(matrix: FloatArray) -> NDArray[np.float16]:
    largest = max(float(np.abs(block).max()) for block in dense_blocks(matrix))
    if largest > float(np.finfo(np.float16).max):
        raise ValueError(f"float16 holds numbers up to 65504, and the matrix has {largest:g}: use method='int8'")
    return matrix.astype(np.float16)


def _buckets_of(model: StoredClassifier) -> IntArray | LongArray:
    """Return the bucket of each row that is not a word's."""
    features = model.features
    if features.buckets is None or features.bucket_rows is None:
        return np.arange(features.n_buckets)
    n_words = len(features.vocabulary)
    require_sound(BucketRows(n_words, features.n_buckets, features.buckets, features.bucket_rows))
    buckets = np.empty_like(features.buckets)
    buckets[features.bucket_rows - n_words] = features.buckets
    return buckets


def _chosen_words(vocabulary: Vocabulary, word_ids: LongArray) -> Vocabulary:
    lengths = np.diff(vocabulary.offsets)
    if (lengths < 0).any():
        raise ValueError("the vocabulary is damaged: its offsets decrease")
    is_chosen = np.zeros(len(vocabulary), np.bool_)
    is_chosen[word_ids] = True
    offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths[word_ids])])
    blob = vocabulary.blob[np.repeat(is_chosen, lengths)]
    return Vocabulary.from_arrays(blob, offsets, vocabulary.counts[word_ids], n_tokens=vocabulary.n_tokens)
