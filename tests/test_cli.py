"""The command line, run in this process."""

import contextlib
import inspect
import io
import json
import os
import re
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from conftest import Outcome, parameters_of
from textspace import WordVectors, load
from textspace.cli.app import message_of
from textspace.cli.demo_tags import rank_modules
from textspace.cli.progress import TrainingDisplay, open_terminal
from textspace.cli.train_vectors import default_output
from textspace.text.stdlib_docs import stdlib_docs
from textspace.training.callbacks import TrainingProgress

Cli = Callable[..., Outcome]
LINES = [
    "the cat sat on the mat near the river",
    "a dog sat on the rug near the house",
    "cats and dogs run to the river",
]
SMALL = ("--dim", 8, "--epochs", 2, "--min-count", 1, "--n-threads", 1)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("corpus") / "animals.txt"
    path.write_text("\n".join(LINES * 40) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def model(corpus: Path) -> Path:
    path = corpus.with_name("model.textspace")
    WordVectors(dim=8, epochs=2, min_count=1, n_threads=1).fit(corpus).save(path)
    return path


@pytest.fixture(autouse=True)
def in_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_train_options_are_the_estimators_parameters_with_its_defaults() -> None:
    options = parameters_of("vectors", "train", "corpus.txt")
    for name, parameter in inspect.signature(WordVectors).parameters.items():
        assert options[name] == parameter.default, name
    assert set(options) - set(inspect.signature(WordVectors).parameters) == {
        "corpus", "output", "keep_interrupted", "as_json",
    }  # fmt: skip


def test_train_writes_the_model_that_the_library_would(cli: Cli, corpus: Path, model: Path) -> None:
    outcome = cli("vectors", "train", corpus, "-o", "wv.textspace", *SMALL)
    assert outcome.status == 0, outcome.err
    assert load("wv.textspace")["cat"].tobytes() == load(model)["cat"].tobytes()
    assert "words/s" in outcome.out
    assert "saved: wv.textspace" in outcome.out


def test_train_with_json_prints_its_figures(cli: Cli, corpus: Path) -> None:
    summary = json.loads(cli("vectors", "train", corpus, "--json", *SMALL).out)
    assert summary["output"] == "animals.textspace"
    assert summary["vocabulary"] == len(load("animals.textspace").vocabulary_)
    assert summary["n_words"] == sum(len(line.split()) + 1 for line in LINES) * 40
    assert summary["epochs"] == 2
    assert summary["interrupted"] is False
    assert 0 < summary["training_seconds"] <= summary["seconds"]
    assert summary["words_per_second"] > 0


def test_train_passes_every_option_on(cli: Cli, corpus: Path) -> None:
    options = ("--objective", "cbow", "--loss", "hs", "--window", 3, "--learning-rate", 0.1, "--min-n", 2, "--max-n", 3)
    assert cli("vectors", "train", corpus, *SMALL, *options, "--tokenizer", "unicode").status == 0
    parameters = load("animals.textspace").get_params()
    expected = {"objective": "cbow", "loss": "hs", "window": 3, "learning_rate": 0.1, "min_n": 2, "max_n": 3, "dim": 8}
    assert {name: parameters[name] for name in expected} == expected


def test_train_takes_several_files_and_standard_input(
    cli: Cli, corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    extra = tmp_path / "extra.txt"
    extra.write_text("zebra zebra\n" * 3, encoding="utf-8")
    assert cli("vectors", "train", corpus, extra, "-o", "two.textspace", *SMALL).status == 0
    assert {"zebra", "cat"} <= set(load("two.textspace").vocabulary_.words)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(extra.read_bytes())))
    assert cli("vectors", "train", "-", *SMALL).status == 0
    assert "zebra" in load("vectors.textspace")


@pytest.mark.parametrize(
    ("text", "expected"),
    [("-", "vectors"), ("a/b/corpus.txt.gz", "corpus"), ("corpus", "corpus"), (".hidden", "vectors")],
)
def test_default_output_is_named_after_the_text(text: str, expected: str) -> None:
    assert default_output(text) == Path(f"{expected}.textspace")


