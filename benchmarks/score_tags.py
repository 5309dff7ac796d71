"""Rank tags for test texts: ``score_tags.py PROGRAM SETTINGS TRAIN TEST``; prints JSON.

textspace, scikit-learn and napkinXC are trained here, with SETTINGS in JSON; of fastText, TRAIN is the model file.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np

from documents import LABEL, read_documents
from programs import FASTTEXT

K = 10
Found = Sequence[Sequence[str]]
Documents = tuple[tuple[list[str], ...], tuple[str, ...]]


def main(program: str, settings: str, train: str, test: str) -> None:
    """Train, rank and count."""
    truth, texts = read(Path(test))
    seconds, found = PROGRAMS[program](json.loads(settings), Path(train), list(texts))
    print(json.dumps({"seconds": seconds} | scores(found, truth)))


def read(path: Path) -> Documents:
    """Tags and texts of a file."""
    tags, texts = zip(*read_documents(path), strict=True)
    return tags, texts


def scores(found: Found, truth: Sequence[Sequence[str]]) -> dict[str, float]:
    """P@1 and R@10 in %; a text without tags does not count. fastText's recall is over the tags of all texts."""
    pairs = [(best[:K], set(tags)) for best, tags in zip(found, truth, strict=True) if tags]
    hits = [len(tags.intersection(best)) for best, tags in pairs]
    return {
        "P@1": 100 * mean(best[:1] != [] and best[0] in tags for best, tags in pairs),
        "R@10": 100 * mean(hit / len(tags) for hit, (_, tags) in zip(hits, pairs, strict=True)),
        "R@10, pooled": 100 * sum(hits) / sum(len(tags) for _, tags in pairs),
    }


def with_textspace(settings: dict[str, Any], train: Path, texts: list[str]) -> tuple[float, Found]:
    """Seconds of `fit`, which reads the file, and the best tags."""
    from textspace import TagSpace

    began = time.perf_counter()
    ts = TagSpace(**settings).fit(train)
    seconds = time.perf_counter() - began
    return seconds, ts.rank(texts, k=min(K, len(ts.tags_))).labels.tolist()


def with_sklearn(settings: dict[str, Any], train: Path, texts: list[str]) -> tuple[float, Found]:
    """One LinearSVC a tag, with its "C", over tf-idf of words and pairs."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.multiclass import OneVsRestClassifier
    from sklearn.preprocessing import MultiLabelBinarizer
    from sklearn.svm import LinearSVC

    tags, training_texts = read(train)
    began = time.perf_counter()
    vectorizer, binarizer = TfidfVectorizer(ngram_range=(1, 2)), MultiLabelBinarizer(sparse_output=True)
    rows, targets = vectorizer.fit_transform(training_texts), binarizer.fit_transform(tags)
    model = OneVsRestClassifier(LinearSVC(C=settings["C"], random_state=1), n_jobs=1).fit(rows, targets)
    seconds = time.perf_counter() - began
    best = np.argsort(-model.decision_function(vectorizer.transform(texts)), axis=1, kind="stable")[:, :K]
    return seconds, binarizer.classes_[best].tolist()


def with_napkinxc(settings: dict[str, Any], train: Path, texts: list[str]) -> tuple[float, Found]:
    """A model of napkinXC, a tree of logistic regressions or one a tag, over the same tf-idf; with 2 threads."""
    from napkinxc import models
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.preprocessing import MultiLabelBinarizer

    tags, training_texts = read(train)
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        vectorizer, binarizer = TfidfVectorizer(ngram_range=(1, 2), dtype=np.float32), MultiLabelBinarizer()
        rows, truth = vectorizer.fit_transform(training_texts), binarizer.fit(tags).classes_
        numbers = {tag: number for number, tag in enumerate(truth)}
        model = getattr(models, settings["model"])(folder, threads=2, seed=1)
        model.fit(rows, [[numbers[tag] for tag in names] for names in tags])
        seconds = time.perf_counter() - began
        found = model.predict(vectorizer.transform(texts), top_k=K)
    return seconds, [[truth[number] for number in best] for best in found]


def with_fasttext(_: dict[str, Any], model: Path, texts: list[str]) -> tuple[float, Found]:
    """The best tags of a model that is trained already."""
    done = subprocess.run(
        [str(FASTTEXT), "predict", str(model), "-", str(K)],
        input="".join(text + "\n" for text in texts), check=True, capture_output=True, text=True,
    )  # fmt: skip
    lines = done.stdout.splitlines()
    return 0.0, [[tag.removeprefix(LABEL) for tag in line.split()] for line in lines]


PROGRAMS = {
    "textspace": with_textspace,
    "scikit-learn": with_sklearn,
    "napkinXC": with_napkinxc,
    "fastText": with_fasttext,
}


if __name__ == "__main__":
    main(*sys.argv[1:])
