"""A corpus of two topics, and models small enough to be trained on it in milliseconds."""

import numpy as np

from textspace import WordVectors

TOPICS = [["apple", "pear", "plum", "cherry", "quince"], ["hammer", "saw", "drill", "chisel", "pliers"]]


def topic_texts(n=600, seed=0):
    """Lines of words of one topic each, with a word that all lines have."""
    stream = np.random.default_rng(seed)
    return [" ".join(["and", *stream.choice(TOPICS[line % 2], 6)]) for line in range(n)]


def small_vectors(**changed):
    """An untrained WordVectors for such a corpus."""
    small = {"dim": 10, "min_count": 1, "n_buckets": 3000, "subsample": 0, "n_threads": 1, "min_n": 2, "max_n": 4}
    return WordVectors(**small | changed)


def cosines(wv, vector):
    """Similarity of every word of the vocabulary to a vector, in float64."""
    vectors = np.array([wv[word] for word in wv.words], dtype=np.float64)
    return vectors @ vector / np.linalg.norm(vectors, axis=1) / np.linalg.norm(vector)
