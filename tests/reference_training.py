"""Slow, plain second implementation of the trainer: float64, one number at a time, nothing of textspace.

It follows the order of the windows and the random draws of the core, so that a run on one thread can be compared matrix
against matrix: the losses and gradients are those of reference_vectors, checked there by central differences.
"""

from dataclasses import dataclass

import numpy as np

from reference_vectors import huffman_tree, sigmoid

MASK = 2**64 - 1
BLOCK_WORDS = 1024
SPAN_IDS = 2**16
CHUNK = 6
HOT_USES = 8


class Xorshift:
    """xorshift64* seeded through splitmix64's finalizer."""

    def __init__(self, seed, stream):
        x = (seed + 0x9E3779B97F4A7C15 * (stream + 1)) & MASK
        x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & MASK
        self.state = (x ^ (x >> 31)) or 1

    def next(self):
        x = self.state
        x ^= x >> 12
        x = (x ^ (x << 25)) & MASK
        x ^= x >> 27
        self.state = x
        return (x * 0x2545F4914F6CDD1D) & MASK

    def below(self, n):
        return ((self.next() >> 32) * n) >> 32

    def unit(self):
        return np.float32(self.next() >> 40) * np.float32(1 / 16777216)


class AliasDraws:
    """Walker's method with the slots filled in the core's order."""

    def __init__(self, weights):
        n = len(weights)
        weights = [weight * n / sum(weights) for weight in weights]
        self.slots = [None] * n
        poor = [i for i in range(n) if weights[i] < 1]
        rich = [i for i in range(n) if not weights[i] < 1]
        while poor and rich:
            taker, giver = poor.pop(), rich[-1]
            self.slots[taker] = (np.float32(weights[taker]), giver)
            weights[giver] -= 1 - weights[taker]
            if weights[giver] < 1:
                poor.append(rich.pop())
        for outcome in poor + rich:
            self.slots[outcome] = (np.float32(1), outcome)

    def draw(self, rng):
        bits = rng.next()
        outcome = ((bits >> 32) * len(self.slots)) >> 32
        keep, alias = self.slots[outcome]
        return outcome if np.float32(bits & 0xFFFFFF) * np.float32(1 / 16777216) < keep else alias


@dataclass
class Setup:
    ids: list
    word_rows: list  # of each word
    counts: list
    keep: np.ndarray
    objective: str
    loss: str
    window: int
    n_negatives: int
    negative_power: float
    epochs: int
    learning_rate: float
    seed: int
    normalize_cbow: bool = False
    n_hot_words: int = 0


def train(setup, inputs, outputs, position_weights=None):
    """Train the float64 matrices in place, as one thread of the core does."""
    rng = Xorshift(setup.seed, 0)
    n_words = sum(word >= 0 for word in setup.ids)
    done = 0
    hot = {word: HotWord() for word in range(setup.n_hot_words)}
    for _ in range(setup.epochs):
        for begin in range(0, len(setup.ids), SPAN_IDS):
            span = setup.ids[begin : begin + SPAN_IDS]
            while span:
                n_read, span, words, reaches = _take_block(span, setup, rng)
                targets = [_targets(word, setup, rng) for word in words]
                rate = setup.learning_rate * (1 - done / (n_words * setup.epochs))
                done += n_read
                _Windows(setup, inputs, outputs, position_weights, words, rate, hot).run(reaches, targets)
    for word, kept in hot.items():
        for row in setup.word_rows[word]:
            inputs[row] += kept.moves


def _take_block(span, setup, rng):
    words, reaches, line_begin, n_read, taken = [], [], 0, 0, 0

    def end_line():
        for position in range(line_begin, len(words)):
            reach = 1 + rng.below(setup.window)
            reaches.append((max(position - reach, line_begin), min(position + reach, len(words) - 1)))
        return len(words)

    for word in span:
        if len(words) == BLOCK_WORDS:
            break
        taken += 1
        if word < 0:
            line_begin = end_line()
            continue
        n_read += 1
        if setup.keep[word] >= 1 or rng.unit() < setup.keep[word]:
            words.append(word)
    end_line()
    return n_read, span[taken:], words, reaches


def _targets(word, setup, rng):
    """[(output row, label)] of a word in the middle of a window; None for the full softmax."""
    if setup.loss == "softmax":
        return None
    if setup.loss == "hs":
        tree = huffman_tree(setup.counts)
        return list(zip(tree.rows[word], tree.codes[word], strict=True))
    if not hasattr(setup, "negatives"):
        setup.negatives = AliasDraws([count**setup.negative_power for count in setup.counts])
    targets = [(word, 1)]
    for _ in range(setup.n_negatives):
        negative = setup.negatives.draw(rng)
        while negative == word:
            negative = setup.negatives.draw(rng)
        targets.append((negative, 0))
    return targets


