"""Labels as people give them: one or several for each text, as str or int."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from textspace._validation import reject
from textspace.evaluation.gold_labels import GoldEncoder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class GivenLabels:
    """The labels of N texts.

    Parameters
    ----------
    lists : list of tuple of str
        The labels of each text; there may be none.
    are_integers : bool
        Whether there were labels, and all were integers.
    """

    lists: list[tuple[str, ...]]
    are_integers: bool


def check_labels(labels: object) -> GivenLabels:
    """Return labels in their plain form.

    Parameters
    ----------
    labels : iterable
        For each text a str, an int, or an iterable of them.

    Returns
    -------
    GivenLabels
        Integers are written as str; sets, whose order differs from run to run, are sorted.

    Raises
    ------
    TypeError
        When a label is neither a str nor an integer.
    ValueError
        When the labels are columns of numbers.
    """
    if isinstance(labels, str | bytes) or not isinstance(labels, Iterable):
        raise TypeError(f"`labels` must be a sequence with the labels of each text, got {labels!r:.80}")
    if isinstance(labels, np.ndarray) and labels.ndim != 1:
        remedy = "of columns of zeros and ones, give the names of each text's labels"
        reject("labels", "have one dimension", f"{labels.ndim}", remedy)
    to_list = getattr(labels, "tolist" if isinstance(labels, np.ndarray) else "to_pylist", None)  # an Arrow array's
    entries: list[Any] = list(labels) if to_list is None else to_list()
    if all(type(entry) is str for entry in entries):
        return GivenLabels([(entry,) for entry in entries], are_integers=False)
    lists = [_of_one_text(entry, position) for position, entry in enumerate(entries)]
    are_integers = any(lists) and not any(isinstance(label, str) for found in lists for label in found)
    return GivenLabels([tuple(map(str, found)) for found in lists], are_integers)


def _of_one_text(entry: object, position: int) -> list[str | int]:
    if isinstance(entry, Iterable) and not isinstance(entry, str | bytes | dict):
        found = [_one_label(label, position) for label in entry]
        return sorted(found, key=str) if isinstance(entry, AbstractSet) else found
    return [_one_label(entry, position)]


def _one_label(label: object, position: int) -> str | int:
    if isinstance(label, str):
        return str(label)
    if isinstance(label, int | np.integer) and not isinstance(label, bool):
        return int(label)
    raise TypeError(
        f"`labels` must hold str or int, or sequences of them, got {label!r:.80} ({type(label).__name__}) "
        f"at position {position}; str() makes a label of anything"
    )


def truth_matrix(lists: Sequence[Sequence[str]], labels: Sequence[str]) -> NDArray[np.bool_]:
    """Return which of the L labels each of N texts has (N, L); labels of the texts that are not among them are lost."""
    gold = GoldEncoder(labels).encode(lists)
    truth = np.zeros((len(gold), len(labels)), np.bool_)
    known = gold.label_ids < len(labels)
    truth[gold.documents[known], gold.label_ids[known]] = True
    return truth
