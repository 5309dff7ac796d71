"""A slow second implementation of the text classifier's features and training, from the papers and fastText's
specification, in float64; imports nothing of textspace."""

from dataclasses import dataclass, field

import numpy as np

import reference_text

CHUNK = 8  # outputs of the binary losses that see the same values of the output matrix


def word_ngram_buckets(words: list[bytes], word_ngrams: int, n_buckets: int) -> list[int]:
    hashes = []
    for word in words:
        value = reference_text.fnv1a(word)
        hashes.append(value - 2**32 if value >= 2**31 else value)
    found = []
    for begin in range(len(hashes)):
        value = hashes[begin]
        for following in hashes[begin + 1 : begin + word_ngrams]:
            value = (value * 116049371 + following) % 2**64
            found.append(value % n_buckets)
    return found


def document(line: bytes, prefix: bytes) -> tuple[list[bytes], list[bytes]]:
    """The words of a line, its end included, and its labels."""
    tokens = reference_text.tokens(line + b"\n")
    tokens = tokens[: tokens.index(b"</s>") + 1]
    labels = [token[len(prefix) :] for token in tokens if token.startswith(prefix)]
    return [token for token in tokens if not token.startswith(prefix)], labels


def features(
    words: list[bytes], known: set[bytes], *, word_ngrams: int, min_n: int, max_n: int, n_buckets: int
) -> list[bytes | int]:
    """The features of a document: words as bytes, buckets as int; word n-grams come last."""
    found: list[bytes | int] = []
    for word in words:
        if word in known:
            found.append(word)
        if max_n:
            found += [reference_text.fnv1a(gram) % n_buckets for gram in reference_text.ngrams(word, min_n, max_n)]
    return found + word_ngram_buckets(words, word_ngrams, n_buckets)


@dataclass
class Setup:
    """Documents as lists of rows and of labels, and how to train on them."""

    documents: list[list[int]]
    labels: list[list[int]]
    counts: list[int]
    loss: str
    learning_rate: float
    epochs: int = 1
    n_negatives: int = 5
    weights: list[float] | None = None
    label_weights: list[float] = field(default_factory=list)

    def weight(self, document: int) -> float:
        return 1.0 if self.weights is None else self.weights[document]

    def label_weight(self, label: int) -> float:
        return self.label_weights[label] if self.label_weights else 1.0


def huffman_paths(counts: list[int]) -> list[list[tuple[int, int]]]:
    """For each leaf the inner nodes from it to the root, with 1 where the step comes from a right child."""
    n = len(counts)
    weight = [*counts, *[10**15] * (n - 1)]
    parent: dict[int, tuple[int, int]] = {}
    leaf, inner = n - 1, n
    for node in range(n, 2 * n - 1):
        total = 0
        for code in (0, 1):
            if leaf >= 0 and weight[leaf] < weight[inner]:
                child, leaf = leaf, leaf - 1
            else:
                child, inner = inner, inner + 1
            parent[child] = (node, code)
            total += weight[child]
        weight[node] = total
    paths = []
    for word in range(n):
        path, node = [], word
        while node in parent:
            node, code = parent[node]
            path.append((node - n, code))
        paths.append(path)
    return paths


def targets(setup: Setup, document: int) -> list[tuple[int, float, float]]:
    """Outputs of a document as (output, truth, weight), where they do not depend on chance."""
    labels = setup.labels[document]
    weight = setup.weight(document)
    if setup.loss == "ova":
        return [
            (k, float(k in labels), weight * (setup.label_weight(k) if k in labels else 1))
            for k in range(len(setup.counts))
        ]
    found = []
    for label in labels:
        share = weight * setup.label_weight(label) / len(labels)
        if setup.loss == "hs":
            found += [(node, float(code), share) for node, code in huffman_paths(setup.counts)[label]]
            continue
        found.append((label, 1.0, share))
        if setup.loss == "ns":
            others = [k for k in range(len(setup.counts)) if k not in labels]
            assert len(others) == 1, "with one other label no draw matters"
            found += [(others[0], 0.0, share)] * setup.n_negatives
    return found


def softmax(scores: np.ndarray) -> np.ndarray:
    exponentials = np.exp(scores - scores.max())
    return exponentials / exponentials.sum()


def loss(hidden: np.ndarray, outputs: np.ndarray, found: list[tuple[int, float, float]], kind: str) -> float:
    """The loss of a document: what the gradients below are of."""
    scores = outputs @ hidden
    if kind == "softmax":
        log_p = np.log(softmax(scores))
        return float(-sum(weight * log_p[k] for k, _, weight in found))
    return float(sum(weight * np.logaddexp(0, -scores[k] if truth else scores[k]) for k, truth, weight in found))


def gradients(
    hidden: np.ndarray, outputs: np.ndarray, found: list[tuple[int, float, float]], kind: str
) -> tuple[np.ndarray, np.ndarray]:
    """Gradients of `loss` with respect to the hidden vector and the outputs."""
    scores = outputs @ hidden
    error = np.zeros(len(outputs))
    if kind == "softmax":
        error = sum(weight for _, _, weight in found) * softmax(scores)
        for k, _, weight in found:
            error[k] -= weight
    else:
        for k, truth, weight in found:
            error[k] += weight * (1 / (1 + np.exp(-scores[k])) - truth)
    return error @ outputs, np.outer(error, hidden)


def train(setup: Setup, inputs: np.ndarray, outputs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """All epochs in the order of the documents, at one learning rate an epoch."""
    inputs, outputs = inputs.astype(np.float64), outputs.astype(np.float64)
    for epoch in range(setup.epochs):
        rate = setup.learning_rate * (1 - epoch / setup.epochs)
        for i, document in enumerate(setup.documents):
            if not document or not setup.labels[i] or setup.weight(i) == 0:
                continue
            rows = np.array(document)
            hidden = inputs[rows[rows >= 0]].sum(axis=0) / len(rows)  # row -1 is a row of zeros
            found = targets(setup, i)
            chunks = [found[k : k + CHUNK] for k in range(0, len(found), CHUNK)]
            step = np.zeros_like(hidden)
            for chunk in [found] if setup.loss in ("softmax", "ova") else chunks:
                hidden_gradient, output_gradient = gradients(hidden, outputs, chunk, setup.loss)
                step -= rate * hidden_gradient
                outputs -= rate * output_gradient
            np.add.at(inputs, rows[rows >= 0], step / len(rows))
    return inputs, outputs
