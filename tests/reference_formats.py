"""Slow second implementations of the file formats, from their descriptions; imports nothing of textspace."""

import struct
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reference_text import fnv1a, ngrams

MAGIC = 793712314
# The saved arguments in the order of the file, and the values of fastText's own defaults.
ARGUMENTS = ("dim", "ws", "epoch", "minCount", "neg", "wordNgrams", "loss", "model", "bucket", "minn", "maxn", "rate")


@dataclass
class FastTextModel:
    """A dense fastText model, as plain values."""

    arguments: dict[str, int]
    words: list[bytes]
    counts: list[int]
    n_tokens: int
    inputs: NDArray[np.float32]
    outputs: NDArray[np.float32]
    t: float = 1e-4
    labels: tuple[bytes, ...] = ()
    version: int = 12

    def vector(self, word: bytes) -> NDArray[np.float64]:
        """Mean of the word's own row, if it has one, and the rows of its n-grams."""
        rows = [self.words.index(word)] if word in self.words else []
        if self.arguments["maxn"] > 0:
            found = ngrams(word, self.arguments["minn"], self.arguments["maxn"])
            rows += [len(self.words) + fnv1a(ngram) % self.arguments["bucket"] for ngram in found]
        if not rows:
            return np.zeros(self.inputs.shape[1])
        return self.inputs[rows].astype(np.float64).sum(axis=0) / len(rows)


def fasttext_bytes(model: FastTextModel) -> bytes:
    """The file of a model, field by field."""
    n_labels = len(model.labels)
    parts = [struct.pack("<2i", MAGIC, model.version)]
    parts += [struct.pack("<i", model.arguments[name]) for name in ARGUMENTS]
    parts.append(struct.pack("<d", model.t))
    parts.append(struct.pack("<3i", len(model.words) + n_labels, len(model.words), n_labels))
    parts.append(struct.pack("<2q", model.n_tokens, -1))
    for word, count in zip(model.words, model.counts, strict=True):
        parts.append(word + b"\0" + struct.pack("<qb", count, 0))
    parts += [label + b"\0" + struct.pack("<qb", 1, 1) for label in model.labels]
    for matrix in (model.inputs, model.outputs):
        parts.append(b"\0" + struct.pack("<2q", *matrix.shape) + matrix.astype("<f4").tobytes())
    return b"".join(parts)


def text_bytes(words: list[bytes], rows: NDArray[np.float32], *, precision: int = 9) -> bytes:
    """The text form, with `precision` significant digits and a space after every number."""
    lines = [b"%d %d\n" % rows.shape]
    for word, row in zip(words, rows, strict=True):
        numbers = "".join(f"{value:.{precision}g} " for value in row.tolist())
        lines.append(word + b" " + numbers.encode() + b"\n")
    return b"".join(lines)


def binary_bytes(words: list[bytes], rows: NDArray[np.float32], *, newline: bytes = b"\n") -> bytes:
    """The binary form of word2vec, with or without a newline after each vector."""
    entries = [word + b" " + row.astype("<f4").tobytes() + newline for word, row in zip(words, rows, strict=True)]
    return b"%d %d\n" % rows.shape + b"".join(entries)
