"""Fixtures that several test modules use."""

import os
from pathlib import Path

import pytest

import textspace._core

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def shared() -> Path:
    """Folder of real corpora and test sets; the test is skipped where there is none."""
    folder = Path(os.environ.get("TEXTSPACE_SHARED", ROOT.parent / "shared"))
    if not (folder / "data").is_dir():
        pytest.skip("needs the shared data folder beside the repository (or TEXTSPACE_SHARED)")
    return folder


def pytest_configure() -> None:
    """Fail rather than test an ordinary build where an instrumented one was asked for."""
    core = Path(textspace._core.__file__)
    if os.environ.get("TEXTSPACE_SANITIZED") and b"__asan_init" not in core.read_bytes():
        pytest.exit(f"TEXTSPACE_SANITIZED is set, but {core} is not built with the sanitizers", returncode=3)


def pytest_report_header() -> str:
    return f"core: {textspace._core.__file__} ({textspace._core.isa()})"
