"""RESULTS.md from the stored figures of all sections."""

import json
from pathlib import Path
from typing import Any

from corpora import ROOT
from results import FOLDER

RESULTS = ROOT / "benchmarks" / "RESULTS.md"
INTRODUCTION = """# Results

Written by `make bench` from the figures in [results/](results/); do not edit. Every measurement is a fresh process,
programs alternate, figures are medians; read the ratios, the seconds belong to one machine on one day.
"""


def table(header: list[str], rows: list[list[str]]) -> str:
    """A Markdown table; columns after the first whose cells are numbers are aligned to the right."""
    numeric = [all(row[column][:1] in "+-0123456789" for row in rows) for column in range(len(header))]
    lines = [header, ["--:" if right else "---" for right in numeric], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def write_report(names: list[str]) -> Path:
    """Write the bars of all sections that were ever measured, then each section with its conditions."""
    sections: dict[str, Any] = {
        name: json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
        for name in names
        if (FOLDER / f"{name}.json").is_file()
    }
    bars = [
        [bar["what"], bar["required"], bar["measured"], "yes" if bar["met"] else "**no**"]
        for section in sections.values()
        for bar in section["bars"]
    ]
    n_met = sum(bar[3] == "yes" for bar in bars)
    shared = {"; ".join(section["conditions"].values()) for section in sections.values()}
    parts = [INTRODUCTION, *(f"{conditions}.\n" for conditions in shared if len(shared) == 1)]
    parts += [f"## Bars: {n_met} of {len(bars)} met\n", table(["bar", "required", "measured", "met"], bars)]
    for section in sections.values():
        parts += [f"\n## {section['title']}\n"]
        if len(shared) > 1:  # sections of different runs
            parts += ["; ".join(section["conditions"].values()) + ".\n"]
        parts += [section["about"], "", table(section["header"], section["rows"])]
    RESULTS.write_text("\n".join(parts) + "\n", encoding="utf-8")
    return RESULTS
