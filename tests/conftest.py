"""Fixtures that several test modules use."""

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import click
import hypothesis
import pytest

import textspace._core
from instruction_sets import instruction_set

ROOT = Path(__file__).resolve().parent.parent

# A landing must not depend on chance: other examples are for the runs at home. A busy machine meets no deadlines.
hypothesis.settings.register_profile("home", deadline=None)
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "home")


@pytest.fixture
def shared() -> Path:
    """Folder of real corpora and test sets; the test is skipped where there is none."""
    folder = Path(os.environ.get("TEXTSPACE_SHARED", ROOT.parent / "shared"))
    if not (folder / "data").is_dir():
        pytest.skip("needs the shared data folder beside the repository (or TEXTSPACE_SHARED)")
    return folder


def parameters_of(group: str, verb: str, *arguments: str) -> dict[str, Any]:
    """What the function of a command is called with for the arguments."""
    from textspace.cli.app import app

    context = click.Context(app)
    command = app.get_command(context, group).get_command(context, verb)
    return command.make_context(verb, list(arguments), parent=context).params


class Outcome(NamedTuple):
    """What a command left: its exit status and what it printed."""

    status: int
    out: str
    err: str


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Callable[..., Outcome]:
    """Runs the command line in this process, as ``textspace ...`` would."""

    def run(*arguments: object) -> Outcome:
        from textspace.cli import main

        monkeypatch.setattr(sys, "argv", ["textspace", *map(str, arguments)])
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capfd.readouterr()
        return Outcome(int(ended.value.code or 0), out, err)

    return run


@pytest.fixture(params=textspace._core.available_isas())
def isa(request: pytest.FixtureRequest) -> Iterator[str]:
    """Each instruction set that this processor runs, in use during the test."""
    with instruction_set(request.param):
        yield request.param


def pytest_configure() -> None:
    """Fail rather than test an ordinary build where an instrumented one was asked for."""
    core = Path(textspace._core.__file__)
    if os.environ.get("TEXTSPACE_SANITIZED") and b"__asan_init" not in core.read_bytes():
        pytest.exit(f"TEXTSPACE_SANITIZED is set, but {core} is not built with the sanitizers", returncode=3)


def pytest_report_header() -> str:
    return f"core: {textspace._core.__file__} ({textspace._core.isa()})"
