"""Words of a test set as the vocabulary spells them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from textspace._validation import check_choice

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textspace._typing import IntArray
    from textspace.text.vocabulary import Vocabulary


def find_words(
    words: Sequence[str], *, vocabulary: Vocabulary, case: str, limit: int | None = None
) -> tuple[list[str], IntArray]:
    """Return the words in the case that counts, and their ids.

    Parameters
    ----------
    words : sequence of str
        N words of a test set.
    vocabulary : Vocabulary
        The words that are known.
    case : {"fold", "keep", "lower"}
        "keep": as they are. "lower": lower-cased. "fold": as they are, unless only the lower-cased word is known.
    limit : int, optional
        Only words with ids below it count as known.

    Returns
    -------
    spelled : list of str
        The N words.
    ids : ndarray of int32, shape (N,)
        Their ids, -1 for unknown words.

    Raises
    ------
    ValueError
        When `case` is none of the three.

    Examples
    --------
    >>> from textspace.text.vocabulary import Vocabulary
    >>> find_words(["Cup", "Mug"], vocabulary=Vocabulary.from_words(["cup"]), case="fold")
    (['cup', 'Mug'], array([ 0, -1], dtype=int32))
    """
    check_choice("case", case, ("fold", "keep", "lower"))
    spelled = [word.lower() for word in words] if case == "lower" else list(words)
    ids = _ids_below(limit, spelled, vocabulary)
    if case == "fold":
        unknown = np.flatnonzero(ids < 0).tolist()
        lowered = [spelled[position].lower() for position in unknown]
        for position, word, word_id in zip(unknown, lowered, _ids_below(limit, lowered, vocabulary), strict=True):
            if word_id >= 0:
                spelled[position], ids[position] = word, word_id
    return spelled, ids


def _ids_below(limit: int | None, words: list[str], vocabulary: Vocabulary) -> IntArray:
    ids = vocabulary.ids_of(words)
    return ids if limit is None else np.where(ids < limit, ids, np.int32(-1))
