"""Slow, plain second implementation of word-vector training: float64, one example at a time, nothing of textspace.

Every loss function takes the hidden vector h (D,), the output matrix (O, D) and the target, and returns the loss with
its gradients for h and for the output matrix. Numbers in brackets are sections of fastText's specification:

    [6] subsampling   [10] window, learning rate, updates   [11] losses, negative distribution, tree
"""

from dataclasses import dataclass

import numpy as np

# --- what is drawn, and with which probability ------------------------------------------------------------------------


def negative_distribution(counts, power):
    """Probability of each word as a negative: counts ** power, normalized [11]; fastText's power is 0.5."""
    weights = np.asarray(counts, dtype=np.float64) ** power
    return weights / weights.sum()


def negative_distribution_given_target(counts, power, target):
    """The same when a draw that equals the target is drawn again [11]."""
    probability = negative_distribution(counts, power)
    probability[target] = 0
    return probability / probability.sum()


def keep_probability(counts, n_tokens, subsample):
    """Probability that an occurrence of each word is kept [6]: sqrt(t / f) + t / f, at most 1; t = 0 keeps all."""
    if subsample == 0:
        return np.ones(len(counts))
    share = np.asarray(counts, dtype=np.float64) / n_tokens
    return np.minimum(np.sqrt(subsample / share) + subsample / share, 1)


def context_positions(n, position, reach):
    """Positions within `reach` of `position` in a line of n kept words, the position itself left out [10]."""
    return [other for other in range(position - reach, position + reach + 1) if other != position and 0 <= other < n]


def distance_probability(distance, window):
    """Probability that a context word at this distance is used: the reach is uniform in 1..window [10]."""
    return max(0, window - abs(distance) + 1) / window


def learning_rate_at(words_done, total_words, learning_rate):
    """Linear decay to zero [10]."""
    return learning_rate * (1 - words_done / total_words)


# --- losses -----------------------------------------------------------------------------------------------------------


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def binary_loss(hidden, output, rows, labels):
    """Sum of logistic losses of the rows, label 1 for true and 0 for false; a repeated row counts each time."""
    loss, d_hidden, d_output = 0.0, np.zeros_like(hidden), np.zeros_like(output)
    for row, label in zip(rows, labels, strict=True):
        score = output[row] @ hidden
        loss += np.logaddexp(0, -score if label else score)
        slope = sigmoid(score) - label
        d_hidden += slope * output[row]
        d_output[row] += slope * hidden
    return loss, d_hidden, d_output


def negative_sampling_loss(hidden, output, target, negatives):
    """-log s(h . o_target) - sum over negatives of log s(-h . o_negative) [11]."""
    return binary_loss(hidden, output, [target, *negatives], [1] + [0] * len(negatives))


def hierarchical_softmax_loss(hidden, output, target, tree):
    """Sum over the inner nodes from leaf to root of the logistic loss of the branch taken [11]."""
    return binary_loss(hidden, output, tree.rows[target], tree.codes[target])


def softmax_loss(hidden, output, target):
    """-log softmax(O h)[target] [11]."""
    scores = output @ hidden
    scores = scores - scores.max()
    log_probability = scores - np.log(np.exp(scores).sum())
    slope = np.exp(log_probability)
    slope[target] -= 1
    return -log_probability[target], output.T @ slope, np.outer(slope, hidden)


@dataclass
class Tree:
    rows: list  # of each leaf: the output rows of the inner nodes from leaf to root
    codes: list  # of each leaf: 1 where the path comes from a right child


def huffman_tree(counts):
    """The tree over counts in descending order, with fastText's two cursors and its rule for ties [11]."""
    n = len(counts)
    assert all(counts[i] >= counts[i + 1] for i in range(n - 1))
    count = list(counts) + [10**15] * (n - 1)
    parent, right = [-1] * (2 * n - 1), [0] * (2 * n - 1)
    leaf, node = n - 1, n
    for inner in range(n, 2 * n - 1):
        total = 0
        for is_right in (0, 1):
            if leaf >= 0 and count[leaf] < count[node]:
                child, leaf = leaf, leaf - 1
            else:
                child, node = node, node + 1
            total += count[child]
            parent[child], right[child] = inner, is_right
        count[inner] = total
    tree = Tree([], [])
    for start in range(n):
        rows, codes, at = [], [], start
        while parent[at] != -1:
            rows.append(parent[at] - n)
            codes.append(right[at])
            at = parent[at]
        tree.rows.append(rows)
        tree.codes.append(codes)
    return tree


