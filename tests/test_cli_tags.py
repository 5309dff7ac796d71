"""The command line's verbs for tag models, run in this process."""

import inspect
import io
import json
import random
import signal
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from conftest import Outcome, parameters_of
from textspace import TagSpace, WordVectors, load
from textspace.cli.progress import TrainingDisplay
from textspace.cli.rank_tags import lines_of

Cli = Callable[..., Outcome]
WORDS = {
    "pets": "cat dog purr bark fur tail",
    "food": "bread soup salt spoon oven cheese",
    "sky": "sun moon star cloud",
}
SMALL = ("--dim", 8, "--n-threads", 1)


def lines(n: int, seed: int = 0, *, mark: str = "__label__") -> list[str]:
    draw = random.Random(seed)
    found = []
    for _ in range(n):
        tag = draw.choice(list(WORDS))
        found.append(" ".join(draw.choices(WORDS[tag].split(), k=5)) + f" {mark}{tag}")
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("texts")
    (folder / "train.txt").write_text("\n".join(lines(200)) + "\n", encoding="utf-8")
    (folder / "test.txt").write_text("\n".join(lines(40, seed=1)) + "\n", encoding="utf-8")
    TagSpace(dim=8, n_threads=1).fit(folder / "train.txt").save(folder / "model.textspace")
    return folder


@pytest.fixture(autouse=True)
def in_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_train_options_are_the_estimators_parameters_with_its_defaults() -> None:
    options = parameters_of("tags", "train", "corpus.txt")
    parameters = inspect.signature(TagSpace).parameters
    shared = set(options) & set(parameters)
    assert {name: options[name] for name in shared} == {name: parameters[name].default for name in shared}
    assert set(options) - set(parameters) == {"corpus", "output", "keep_interrupted", "as_json"}


def test_train_writes_the_model_that_the_library_would(cli: Cli, folder: Path) -> None:
    outcome = cli("tags", "train", folder / "train.txt", "-o", "tags.textspace", *SMALL)
    assert outcome.status == 0, outcome.err
    assert outcome.out.startswith("A model of 3 tags and ")
    texts = ["cat and soup", "moon"]
    expected = load(folder / "model.textspace").rank(texts)
    found = load("tags.textspace").rank(texts)
    assert found.labels.tolist() == expected.labels.tolist()
    np.testing.assert_array_equal(found.scores, expected.scores)


def test_train_passes_its_options_on_and_sums_up_as_json(cli: Cli) -> None:
    Path("posts.txt").write_text("\n".join(lines(60, mark="#")) + "\n", encoding="utf-8")
    given = {"preset": "starspace", "loss": "warp", "similarity": "dot", "epochs": 2, "learning_rate": 0.25}
    arguments = [part for name, value in given.items() for part in (f"--{name.replace('_', '-')}", value)]
    outcome = cli("tags", "train", "posts.txt", "--tags-from", "hashtag", *arguments, *SMALL, "--json")
    assert outcome.status == 0, outcome.err
    summary = json.loads(outcome.out)
    assert (summary["output"], summary["tags"], summary["interrupted"]) == ("posts.textspace", 3, False)
    ts = load("posts.textspace")
    assert isinstance(ts, TagSpace)
    assert {name: getattr(ts, name) for name in given} == given
    assert ts.tags_from == "hashtag"
    assert "#pets" not in ts.vocabulary_.words


def test_train_writes_starspaces_file(cli: Cli, folder: Path) -> None:
    outcome = cli("tags", "train", folder / "train.txt", "-o", "m.tsv", "--preset", "starspace", *SMALL)
    assert outcome.status == 0, outcome.err
    assert set(load("m.tsv").tags_) == set(WORDS)
    assert len(cli("tags", "rank", "m.tsv", "cat").out.split("\t")) == 6


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (("-o", "a.vec"), 1, ".textspace"),
        (("--dim", "0"), 1, "`dim` must be"),
        (("--loss", "none"), 1, "`loss` must be"),
        (("--preset", "none"), 2, "--preset"),
    ],
)
def test_wrong_options_are_refused(
    cli: Cli, folder: Path, arguments: tuple[str, ...], status: int, message: str
) -> None:
    outcome = cli("tags", "train", folder / "train.txt", *arguments)
    assert outcome.status == status
    assert message in outcome.err
    assert list(Path().iterdir()) == []


