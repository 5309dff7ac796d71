"""Score a model on labelled documents: ``score_classifier.py textspace|fastText MODEL TEST``; prints JSON, in %.

Both are scored by the same counting: P@1 is the share of documents one of whose labels is the best one predicted.
"""

import json
import sys
from pathlib import Path
from statistics import mean

from documents import read_documents


def main(program: str, model: str, test: str) -> None:
    """Print P@1, and the recall at 10 where documents have several labels."""
    labels, texts = zip(*read_documents(Path(test)), strict=True)
    several = any(len(truth) > 1 for truth in labels)
    found = (predict_textspace if program == "textspace" else predict_fasttext)(
        model, list(texts), 10 if several else 1
    )
    scores = {"P@1": 100 * mean(best[0] in truth for best, truth in zip(found, labels, strict=True))}
    if several:
        hits = [len(set(best) & set(truth)) for best, truth in zip(found, labels, strict=True)]
        scores["R@10"] = 100 * sum(hits) / sum(map(len, labels))
        scores["R@10, mean"] = 100 * mean(hit / len(truth) for hit, truth in zip(hits, labels, strict=True))
    print(json.dumps(scores))


def predict_textspace(model: str, texts: list[str], k: int) -> list[list[str]]:
    """The k best labels of each text, best first."""
    from textspace import TextClassifier

    return TextClassifier.load(model).top(texts, k=k).labels.tolist()  # type: ignore[no-any-return]


def predict_fasttext(model: str, texts: list[str], k: int) -> list[list[str]]:
    """The same by the C++ fastText."""
    import fasttext

    fasttext.FastText.eprint = lambda *_: None
    predicted = fasttext.load_model(model).predict(texts, k=k)[0]
    return [[label.removeprefix("__label__") for label in best] for best in predicted]


if __name__ == "__main__":
    main(*sys.argv[1:])
