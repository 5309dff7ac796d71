"""Compare _core.pyi with the compiled module: names, parameters (names, order, kinds, defaults) and simple results.

mypy's stubtest cannot: it does not know nanobind's functions. nanobind's own stub generator does, but its array types
are not the ones a reader or mypy wants, so the stub is written by hand and compared with the generated one here.
"""

import ast
import sys
from pathlib import Path

from nanobind.stubgen import StubGen  # type: ignore[import-untyped]

import textspace._core

STUB = Path(__file__).resolve().parent.parent / "src" / "textspace" / "_core.pyi"
SIMPLE_RESULTS = {"None", "bool", "bytes", "float", "int", "str", "list[str]", "list[int]", "list[float]"}
Signature = tuple[list[str], str]


def parameters(function: ast.FunctionDef) -> list[str]:
    """Parameters as `name`, `name=` when it has a default, with the marks `/` and `*` of the signature."""
    args = function.args
    positional = [*args.posonlyargs, *args.args]
    required = len(positional) - len(args.defaults)
    shown = [arg.arg + ("=" if pos >= required else "") for pos, arg in enumerate(positional)]
    if args.posonlyargs:
        shown.insert(len(args.posonlyargs), "/")
    if args.kwonlyargs:
        shown.append("*")
        keyword_only = zip(args.kwonlyargs, args.kw_defaults, strict=True)
        shown += [arg.arg + ("=" if default else "") for arg, default in keyword_only]
    # "self, /" is how the generator writes every method.
    return [name for name in shown if name != "/"] if shown[:1] == ["self"] else shown


def signatures(body: list[ast.stmt], prefix: str = "") -> dict[str, list[Signature]]:
    """Every function and method of a stub with its overloads; properties and constants without signature."""
    found: dict[str, list[Signature]] = {}
    for node in body:
        if isinstance(node, ast.FunctionDef):
            result = ast.unparse(node.returns) if node.returns else ""
            found.setdefault(prefix + node.name, []).append((parameters(node), result))
        elif isinstance(node, ast.ClassDef):
            found[prefix + node.name] = []
            found |= signatures(node.body, f"{prefix}{node.name}.")
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            found[prefix + node.target.id] = []
    return found


def differences(written: dict[str, list[Signature]], real: dict[str, list[Signature]]) -> list[str]:
    """What the stub says and the module does not, and the other way round."""
    problems = [f"{name}: in the module, not in the stub" for name in real.keys() - written.keys()]
    problems += [f"{name}: in the stub, not in the module" for name in written.keys() - real.keys()]
    for name in written.keys() & real.keys():
        if [signature[0] for signature in written[name]] != [signature[0] for signature in real[name]]:
            problems.append(f"{name}: parameters {written[name]} in the stub, {real[name]} in the module")
        for (_, ours), (_, theirs) in zip(written[name], real[name], strict=False):
            if theirs in SIMPLE_RESULTS and ours != theirs:
                problems.append(f"{name}: returns {ours} in the stub, {theirs} in the module")
    return sorted(problems)


def main() -> int:
    """Print every difference; exit status 1 when there is one."""
    generator = StubGen(textspace._core, quiet=True)
    generator.put(textspace._core)
    real = signatures(ast.parse(generator.get()).body)
    written = signatures(ast.parse(STUB.read_text(encoding="utf-8")).body)
    problems = differences(written, real)
    print(*problems, sep="\n", end="\n" if problems else "")
    print(f"_core.pyi: {len(written)} names, {len(problems)} differences")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
