"""The public names, and what importing them costs."""

import subprocess
import sys

import pytest

import textspace


def run_python(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout


def test_every_public_name_is_there():
    for name in textspace.__all__:
        assert getattr(textspace, name) is not None
        assert name in dir(textspace)
    assert textspace.__version__.count(".") == 2
    assert set(textspace._HOMES) == set(textspace.__all__)


def test_a_wrong_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'textspace' has no attribute 'WordVector'"):
        _ = textspace.WordVector


def test_importing_loads_nothing_heavy():
    loaded = run_python("import sys, textspace; print(*sys.modules)").split()
    assert "numpy" not in loaded
    assert [name for name in loaded if name.startswith("textspace.")] == []


def test_the_estimator_needs_only_numpy_and_safetensors():
    loaded = set(run_python("import sys, textspace; textspace.WordVectors; print(*sys.modules)").split())
    assert loaded.isdisjoint({"sklearn", "scipy", "pandas", "rich", "click", "pickle5", "multiprocessing"})


def test_tune_needs_optuna_only_when_it_is_called():
    loaded = run_python("import sys; from textspace import tune; print(*sys.modules)").split()
    assert "optuna" not in loaded
