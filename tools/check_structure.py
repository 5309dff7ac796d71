"""Check what no linter does: sizes of modules and functions (Python and C++), forbidden names of files and integers."""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("src", "core", "tests", "tools", "benchmarks", "examples", "docs")
MAX_MODULE_LINES = 400
MAX_FUNCTION_LINES = 60
VAGUE_FILE_NAMES = {"utils", "util", "helpers", "helper", "common", "misc", "base", "stuff"}
BARE_IDX = re.compile(r"\bidx\b")


class Function(NamedTuple):
    """A function and the lines it takes, docstring aside."""

    name: str
    line: int
    n_lines: int


def python_functions(source: str) -> Iterator[Function]:
    """Functions and methods of a module, nested ones counted by themselves and in the one around them."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        n_lines = (node.end_lineno or node.lineno) - node.lineno + 1
        if ast.get_docstring(node) is not None:
            docstring = node.body[0]
            n_lines -= (docstring.end_lineno or docstring.lineno) - docstring.lineno + 1
        yield Function(node.name, node.lineno, n_lines)


def blank_comments_and_literals(source: str) -> str:
    """C++ text with comments, strings and characters replaced by spaces, line ends kept."""
    literal = r'//[^\n]*|/\*.*?\*/|R"\((?s:.*?)\)"|"(?:\\.|[^"\\\n])*"|(?<![0-9A-Fa-f])\'(?:\\.|[^\'\\\n])*\''
    return re.sub(literal, lambda found: re.sub(r"[^\n]", " ", found[0]), source, flags=re.DOTALL)


def cpp_functions(source: str) -> Iterator[Function]:
    """Bodies in braces that follow a parameter list at the level of a file, a namespace or a class."""
    source = re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", "", blank_comments_and_literals(source), flags=re.MULTILINE)
    header_start = 0
    inside: list[Function | None] = []
    for found in re.finditer(r"[{};]", source):
        pos, mark = found.start(), found[0]
        header = source[header_start:pos]
        in_function = any(inside)
        if mark == "{":
            is_function = not in_function and "(" in header and not re.search(r"=\s*$", header)
            inside.append(Function(header.strip(), pos, 0) if is_function else None)
        elif mark == "}" and inside:
            opened = inside.pop()
            if opened is not None:
                name = re.findall(r"([\w:~]+)\s*\(", opened.name)
                n_lines = source.count("\n", opened.line, pos) + 1
                yield Function(name[0] if name else opened.name, source.count("\n", 0, opened.line) + 1, n_lines)
        header_start = pos + 1


def problems_of(path: Path, source: str) -> Iterator[str]:
    """What is wrong with one file, a line each."""
    shown = path.relative_to(ROOT)
    if path.stem in VAGUE_FILE_NAMES:
        yield f"{shown}: the file name {path.stem!r} says nothing; name the idea that is in it"
    n_lines = source.count("\n")
    if n_lines > MAX_MODULE_LINES:
        yield f"{shown}: {n_lines} lines, the limit is {MAX_MODULE_LINES}; split it by idea"
    for line, text in enumerate(source.splitlines(), start=1):
        if BARE_IDX.search(text) and path != Path(__file__).resolve():
            yield f"{shown}:{line}: an integer carries its space (word_id, row, pos): `idx` is forbidden"
    for function in python_functions(source) if path.suffix == ".py" else cpp_functions(source):
        if function.n_lines > MAX_FUNCTION_LINES:
            yield (
                f"{shown}:{function.line}: {function.name} takes {function.n_lines} lines, "
                f"the limit is {MAX_FUNCTION_LINES} (docstring aside)"
            )


def main() -> int:
    """Print every problem; the number of them is not the exit status, 1 is."""
    files = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*") if path.suffix in {".py", ".h", ".cc"}]
    hidden = {".venv", ".cache", "__pycache__"}
    files = sorted(path for path in files if not hidden & set(path.parts))
    problems = [problem for path in files for problem in problems_of(path, path.read_text(encoding="utf-8"))]
    print(*problems, sep="\n", end="\n" if problems else "")
    print(f"structure: {len(files)} files, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
