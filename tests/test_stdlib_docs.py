"""textspace.text.stdlib_docs: the corpus of the demonstration."""

import sys
from pathlib import Path

import pytest

from textspace.text.stdlib_docs import Docstring, docstrings_of, stdlib_docs


def test_the_standard_library_is_read_without_importing_it() -> None:
    loaded = set(sys.modules)
    docs = list(stdlib_docs())
    # Decoding a source needs its codec, which Python keeps as a module.
    assert {name for name in set(sys.modules) - loaded if not name.startswith("encodings.")} == set()
    assert len(docs) > 5000
    modules = {doc.module for doc in docs}
    assert {"threading", "email", "asyncio"} <= modules
    assert not modules & {"test", "idlelib", "lib2to3", "site-packages"}
    assert "Filename globbing utility." in {doc.text for doc in docs if doc.module == "glob"}


def test_docstrings_of_modules_classes_and_functions_are_found_and_unindented() -> None:
    source = (
        b'"""Module."""\nclass C:\n    """Class.\n\n    More.\n    """\n    async def f():\n        """Coroutine."""\n'
        b'    def g():\n        "  "\n        x = "no docstring"\n'
    )
    assert sorted(docstrings_of(source)) == ["Class.\n\nMore.", "Coroutine.", "Module."]


@pytest.mark.parametrize("source", [b"def (", b"\x00", b"# coding: no-such-encoding\n", b"\xff\xfe"])
def test_a_file_that_is_no_python_has_no_docstrings(source: bytes) -> None:
    assert list(docstrings_of(source)) == []


def test_sources_with_outdated_escapes_do_not_warn() -> None:
    assert list(docstrings_of(b'"""A."""\nx = "\\d"\n')) == ["A."]


def test_documents_carry_their_top_level_module(tmp_path: Path) -> None:
    (tmp_path / "one.py").write_text('"""One."""')
    (tmp_path / "two" / "three").mkdir(parents=True)
    (tmp_path / "two" / "three" / "four.py").write_text('"""Four."""')
    (tmp_path / "test").mkdir()
    (tmp_path / "test" / "five.py").write_text('"""Five."""')
    assert list(stdlib_docs(tmp_path, modules={"two"})) == [Docstring("two", "Four.")]
    assert list(stdlib_docs(tmp_path)) == [Docstring("one", "One."), Docstring("two", "Four.")]


def test_a_folder_without_docstrings_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no Python source with a docstring"):
        list(stdlib_docs(tmp_path))
