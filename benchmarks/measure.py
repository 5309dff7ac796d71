"""Run programs in fresh processes, in turn, and read what they cost: wall and CPU time, peak memory, output."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

LAUNCHER = Path(__file__).with_name("launch.py")


@dataclass(frozen=True)
class Measurement:
    """One run of one program: seconds, bytes, and its output (both streams together)."""

    wall_seconds: float
    cpu_seconds: float
    peak_bytes: int
    output: str


def run(command: Sequence[str | Path]) -> Measurement:
    """Run a command, given by its full path, to its end; raise with what it printed when it fails."""
    words = [str(word) for word in command]
    with tempfile.NamedTemporaryFile() as file:
        launcher = [sys.executable, "-I", "-S", str(LAUNCHER), file.name]
        launched = subprocess.run([*launcher, *words], check=True, capture_output=True, text=True)
        output = Path(file.name).read_text(encoding="utf-8", errors="replace")
    cost = json.loads(launched.stdout)
    if cost["status"] != 0:
        raise RuntimeError(f"{' '.join(words)} ended with {cost['status']}:\n{output[-2000:]}")
    return Measurement(cost["wall_seconds"], cost["cpu_seconds"], cost["peak_bytes"], output)


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
