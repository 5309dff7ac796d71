"""The command line's verbs for classifiers, run in this process."""

import inspect
import io
import json
import random
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from conftest import Outcome, parameters_of
from textspace import TextClassifier, load
from textspace.cli.classifier_options import validation_of
from textspace.cli.progress import TrainingDisplay
from textspace.cli.train_classifier import class_weight_of

Cli = Callable[..., Outcome]
WORDS = {
    "pets": "cat dog purr bark fur tail",
    "food": "bread soup salt spoon oven cheese",
    "sky": "sun moon star cloud",
}
SMALL = ("--dim", 8, "--epochs", 5, "--learning-rate", 0.5, "--n-threads", 1)


def lines(n: int, seed: int = 0) -> list[str]:
    draw = random.Random(seed)
    found = []
    for _ in range(n):
        label = draw.choice(list(WORDS))
        found.append(f"__label__{label} " + " ".join(draw.choices(WORDS[label].split(), k=5)))
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("texts")
    (folder / "train.txt").write_text("\n".join(lines(300)) + "\n", encoding="utf-8")
    (folder / "valid.txt").write_text("\n".join(lines(60, seed=1)) + "\n", encoding="utf-8")
    clf = TextClassifier(dim=8, epochs=5, learning_rate=0.5, n_threads=1).fit(folder / "train.txt")
    clf.save(folder / "model.textspace")
    return folder


@pytest.fixture(autouse=True)
def in_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_train_options_are_the_estimators_parameters_with_its_defaults() -> None:
    options = parameters_of("classifier", "train", "corpus.txt")
    parameters = inspect.signature(TextClassifier).parameters
    for name, parameter in parameters.items():
        assert options[name] == parameter.default, name
    assert set(options) - set(parameters) == {
        "corpus", "output", "validation", "calibrate", "keep_interrupted", "as_json",
    }  # fmt: skip


def test_quantize_options_are_the_methods_parameters_with_its_defaults() -> None:
    options = parameters_of("classifier", "quantize", "model.bin", "-o", "model.ftz")
    parameters = inspect.signature(TextClassifier.quantize).parameters
    for name in set(parameters) - {"self", "labels"}:
        assert options[name] == parameters[name].default, name
    assert set(options) - set(parameters) == {"model", "output", "n_threads"}


def test_train_writes_the_model_that_the_library_would(cli: Cli, folder: Path) -> None:
    outcome = cli("classifier", "train", folder / "train.txt", "-o", "clf.textspace", *SMALL)
    assert outcome.status == 0, outcome.err
    texts = ["cat and soup", "moon"]
    expected = load(folder / "model.textspace").predict_proba(texts)
    np.testing.assert_array_equal(load("clf.textspace").predict_proba(texts), expected)
    assert "softmax classifier of 3 labels" in outcome.out
    assert "saved: clf.textspace" in outcome.out


def test_train_with_validation_shows_the_metric_of_each_epoch(cli: Cli, folder: Path) -> None:
    given = ("--validation", folder / "valid.txt", "--metric", "accuracy", "--calibrate")
    outcome = cli("classifier", "train", folder / "train.txt", *SMALL, *given, "--json")
    assert outcome.status == 0, outcome.err
    summary = json.loads(outcome.out)
    assert summary["output"] == "train.textspace"
    assert summary["labels"] == 3
    assert summary["epochs"] == 5
    assert len(summary["validation"]) == 5
    assert summary["validation"][-1] == 1
    assert [line.split(":")[0] for line in outcome.err.splitlines()] == [f"epoch {n}" for n in range(1, 6)]
    assert "accuracy 1.0000" in outcome.err
    assert load("train.textspace").calibration_ is not None


def test_train_passes_every_option_on(cli: Cli, folder: Path) -> None:
    given = {"loss": "ova", "word_ngrams": 2, "min_n": 2, "max_n": 3, "n_buckets": 1000, "min_count": 2, "metric": "f1"}
    arguments = [part for name, value in given.items() for part in (f"--{name.replace('_', '-')}", value)]
    more = ("--class-weight", '{"pets": 2}', "--no-shuffle", "--multilabel", "sample", "--validation", 0.2)
    outcome = cli("classifier", "train", folder / "train.txt", "-o", "a.textspace", *SMALL, *arguments, *more)
    assert outcome.status == 0, outcome.err
    parameters = load("a.textspace").get_params()
    expected = given | {"class_weight": {"pets": 2}, "shuffle": False, "multilabel": "sample"}
    assert {name: parameters[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (("--calibrate",), 2, "--validation"),
        (("--calibrate", "--validation", "0.1"), 2, "--validation"),
        (("--class-weight", "{"), 2, "JSON"),
        (("-o", "a.vec"), 1, ".textspace, .bin, .ftz"),
        (("--dim", "0"), 1, "`dim` must be"),
        (("--metric", "auc"), 1, "`metric` must"),
        (("--validation", "missing.txt"), 1, "missing.txt"),
    ],
)
def test_wrong_options_are_refused(
    cli: Cli, folder: Path, arguments: tuple[str, ...], status: int, message: str
) -> None:
    outcome = cli("classifier", "train", folder / "train.txt", *arguments)
    assert outcome.status == status
    assert message in outcome.err
    assert list(Path().iterdir()) == []


