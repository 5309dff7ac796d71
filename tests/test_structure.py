"""The project's own checks see what they should see."""

import ast
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

TOOLS = Path(__file__).resolve().parent.parent / "tools"


def load_tool(name: str) -> ModuleType:
    if not (TOOLS / f"{name}.py").is_file():
        pytest.skip("needs the repository's tools folder, which a wheel's tests do not have")
    spec = importlib.util.spec_from_file_location(name, TOOLS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def structure() -> ModuleType:
    return load_tool("check_structure")


def test_python_function_length_leaves_the_docstring_out(structure: ModuleType) -> None:
    source = 'def f():\n    """One.\n\n    Two.\n    """\n    a = 1\n    return a\n'
    assert [tuple(function) for function in structure.python_functions(source)] == [("f", 1, 3)]


def test_cpp_functions_are_found_with_their_lengths(structure: ModuleType) -> None:
    source = (
        "namespace a {\n"
        "struct S {\n  int x = 3;\n  void method() { x = 1; }\n};\n"
        "// not a { function()\n"
        'const char* text = "f() {";\n'
        "template <class T>\nint f(T value) {\n  if (value) {\n    return 1;\n  }\n"
        "  auto g = [](int y) { return y; };\n  return 2;\n}\n"
        "S::S(int y) : x(y) {}\n"
        "}  // namespace a\n"
    )
    found = [(function.name, function.n_lines) for function in structure.cpp_functions(source)]
    assert found == [("method", 1), ("f", 7), ("S::S", 1)]


@pytest.mark.parametrize(
    ("name", "source", "expected"),
    [
        ("utils.py", "", "says nothing"),
        ("long.py", "x = 1\n" * 401, "401 lines, the limit is 400"),
        ("long_function.py", "def f():\n" + "    x = 1\n" * 60, "f takes 61 lines"),
        ("long_function.cc", "void f() {\n" + "  g();\n" * 59 + "}\n", "f takes 61 lines"),
        ("names.py", "i" + "dx = 3\n", "is forbidden"),
    ],
)
def test_each_rule_is_enforced(structure: ModuleType, name: str, source: str, expected: str) -> None:
    problems = list(structure.problems_of(structure.ROOT / "src" / name, source))
    assert len(problems) == 1
    assert expected in problems[0]


def test_a_file_within_the_rules_has_no_problems(structure: ModuleType) -> None:
    source = "def f(word_idx_like: int) -> int:\n" + "    x = 1\n" * 59
    assert list(structure.problems_of(structure.ROOT / "src" / "window.py", source)) == []


def test_stub_differences_are_found() -> None:
    pytest.importorskip("nanobind", reason="needs nanobind's stub generator")
    tool = load_tool("check_stub")

    def signatures(text: str) -> dict[str, list[tuple[list[str], str]]]:
        return tool.signatures(ast.parse(text).body)

    real = "def f(a: int, *, b: int = 1) -> int: ...\nclass C:\n    def m(self, /, x: int) -> None: ...\n"
    same = "def f(a: int, *, b: int = ...) -> int: ...\nclass C:\n    def m(self, x: int) -> None: ...\n"
    assert tool.differences(signatures(same), signatures(real)) == []
    for change in (("b: int =", "c: int ="), (" = ...", ""), ("-> int", "-> str"), ("def m", "def n"), ("*, ", "")):
        assert tool.differences(signatures(same.replace(*change, 1)), signatures(real)) != []
