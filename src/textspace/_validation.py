"""Checks of arguments: each returns the value in its plain type or says what is wrong.

An error names the argument, the rule, the value received and the remedy.
"""

from __future__ import annotations

import math
import operator
import os
from collections.abc import Iterable, Sequence
from typing import NoReturn

import numpy as np


def reject(name: str, rule: str, value: object, remedy: str = "") -> NoReturn:
    """Raise the ValueError that every failed check raises: `` `name` must rule, got value; remedy ``."""
    raise ValueError(f"`{name}` must {rule}, got {_shown(value)}" + (f"; {remedy}" if remedy else ""))


def check_int(
    name: str, value: object, *, at_least: int | None = None, at_most: int | None = None, remedy: str = ""
) -> int:
    """Return `value` as an int: an integer of any type (no bool, no float), within the bounds."""
    if isinstance(value, bool | np.bool_) or not hasattr(value, "__index__"):
        raise TypeError(f"`{name}` must be an integer, got {_shown(value)}" + (f"; {remedy}" if remedy else ""))
    number = operator.index(value)
    if (at_least is not None and number < at_least) or (at_most is not None and number > at_most):
        reject(name, _range_rule(at_least, at_most), number, remedy)
    return number


def check_float(
    name: str,
    value: object,
    *,
    at_least: float | None = None,
    above: float | None = None,
    at_most: float | None = None,
    remedy: str = "",
) -> float:
    """Return `value` as a finite float within the bounds (`above` is an open bound, the others are closed)."""
    if isinstance(value, bool | np.bool_) or not isinstance(value, int | float | np.integer | np.floating):
        raise TypeError(f"`{name}` must be a number, got {_shown(value)}" + (f"; {remedy}" if remedy else ""))
    number = float(value)
    if not math.isfinite(number):
        reject(name, "be finite", number, remedy)
    if above is not None and number <= above:
        reject(name, f"be > {above:g}", number, remedy)
    if (at_least is not None and number < at_least) or (at_most is not None and number > at_most):
        reject(name, _range_rule(at_least, at_most), number, remedy)
    return number


def check_bool(name: str, value: object) -> bool:
    """Return `value` as a bool; nothing else than True and False is taken for one."""
    if not isinstance(value, bool | np.bool_):
        raise TypeError(f"`{name}` must be True or False, got {_shown(value)}")
    return bool(value)


def check_choice(name: str, value: object, choices: Sequence[str]) -> str:
    """Return `value` when it is one of `choices`."""
    if not isinstance(value, str) or value not in choices:
        reject(name, "be one of " + ", ".join(map(repr, choices)), value)
    return value


def check_n_threads(n_threads: int | None) -> int:
    """Return the number of threads to use; None means every core that this process may use."""
    if n_threads is None:
        return usable_cores()
    return check_int("n_threads", n_threads, at_least=1, remedy="None uses all cores")


def usable_cores() -> int:
    """Return the number of cores this process may run on, which in a container is often fewer than the machine has."""
    if hasattr(os, "process_cpu_count"):
        return os.process_cpu_count() or 1
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def check_random_state(random_state: int | None) -> int:
    """Return a seed of 64 bits; None draws one from the operating system, so that every run differs."""
    if random_state is None:
        return int.from_bytes(os.urandom(8), "little")
    return check_int(
        "random_state", random_state, at_least=0, at_most=2**64 - 1, remedy="None makes every run different"
    )


def check_texts(name: str, texts: object) -> list[str]:
    """Return `texts` as a list of str; a lone str, which is a sequence of characters, is refused."""
    if isinstance(texts, str | bytes):
        raise TypeError(f"`{name}` must be a sequence of texts, got a single {type(texts).__name__}; pass [{name}]")
    if not isinstance(texts, Iterable):
        raise TypeError(f"`{name}` must be a sequence of texts, got {_shown(texts)}")
    listed = list(texts)
    for position, text in enumerate(listed):
        if not isinstance(text, str):
            raise TypeError(f"`{name}` must hold only str, got {_shown(text)} at position {position}")
    return listed


def _range_rule(at_least: float | None, at_most: float | None) -> str:
    if at_most is None:
        return f"be >= {at_least}"
    if at_least is None:
        return f"be <= {at_most}"
    return f"be between {at_least} and {at_most}"


def _shown(value: object) -> str:
    """Return `value` as an error message shows it: whole when short, never pages of it."""
    shown = repr(value)
    shown = shown if len(shown) <= 80 else shown[:77] + "..."
    return shown if isinstance(value, str | int | float | type(None)) else f"{shown} ({type(value).__name__})"
