"""From the labels of texts to their ids."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from textspace._typing import IntArray, LongArray


@dataclass(frozen=True, eq=False)
class KnownLabels:
    """Labels of a model that is trained further: they keep their ids.

    Parameters
    ----------
    names : sequence of str
        L labels, without prefix.
    counts : ndarray of int64, shape (L,)
        How often each was met.
    """

    names: Sequence[str]
    counts: LongArray


def number_labels(
    names: Iterable[str], n_labels: LongArray, known: KnownLabels, min_count: int, *, extend: bool
) -> tuple[tuple[str, ...], LongArray, LongArray, IntArray]:
    """Number the labels of texts.

    Parameters
    ----------
    names : iterable of str
        All labels, one text after another.
    n_labels : ndarray of int64, shape (N,)
        How many each text has.
    known : KnownLabels
        Labels that come first.
    min_count : int
        Labels of fewer texts are left out.
    extend : bool
        Whether others than `known` are numbered.

    Returns
    -------
    labels : tuple of str
        The known labels, then the others by descending count.
    counts : ndarray of int64, shape (L,)
        How many texts each has; those of `known` are added.
    indptr : ndarray of int64, shape (N + 1,)
        Text i has the labels ``label_ids[indptr[i]:indptr[i + 1]]``.
    label_ids : ndarray of int32
        Different labels of a text.
    """
    numbers: dict[str, int] = defaultdict(None, {name: label_id for label_id, name in enumerate(known.names)})
    numbers.default_factory = numbers.__len__  # type: ignore[attr-defined]
    found = np.fromiter(map(numbers.__getitem__, names), np.int64, int(n_labels.sum()))
    documents = np.repeat(np.arange(n_labels.size), n_labels)
    if n_labels.max(initial=0) > 1:
        pairs = np.unique(documents * len(numbers) + found)
        documents, found = pairs // len(numbers), pairs % len(numbers)
    counts = np.bincount(found, minlength=len(numbers))
    counts[: len(known.names)] += known.counts
    n_known = len(known.names)
    new = n_known + np.flatnonzero(counts[n_known:] >= min_count) if extend else np.empty(0, np.int64)
    order = np.append(np.arange(n_known), new[np.argsort(-counts[new], kind="stable")]).astype(np.int64)
    new_ids = np.full(len(numbers), -1, np.int64)
    new_ids[order] = np.arange(order.size)
    label_ids = new_ids[found]
    kept = label_ids >= 0
    indptr = np.append(0, np.cumsum(np.bincount(documents[kept], minlength=n_labels.size)))
    all_names = list(numbers)
    return tuple(all_names[i] for i in order), counts[order], indptr.astype(np.int64), label_ids[kept].astype(np.int32)
