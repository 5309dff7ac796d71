"""Labelled texts of three topics, and classifiers small enough to be trained on them in milliseconds."""

import numpy as np

from textspace import TextClassifier

TOPICS = {
    "fruit": ["apple", "pear", "plum", "cherry", "quince"],
    "tools": ["hammer", "saw", "drill", "chisel", "pliers"],
    "birds": ["heron", "finch", "robin", "magpie", "swift"],
}
COMMON = ["and", "the", "of"]


def topic_texts(n=300, seed=0, n_topics=1, noise=0):
    """Texts of words of `n_topics` topics each, with words that all have; and their labels, a tuple for each text."""
    stream = np.random.default_rng(seed)
    names = list(TOPICS)
    texts, labels = [], []
    for place in range(n):
        chosen = [names[place % 3], *stream.permutation(names)[: n_topics - 1]]
        words = [word for name in chosen for word in stream.choice(TOPICS[name], 4)]
        words += [
            *stream.choice(COMMON, 3),
            *stream.choice([word for topic in TOPICS.values() for word in topic], noise),
        ]
        texts.append(" ".join(stream.permutation(words)))
        labels.append(tuple(dict.fromkeys(chosen)))
    return texts, labels


def one_topic_texts(n=300, seed=0, noise=0):
    """Texts of one topic each, and its name."""
    texts, labels = topic_texts(n, seed, noise=noise)
    return texts, [label for (label,) in labels]


def labelled_lines(texts, labels, prefix="__label__"):
    """The same as a file of fastText's."""
    return "".join(
        " ".join([*(prefix + name for name in names), text]) + "\n" for text, names in zip(texts, labels, strict=True)
    )


def small_classifier(**changed):
    """An untrained TextClassifier for such texts."""
    small = {"dim": 10, "epochs": 10, "learning_rate": 0.5, "n_buckets": 1000, "n_threads": 1}
    return TextClassifier(**small | changed)
