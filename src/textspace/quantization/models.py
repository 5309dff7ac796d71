"""A model to a smaller one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from textspace._validation import check_bool, check_int
from textspace.quantization.matrices import Method, quantize_matrix
from textspace.quantization.pruning import prune_classifier

if TYPE_CHECKING:
    from collections.abc import Callable

    from textspace.formats import StoredClassifier, StoredVectors
    from textspace.formats.quantized import Matrix, Quantized

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
    method : {"product", "int8", "float16"}
        As for `quantize_classifier`.
    dsub : int
        Components that share a byte in product quantization.
    qnorm : bool
        Whether the norms of the rows are quantized by themselves.
    n_threads : int, optional
        Threads; None uses all cores.
    random_state : int, optional
        Seed of the k-means.

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