class HotWord:
    """A frequent word: its vector as the thread keeps it, and the moves that its rows have not got yet."""

    def __init__(self):
        self.vector, self.moves, self.uses = None, 0.0, 0


class _Windows:
    """A ring as wide as needed: the vectors of words between the first window that reaches them and the last."""

    def __init__(self, setup, inputs, outputs, position_weights, words, rate, hot):
        self.setup, self.inputs, self.outputs, self.weights = setup, inputs, outputs, position_weights
        self.words, self.rate, self.hot = words, rate, hot
        self.vectors, self.start = {}, {}

    def run(self, reaches, targets):
        n, window = len(self.words), self.setup.window
        for position in range(min(window, n)):
            self.enter(position)
        for position in range(n):
            if position + window < n:
                self.enter(position + window)
            first, last = reaches[position]
            contexts = [p for p in range(first, last + 1) if p != position]
            if contexts:
                step = self.skipgram_step if self.setup.objective == "skipgram" else self.cbow_step
                step(position, contexts, targets[position])
            if position - window >= 0:
                self.leave(position - window)
        for position in range(max(0, n - window), n):
            self.leave(position)

    def rows(self, position):
        return self.setup.word_rows[self.words[position]]

    def enter(self, position):
        hot = self.hot.get(self.words[position])
        if hot and hot.uses:
            self.vectors[position] = hot.vector.copy()
        else:
            total = self.inputs[self.rows(position)].sum(axis=0)
            self.vectors[position] = total / len(self.rows(position)) if self.setup.objective == "skipgram" else total
            if hot:
                hot.vector = self.vectors[position].copy()
        self.start[position] = self.vectors[position].copy()

    def leave(self, position):
        step = self.vectors.pop(position) - self.start.pop(position)
        hot = self.hot.get(self.words[position])
        if hot:
            hot.vector = hot.vector + step
        if self.setup.objective == "cbow":
            step = step / len(self.rows(position))
        if hot:
            hot.moves, hot.uses = hot.moves + step, hot.uses + 1
            if hot.uses < HOT_USES:
                return
            step, hot.moves, hot.uses = hot.moves, 0.0, 0
        for row in self.rows(position):
            self.inputs[row] += step

    def skipgram_step(self, position, contexts, targets):
        hidden = [self.vectors[p] for p in contexts]
        for p, step in zip(contexts, self.train_outputs(hidden, position, targets), strict=True):
            self.vectors[p] = self.vectors[p] + step

    def cbow_step(self, position, contexts, targets):
        window = self.setup.window
        n_rows = sum(len(self.rows(p)) for p in contexts)
        places = [p - position + window - (p > position) for p in contexts]
        weights = [1.0 if self.weights is None else self.weights[place].copy() for place in places]
        sums = [self.vectors[p].copy() for p in contexts]
        hidden = sum(weight * total for weight, total in zip(weights, sums, strict=True)) / n_rows
        (gradient,) = self.train_outputs([hidden], position, targets)
        for p, place, weight, total in zip(contexts, places, weights, sums, strict=True):
            step = gradient / len(contexts) if self.setup.normalize_cbow else gradient
            if self.weights is not None:
                self.weights[place] += gradient * total / n_rows
            self.vectors[p] = total + step * weight * len(self.rows(p))

    def train_outputs(self, hidden, position, targets):
        """Update the outputs; the steps of the hidden vectors. Targets are taken CHUNK at a time."""
        moved = [h.copy() for h in hidden]
        if targets is None:
            self.train_softmax(hidden, moved, self.words[position])
        else:
            for begin in range(0, len(targets), CHUNK):
                self.train_chunk(hidden, moved, targets[begin : begin + CHUNK])
        return [after - before for after, before in zip(moved, hidden, strict=True)]

    def train_chunk(self, hidden, moved, chunk):
        """Skip-gram's vectors move at once, and the next chunk sees them moved; CBOW's mean stays."""
        before = [h.copy() for h in (moved if self.setup.objective == "skipgram" else hidden)]
        rows = [self.outputs[row].copy() for row, _ in chunk]
        for c, h in enumerate(before):
            for (row, label), old in zip(chunk, rows, strict=True):
                error = self.rate * (label - sigmoid(h @ old))
                moved[c] += error * old
                self.outputs[row] += error * h

    def train_softmax(self, hidden, moved, target):
        old = self.outputs.copy()
        for c, h in enumerate(hidden):
            scores = old @ h
            error = -np.exp(scores - scores.max())
            error /= -error.sum()
            error[target] += 1
            moved[c] += self.rate * error @ old
            self.outputs += self.rate * np.outer(error, h)
