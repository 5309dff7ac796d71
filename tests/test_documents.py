"""Every code block of the README and the documentation runs, in a reader's order; so do the examples."""

import re
import runpy
import shlex
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from conftest import ROOT, Outcome
from textspace.text.stdlib_docs import stdlib_docs

DOCUMENTS = [path for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))) if path.is_file()]
FENCE = re.compile(r"^```(python|console)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
MODULES = {"threading", "socket", "asyncio", "logging", "email", "pathlib"}


@pytest.fixture(scope="module")
def corpus() -> str:
    docs = [" ".join(doc.text.lower().split()) for doc in stdlib_docs(modules=MODULES)]
    return "\n".join([*docs, "berlin is in germany and paris is in france\n" * 5])


@pytest.fixture(scope="module")
def labelled() -> list[str]:
    return [f"__label__{doc.module} {' '.join(doc.text.lower().split())}\n" for doc in stdlib_docs(modules=MODULES)]


@pytest.fixture(autouse=True)
def reader_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, corpus: str, labelled: list[str]) -> None:
    monkeypatch.chdir(tmp_path)
    for name, part in (("train.txt", labelled[::2]), ("valid.txt", labelled[1::4]), ("test.txt", labelled[3::4])):
        Path(name).write_text("".join(part), encoding="utf-8")
    Path("posts.jsonl").write_text('{"text": "wait until the thread ends"}\n', encoding="utf-8")
    Path("corpus.txt").write_text(corpus, encoding="utf-8")
    Path("pairs.txt").write_text("thread process 6\nsocket file 4\nserver client 7\n", encoding="utf-8")
    Path("questions.txt").write_text(": capitals\nberlin germany paris france\n", encoding="utf-8")


def blocks_of(document: Path) -> Iterator[tuple[str, str]]:
    for found in FENCE.finditer(document.read_text(encoding="utf-8")):
        yield found[1], found[2]


def commands_of(block: str) -> Iterator[list[str]]:
    """The ``textspace`` commands of a console block; what make and git do is tested by .ci/run."""
    for line in block.splitlines():
        if line.startswith("$ textspace "):
            yield shlex.split(line.removeprefix("$ textspace "), comments=True)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_code_blocks_run(document: Path, cli: Callable[..., Outcome]) -> None:
    namespace: dict[str, object] = {}
    for number, (language, block) in enumerate(blocks_of(document)):
        if language == "python":
            exec(compile(block, f"{document.name}, block {number}", "exec"), namespace)
            continue
        for command in commands_of(block):
            outcome = cli(*command)
            assert outcome.status == 0, f"{document.name}: textspace {shlex.join(command)}\n{outcome.err}"


def test_documents_have_blocks() -> None:
    if not DOCUMENTS:
        pytest.skip("needs the repository's README.md and docs")
    languages = [language for document in DOCUMENTS for language, _ in blocks_of(document)]
    assert languages.count("python") > 5
    assert languages.count("console") > 2


def test_examples_run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    examples = ROOT / "examples"
    if not examples.is_dir():
        pytest.skip("needs the repository's examples")
    monkeypatch.setattr(sys, "argv", ["train_with_progress.py", "corpus.txt"])
    runpy.run_path(str(examples / "train_with_progress.py"))
    assert "saved: vectors.textspace" in capsys.readouterr().out
    monkeypatch.setattr(sys, "argv", ["compare_texts.py", "vectors.textspace", "start a thread", "corpus.txt"])
    runpy.run_path(str(examples / "compare_texts.py"))
    assert len(capsys.readouterr().out.splitlines()) == 5
    monkeypatch.setattr(sys, "argv", ["classify.py", "train.txt", "test.txt"])
    runpy.run_path(str(examples / "classify.py"))
    assert re.match(r"\d labels, accuracy 0\.\d+, mean F1", capsys.readouterr().out)
    monkeypatch.setattr(sys, "argv", ["tags.py", "train.txt", "test.txt", "wait until the thread ends"])
    runpy.run_path(str(examples / "tags.py"))
    assert re.match(r"\d tags, P@1 0\.[5-9]\d\d, R@10 1\.000\nwait .*: threading", capsys.readouterr().out)
    known = {"train_with_progress.py", "compare_texts.py", "classify.py", "tags.py"}
    assert {path.name for path in examples.glob("*.py")} == known


@pytest.mark.skipif(not (ROOT / "src").is_dir(), reason="needs the repository, which a wheel's tests do not have")
def test_links_between_documents_lead_somewhere() -> None:
    for document in [*DOCUMENTS, ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"]:
        if document.is_file():
            for target in re.findall(r"\]\((?!https?://|#)([^)#]+)", document.read_text(encoding="utf-8")):
                assert (document.parent / target).exists(), f"{document.name}: {target}"
