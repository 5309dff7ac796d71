"""Types used in the signatures of this package."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

FloatArray: TypeAlias = NDArray[np.float32]
HalfArray: TypeAlias = NDArray[np.uint16]
BoolArray: TypeAlias = NDArray[np.bool_]
IntArray: TypeAlias = NDArray[np.int32]
LongArray: TypeAlias = NDArray[np.int64]

# One file, several files, or any iterable of texts (a lone str is a path).
Source: TypeAlias = str | Path | Iterable[str | Path]
Tokenizer: TypeAlias = str | Callable[[str], list[str]]
# For each text its label, or its labels, as str or int.
Labels: TypeAlias = Iterable[str] | Iterable[int] | Iterable[Iterable[str]] | Iterable[Iterable[int]]
