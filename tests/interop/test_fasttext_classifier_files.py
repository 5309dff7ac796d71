"""Classifiers that fastText wrote, read and written again by us; and those that we wrote, read by fastText."""

import json
import subprocess
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from interop.peer import fasttext_program, run_with
from reference_text import fnv1a, ngrams
from sample_classifiers import random_documents, sample_classifier
from textspace.formats import StoredClassifier, read_classifier, write_classifier
from textspace.formats.quantized import dense_matrix

TRAINED = {
    "softmax": ["-loss", "softmax", "-wordNgrams", "2", "-bucket", "3000"],
    "hs": ["-loss", "hs", "-minn", "2", "-maxn", "4", "-bucket", "2000", "-wordNgrams", "3"],
    "ns": ["-loss", "ns", "-minCountLabel", "2"],
    "ova": ["-loss", "one-vs-all", "-wordNgrams", "2", "-bucket", "1000"],
}
QUANTIZED = {
    "plain": [],
    "norms": ["-qnorm"],
    "pruned": ["-cutoff", "700"],
    "everything": ["-qnorm", "-qout", "-cutoff", "600", "-retrain", "-epoch", "1", "-dsub", "3"],
    "wide parts": ["-qout", "-dsub", "8"],
}


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("texts") / "train.txt"
    lines = random_documents(1200, n_words=900, n_labels=300, seed=0)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def models(texts: Path) -> dict[str, Path]:
    """A model of each loss, of an odd dimension."""
    for name, flags in TRAINED.items():
        command = [fasttext_program(), "supervised", "-input", texts, "-output", texts.parent / name, "-dim", "11"]
        subprocess.run([*command, "-epoch", "3", "-thread", "11", *flags], check=True, capture_output=True)
    return {name: texts.parent / f"{name}.bin" for name in TRAINED}


def quantize(model: Path, texts: Path, flags: list[str]) -> Path:
    command = [fasttext_program(), "quantize", "-output", model.with_suffix(""), "-input", texts, "-thread", "2"]
    subprocess.run([*command, *flags], check=True, capture_output=True)
    return model.with_suffix(".ftz")


def predictions(model: Path, texts: Path) -> list[str]:
    command = [fasttext_program(), "predict-prob", model, texts, "3"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()


@pytest.mark.parametrize("name", TRAINED)
def test_a_dense_model_is_written_as_it_was(name: str, models: dict[str, Path], tmp_path: Path) -> None:
    found = read_classifier(models[name])
    assert isinstance(found, StoredClassifier)
    assert found.loss == name
    assert found.features.label_prefix == "__label__"
    assert not any(label.startswith("__label__") for label in found.labels)
    write_classifier(tmp_path / "again.bin", found)
    assert (tmp_path / "again.bin").read_bytes() == models[name].read_bytes()


@pytest.mark.parametrize("how", QUANTIZED)
@pytest.mark.parametrize("name", TRAINED)
def test_a_quantized_model_is_written_as_it_was(
    name: str, how: str, models: dict[str, Path], texts: Path, tmp_path: Path
) -> None:
    path = quantize(models[name], texts, QUANTIZED[how])
    write_classifier(tmp_path / "again.ftz", read_classifier(path))
    assert (tmp_path / "again.ftz").read_bytes() == path.read_bytes()
    # Through the native format only the order of the pruned buckets is lost, which has no meaning.
    write_classifier(tmp_path / "native.textspace", read_classifier(path))
    write_classifier(tmp_path / "back.ftz", read_classifier(tmp_path / "native.textspace"))
    assert (tmp_path / "back.ftz").stat().st_size == path.stat().st_size
    assert predictions(tmp_path / "back.ftz", texts) == predictions(path, texts)


OURS: dict[str, dict[str, Any]] = {
    "dense": {},
    "compact": {"compact": True},
    "product": {"method": "product", "qout": True, "dsub": 2},
    "product with norms": {"method": "product", "qnorm": True, "dsub": 3},
    "compact product": {"compact": True, "method": "product", "dsub": 2},
    "compact product with norms": {"compact": True, "method": "product", "qnorm": True, "dsub": 4},
    "cut": {"method": "product", "cutoff": 33, "qnorm": True, "qout": True},
    "cut from compact": {"compact": True, "method": "product", "cutoff": 13},
    "int8": {"compact": True, "method": "int8", "qout": True},
    "float16": {"method": "float16"},
}
PREDICT = """
import sys, json, fasttext
fasttext.FastText.eprint = lambda message: None
model = fasttext.load_model(sys.argv[1])
texts = json.load(open(sys.argv[2]))
found = [model.f.predict(text + "\\n", 99, -1.0, "surrogateescape") for text in texts]
json.dump([{label: p for p, label in pairs} for pairs in found], open(sys.argv[3], "w"))
"""
TEXTS = ["the cheese", "", "where is the cheese", "naïve 寿司 0.5", "xyz the", "a a a", "wherever chees", "né"]


def expected_probabilities(model: StoredClassifier, text: str) -> dict[str, float]:
    """Softmax of the mean of the text's rows, slowly, with bigrams and character n-grams; as fastText, plus 1e-5."""
    features, words = model.features, model.features.vocabulary.words
    n_words = len(words)
    rows: list[int] = []

    def add(bucket: int) -> None:
        if features.buckets is None:
            rows.append(n_words + bucket)
        elif bucket in features.buckets:
            rows.append(int(features.bucket_rows[list(features.buckets).index(bucket)]))
        elif not features.skip_missing:
            rows.append(-1)

    tokens = [*text.split(), "</s>"]
    for token in tokens:
        if token in words:
            rows.append(words.index(token))
        if token != "</s>":
            for gram in ngrams(token.encode(), features.min_n, features.max_n):
                add(fnv1a(gram) % features.n_buckets)
    hashes = [(fnv1a(token.encode()) ^ 2**31) - 2**31 for token in tokens]
    for first, second in pairwise(hashes):
        add((first * 116049371 + second) % 2**64 % features.n_buckets)
    matrix = np.vstack([dense_matrix(model.input_vectors), np.zeros(model.dim)]).astype(np.float64)
    logits = dense_matrix(model.output_vectors).astype(np.float64) @ matrix[rows].mean(axis=0)
    exponentials = np.exp(logits - logits.max())
    return dict(zip(model.labels, (exponentials / exponentials.sum() + 1e-5).tolist(), strict=True))


@pytest.mark.parametrize("name", OURS)
def test_fasttext_predicts_the_same_from_what_we_wrote(name: str, tmp_path: Path) -> None:
    options = OURS[name]
    model = sample_classifier(labels=("en", "ru", "é", "寿司"), dim=7, **options)
    path = tmp_path / ("m.ftz" if options.get("method") == "product" else "m.bin")
    write_classifier(path, model)
    (tmp_path / "texts.json").write_text(json.dumps(TEXTS))
    run_with("fasttext", PREDICT, path, tmp_path / "texts.json", tmp_path / "found.json")
    for text, found in zip(TEXTS, json.loads((tmp_path / "found.json").read_text()), strict=True):
        expected = expected_probabilities(model, text)
        ours = {label.removeprefix("__label__"): probability for label, probability in found.items()}
        assert ours == pytest.approx(expected, abs=2e-5)
