"""Check that the docstrings of public names are complete, by numpydoc's rules, with an example that runs.

Public are the names in `__all__` of the package and its subpackages, and the public attributes of public classes.
"""

import importlib
import inspect
import pkgutil
import sys
from collections.abc import Iterator
from dataclasses import is_dataclass
from enum import Enum

from numpydoc.validate import validate  # type: ignore[import-untyped]

import textspace

# An example stands in the docstring of the name a user reaches for first: methods may leave it to their class.
NOT_ASKED_FOR = {"ES01", "GL01", "SA01", "SS05", "SS06", "EX01"}
SUBPACKAGES = ("evaluation", "formats", "search", "text", "training", "tuning")


def public_names() -> Iterator[str]:
    """Full names of public functions and classes, and of the public members that a class has from this package."""
    for module_name in ("textspace", *(f"textspace.{name}" for name in SUBPACKAGES)):
        module = importlib.import_module(module_name)
        for name in getattr(module, "__all__", ()):
            public = getattr(module, name)
            if inspect.isfunction(public) or inspect.isclass(public):
                yield f"{module_name}.{name}"
            if inspect.isclass(public) and not issubclass(public, Exception | Enum):
                yield from (f"{module_name}.{name}.{member}" for member in members_of(public))


def members_of(public: type) -> Iterator[str]:
    """Names of public methods and properties that are defined in this package."""
    for name in dir(public):
        defined_in = next((vars(base)[name] for base in public.__mro__ if name in vars(base)), None)
        function = getattr(defined_in, "__func__", getattr(defined_in, "fget", defined_in))
        if not name.startswith("_") and str(getattr(function, "__module__", "")).startswith("textspace"):
            yield name


def problems_of(name: str) -> Iterator[str]:
    """What numpydoc finds, and a missing example."""
    found = validate(name)
    public = pkgutil.resolve_name(name)
    docstring = found["docstring"] or ""
    is_record = inspect.isclass(public) and (is_dataclass(public) or hasattr(public, "_fields"))
    for code, message in found["errors"]:
        # The fields of a record may stand under Attributes: that is what they are for its reader.
        as_attributes = code == "PR01" and is_record and "Attributes\n" in docstring
        if code not in NOT_ASKED_FOR and not as_attributes:
            yield f"{name}: {code} {message}"
    is_member = inspect.isclass(pkgutil.resolve_name(name.rpartition(".")[0]))
    is_exception = inspect.isclass(public) and issubclass(public, Exception)
    if not (is_member or is_record or is_exception) and ">>>" not in docstring:
        yield f"{name}: no example"


def main() -> int:
    """Print every problem; exit status 1 when there is one."""
    names = sorted(set(public_names()))
    problems = [problem for name in names for problem in problems_of(name)]
    print(*problems, sep="\n", end="\n" if problems else "")
    print(f"docstrings of {textspace.__name__}: {len(names)} public names, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