# --- hidden vectors and updates ---------------------------------------------------------------------------------------


def skipgram_hidden(inputs, rows):
    """Mean of the rows of the centre word: itself and its n-grams [10]."""
    return np.mean([inputs[row] for row in rows], axis=0)


def cbow_hidden(inputs, context_rows, position_weights=None):
    """One mean over all rows of all context words [10].

    With `position_weights`, a vector d_p for each context word, the sum of the word's rows is first multiplied by d_p
    element by element (T. Mikolov et al., "Advances in pre-training distributed word representations", 2018, eq. 3).
    """
    n_rows = sum(len(rows) for rows in context_rows)
    total = np.zeros(inputs.shape[1])
    for place, rows in enumerate(context_rows):
        for row in rows:
            total += inputs[row] if position_weights is None else position_weights[place] * inputs[row]
    return total / n_rows


def skipgram_input_gradient(inputs, rows, d_hidden):
    """Exact gradient for the input matrix; a repeated row counts each time."""
    gradient = np.zeros_like(inputs)
    for row in rows:
        gradient[row] += d_hidden / len(rows)
    return gradient


def cbow_gradients(inputs, context_rows, d_hidden, position_weights=None):
    """Exact gradients for the input matrix and for the position weights (None without them)."""
    n_rows = sum(len(rows) for rows in context_rows)
    gradient = np.zeros_like(inputs)
    d_weights = None if position_weights is None else np.zeros_like(position_weights)
    for place, rows in enumerate(context_rows):
        for row in rows:
            gradient[row] += (d_hidden if position_weights is None else position_weights[place] * d_hidden) / n_rows
            if d_weights is not None:
                d_weights[place] += inputs[row] * d_hidden / n_rows
    return gradient, d_weights


def skipgram_step(inputs, output, rows, loss, learning_rate):
    """fastText's step: returns the loss and the new matrices.

    `loss(hidden, output)` is one of the losses above. The gradient for h is added to every row undivided [10]: the
    exact gradient times the number of rows. It uses the output rows as they were before their update.
    """
    value, d_hidden, d_output = loss(skipgram_hidden(inputs, rows), output)
    d_inputs = len(rows) * skipgram_input_gradient(inputs, rows, d_hidden)
    return value, inputs - learning_rate * d_inputs, output - learning_rate * d_output


def cbow_step(inputs, output, context_rows, loss, learning_rate, *, position_weights=None, normalized=False):
    """fastText's step for CBOW: returns the loss, the new matrices, and the new position weights.

    The exact gradient of an input row is divided by the number of rows that the mean is over; fastText (and word2vec)
    leave the division out. With `normalized` the exact gradient is used (O. Irsoy, A. Benton, K. Stratos, "Corrected
    CBOW performs as well as skip-gram", 2020).
    """
    value, d_hidden, d_output = loss(cbow_hidden(inputs, context_rows, position_weights), output)
    d_inputs, d_weights = cbow_gradients(inputs, context_rows, d_hidden, position_weights)
    if not normalized:
        d_inputs *= sum(len(rows) for rows in context_rows)
    if position_weights is not None:
        position_weights = position_weights - learning_rate * d_weights
    return value, inputs - learning_rate * d_inputs, output - learning_rate * d_output, position_weights


# --- vectors ----------------------------------------------------------------------------------------------------------


def text_vector(word_vectors):
    """fastText's sentence vector: the mean of the word vectors divided by their norms; zero vectors are left out."""
    units = [vector / np.linalg.norm(vector) for vector in word_vectors if np.linalg.norm(vector) > 0]
    return np.mean(units, axis=0) if units else np.zeros(np.shape(word_vectors)[1:])


def analogy_query(a, b, c):
    """fastText's A - B + C, each divided by (its norm + 1e-8)."""
    return sum(sign * x / (np.linalg.norm(x) + 1e-8) for sign, x in ((1, a), (-1, b), (1, c)))
