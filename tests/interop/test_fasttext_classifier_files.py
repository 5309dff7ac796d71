"""Classifiers that fastText wrote, read and written again by us; and those that we wrote, read by fastText."""

import subprocess
from pathlib import Path

import pytest

from interop.peer import fasttext_program
from sample_classifiers import random_documents
from textspace.formats import StoredClassifier, read_classifier, write_classifier

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
