"""Fixtures that several test modules use."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def shared() -> Path:
    """Folder of real corpora and test sets; the test is skipped where there is none."""
    folder = Path(os.environ.get("TEXTSPACE_SHARED", ROOT.parent / "shared"))
    if not (folder / "data").is_dir():
        pytest.skip("needs the shared data folder beside the repository (or TEXTSPACE_SHARED)")
    return folder