def test_ctrl_c_saves_nothing_unless_asked(cli: Cli, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(TrainingDisplay, "on_progress", lambda *_: signal.raise_signal(signal.SIGINT))
    outcome = cli("classifier", "train", folder / "train.txt", "--epochs", 1_000_000)
    assert outcome.status == 130
    assert "nothing is saved" in outcome.err
    assert list(Path().iterdir()) == []


def test_predict_adds_labels_to_lines(cli: Cli, folder: Path) -> None:
    Path("texts.txt").write_text("cat dog\nsoup\n", encoding="utf-8")
    outcome = cli("classifier", "predict", folder / "model.textspace", "texts.txt")
    assert outcome.status == 0, outcome.err
    ranked = load(folder / "model.textspace").top(["cat dog", "soup"])
    assert outcome.out.splitlines() == [
        f"{label}\t{score:.7g}\t{text}"
        for label, score, text in zip(ranked.labels[:, 0], ranked.scores[:, 0], ["cat dog", "soup"], strict=True)
    ]
    assert outcome.err == ""


def test_predict_reads_standard_input(cli: Cli, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b'{"text": "cat"}\n')))
    outcome = cli("classifier", "predict", folder / "model.textspace", "--format", "jsonl", "-k", 2)
    assert outcome.status == 0, outcome.err
    record = json.loads(outcome.out)
    assert record["predicted_label"][0] == "pets"
    assert len(record["predicted_score"]) == 2


@pytest.mark.parametrize("suffix", [".jsonl", ".csv", ".parquet"])
def test_predict_writes_a_file(cli: Cli, folder: Path, suffix: str) -> None:
    source, target = Path(f"in{suffix}"), Path(f"out{suffix}")
    if suffix == ".jsonl":
        source.write_text('{"body": "cat"}\n{"body": "soup"}\n', encoding="utf-8")
    elif suffix == ".csv":
        source.write_text("body\ncat\nsoup\n", encoding="utf-8")
    else:
        parquet = pytest.importorskip("pyarrow.parquet")
        import pyarrow as pa

        parquet.write_table(pa.table({"body": ["cat", "soup"]}), source)
    names = ("--text-column", "body", "--label-column", "topic", "--threshold", 0.5)
    outcome = cli("classifier", "predict", folder / "model.textspace", source, "-o", target, *names)
    assert outcome.status == 0, outcome.err
    assert "2 texts in" in outcome.out
    assert f"saved: {target}" in outcome.out
    if suffix == ".parquet":
        assert parquet.read_table(target).column("topic").to_pylist() == ["pets", "food"]
    else:
        assert [word in target.read_text(encoding="utf-8") for word in ("pets", "food", "sky")] == [True, True, False]


def test_predict_names_what_is_wrong(cli: Cli, folder: Path) -> None:
    Path("in.csv").write_text("id\n1\n", encoding="utf-8")
    outcome = cli("classifier", "predict", folder / "model.textspace", "in.csv", "-o", "out.csv")
    assert outcome.status == 1
    assert "--text-column" in outcome.err
    assert not Path("out.csv").exists()


def test_evaluate_prints_tables(cli: Cli, folder: Path) -> None:
    outcome = cli("classifier", "evaluate", folder / "model.textspace", folder / "valid.txt", "--labels", 2)
    assert outcome.status == 0, outcome.err
    assert "60 texts, 3 labels, k = 1" in outcome.out
    assert "accuracy: the best label is right" in outcome.out
    assert "... and 1 labels more (--labels)" in outcome.out


def test_evaluate_with_json_prints_all_figures(cli: Cli, folder: Path) -> None:
    Path("test.txt").write_text("__label__pets soup\n__label__new cat\n__label__sky moon\n", encoding="utf-8")
    outcome = cli("classifier", "evaluate", folder / "model.textspace", "test.txt", "--json")
    assert outcome.status == 0, outcome.err
    record = json.loads(outcome.out)
    assert record["accuracy"] == pytest.approx(1 / 3)
    assert record["fasttext"] == {"n_documents": 2, "precision": 0.5, "recall": 0.5}
    assert record["labels"]["new"]["recall"] == 0
    assert {"gold": "pets", "predicted": "food", "n_documents": 1} in record["confusions"]
    assert record["log_loss"] > 1


