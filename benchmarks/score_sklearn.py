"""P@1 of scikit-learn's tf-idf and logistic regression: ``score_sklearn.py TRAIN TEST MAX_N``; prints JSON, in %."""

import json
import sys
from pathlib import Path

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import SGDClassifier
from sklearn.pipeline import make_pipeline

from documents import read_documents


def main(train: str, test: str, max_n: str) -> None:
    """Words and pairs of words, or characters 2 to MAX_N where that is given; stochastic gradient, default strength."""
    characters = {"analyzer": "char_wb", "ngram_range": (2, int(max_n))}
    words = {"ngram_range": (1, 2)}
    model = make_pipeline(
        TfidfVectorizer(sublinear_tf=True, **(characters if int(max_n) else words)),
        SGDClassifier(loss="log_loss", alpha=1e-5, random_state=1),
    )
    labels, texts = zip(*((truth[0], text) for truth, text in read_documents(Path(train))), strict=True)
    model.fit(texts, labels)
    labels, texts = zip(*((truth[0], text) for truth, text in read_documents(Path(test))), strict=True)
    print(json.dumps({"P@1": 100 * model.score(texts, labels)}))


if __name__ == "__main__":
    main(*sys.argv[1:])
