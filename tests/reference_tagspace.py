"""Tag models a second time: plain, slow, in float64, importing nothing of textspace.

A model is a dict of arrays. `words` (V, D), `tags` (L, E) and perhaps `bias` (L,); a convolution has `filters`
(H, K, D), `filter_bias` (H,), `projection` (P * H, D), `projection_bias` (D,).
"""

import math
from dataclasses import dataclass

import numpy as np

MASK = 2**64 - 1
GOLDEN = 0x9E3779B97F4A7C15


class Rng:
    """The core's generator: xorshift64*, seeded by splitmix64's last step."""

    def __init__(self, seed, stream):
        x = (seed + GOLDEN * (stream + 1)) & MASK
        x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & MASK
        self.state = (x ^ (x >> 31)) or 1

    def next(self):
        self.state ^= self.state >> 12
        self.state = (self.state ^ (self.state << 25)) & MASK
        self.state ^= self.state >> 27
        return (self.state * 0x2545F4914F6CDD1D) & MASK

    def below(self, n):
        return ((self.next() >> 32) * n) >> 32


def document_rng(seed, epoch, document):
    return Rng((seed + 0xD1B54A32D192ED03 * (4 * epoch + 1)) & MASK, document)


@dataclass
class Rule:
    """What is not an array: the encoder's switches and the loss."""

    loss: str = "softmax"
    cosine: bool = False
    scale: float = 1.0
    margin: float = 0.1
    n_draws: int = 1000
    max_violators: int = 10
    log_q: bool = True
    pool: int | None = None
    n_pools: int = 1
    second_tanh: bool = True
    poolings: tuple = ("mean",)
    power: float = 1.0
    row_weights: np.ndarray | None = None


def embed(model, rule, rows):
    if len(rows) == 0:
        return np.zeros(model["tags"].shape[1])
    return convolve(model, rule, rows) if "filters" in model else pool_bag(model, rule, rows)


def convolve(model, rule, rows):
    filters, words = model["filters"], model["words"]
    n_filters, width, dim = filters.shape
    before = width // 2
    padded = np.zeros((len(rows) + width - 1, dim))
    padded[before : before + len(rows)] = words[rows]
    scores = np.array(
        [[(filters[h] * padded[p : p + width]).sum() + model["filter_bias"][h] for h in range(n_filters)]
         for p in range(len(rows))]
    )  # fmt: skip
    scores = np.tanh(scores)
    size = len(rows) if rule.pool is None else rule.pool
    hidden = np.zeros((rule.n_pools, n_filters))
    for i in range(rule.n_pools):
        part = scores[i * size : (i + 1) * size]
        if len(part):
            hidden[i] = part.max(axis=0)
    if rule.second_tanh:
        hidden = np.tanh(hidden)
    return hidden.reshape(-1) @ model["projection"] + model["projection_bias"]


def pool_bag(model, rule, rows):
    x = model["words"][rows]
    weights = np.ones(len(rows)) if rule.row_weights is None else rule.row_weights[rows]
    parts = {
        "mean": (weights[:, None] * x).sum(axis=0) / weights.sum() ** rule.power,
        "max": x.max(axis=0),
        "min": x.min(axis=0),
    }
    return np.concatenate([parts[name] for name in rule.poolings])


def scores_of(model, rule, embedding):
    tags = model["tags"]
    if rule.cosine:
        embedding = embedding / np.sqrt((embedding**2).sum() + 1e-12)
        tags = tags / np.sqrt((tags**2).sum(axis=1, keepdims=True) + 1e-12)
    return rule.scale * tags @ embedding + model.get("bias", 0)


def harmonic(k):
    return sum(1 / j for j in range(1, k + 1))


def draw_other(rng, n_tags, positives):
    """Draw uniformly from the tags that are not the document's."""
    others = [tag for tag in range(n_tags) if tag not in positives]
    return others[rng.below(len(others))]


def loss_of(model, rule, rows, positives, rng, tree=None):
    s = scores_of(model, rule, embed(model, rule, rows))
    n_tags = len(s)
    if len(rows) == 0 or len(positives) == 0:
        return 0.0
    return LOSSES[rule.loss](s, n_tags, sorted(positives), rule, rng, tree)


