"""Small classifiers and labelled texts for tests."""

import numpy as np


def random_documents(n: int, *, n_words: int, n_labels: int, seed: int) -> list[str]:
    """Lines of one or two labels and some words, frequent ones often; a label brings words of its own."""
    rng = np.random.default_rng(seed)
    letters = np.array(list("abcdefghijklmnopqrstuvwxyzäßéñøжλ寿司🙂"))
    words = ["".join(rng.choice(letters, size)) for size in rng.integers(1, 9, n_words)]
    lines = []
    for i in range(n):
        labels = dict.fromkeys([i % n_labels, *(np.minimum(rng.zipf(1.5, 1), n_labels) - 1).tolist()])
        chosen = (np.minimum(rng.zipf(1.4, 12), n_words) - 1).tolist() + [label % n_words for label in labels]
        lines.append(" ".join([*(f"__label__{label}é" for label in labels), *(words[word_id] for word_id in chosen)]))
    return lines
