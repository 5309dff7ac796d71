"""The command lines of textspace and of the peers, and the training speed that each program reports itself."""

import hashlib
import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from corpora import CACHE, ROOT
from measure import Measurement, run

FASTTEXT = CACHE / "fasttext"
TEXTSPACE = Path(sys.executable).with_name("textspace")
MODELS = CACHE / "models"


@dataclass(frozen=True)
class Task:
    """A training task, in textspace's words; every program gets the same."""

    text: Path
    objective: str = "skipgram"
    dim: int = 100
    epochs: int = 1
    n_threads: int = 1
    max_n: int = 6
    min_count: int = 5
    seed: int = 0


def textspace_command(task: Task, output: Path) -> list[str | Path]:
    """Train with textspace; prints a JSON summary."""
    return [
        *(TEXTSPACE, "vectors", "train", task.text, "--output", output, "--json", "--objective", task.objective),
        *("--dim", str(task.dim), "--epochs", str(task.epochs), "--n-threads", str(task.n_threads)),
        *("--min-n", "3" if task.max_n else "0", "--max-n", str(task.max_n), "--min-count", str(task.min_count)),
        *("--random-state", str(task.seed)),
    ]


def fasttext_command(task: Task, output: Path) -> list[str | Path]:
    """Train with the C++ fastText; it adds .bin and .vec to the name."""
    return [
        *(FASTTEXT, task.objective, "-input", task.text, "-output", output.with_suffix("")),
        *("-dim", str(task.dim), "-epoch", str(task.epochs), "-thread", str(task.n_threads)),
        *("-minn", "3" if task.max_n else "0", "-maxn", str(task.max_n), "-minCount", str(task.min_count)),
        *("-seed", str(task.seed)),
    ]


def gensim_command(task: Task, output: Path) -> list[str | Path]:
    """Train gensim's Word2Vec from a file (its fast path); prints a JSON summary."""
    script = ROOT / "benchmarks" / "train_gensim.py"
    return [sys.executable, script, task.text, output, str(task.dim), str(task.epochs), str(task.n_threads)]


def train_textspace(task: Task, output: Path) -> dict[str, float]:
    """Train and return the figures of the run; the model stays at `output`."""
    measurement = run(textspace_command(task, output))
    return figures(measurement, json.loads(measurement.output.splitlines()[-1])["words_per_second"])


def train_fasttext(task: Task, output: Path) -> dict[str, float]:
    """Train and return the figures of the run; the model stays at `output`, which must end in .bin."""
    measurement = run(fasttext_command(task, output))
    output.with_suffix(".vec").unlink()
    speeds = re.findall(r"words/sec/thread:\s*(\d+)", measurement.output)
    return figures(measurement, float(speeds[-1]) * task.n_threads)


def train_gensim(task: Task, output: Path) -> dict[str, float]:
    """Train and return the figures of the run."""
    measurement = run(gensim_command(task, output))
    return figures(measurement, json.loads(measurement.output.splitlines()[-1])["words_per_second"])


def figures(measurement: Measurement, words_per_second: float) -> dict[str, float]:
    """What every training run is judged by."""
    return {
        "words_per_second": words_per_second,
        "wall_seconds": measurement.wall_seconds,
        "cpu_seconds": measurement.cpu_seconds,
        "peak_mb": measurement.peak_bytes / 1e6,
    }


def model_path(name: str) -> Path:
    """A place for a model; whatever an earlier run left there is removed."""
    MODELS.mkdir(parents=True, exist_ok=True)
    path = MODELS / name
    path.unlink(missing_ok=True)
    return path


def code_version() -> str:
    """A short hash of all code that training depends on: results of other code are never taken from the cache."""
    digest = hashlib.sha256()
    files = [*(ROOT / "core").rglob("*"), *(ROOT / "src" / "textspace").rglob("*.py"), ROOT / "CMakeLists.txt"]
    for path in sorted(path for path in files if path.is_file() and "cli" not in path.parts):
        digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]
