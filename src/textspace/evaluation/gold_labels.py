"""The labels that documents really have, as arrays of label ids."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from textspace._validation import reject

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import ArrayLike, NDArray

    from textspace._typing import IntArray, LongArray


@dataclass(frozen=True, eq=False)
class GoldLabels:
    """The labels of N documents: those of document n are `label_ids[indptr[n]:indptr[n + 1]]`.

    Attributes
    ----------
    indptr : ndarray of int64, shape (N + 1,)
        Where each document's labels begin; the last is their number G.
    label_ids : ndarray of int32, shape (G,)
        The labels of each document, ascending, each once.

    Examples
    --------
    >>> gold = GoldLabels.from_arrays([0, 2, 3], [4, 1, 4])
    >>> len(gold), gold.label_ids.tolist()
    (2, [1, 4, 4])
    """

    indptr: LongArray
    label_ids: IntArray

    @classmethod
    def from_arrays(cls, indptr: ArrayLike, label_ids: ArrayLike) -> GoldLabels:
        """Sort the labels of each document and leave out repeated ones.

        Parameters
        ----------
        indptr : array_like of int, shape (N + 1,)
            Where each document's labels begin, from 0; the last is their number.
        label_ids : array_like of int, shape (G,)
            Not negative.

        Returns
        -------
        GoldLabels
            The labels.

        Raises
        ------
        ValueError
            When `indptr` does not ascend from 0 to the number of labels, or an id is negative.
        """
        begins, ids = np.asarray(indptr, dtype=np.int64), np.asarray(label_ids, dtype=np.int32)
        if (
            begins.ndim != 1
            or not len(begins)
            or begins[0] != 0
            or begins[-1] != ids.size
            or np.any(np.diff(begins) < 0)
        ):
            reject("indptr", f"ascend from 0 to the number of labels, {ids.size}", begins)
        if ids.size and ids.min() < 0:
            reject("label_ids", "be >= 0", int(ids.min()))
        n_documents = len(begins) - 1
        documents = np.repeat(np.arange(n_documents, dtype=np.int64), np.diff(begins))
        n_labels = int(ids.max()) + 1 if ids.size else 1
        pairs = np.unique(documents * n_labels + ids)
        counts = np.bincount(pairs // n_labels, minlength=n_documents)
        return cls(np.concatenate([[0], np.cumsum(counts)]).astype(np.int64), (pairs % n_labels).astype(np.int32))

    @classmethod
    def joined(cls, parts: Iterable[GoldLabels]) -> GoldLabels:
        """Put the documents of several parts one after the other.

        Parameters
        ----------
        parts : iterable of GoldLabels
            The parts in their order.

        Returns
        -------
        GoldLabels
            All documents.
        """
        listed = list(parts)
        counts = np.concatenate([np.zeros(1, dtype=np.int64), *(part.counts for part in listed)])
        ids = np.concatenate([np.zeros(0, dtype=np.int32), *(part.label_ids for part in listed)])
        return cls(np.cumsum(counts), ids)

    def __len__(self) -> int:
        return len(self.indptr) - 1

    @property
    def counts(self) -> LongArray:
        """How many labels each document has.

        Returns
        -------
        ndarray of int64, shape (N,)
            The numbers.
        """
        return np.diff(self.indptr)

    @property
    def documents(self) -> LongArray:
        """The document of each label.

        Returns
        -------
        ndarray of int64, shape (G,)
            Positions of documents, ascending.
        """
        return np.repeat(np.arange(len(self), dtype=np.int64), self.counts)

    def contain(self, label_ids: IntArray) -> NDArray[np.bool_]:
        """Say which predicted labels are right.

        Parameters
        ----------
        label_ids : ndarray of int32, shape (N, K)
            Labels given to each document; -1 as padding.

        Returns
        -------
        ndarray of bool, shape (N, K)
            True where the document has the label.
        """
        stride = 1 + max(int(ids.max()) if ids.size else 0 for ids in (self.label_ids, label_ids))
        gold = self.documents * stride + self.label_ids
        asked = np.arange(len(label_ids), dtype=np.int64)[:, None] * stride + label_ids
        found = np.zeros(label_ids.shape, dtype=np.bool_)
        if gold.size:
            at = np.minimum(np.searchsorted(gold, asked), gold.size - 1)
            found = (gold[at] == asked) & (label_ids >= 0)
        return found


class GoldEncoder:
    """Gives label names ids: those of the model first, then those it does not know, as they come.

    Parameters
    ----------
    labels : sequence of str
        The labels of the model.

    Examples
    --------
    >>> encoder = GoldEncoder(["en", "de"])
    >>> encoder.encode([["de"], ["fr", "en"]]).label_ids.tolist()
    [1, 0, 2]
    >>> encoder.labels
    ('en', 'de', 'fr')
    """

    def __init__(self, labels: Sequence[str]) -> None:
        self._ids = {label: label_id for label_id, label in enumerate(labels)}

    @property
    def labels(self) -> tuple[str, ...]:
        """All labels so far, by their ids.

        Returns
        -------
        tuple of str
            The model's, then the others.
        """
        return tuple(self._ids)

    def encode(self, documents: Iterable[Sequence[str]]) -> GoldLabels:
        """Encode the labels of documents.

        Parameters
        ----------
        documents : iterable of sequence of str
            The labels of each document; there may be none.

        Returns
        -------
        GoldLabels
            Their ids.
        """
        indptr, ids = [0], []
        for labels in documents:
            ids += [self._ids.setdefault(label, len(self._ids)) for label in labels]
            indptr.append(len(ids))
        return GoldLabels.from_arrays(indptr, ids)
