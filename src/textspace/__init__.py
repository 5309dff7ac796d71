"""Words, texts and tags in one space."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from textspace.classifier import TextClassifier
    from textspace.errors import (
        FormatError,
        MissingPackageError,
        NotFittedError,
        TextspaceError,
        TrainingDivergedError,
    )
    from textspace.loading import load
    from textspace.tagspace import TagSpace
    from textspace.training.callbacks import Callback, TrainingProgress
    from textspace.tuning import tune
    from textspace.vectors import Neighbor, WordVectors

    __version__: str

__all__ = [
    "Callback",
    "FormatError",
    "MissingPackageError",
    "Neighbor",
    "NotFittedError",
    "TagSpace",
    "TextClassifier",
    "TextspaceError",
    "TrainingDivergedError",
    "TrainingProgress",
    "WordVectors",
    "load",
    "tune",
]

# Names are imported when they are first used: `import textspace` costs next to nothing.
_HOMES = {
    "Callback": "training.callbacks",
    "FormatError": "errors",
    "MissingPackageError": "errors",
    "Neighbor": "vectors",
    "NotFittedError": "errors",
    "TagSpace": "tagspace",
    "TextClassifier": "classifier",
    "TextspaceError": "errors",
    "TrainingDivergedError": "errors",
    "TrainingProgress": "training.callbacks",
    "WordVectors": "vectors",
    "load": "loading",
    "tune": "tuning",
}

if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        if name == "__version__":
            from importlib.metadata import version

            value = version("textspace")
        elif name in _HOMES:
            from importlib import import_module

            value = getattr(import_module(f"textspace.{_HOMES[name]}"), name)
        else:
            raise AttributeError(f"module 'textspace' has no attribute {name!r}")
        globals()[name] = value
        return value

    def __dir__() -> list[str]:
        return sorted({*globals(), *_HOMES})
