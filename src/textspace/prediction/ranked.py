"""`Ranked`: the best labels of each text, best first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from textspace._typing import FloatArray, IntArray


@dataclass(frozen=True, slots=True, eq=False)
class Ranked:
    """The best labels of N texts, best first; rows with fewer than K of them are padded at their end.

    Parameters
    ----------
    labels : ndarray of str (object), shape (N, K)
        The labels; "" as padding.
    scores : ndarray of float32, shape (N, K)
        Their scores; 0 as padding.
    label_ids : ndarray of int32, shape (N, K)
        Their positions in the model's list of labels; -1 as padding.

    Examples
    --------
    >>> import numpy as np
    >>> labels, scores = np.array([["en", "de"]], object), np.array([[0.9, 0.1]], np.float32)
    >>> ranked = Ranked(labels, scores, np.array([[3, 1]], np.int32))
    >>> ranked.labels[0, 0]
    'en'
    """

    labels: NDArray[np.object_]
    scores: FloatArray
    label_ids: IntArray