def test_ctrl_c_saves_nothing_unless_asked(cli: Cli, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(TrainingDisplay, "on_progress", lambda *_: signal.raise_signal(signal.SIGINT))
    outcome = cli("tags", "train", folder / "train.txt", "--epochs", 1_000_000)
    assert outcome.status == 130
    assert "nothing is saved" in outcome.err
    assert list(Path().iterdir()) == []


def test_rank_prints_tags_and_scores(cli: Cli, folder: Path) -> None:
    model = folder / "model.textspace"
    outcome = cli("tags", "rank", model, "cat dog", "soup", "-k", 2)
    assert outcome.status == 0, outcome.err
    ranked = load(model).rank(["cat dog", "soup"], k=2)
    expected = [
        "\t".join(f"{tag}\t{score:.4f}" for tag, score in zip(tags, scores, strict=True))
        for tags, scores in zip(ranked.labels, ranked.scores, strict=True)
    ]
    assert outcome.out.splitlines() == expected
    assert [line.split("\t")[0] for line in expected] == ["pets", "food"]


def test_rank_reads_standard_input(cli: Cli, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("moon\r\nЖЖ\n"))
    outcome = cli("tags", "rank", folder / "model.textspace", "--json", "-k", 1)
    assert outcome.status == 0, outcome.err
    first, second = map(json.loads, outcome.out.splitlines())
    assert (first["text"], first["tags"][0]["tag"]) == ("moon", "sky")
    assert second["text"] == "ЖЖ"
    # A text of unknown words has the most frequent tag.
    assert second["tags"][0]["tag"] == load(folder / "model.textspace").tags_[0]


def test_evaluate_prints_the_figures(cli: Cli, folder: Path) -> None:
    files = (folder / "model.textspace", folder / "test.txt")
    metrics = load(files[0]).evaluate(files[1])
    outcome = cli("tags", "evaluate", *files)
    assert outcome.status == 0, outcome.err
    assert outcome.out.startswith("40 texts with tags (0 without)\n")
    assert f"P@1 {metrics.precision[1]:.3f}" in outcome.out
    found = json.loads(cli("tags", "evaluate", *files, "--json").out)
    assert found == json.loads(json.dumps(asdict(metrics)))
    assert found["precision"]["1"] == 1


def test_recommend_prints_the_lines_like_the_history(cli: Cli, folder: Path) -> None:
    Path("read.txt").write_text("cat dog\n", encoding="utf-8")
    Path("new.txt").write_text("bread soup\ndog bark fur\nmoon star\n", encoding="utf-8")
    outcome = cli("tags", "recommend", folder / "model.textspace", "read.txt", "new.txt", "-k", 2)
    assert outcome.status == 0, outcome.err
    assert len(outcome.out.splitlines()) == 2
    line, similarity, text = outcome.out.splitlines()[0].split("\t")
    assert (line, text) == ("2", "dog bark fur")
    words = ("--bag-of-words", 1, "--json", "-k", 3)
    found = cli("tags", "recommend", folder / "model.textspace", "read.txt", "new.txt", *words).out
    records = [json.loads(record) for record in found.splitlines()]
    assert [record["line"] for record in records] == [2, 1, 3]
    assert [record["similarity"] for record in records[1:]] == [0, 0]
    assert 0 < records[0]["similarity"] < float(similarity)


def test_lines_end_where_a_file_ends_them(tmp_path: Path) -> None:
    Path("texts.txt").write_bytes("one\u2028still one\r\ntwo\x0cstill two\n\nlast".encode())
    assert lines_of(Path("texts.txt")) == ["one\u2028still one", "two\x0cstill two", "", "last"]


def test_a_model_of_vectors_is_refused(cli: Cli) -> None:
    WordVectors(dim=4, epochs=1, min_count=1).fit(["a b c"] * 5).save("wv.textspace")
    outcome = cli("tags", "rank", "wv.textspace", "a")
    assert outcome.status == 1
    assert "needs a tag model" in outcome.err


def test_a_missing_model_is_named(cli: Cli) -> None:
    outcome = cli("tags", "rank", "missing.textspace", "a")
    assert outcome.status == 1
    assert "missing.textspace" in outcome.err


@pytest.mark.parametrize("verb", ["train", "rank", "evaluate", "recommend"])
def test_every_verb_has_help(cli: Cli, verb: str) -> None:
    outcome = cli("tags", verb, "--help")
    assert outcome.status == 0
    assert f"Usage: textspace tags {verb}" in outcome.out
