"""Open one fastText .bin with the C++ fastText and with textspace, and compare all vectors."""

import json
import random
import sys

import fasttext
import numpy as np

import textspace

N_UNSEEN = 1000


def main(path: str) -> None:
    """Print the largest differences as JSON."""
    theirs, ours = fasttext.load_model(path), textspace.WordVectors.load(path)
    words = theirs.get_words()
    if words != ours.vocabulary_.words:
        raise RuntimeError(f"the vocabularies differ: {len(words)} words and {len(ours.vocabulary_)}")
    chooser = random.Random(0)
    unseen: set[str] = set()
    while len(unseen) < N_UNSEEN:
        word = chooser.choice(words) + chooser.choice(["ß", "寿司", "x", "-"]) + chooser.choice(words)
        if word not in ours:
            unseen.add(word)

    def largest(queries: list[str]) -> float:
        return max(float(np.abs(theirs.get_word_vector(word) - ours[word]).max()) for word in queries)

    print(json.dumps({"n_words": len(words), "known": largest(words), "unseen": largest(sorted(unseen))}))


if __name__ == "__main__":
    main(sys.argv[1])
