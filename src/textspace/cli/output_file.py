"""Files that a command is going to write: better refused before an hour of training than after it."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path


def check_output(path: Path, *, inputs: Iterable[str | Path] = (), suffixes: tuple[str, ...] | None = None) -> None:
    """Raise unless a file can be written at this place.

    Parameters
    ----------
    path : Path
        The file to be written later.
    inputs : iterable of str or Path
        Files that the command reads.
    suffixes : tuple of str, optional
        Those that its name may have, any if empty; None: those of vectors.

    Raises
    ------
    ValueError
        When the suffix names no format that can be written, or the file is one of the inputs.
    OSError
        When the folder does not exist or cannot be written to, or the path is a folder.
    """
    if suffixes is None:
        from textspace.formats import writer_of

        writer_of(path)
    elif suffixes and not path.name.lower().endswith(suffixes):
        raise ValueError(f"the name of the file must end with one of {', '.join(suffixes)}, got {str(path)!r}")
    if path.exists() and any(Path(name).exists() and path.samefile(name) for name in inputs):
        raise ValueError(f"{path} is read by this command and would be replaced; write elsewhere with another name")
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a folder; name a file in it")
    if not path.parent.is_dir():
        raise FileNotFoundError(f"there is no folder {path.parent}; create it first, or write elsewhere with -o")
    if not os.access(path.parent, os.W_OK):
        raise PermissionError(f"the folder {path.parent} cannot be written to; write elsewhere with -o")


def shown_size(path: Path) -> str:
    """The size of a file for people."""
    size = path.stat().st_size
    return f"{size / 1e6:.1f} MB" if size < 1e9 else f"{size / 1e9:.2f} GB"