@pytest.mark.parametrize(
    ("output", "message"),
    [("wv.doc", "wv.doc"), ("no/such/wv.vec", "there is no folder"), ("folder.vec", "is a folder")],
)
def test_an_output_that_cannot_be_written_is_refused_before_training(
    cli: Cli, corpus: Path, output: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("folder.vec").mkdir()
    monkeypatch.setattr(WordVectors, "fit", lambda *_, **__: pytest.fail("trained first"))
    outcome = cli("vectors", "train", corpus, "-o", output)
    assert outcome.status == 1
    assert message in outcome.err


def test_a_file_that_is_read_is_not_replaced(cli: Cli, model: Path) -> None:
    before = model.read_bytes()
    for command in (("vectors", "train", model, "-o", model), ("convert", model, model)):
        outcome = cli(*command)
        assert outcome.status == 1
        assert "would be replaced" in outcome.err
    assert model.read_bytes() == before


def test_ctrl_c_saves_nothing_unless_asked(cli: Cli, corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(TrainingDisplay, "on_progress", lambda *_: signal.raise_signal(signal.SIGINT))
    long = ("--epochs", 1_000_000, "--min-count", 1)
    outcome = cli("vectors", "train", corpus, *long)
    assert outcome.status == 130
    assert "nothing is saved" in outcome.err
    assert list(Path().iterdir()) == []
    outcome = cli("vectors", "train", corpus, *long, "--keep-interrupted")
    assert outcome.status == 0
    assert "stopped after" in outcome.out
    assert np.isfinite(load("animals.textspace")["cat"]).all()


def test_nearest_prints_lines_between_tabs(cli: Cli, model: Path) -> None:
    outcome = cli("vectors", "nearest", model, "cat", "dog", "-k", 3)
    lines = [line.split("\t") for line in outcome.out.splitlines()]
    assert [line[0] for line in lines] == ["cat"] * 3 + ["dog"] * 3
    expected = load(model).nearest("cat", k=3)
    assert [line[1] for line in lines[:3]] == [neighbor.word for neighbor in expected]
    assert float(lines[0][2]) == pytest.approx(expected[0].similarity, abs=1e-4)


def test_nearest_tells_of_words_outside_the_vocabulary(cli: Cli, model: Path) -> None:
    outcome = cli("vectors", "nearest", model, "catlike")
    assert outcome.status == 0
    assert "'catlike' is not in the vocabulary" in outcome.err


def test_nearest_and_analogy_as_json(cli: Cli, model: Path) -> None:
    found = json.loads(cli("vectors", "nearest", model, "cat", "--json", "-k", 2).out)
    assert [entry["word"] for entry in found["cat"]] == [n.word for n in load(model).nearest("cat", k=2)]
    found = json.loads(cli("vectors", "analogy", model, "cat", "cats", "dogs", "--json", "-k", 2).out)
    assert [entry["word"] for entry in found] == [n.word for n in load(model).analogy("cat", "cats", "dogs", k=2)]


def test_tables_on_a_terminal(cli: Cli, model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("textspace.cli.query_vectors.on_terminal", lambda: True)
    out = cli("vectors", "nearest", model, "cat", "dog", "-k", 2).out
    assert out.splitlines()[0].split() == ["cat", "dog"]
    assert len(out.splitlines()) == 3
    assert load(model).nearest("dog", k=2)[1].word in out.splitlines()[2]


def test_demo_trains_shows_and_says_where_the_model_is(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    few = list(stdlib_docs(modules={"threading", "socket", "logging", "turtle", "email"}))
    monkeypatch.setattr("textspace.cli.demo.stdlib_docs", lambda: few)
    outcome = cli("demo")
    assert outcome.status == 0, outcome.err
    assert f"{len(few)} docstrings of 5 modules" in outcome.out
    assert "'multithreaded' is not in the corpus" in outcome.out
    assert str(Path("demo.textspace").resolve()) in outcome.out
    assert "threads" in load("demo.textspace")
    columns = next(line for line in outcome.out.splitlines() if line.split()[:1] == ["thread"])
    assert columns.split()[:2] == ["thread", "socket"]
    accuracy = float(re.search(r"held out, ([\d.]+)% got the right one of 4 modules", outcome.out)[1])
    majority = float(re.search(r"always saying '[a-z]+' would give ([\d.]+)%", outcome.out)[1])
    assert accuracy > majority + 20
    assert "Why:" in outcome.out
    assert load("demo-classifier.textspace").predict(["wait until the thread ends"]).tolist() == ["threading"]
    shown = outcome.out.partition("Modules for 'wait until another thread has finished':\n")[2].splitlines()
    assert len(shown) > 4
    assert shown[0].split()[0] == "threading"
    assert load("demo-tags.textspace").rank(["an email message"], k=1).labels.tolist() == [["email"]]


def test_demo_ranks_modules_for_a_typed_sentence(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    texts, modules = ["wait for a thread", "open a socket", "draw with a turtle"] * 4, ["a", "b", "c"] * 4
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("click.prompt", lambda *_, **__: " a red turtle ")
    ranked = io.StringIO()
    with contextlib.redirect_stdout(ranked):
        rank_modules(texts, modules, Path("typed.textspace"))
    assert ranked.getvalue().partition("Modules for 'a red turtle':\n")[2].split()[0] == "c"


def test_evaluate_prints_both_figures(cli: Cli, model: Path) -> None:
    Path("pairs.txt").write_text("cat dog 8\nriver rug 1\nmat rug 9\ncat xyzzyx 0.5\n")
    Path("questions.txt").write_text(": gram1-plural\ncat cats dog dogs\ndog dogs cat cats\n")
    outcome = cli("vectors", "evaluate", model, "--similarity", "pairs.txt", "--analogies", "questions.txt", "--json")
    assert outcome.status == 0, outcome.err
    found = json.loads(outcome.out)
    similarity, analogies = found["similarity"][0], found["analogies"][0]
    assert (similarity["file"], similarity["n_pairs"], similarity["n_in_vocabulary"]) == ("pairs.txt", 4, 3)
    assert -1 <= similarity["spearman"] <= 1
    assert -1 <= similarity["spearman_in_vocabulary"] <= 1
    assert (analogies["total"]["n_questions"], analogies["total"]["n_answered"]) == (2, 2)
    assert [section["name"] for section in analogies["sections"]] == ["gram1-plural"]
    plain = cli("vectors", "evaluate", model, "--similarity", "pairs.txt", "--analogies", "questions.txt")
    assert "pairs.txt" in plain.out
    assert "questions.txt" in plain.out


def test_evaluate_needs_something_to_evaluate_on(cli: Cli, model: Path) -> None:
    outcome = cli("vectors", "evaluate", model)
    assert outcome.status == 2
    assert "--similarity" in outcome.err


def test_export_writes_words_of_a_list_in_its_order(cli: Cli, model: Path) -> None:
    Path("list.txt").write_text("dog\nunheardof\ncat\ndog\n", encoding="utf-8")
    assert cli("vectors", "export", model, "-o", "some.vec", "--words", "list.txt").status == 0
    exported = load("some.vec")
    assert exported.vocabulary_.words == ["dog", "unheardof", "cat"]
    np.testing.assert_allclose(exported["unheardof"], load(model)["unheardof"], atol=1e-5)


def test_export_limits_to_the_most_frequent(cli: Cli, model: Path) -> None:
    assert cli("vectors", "export", model, "-o", "top.w2v.bin", "--limit", 4).status == 0
    assert load("top.w2v.bin").vocabulary_.words == load(model).vocabulary_.words[:4]


def test_export_of_an_empty_list_is_an_error(cli: Cli, model: Path) -> None:
    Path("list.txt").write_text("\n")
    outcome = cli("vectors", "export", model, "-o", "some.vec", "--words", "list.txt")
    assert outcome.status == 1
    assert "holds no words" in outcome.err


def test_convert_keeps_the_vectors(cli: Cli, model: Path) -> None:
    assert cli("convert", model, "wv.bin").status == 0
    assert cli("convert", "wv.bin", "again.textspace").status == 0
    for word in ("cat", "catlike"):
        np.testing.assert_allclose(load("again.textspace")[word], load(model)[word], rtol=1e-6)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("vectors", "nearest", "missing.textspace", "cat"), "missing.textspace: No such file"),
        (("vectors", "train", "missing.txt"), "missing.txt"),
        (("vectors", "train", "empty.txt"), "no word"),
        (("convert", "garbage.textspace", "x.vec"), "garbage.textspace"),
        (("vectors", "train", "words.txt", "--dim", "0"), "`dim` must be"),
    ],
)
def test_errors_are_one_line_on_standard_error(cli: Cli, arguments: tuple[str, ...], message: str) -> None:
    Path("garbage.textspace").write_bytes(os.urandom(100))
    Path("empty.txt").write_bytes(b"")
    Path("words.txt").write_bytes(b"a b c\n" * 50)
    outcome = cli(*arguments)
    assert outcome.status == 1
    assert outcome.out == ""
    assert outcome.err.startswith("textspace: ")
    assert outcome.err.count("\n") == 1
    assert message in outcome.err


def test_debug_shows_the_traceback_wherever_it_stands(cli: Cli) -> None:
    with pytest.raises(FileNotFoundError):
        cli("vectors", "nearest", "missing.textspace", "cat", "--debug")
    with pytest.raises(FileNotFoundError):
        cli("--debug", "vectors", "nearest", "missing.textspace", "cat")


@pytest.mark.parametrize(
    "arguments", [("no-such-verb",), ("vectors", "train"), ("vectors", "train", "a", "--dim", "x"), ("convert", "a")]
)
def test_a_wrong_call_is_exit_status_2(cli: Cli, arguments: tuple[str, ...]) -> None:
    assert cli(*arguments).status == 2


@pytest.mark.parametrize("verb", [(), ("vectors",), ("vectors", "train"), ("demo",), ("convert",)])
def test_every_verb_has_help(cli: Cli, verb: tuple[str, ...]) -> None:
    outcome = cli(*verb, "--help")
    assert outcome.status == 0
    assert "Usage: textspace" in outcome.out


@pytest.mark.parametrize("group", [(), ("vectors",), ("classifier",), ("tags",)])
def test_no_arguments_show_the_help(cli: Cli, group: tuple[str, ...]) -> None:
    assert cli(*group) == (2, cli(*group, "-h").out, "")


def test_help_names_the_commands_in_the_order_of_work(cli: Cli) -> None:
    commands = cli("vectors", "-h").out.partition("Commands:\n")[2]
    assert re.findall(r"^  (\w+)", commands, re.MULTILINE) == ["train", "nearest", "analogy", "evaluate", "export"]


def test_help_shows_defaults(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    text = " ".join(cli("vectors", "train", "--help").out.split())
    for default in ("2000000", "0.05", "0.0001", "skipgram", "whitespace"):
        assert f"[default: {default}]" in text


def test_a_missing_package_is_an_error_of_one_line_that_says_how_to_install_it(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    texts = tmp_path / "texts.txt"
    texts.write_text("__label__a x\n__label__b y\n")
    outcome = cli("classifier", "tune", str(texts), str(texts), "-o", str(tmp_path / "best.textspace"))
    assert outcome.status == 1
    assert outcome.err == "textspace: tuning needs the package optuna: pip install 'textspace[tune]'\n"


def test_version(cli: Cli) -> None:
    assert cli("--version").out.startswith("textspace 0.")


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (KeyError("no 'x' here"), "no 'x' here"),
        (FileNotFoundError(2, "No such file or directory", "a.txt"), "a.txt: No such file or directory"),
        (OSError("plain"), "plain"),
        (MemoryError(), "not enough memory"),
        (ValueError("two\n  lines"), "two lines"),
        (ValueError(), "ValueError"),
    ],
)
def test_messages(error: BaseException, message: str) -> None:
    assert message_of(error) == message


def progress(fraction: float) -> TrainingProgress:
    return TrainingProgress(fraction, 5 * fraction, 1.5e6, 2.25, 0.05 * (1 - fraction), 12.0, int(1e6 * fraction))


def test_progress_is_a_line_now_and_then_without_a_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("FORCE_COLOR", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    clock = iter(range(0, 1000, 4))
    monkeypatch.setattr("time.perf_counter", lambda: float(next(clock)))
    with TrainingDisplay(open_terminal()) as display:
        display.on_start(1_000_000)
        for fraction in (0.1, 0.2, 0.3, 0.4, 0.5):
            display.on_progress(progress(fraction))
        display.on_end(progress(1.0))
    assert capsys.readouterr().err.splitlines() == [
        " 30%  1.5 M words/s  loss 2.250  learning rate 0.0350  12.0 s left",
        " 50%  1.5 M words/s  loss 2.250  learning rate 0.0250  12.0 s left",
    ]
    assert display.last == progress(1.0)


def test_the_linear_part_of_tags_shows_its_progress(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from rich.console import Console

    shown = io.StringIO()
    with TrainingDisplay(Console(file=shown, force_terminal=True, width=120)) as display:
        display.on_start(1_000_000)
        display.on_end(progress(1.0))
        display.on_linear(0.25)
    assert "25%" in shown.getvalue()
    monkeypatch.setattr("textspace.cli.progress.SECONDS_BETWEEN_LINES", 0.0)
    with TrainingDisplay(None) as display:
        display.on_start(1_000_000)
        display.on_linear(0.5)
    assert capsys.readouterr().err == " 50%  linear part: one model a tag\n"


def test_progress_is_a_bar_on_a_terminal() -> None:
    from rich.console import Console

    shown = io.StringIO()
    with TrainingDisplay(Console(file=shown, force_terminal=True, width=120)) as display:
        display.on_start(1_000_000)
        display.on_progress(progress(0.5))
        display.on_end(progress(1.0))
    assert "50%" in shown.getvalue()
    assert "1.5 M words/s" in shown.getvalue()
