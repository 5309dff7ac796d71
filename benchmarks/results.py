"""What a section of the benchmarks hands back: tables, bars that are met or not, and the raw figures."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from corpora import ROOT

FOLDER = ROOT / "benchmarks" / "results"


@dataclass(frozen=True)
class Scale:
    """How much is measured."""

    name: str
    speed_megabytes: int | None
    rounds: int
    seeds: tuple[int, ...]
    epochs: tuple[int, ...]
    quality_megabytes: int | None
    model_gigabytes: float
    linearity_words: tuple[int, ...]
    n_documents: int | None
    linearity_documents: tuple[int, ...]


DOCUMENTS = (100_000, 1_000_000, 10_000_000)
SCALES = {
    "quick": Scale("quick", 2, 1, (0, 1), (1,), 2, 0.05, (100_000, 1_000_000), 2000, (10_000, 100_000)),
    "standard": Scale(
        "standard", 10, 2, (1, 2, 3), (1, 5), None, 1.0, (1_000_000, 10_000_000, 100_000_000), None, DOCUMENTS
    ),
    "full": Scale("full", None, 3, (1, 2, 3), (1, 5), None, 1.0, (1_000_000, 10_000_000, 100_000_000), None, DOCUMENTS),
}


@dataclass(frozen=True)
class Bar:
    """A figure that was promised, what was measured, and whether it is met."""

    what: str
    required: str
    measured: str
    met: bool


@dataclass
class Section:
    """The outcome of one script: a table in words, the bars, the conditions, and the figures behind them."""

    title: str
    about: str
    header: Sequence[str]
    rows: list[Sequence[str]] = field(default_factory=list)
    bars: list[Bar] = field(default_factory=list)
    raw: dict[str, object] = field(default_factory=dict)

    def at_least(self, what: str, figure: float, bar: float, *, unit: str = "x") -> None:
        """Add a bar that a figure must reach."""
        self.bars.append(Bar(what, f">= {bar:g}{unit}", f"{figure:.3g}{unit}", figure >= bar))

    def at_most(self, what: str, figure: float, bar: float, *, unit: str = "x") -> None:
        """Add a bar that a figure must not pass."""
        self.bars.append(Bar(what, f"<= {bar:g}{unit}", f"{figure:.3g}{unit}", figure <= bar))


def store(name: str, section: Section, conditions: dict[str, str]) -> Path:
    """Write the figures of a section with the conditions they were measured under."""
    FOLDER.mkdir(exist_ok=True)
    path = FOLDER / f"{name}.json"
    path.write_text(json.dumps({"conditions": conditions, **asdict(section)}, indent=1) + "\n", encoding="utf-8")
    return path
