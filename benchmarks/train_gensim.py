"""Train gensim's Word2Vec (skip-gram, negative sampling) from a file; print its speed in words of the vocabulary."""

import json
import sys
import time

from gensim.models import Word2Vec


def main(text: str, output: str, dim: int, epochs: int, n_threads: int) -> None:
    """Train with the parameters that fastText and textspace have by default."""
    model = Word2Vec(
        vector_size=dim, window=5, min_count=5, workers=n_threads, sg=1, negative=5, ns_exponent=0.5, sample=1e-4,
        alpha=0.05, min_alpha=0.0001, epochs=epochs, seed=1,
    )  # fmt: skip
    model.build_vocab(corpus_file=text)
    n_words = sum(model.wv.get_vecattr(word, "count") for word in model.wv.index_to_key)
    began = time.perf_counter()
    model.train(corpus_file=text, total_words=model.corpus_total_words, epochs=epochs)
    seconds = time.perf_counter() - began
    model.save(output)
    print(json.dumps({"words_per_second": epochs * n_words / seconds, "vocabulary": len(model.wv)}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:]))
