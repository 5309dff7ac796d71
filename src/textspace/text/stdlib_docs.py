"""A real corpus that every Python has: the docstrings of its standard library, read without importing anything."""

from __future__ import annotations

import ast
import inspect
import sysconfig
import warnings
from collections.abc import Container, Iterator
from pathlib import Path
from typing import NamedTuple

LEFT_OUT = {"__pycache__", "idlelib", "lib2to3", "site-packages", "dist-packages", "test", "tests", "turtledemo"}


class Docstring(NamedTuple):
    """A docstring and the top-level module that it is part of."""

    module: str
    text: str


def stdlib_docs(folder: Path | None = None, *, modules: Container[str] | None = None) -> Iterator[Docstring]:
    """Yield every docstring of the modules, classes and functions in a folder of Python sources.

    Parameters
    ----------
    folder : Path, optional
        The standard library of the running Python when not given.
    modules : container of str, optional
        Only these top-level modules and packages.

    Yields
    ------
    Docstring
        The name of the top-level module or package, and the docstring without its indentation.

    Raises
    ------
    FileNotFoundError
        When the folder holds no Python source with a docstring: some installations leave the sources out.

    Examples
    --------
    >>> from textspace.text.stdlib_docs import stdlib_docs
    >>> "Filename globbing utility." in {doc.text for doc in stdlib_docs(modules={"glob"})}
    True
    """
    folder = Path(sysconfig.get_path("stdlib")) if folder is None else folder
    found_any = False
    for path in sorted(folder.rglob("*.py")):
        parts = path.relative_to(folder).parts
        module = parts[0].removesuffix(".py")
        if LEFT_OUT.isdisjoint(parts) and (modules is None or module in modules):
            for text in docstrings_of(path.read_bytes()):
                found_any = True
                yield Docstring(module, text)
    if not found_any:
        raise FileNotFoundError(f"no Python source with a docstring in {folder}; name a folder that has sources")


def docstrings_of(source: bytes) -> Iterator[str]:
    """Yield the docstrings of a source file; a file that is no valid Python has none."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # sources with outdated escapes warn when they are parsed
            tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            docstring = ast.get_docstring(node, clean=False)
            if docstring and docstring.strip():
                yield inspect.cleandoc(docstring)
