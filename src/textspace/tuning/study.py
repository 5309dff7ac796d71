"""Optuna's part of the search."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from textspace.errors import MissingPackageError

MAX_FIRST_BYTES = 1000
STUDY = "textspace"
STARTUP_TRIALS = 5


def import_optuna() -> Any:
    """Return the module, or say how to install it."""
    try:
        import optuna
    except ImportError as error:
        raise MissingPackageError("tuning needs the package optuna: pip install 'textspace[tune]'") from error
    return optuna


@contextmanager
def quiet_optuna() -> Iterator[Any]:
    """Give the module while it does not log every step to standard error, which it does unless told otherwise."""
    optuna = import_optuna()
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        yield optuna
    finally:
        optuna.logging.set_verbosity(before)


def open_study(
    optuna: Any, *, maximize: bool, storage: str | os.PathLike[str] | None, seed: int, settings: dict[str, Any]
) -> Any:
    """Begin a study, or go on with the one in a file.

    Parameters
    ----------
    optuna : module
        Optuna.
    maximize : bool
        Whether a greater value is better.
    storage : str or os.PathLike, optional
        The file that every trial is written to; None: memory.
    seed : int
        Of the sampler.
    settings : dict
        What all trials of a study have in common.

    Returns
    -------
    optuna.Study
        The study.

    Raises
    ------
    ValueError
        When the file holds something else, or a study with other settings.
    """
    study = optuna.create_study(
        storage=None if storage is None else _journal(optuna, os.fspath(storage)),
        sampler=optuna.samplers.TPESampler(seed=seed % 2**32, n_startup_trials=STARTUP_TRIALS),
        # Trials are compared at tenths of their training: the first two of them say little.
        pruner=optuna.pruners.MedianPruner(n_startup_trials=STARTUP_TRIALS, n_warmup_steps=2),
        study_name=STUDY,
        direction="maximize" if maximize else "minimize",
        load_if_exists=True,
    )
    known = study.user_attrs.get("settings")
    if known is None:
        study.set_user_attr("settings", settings)
    elif known != settings:
        changed = sorted(name for name in settings if known.get(name) != settings[name])
        raise ValueError(
            f"`storage` must be of a search with the same {', '.join(changed)}, got {os.fspath(storage or '')!r}; "
            "name a new file"
        )
    return study


def _require_journal(path: str) -> None:
    """Refuse a file of something else before Optuna adds lines to it."""
    if not Path(path).exists():
        return
    with Path(path).open("rb") as file:
        start = file.read(MAX_FIRST_BYTES)
    if start and not (start.startswith(b"{") and b'"op_code"' in start.split(b"\n", 1)[0]):
        raise ValueError(f"`storage` must be the file of a search, or a new one, got {path!r}")


def _journal(optuna: Any, path: str) -> Any:
    from optuna.storages import journal

    _require_journal(path)
    # On Windows links, which are its usual lock, need a privilege.
    lock = journal.JournalFileOpenLock(path) if sys.platform == "win32" else None
    return optuna.storages.JournalStorage(journal.JournalFileBackend(path, lock_obj=lock))
