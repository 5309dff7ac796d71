"""Run programs in fresh processes, in turn, and read what they cost: wall and CPU time, peak memory, what they print.

This module imports nothing large: a child's peak memory is never reported below that of the process that started it.
"""

import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median


@dataclass(frozen=True)
class Measurement:
    """One run of one program: seconds, bytes, and its output (both streams together)."""

    wall_seconds: float
    cpu_seconds: float
    peak_bytes: int
    output: str


def run(command: Sequence[str | Path], *, environment: Mapping[str, str] | None = None) -> Measurement:
    """Run a command to its end; raise with what it printed when it fails."""
    words = [str(word) for word in command]
    with tempfile.TemporaryFile() as file:
        began = time.perf_counter()
        process = subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=file, stderr=file, env=os.environ | dict(environment or {})
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall_seconds = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        file.seek(0)
        output = file.read().decode(errors="replace")
    if process.returncode != 0:
        raise RuntimeError(f"{' '.join(words)} ended with {process.returncode}:\n{output[-2000:]}")
    return Measurement(wall_seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024, output)


def in_turn(
    programs: Mapping[str, Callable[[], dict[str, float]]], *, rounds: int
) -> dict[str, list[dict[str, float]]]:
    """Measure every program once a round, so that a slow minute of the machine meets all of them."""
    results: dict[str, list[dict[str, float]]] = {name: [] for name in programs}
    for round_number in range(rounds):
        for name, program in programs.items():
            figures = program()
            results[name].append(figures)
            shown = "  ".join(f"{key} {value:.4g}" for key, value in figures.items())
            print(f"  round {round_number + 1} of {rounds}  {name}: {shown}", flush=True)
    return results


def medians(runs: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """The median of each figure over the runs."""
    return {key: median(run[key] for run in runs) for key in runs[0]}
