"""What fastText's probabilities say about the true ones; NumPy alone.

It adds 1e-5 to every probability before the logarithm it ranks by; along its tree every branch gets that; and for
negative sampling and one-vs-all the sigmoid is looked up in a table of 512 steps between -8 and 8.
"""

import numpy as np
from numpy.typing import NDArray

ADDED = 1e-5
LIMIT, STEPS = 8.0, 512
Array = NDArray[np.float64]


def bounds(reported: Array, loss: str, label_counts: NDArray[np.int64]) -> tuple[Array, Array]:
    """Between which two numbers each label's true probability lies, given what fastText reports for all (N, L)."""
    if loss == "softmax":
        return reported - ADDED, reported - ADDED
    if loss == "hs":
        exact = leaf_probabilities(reported, label_counts)
        return exact, exact
    return table_step(reported - ADDED)


def table_step(found: Array) -> tuple[Array, Array]:
    """The sigmoids at both ends of the step of the table that `found` is the start of."""
    edges = 1 / (1 + np.exp(-np.linspace(-LIMIT, LIMIT, STEPS + 1)))
    starts = np.concatenate([[0.0], edges[:-1], [1.0]])  # 0 below -8, 1 above 8
    ends = np.concatenate([edges, [1.0]])
    after = np.searchsorted(starts, found).clip(1, len(starts) - 1)
    step = np.where(found - starts[after - 1] < starts[after] - found, after - 1, after)
    return np.where(step == len(starts) - 1, edges[-1], starts[step]), ends[step]


def leaf_probabilities(reported: Array, label_counts: NDArray[np.int64]) -> Array:
    """The products of the branch probabilities p, from the products of p + 1e-5 that fastText reports for all labels.

    The two branches of a node have p + 1e-5 that sum to 1 + 2e-5, which gives the product above each node from those
    of its children, and from these the branches.
    """
    n_labels = reported.shape[1]
    children = huffman_children(label_counts)
    products = np.concatenate([reported, np.empty((len(reported), n_labels - 1))], axis=1)
    for node, (left, right) in enumerate(children, start=n_labels):
        products[:, node] = (products[:, left] + products[:, right]) / (1 + 2 * ADDED)
    exact = np.ones_like(products)
    for node, pair in reversed([*enumerate(children, start=n_labels)]):
        for child in pair:
            with np.errstate(invalid="ignore"):
                branch = products[:, child] / products[:, node] - ADDED
            exact[:, child] = exact[:, node] * np.nan_to_num(branch).clip(0, 1)
    return exact[:, :n_labels]


def huffman_children(counts: NDArray[np.int64]) -> list[tuple[int, int]]:
    """The two children of every inner node, in the order the nodes are made; leaves are 0 to L - 1, by count."""
    n_labels = len(counts)
    weights = [*map(int, counts), *[10**15] * (n_labels - 1)]
    leaf, node, children = n_labels - 1, n_labels, []
    for made in range(n_labels, 2 * n_labels - 1):
        pair = []
        for _ in range(2):
            if leaf >= 0 and weights[leaf] < weights[node]:
                pair.append(leaf)
                leaf -= 1
            else:
                pair.append(node)
                node += 1
        weights[made] = weights[pair[0]] + weights[pair[1]]
        children.append((pair[0], pair[1]))
    return children
