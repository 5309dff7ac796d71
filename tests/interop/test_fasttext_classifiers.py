"""Classifiers that fastText trained, read by us, and ours read by fastText."""

import subprocess
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from interop.fasttext_probabilities import bounds
from interop.peer import fasttext_program, run_with
from textspace import TextClassifier, load

# What fastText says of a text and of each of its labels; a negative threshold keeps it from cutting its tree.
PREDICT = """
import sys, fasttext, numpy
fasttext.FastText.eprint = lambda *_: None
model = fasttext.load_model(sys.argv[1])
texts = open(sys.argv[2], encoding="utf-8", newline="\\n").read().split("\\n")
names, counts = model.get_labels(include_freq=True)
label_ids = {name: label_id for label_id, name in enumerate(names)}
reported = numpy.full((len(texts), len(names)), numpy.nan)
for row, labels, probabilities in zip(reported, *model.predict(texts, k=-1, threshold=-1.0)):
    row[[label_ids[label] for label in labels]] = probabilities
vectors = [model.get_sentence_vector(text) for text in texts]
numpy.savez(sys.argv[3], names=names, counts=counts, reported=reported, vectors=vectors)
args = model.f.getArgs()
print(args.dim, args.wordNgrams, args.loss.name, args.model.name, args.bucket, args.minn, args.maxn)
"""
N_LABELS = 300
LETTERS = list("abcdefghijklmnopqrstuvwxyzäßéñøжλ寿司🙂")
FLAGS = ("-dim", "11", "-epoch", "5", "-lr", "0.5", "-minn", "2", "-maxn", "3", "-wordNgrams", "2", "-bucket", "3000")


def documents(n: int, *, seed: int) -> tuple[list[list[str]], list[str]]:
    """One to three labels, and words some of which come from them."""
    rng = np.random.default_rng(seed)
    words = ["".join(np.random.default_rng(word).choice(LETTERS, 1 + word % 9)) for word in range(2000)]
    labels, texts = [], []
    for _ in range(n):
        label_ids = np.unique(np.minimum(rng.zipf(1.2, rng.integers(1, 4)), N_LABELS) - 1)
        own = rng.choice(np.concatenate([[label_id, label_id + 500] for label_id in label_ids]), 6)
        labels.append([f"λ{label_id}" for label_id in label_ids])
        texts.append(" ".join(words[word] for word in rng.permutation([*own, *rng.integers(0, 2000, 6)])))
    return labels, texts


def write(path: Path, labels: list[list[str]], texts: list[str]) -> None:
    lines = [
        f"{' '.join(f'__label__{label}' for label in some)} {text}\n" for some, text in zip(labels, texts, strict=True)
    ]
    path.write_text("".join(lines), encoding="utf-8")


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("documents") / "train.txt"
    write(path, *documents(6000, seed=0))
    return path


@pytest.fixture(scope="module")
def asked() -> list[str]:
    """Texts of known and of unknown words, with odd white space and labels in them."""
    texts = documents(400, seed=1)[1]
    odd = ["", " ", "unseen", "寿司 \t 🙂", "__label__λ1 word __label__unknown word", "a\vb\fc\rd", "</s>"]
    odd += ["x " * 200]  # in longer ones fastText's own sum in float32 is off by more than 1e-5
    return [*texts, *odd, *(text.replace("a", "ö") for text in texts[:100])]


class Answers:
    """What fastText answers with a model."""

    def __init__(self, model: Path, texts: list[str]) -> None:
        asked, answer = model.with_suffix(".texts"), model.with_suffix(".npz")
        asked.write_text("\n".join(texts), encoding="utf-8", newline="\n")
        self.settings = run_with("fasttext", PREDICT, model, asked, answer).strip()
        with np.load(answer) as found:
            self.labels = [str(name).removeprefix("__label__") for name in found["names"]]
            self.counts, self.reported, self.vectors = found["counts"], found["reported"], found["vectors"]


def check(model: TextClassifier, theirs: Answers, texts: list[str], *, loss: str) -> None:
    """The same labels, the best one, all probabilities and the vectors of the texts."""
    assert list(model.labels_) == theirs.labels
    columns = np.argsort([theirs.labels.index(label) for label in model.classes_])
    found = model.predict_proba(texts)[:, columns].astype(np.float64)
    low, high = bounds(theirs.reported, loss, theirs.counts)
    differences = np.maximum(low - found, found - high).max(axis=1)
    assert not [(text, float(error)) for text, error in zip(texts, differences, strict=True) if error > 1e-5]
    best = [theirs.labels.index(label) for label in model.predict(texts)]
    given: NDArray[np.float64] = theirs.reported[np.arange(len(texts)), best]
    # Among equals fastText's first is chance.
    assert (given >= theirs.reported.max(axis=1) - 1e-6).all()
    np.testing.assert_allclose(model.embed(texts), theirs.vectors, rtol=1e-5, atol=1e-5)


