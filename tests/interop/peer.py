"""Other people's programs that tests compare with: run as other processes, so that they need not fit into ours."""

import importlib.util
import os
import shutil
import subprocess
import sys

import pytest


def run_with(module: str, script: str, *arguments: object) -> str:
    """Run a script under a Python that has `module` and return what it prints; skip the test where there is none.

    That is this Python, or the one that the environment variable TEXTSPACE_PEERS_PYTHON names.
    """
    python = sys.executable
    if importlib.util.find_spec(module) is None:
        python = os.environ.get("TEXTSPACE_PEERS_PYTHON", "")
        known = python and subprocess.run([python, "-c", f"import {module}"], capture_output=True, check=False)
        if not known or known.returncode != 0:
            pytest.skip(f"needs {module}, here or in the Python that TEXTSPACE_PEERS_PYTHON names")
    done = subprocess.run([python, "-c", script, *map(str, arguments)], capture_output=True, check=False, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def fasttext_program() -> str:
    """The command-line program of fastText: on the path, or named by TEXTSPACE_PEERS_FASTTEXT."""
    found = shutil.which(os.environ.get("TEXTSPACE_PEERS_FASTTEXT", "fasttext"))
    if found is None:
        pytest.skip("needs the program fasttext, on the path or named by TEXTSPACE_PEERS_FASTTEXT")
    return found