def search(s, n_tags, positives, rule, rng, tree):
    positive = positives[rng.below(len(positives))]
    for n_tries in range(1, rule.n_draws + 1):
        negative = draw_other(rng, n_tags, positives)
        if s[negative] > s[positive] - rule.margin:
            weight = harmonic((n_tags - len(positives)) // n_tries) if rule.loss == "warp" else 1.0
            return weight * (rule.margin - s[positive] + s[negative])
    return 0.0


def warp_expected(s, n_tags, positives, rule, rng, tree):
    others = [tag for tag in range(n_tags) if tag not in positives]
    n, total = len(others), 0.0
    for positive in positives:
        hinges = [rule.margin - s[positive] + s[tag] for tag in others]
        hinges = [value for value in hinges if value > 0]
        r = len(hinges)
        if r:
            p = r / n
            weight = sum(p * (1 - p) ** (k - 1) * harmonic(n // k) for k in range(1, rule.n_draws + 1))
            total += weight * sum(hinges) / r
    return total / len(positives)


def hinge(s, n_tags, positives, rule, rng, tree):
    positive = positives[rng.below(len(positives))]
    kept = []
    for _ in range(rule.n_draws):
        if len(kept) == rule.max_violators:
            break
        value = rule.margin - s[positive] + s[draw_other(rng, n_tags, positives)]
        if value > 0:
            kept.append(value)
    return sum(kept) / len(kept) if kept else 0.0


def hinge_max(s, n_tags, positives, rule, rng, tree):
    if rule.n_draws == 0:
        negative = max(s[tag] for tag in range(n_tags) if tag not in positives)
        return max(0.0, rule.margin - min(s[tag] for tag in positives) + negative)
    positive = positives[rng.below(len(positives))]
    negative = max(s[draw_other(rng, n_tags, positives)] for _ in range(rule.n_draws))
    return max(0.0, rule.margin - s[positive] + negative)


def log_sum_exp(values):
    top = max(values)
    return top + math.log(sum(math.exp(value - top) for value in values))


def softmax(s, n_tags, positives, rule, rng, tree):
    return log_sum_exp(s) - float(np.mean(s[positives]))


def bce(s, n_tags, positives, rule, rng, tree):
    return sum(np.logaddexp(0, -s[tag] if tag in positives else s[tag]) for tag in range(n_tags))


def sampled_softmax(s, n_tags, positives, rule, rng, tree):
    used = positives if rule.log_q else [positives[rng.below(len(positives))]]
    log_count = math.log(rule.n_draws / (n_tags - len(positives))) if rule.log_q else 0.0
    negatives = [s[draw_other(rng, n_tags, positives)] - log_count for _ in range(rule.n_draws)]
    return log_sum_exp([*s[used], *negatives]) - float(np.mean(s[used]))


def hierarchical(s, n_tags, positives, rule, rng, tree):
    """`tree`: for each tag its path, (inner node, whether its right child) each."""
    paths = [np.logaddexp(0, -s[node] if right else s[node]) for tag in positives for node, right in tree[tag]]
    return float(sum(paths)) / len(positives)


LOSSES = {
    "tagspace": search,
    "warp": search,
    "warp_expected": warp_expected,
    "hinge": hinge,
    "hinge_max": hinge_max,
    "softmax": softmax,
    "bce": bce,
    "sampled_softmax": sampled_softmax,
    "hs": hierarchical,
}


def batch_loss(model, rule, documents, *, seed=0, epoch=0, tree=None):
    """Return the sum of the losses of documents: pairs of rows and tags."""
    return sum(
        loss_of(model, rule, np.asarray(rows, int), tags, document_rng(seed, epoch, i), tree)
        for i, (rows, tags) in enumerate(documents)
    )


def gradients(loss, model, step=1e-6):
    """Return the derivative of `loss(model)` by every element, by central differences."""
    found = {}
    for name, values in model.items():
        found[name] = np.zeros_like(values)
        for place in np.ndindex(values.shape):
            before = values[place]
            values[place] = before + step
            above = loss(model)
            values[place] = before - step
            found[name][place] = (above - loss(model)) / (2 * step)
            values[place] = before
    return found
