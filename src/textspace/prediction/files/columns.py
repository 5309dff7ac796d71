"""Names of the columns that are read and added, and what stands in the added ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from textspace.errors import FormatError

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

    from textspace.prediction.ranked import Ranked

# Any texts that a predictor takes: a list of str or bytes, an Arrow array.
Rank: TypeAlias = "Callable[[Any], Ranked]"


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a file of records.

    Attributes
    ----------
    text : str
        The column of the texts.
    label, score : str
        The columns to add; where several labels are asked for they hold lists, in CSV they are numbered from 1.

    Examples
    --------
    >>> Columns(text="body").added(2)
    ['predicted_label_1', 'predicted_score_1', 'predicted_label_2', 'predicted_score_2']
    """

    text: str = "text"
    label: str = "predicted_label"
    score: str = "predicted_score"

    def added(self, k: int) -> list[str]:
        """Return the columns that a table without lists gets.

        Parameters
        ----------
        k : int
            How many labels a text gets at most.

        Returns
        -------
        list of str
            Label and score, k times.
        """
        if k == 1:
            return [self.label, self.score]
        return [f"{name}_{rank}" for rank in range(1, k + 1) for name in (self.label, self.score)]

    def check(self, present: Container[str], *, where: str, added: list[str]) -> None:
        """Raise unless the text's column is there and those to be added are not.

        Parameters
        ----------
        present : container of str
            The columns of the file.
        where : str
            The place, for the message.
        added : list of str
            The columns to be added.

        Raises
        ------
        FormatError
            When it is not so.
        """
        if self.text not in present:
            raise FormatError(f"{where}: there is no column {self.text!r}; name that of the texts (--text-column)")
        for name in added:
            if name in present:
                message = f"{where}: there is a column {name!r} already; name the new ones otherwise"
                raise FormatError(f"{message} (--label-column, --score-column)")


def found_labels(ranked: Ranked) -> Iterator[list[tuple[str, str] | None]]:
    """Say what each text got.

    Parameters
    ----------
    ranked : Ranked
        The labels of N texts.

    Yields
    ------
    list of (str, str) or None
        K pairs of a label and its score with the digits that float32 has; None as padding.

    Examples
    --------
    >>> import numpy as np
    >>> from textspace.prediction.ranked import Ranked
    >>> labels, scores = np.array([["en", ""]], object), np.array([[0.9, 0]], np.float32)
    >>> list(found_labels(Ranked(labels, scores, np.array([[3, -1]], np.int32))))
    [[('en', '0.9'), None]]
    """
    rows = zip(ranked.labels.tolist(), ranked.scores.tolist(), ranked.label_ids.tolist(), strict=True)
    for labels, scores, label_ids in rows:
        yield [
            (label, f"{score:.7g}") if label_id >= 0 else None
            for label, score, label_id in zip(labels, scores, label_ids, strict=True)
        ]
