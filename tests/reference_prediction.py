"""A slow second implementation of prediction/, in plain Python and float64; imports nothing of textspace."""

import math
import re
from dataclasses import dataclass, field

import numpy as np

from reference_text import fnv1a, ngrams

MULTIPLIER = 116049371


@dataclass
class Model:
    """A classifier as plain data: words and labels are bytes and str, `bucket_rows` maps a bucket to its row."""

    words: list[bytes]
    labels: list[str]
    counts: list[int]
    input: np.ndarray
    output: np.ndarray | None
    loss: str = "softmax"
    min_n: int = 0
    max_n: int = 0
    word_ngrams: int = 1
    n_buckets: int = 0
    label_prefix: bytes = b"__label__"
    bucket_rows: dict[int, int] | None = None
    skip_missing: bool = False
    scale: list[float] = field(default_factory=lambda: [1.0])
    offset: list[float] = field(default_factory=lambda: [0.0])


def word_ngram_hashes(tokens: list[bytes], longest: int) -> list[int]:
    """The 64-bit hashes of all runs of 2 to `longest` words, by start, then by length."""
    signed = [value - (1 << 32) if value >= 1 << 31 else value for value in map(fnv1a, tokens)]
    found = []
    for start in range(len(signed)):
        value = signed[start] % (1 << 64)
        for end in range(start + 1, min(start + longest, len(signed))):
            value = (value * MULTIPLIER + signed[end]) % (1 << 64)
            found.append(value)
    return found


def tokens_of(model: Model, text: bytes) -> list[bytes]:
    tokens = [token for token in re.split(rb"[ \n\r\t\v\f\0]+", text) if token not in (b"", b"</s>")]
    return [t for t in tokens if not model.label_prefix or not t.startswith(model.label_prefix)] + [b"</s>"]


def features(model: Model, text: bytes) -> list[int]:
    """The rows of a text in order; -1 for an n-gram that has none, unless those are skipped."""
    tokens = tokens_of(model, text)
    ids = {word: word_id for word_id, word in reversed(list(enumerate(model.words)))}

    def bucket_row(bucket: int) -> int:
        return len(ids) + bucket if model.bucket_rows is None else model.bucket_rows.get(bucket, -1)

    rows = []
    for token in tokens:
        rows += [ids[token]] if token in ids else []
        if model.max_n > 0:
            rows += [bucket_row(fnv1a(gram) % model.n_buckets) for gram in ngrams(token, model.min_n, model.max_n)]
    if model.word_ngrams > 1:
        rows += [bucket_row(value % model.n_buckets) for value in word_ngram_hashes(tokens, model.word_ngrams)]
    return [row for row in rows if row >= 0] if model.skip_missing else rows


def hidden(model: Model, text: bytes) -> np.ndarray:
    rows = features(model, text)
    total = np.zeros(model.input.shape[1])
    for row in rows:
        if row >= 0:
            total += model.input[row].astype(np.float64)
    return total / max(len(rows), 1)


def paths(counts: list[int]) -> list[list[tuple[int, bool]]]:
    """For each label the inner nodes from the leaf to the root, and whether the path comes from the right child."""
    n = len(counts)
    weights = [*counts, *[10**15] * (n - 1)]
    parents: dict[int, tuple[int, bool]] = {}
    leaf, inner = n - 1, n
    for node in range(n, 2 * n - 1):
        weight = 0
        for is_right in (False, True):
            if leaf >= 0 and weights[leaf] < weights[inner]:
                lightest, leaf = leaf, leaf - 1
            else:
                lightest, inner = inner, inner + 1
            weight += weights[lightest]
            parents[lightest] = (node, is_right)
        weights[node] = weight
    found = []
    for label in range(n):
        path, node = [], label
        while node in parents:
            node, is_right = parents[node]
            path.append((node - n, is_right))
        found.append(path)
    return found


def logistic(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


def stepped_logistic(x: float) -> float:
    """fastText's table of 512 steps over [-8, 8]."""
    if abs(x) > 8:
        return float(x > 0)
    return logistic(int((x + 8) * 512 / 16) * 16 / 512 - 8)


def logits(model: Model, text: bytes) -> np.ndarray:
    """Calibrated scores of all labels; of a tree, the logarithms of the probabilities."""
    vector = hidden(model, text)
    scores = vector if model.output is None else model.output.astype(np.float64) @ vector
    if model.loss == "hs":
        steps = [[logistic(scores[node] if right else -scores[node]) for node, right in p] for p in paths(model.counts)]
        scores = np.array([sum(map(math.log, step)) for step in steps])
    return np.array(model.scale) * scores + np.array(model.offset)


def probabilities(model: Model, text: bytes) -> np.ndarray:
    scores = logits(model, text)
    if model.loss in {"ns", "ova"}:
        return np.array([logistic(score) for score in scores])
    powers = np.exp(scores - scores.max())
    return powers / powers.sum()


def fasttext_probabilities(model: Model, text: bytes) -> np.ndarray:
    """As fastText returns them."""
    vector = hidden(model, text)
    scores = model.output.astype(np.float64) @ vector
    if model.loss == "softmax":
        return probabilities(model, text) + 1e-5
    if model.loss in {"ns", "ova"}:
        return np.array([stepped_logistic(score) + 1e-5 for score in scores])
    steps = [[logistic(scores[node] if right else -scores[node]) for node, right in p] for p in paths(model.counts)]
    return np.array([math.prod(p + 1e-5 for p in step) for step in steps])
