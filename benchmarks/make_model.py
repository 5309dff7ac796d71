"""Write a large model of random numbers in textspace's and fastText's format: opening does not care what is in it."""

import json
import sys
from pathlib import Path

import numpy as np

from textspace.formats import write_vectors
from textspace.formats.stored import StoredVectors
from textspace.text.subwords import Subwords
from textspace.text.vocabulary import Vocabulary

DIM = 100
BYTES_PER_ROW = 4 * DIM
N_BUCKETS = 2_000_000


def main(gigabytes: float, native: Path, binary: Path) -> None:
    """A tenth of the rows are words, with a row each in the output matrix; the rest are buckets of n-grams."""
    n_words = int(gigabytes * 1e9 / BYTES_PER_ROW / 10)
    n_rows = int(gigabytes * 1e9 / BYTES_PER_ROW) - n_words
    vocabulary = Vocabulary.from_words(["where", *(f"word{word_id}" for word_id in range(1, n_words))])
    n_grams = min(n_rows - n_words, N_BUCKETS)
    buckets = np.arange(n_grams, dtype=np.int32)
    subwords = Subwords(
        min_n=3, max_n=6, n_buckets=N_BUCKETS, first_row=n_words, buckets=buckets, ngram_rows=n_words + buckets[::-1]
    )
    generator = np.random.default_rng(0)
    input_vectors = generator.random((n_words + n_grams, DIM), dtype=np.float32) - 0.5
    output_vectors = generator.random((n_words, DIM), dtype=np.float32) - 0.5
    stored = StoredVectors(vocabulary, input_vectors, output_vectors, subwords, {"dim": DIM, "objective": "skipgram"})
    write_vectors(native, stored)
    write_vectors(binary, stored)
    made: dict[str, float] = {"n_words": n_words, "n_rows": len(input_vectors), "dim": DIM}
    made |= {"native_mb": native.stat().st_size / 1e6, "binary_mb": binary.stat().st_size / 1e6}
    print(json.dumps(made))


if __name__ == "__main__":
    main(float(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]))