def train(corpus: Path, output: Path, *flags: str) -> None:
    # With fewer than ten threads a part of fastText's matrix is not initialized.
    command = [fasttext_program(), "supervised", "-input", corpus, "-output", output, *FLAGS, "-thread", "10", *flags]
    subprocess.run(command, check=True, capture_output=True)


@pytest.mark.parametrize("loss", ["softmax", "hs", "ns", "ova"])
@pytest.mark.parametrize("flags", [(), ("-minn", "0", "-maxn", "0", "-wordNgrams", "1", "-minCount", "3")])
def test_we_read_what_fasttext_trained(
    loss: str, flags: tuple[str, ...], corpus: Path, asked: list[str], tmp_path: Path
) -> None:
    train(corpus, tmp_path / "theirs", "-loss", loss, *flags)
    model = TextClassifier.load(tmp_path / "theirs.bin")
    assert (model.loss, model.dim) == (loss, 11)
    check(model, Answers(tmp_path / "theirs.bin", asked), asked, loss=loss)
    model.save(tmp_path / "ours.bin")
    assert (tmp_path / "ours.bin").read_bytes() == (tmp_path / "theirs.bin").read_bytes()


@pytest.mark.parametrize("loss", ["softmax", "hs", "ova"])
@pytest.mark.parametrize(
    "flags", [(), ("-qnorm", "-qout", "-dsub", "3"), ("-cutoff", "1500"), ("-qnorm", "-cutoff", "700", "-retrain")]
)
def test_we_read_what_fasttext_quantized(
    loss: str, flags: tuple[str, ...], corpus: Path, asked: list[str], tmp_path: Path
) -> None:
    train(corpus, tmp_path / "theirs", "-loss", loss)
    command = [fasttext_program(), "quantize", "-input", corpus, "-output", tmp_path / "theirs", *flags]
    subprocess.run(command, check=True, capture_output=True)
    model = load(tmp_path / "theirs.ftz")
    assert isinstance(model, TextClassifier)
    check(model, Answers(tmp_path / "theirs.ftz", asked), asked, loss=loss)
    model.save(tmp_path / "ours.ftz")
    assert (tmp_path / "ours.ftz").read_bytes() == (tmp_path / "theirs.ftz").read_bytes()


@pytest.mark.parametrize("loss", ["softmax", "hs", "ns", "ova"])
def test_fasttext_reads_what_we_trained(loss: str, corpus: Path, asked: list[str], tmp_path: Path) -> None:
    model = TextClassifier(
        loss=loss, dim=10, epochs=5, learning_rate=0.5, min_n=2, max_n=3, word_ngrams=2, n_buckets=3000, n_threads=2
    ).fit(corpus)
    model.save(tmp_path / "ours.bin")
    theirs = Answers(tmp_path / "ours.bin", asked)
    assert theirs.settings == f"10 2 {loss} supervised 3000 2 3"
    check(model, theirs, asked, loss=loss)
    check(TextClassifier.load(tmp_path / "ours.bin"), theirs, asked, loss=loss)


@pytest.mark.parametrize("loss", ["softmax", "hs"])
@pytest.mark.parametrize("settings", [{}, {"cutoff": 900}, {"qnorm": True, "qout": True, "dsub": 3}])
def test_fasttext_reads_what_we_quantized(
    loss: str, settings: dict[str, int], corpus: Path, asked: list[str], tmp_path: Path
) -> None:
    model = TextClassifier(
        loss=loss, dim=10, epochs=5, learning_rate=0.5, min_n=2, max_n=3, word_ngrams=2, n_buckets=3000, n_threads=2
    ).fit(corpus)
    quantized = model.quantize(**settings)
    quantized.save(tmp_path / "ours.ftz")
    check(quantized, Answers(tmp_path / "ours.ftz", asked), asked, loss=loss)


def test_the_language_identifier_answers_as_with_fasttext(shared: Path, tmp_path: Path) -> None:
    path = tmp_path / "lid.176.ftz"
    path.write_bytes((shared / "data" / "models" / "lid.176.ftz").read_bytes())
    texts = [
        "Wo ist der Bahnhof?",
        "Où est la gare ?",
        "where is the station",
        "駅はどこですか",
        "где вокзал",
        "",
        "12",
    ]
    theirs = Answers(path, texts)
    model = TextClassifier.load(path)
    check(model, theirs, texts, loss="hs")
    assert list(model.predict(texts)[:5]) == ["de", "fr", "en", "ja", "ru"]
    cut = model.top(texts, k=3)
    assert cut.labels[:, 0].tolist() == list(model.predict(texts))