def test_explain_a_text_and_a_label(cli: Cli, folder: Path) -> None:
    outcome = cli("classifier", "explain", folder / "model.textspace", "the cat eats soup", "--label", "food")
    assert outcome.status == 0, outcome.err
    assert outcome.out.startswith("food: score ")
    assert "soup" in outcome.out
    found = json.loads(cli("classifier", "explain", folder / "model.textspace", "cat soup", "--json").out)
    assert sum(part["value"] for part in found["contributions"]) == pytest.approx(found["score"], abs=1e-5)
    keywords = cli("classifier", "explain", folder / "model.textspace", "--label", "sky", "-k", 3).out
    assert {line.split()[1] for line in keywords.splitlines()} <= set(WORDS["sky"].split())
    assert len(keywords.splitlines()) == 3


def test_explain_needs_a_text_or_a_label_of_the_model(cli: Cli, folder: Path) -> None:
    assert cli("classifier", "explain", folder / "model.textspace").status == 2
    outcome = cli("classifier", "explain", folder / "model.textspace", "cat", "--label", "pet")
    assert outcome.status == 1
    assert "pets" in outcome.err


def test_quantize_makes_it_smaller(cli: Cli, folder: Path) -> None:
    model = folder / "model.textspace"
    outcome = cli("classifier", "quantize", model, "-o", "small.textspace", "--method", "int8")
    assert outcome.status == 0, outcome.err
    assert "saved: small.textspace" in outcome.out
    texts = [" ".join(words.split()[:3]) for words in WORDS.values()]
    assert load("small.textspace").predict(texts).tolist() == load(model).predict(texts).tolist()
    assert cli("classifier", "quantize", model, "-o", "small.ftz", "--method", "int8").status == 1


def test_tune_options_are_the_functions_parameters_with_its_defaults() -> None:
    from textspace import tuning

    options = parameters_of("classifier", "tune", "train.txt", "valid.txt", "-o", "best.bin")
    parameters = inspect.signature(tuning.tune).parameters
    for name in set(parameters) & set(options) - {"train", "validation", "search"}:
        assert options[name] == parameters[name].default, name
    assert set(parameters) - set(options) == {"classifier", "on_trial", "on_interrupt"}


def test_tune_saves_the_best_and_reports_all(cli: Cli, folder: Path) -> None:
    pytest.importorskip("optuna")
    files = (folder / "train.txt", folder / "valid.txt")
    given = ("--n-trials", 3, "--search", "epochs", "--metric", "accuracy", "--n-threads", 1)
    outcome = cli("classifier", "tune", *files, "-o", "best.textspace", *given, "--storage", "s.log", "--json")
    assert outcome.status == 0, outcome.err
    found = json.loads(outcome.out)
    assert found["value"] == max(trial["value"] or 0 for trial in found["trials"])
    assert load("best.textspace").epochs == found["parameters"]["epochs"]
    assert [line.split(":")[0] for line in outcome.err.splitlines()] == ["trial 0", "trial 1", "trial 2"]
    again = cli("classifier", "tune", *files, "-o", "best.textspace", *given, "--storage", "s.log")
    assert again.status == 0, again.err
    assert len(again.out.splitlines()) == 1 + 6 + 1
    assert "saved: best.textspace (accuracy " in again.out


def test_a_model_of_vectors_is_refused(cli: Cli, tmp_path: Path) -> None:
    from textspace import WordVectors

    WordVectors(dim=4, epochs=1, min_count=1).fit(["a b c"] * 5).save("wv.textspace")
    outcome = cli("classifier", "explain", "wv.textspace", "a")
    assert outcome.status == 1
    assert "needs a text classifier" in outcome.err


def test_options_as_the_library_takes_them() -> None:
    assert validation_of("0.25") == 0.25
    assert validation_of("valid.txt") == "valid.txt"
    assert class_weight_of("balanced") == "balanced"
    assert class_weight_of(' {"a": 2}') == {"a": 2}


@pytest.mark.parametrize("verb", ["train", "predict", "evaluate", "explain", "quantize", "tune"])
def test_every_verb_has_help(cli: Cli, verb: str) -> None:
    outcome = cli("classifier", verb, "--help")
    assert outcome.status == 0
    assert f"Usage: textspace classifier {verb}" in outcome.out
