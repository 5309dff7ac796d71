"""The instruction set in use, changed for a while."""

from collections.abc import Iterator
from contextlib import contextmanager

from textspace import _core


@contextmanager
def instruction_set(name: str) -> Iterator[None]:
    """Kernels of this instruction set run inside the block."""
    before = _core.isa()
    _core.use_isa(name)
    try:
        yield
    finally:
        _core.use_isa(before)
