"""Any collection of texts as batches that the core reads where they are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NoReturn, TypeAlias

import numpy as np

from textspace import _core

TEXTS_PER_BATCH = 1 << 14

# A tuple, because nobody can change it while threads read the texts.
Batch: TypeAlias = tuple[object, ...] | _core.ArrowTexts


def text_batches(texts: object) -> Iterable[Batch]:
    """Cut texts into batches; nothing is copied but references.

    Parameters
    ----------
    texts : iterable of str or bytes, NumPy array, pandas or polars Series, or Arrow array of strings
        N texts. What has Arrow's PyCapsule interface (``__arrow_c_stream__`` or ``__arrow_c_array__``: pyarrow, polars,
        pandas with Arrow strings) is read in place, and its nulls are empty texts.

    Returns
    -------
    iterable of tuple or ArrowTexts
        Up to 2**14 texts each, all but the last as many; or the arrays of an Arrow stream.

    Raises
    ------
    TypeError
        `texts` is a single text, or no collection of texts.

    Notes
    -----
    A generator is read batch by batch, so that it may be longer than the memory.

    Examples
    --------
    >>> [len(batch) for batch in text_batches(["a text"] * 20_000)]
    [16384, 3616]
    """
    if isinstance(texts, str | bytes):
        raise TypeError(f"`texts` must be a collection of texts, got a single {type(texts).__name__}; pass [text]")
    if isinstance(texts, list | tuple):
        if len(texts) <= TEXTS_PER_BATCH:
            return (tuple(texts),)
        return (tuple(texts[at : at + TEXTS_PER_BATCH]) for at in range(0, len(texts), TEXTS_PER_BATCH))
    arrays = _arrow_batches(texts)
    if arrays is not None:
        return arrays
    if not isinstance(texts, np.ndarray) and hasattr(texts, "to_numpy"):
        texts = texts.to_numpy(dtype=object)
    if isinstance(texts, np.ndarray):
        return _array_batches(texts)
    if not isinstance(texts, Iterable):
        raise TypeError(f"`texts` must be a collection of texts, got {type(texts).__name__}")
    return _iterated(iter(texts))


def parts_of(batch: Batch, size: int) -> Iterator[Batch]:
    """Cut a batch into smaller ones.

    Parameters
    ----------
    batch : tuple or ArrowTexts
        Texts.
    size : int
        At most so many in a part.

    Yields
    ------
    tuple or ArrowTexts
        The parts in their order; the batch itself where it is small enough.

    Examples
    --------
    >>> list(parts_of(("a", "b", "c"), 2))
    [('a', 'b'), ('c',)]
    """
    if len(batch) <= size:
        yield batch
        return
    for begin in range(0, len(batch), size):
        end = min(begin + size, len(batch))
        yield batch[begin:end] if isinstance(batch, tuple) else batch.slice(begin, end)


def reject_text(batch: Batch, number: int) -> NoReturn:
    """Raise the TypeError that names the first member of a batch that is no text.

    Parameters
    ----------
    batch : tuple or ArrowTexts
        The batch that the core refused.
    number : int
        How many batches came before it.

    Raises
    ------
    TypeError
        Always.

    Examples
    --------
    >>> reject_text(("a", None), 0)
    Traceback (most recent call last):
        ...
    TypeError: `texts` must hold only str, got NoneType at position 1; replace missing texts by "" or leave them out
    """
    for position, member in enumerate(batch if isinstance(batch, tuple) else (), start=number * TEXTS_PER_BATCH):
        if not isinstance(member, str | bytes):
            raise TypeError(
                f"`texts` must hold only str, got {type(member).__name__} at position {position}; "
                'replace missing texts by "" or leave them out'
            )
    raise TypeError(f"`texts` cannot be read, got {type(batch).__name__}")


def _arrow_batches(texts: object) -> Iterable[Batch] | None:
    if str(getattr(texts, "dtype", "")) == "object":  # pandas would make an Arrow array of it first
        return None
    try:
        if hasattr(texts, "__arrow_c_stream__"):
            return _streamed(_core.ArrowStream(texts.__arrow_c_stream__()))
        if hasattr(texts, "__arrow_c_array__"):
            return (_core.ArrowTexts(*texts.__arrow_c_array__()),)
    except ImportError:  # pandas asks for pyarrow
        pass
    return None


def _streamed(stream: _core.ArrowStream) -> Iterator[Batch]:
    while (batch := stream.next()) is not None:
        yield batch


def _array_batches(texts: np.ndarray[tuple[int, ...], np.dtype[np.generic]]) -> Iterator[Batch]:
    if texts.ndim != 1 or texts.dtype.kind not in "OUST":
        raise TypeError(
            f"`texts` must be a one-dimensional array of strings, got shape {texts.shape} and dtype {texts.dtype}"
        )
    return (tuple(texts[at : at + TEXTS_PER_BATCH].tolist()) for at in range(0, texts.size, TEXTS_PER_BATCH))


def _iterated(texts: Iterator[object]) -> Iterator[Batch]:
    while batch := tuple(islice(texts, TEXTS_PER_BATCH)):
        yield batch
