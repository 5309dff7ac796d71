"""New leaves for the Huffman tree of a trained classifier, which leave the paths of its labels as they are.

A new label counts 0. Huffman's algorithm therefore joins the new leaves first, one under another, then the rarest known
leaf with them; what they make weighs as much as that leaf did and takes its place, and all else goes on as before. So
the counts still tell the whole tree, in every file format. It is valid, not optimal: a new label's path is as long as
there are new labels before it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from textspace._validation import reject
from textspace.training.matrices import copy_rows

if TYPE_CHECKING:
    from textspace._typing import FloatArray, LongArray

MAX_ADDED_LABELS = 1000  # of one model: the memory for their paths grows with the square


def extended_counts(known: LongArray, n_labels: int) -> LongArray:
    """Return the counts that make the tree of known labels with new leaves.

    Parameters
    ----------
    known : ndarray of int64, shape (K,)
        The counts that made the tree, in descending order.
    n_labels : int
        Number of labels L, the known ones first.

    Returns
    -------
    ndarray of int64, shape (L,)
        The known counts, then zeros.

    Raises
    ------
    ValueError
        When the tree has too many added leaves.

    Examples
    --------
    >>> extended_counts(np.array([5, 3]), 4).tolist()
    [5, 3, 0, 0]
    """
    counts = np.append(known, np.zeros(n_labels - len(known), np.int64))
    n_added = int(np.count_nonzero(counts == 0))
    if n_labels > len(known) and n_added > MAX_ADDED_LABELS:
        rule = f"add at most {MAX_ADDED_LABELS} to a model with the loss 'hs'"
        reject("labels", rule, n_added, "fit a new model, whose tree is balanced")
    return counts


def place_outputs(known: FloatArray, outputs: FloatArray) -> None:
    """Write the vectors of a tree's inner nodes to their rows in the tree with new leaves.

    Parameters
    ----------
    known : ndarray of float32, shape (K, D)
        Inner node i of the known tree has row i; the last row is not used.
    outputs : ndarray of float32, shape (L, D)
        Zeros; written to. The L - K nodes that join the new leaves come first.

    Notes
    -----
    The last of these nodes parts the rarest known label, its right child, from the new ones. It starts with the vector
    that parts the rarest label from its neighbour: a text that the rarest label wins stays with it.
    """
    n_new = len(outputs) - len(known)
    copy_rows(known, outputs[n_new:])
    if n_new and len(known) > 1:
        np.negative(known[0], out=outputs[n_new - 1])  # the rarest label is a left child there, a right one here
