"""The conditions of a run: date, machine, versions."""

import datetime as dt
import os
import platform
import re
import subprocess
from importlib.metadata import version
from pathlib import Path

from corpora import ROOT
from textspace import _core


def conditions(scale_name: str) -> dict[str, str]:
    """What a reader must know to compare the figures with others."""
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.strip()
    packages = ("textspace", "gensim", "numpy", "scipy")
    compiler = subprocess.run(["g++", "--version"], capture_output=True, text=True, check=False).stdout
    return {
        "date": dt.datetime.now(dt.timezone.utc).strftime("%Y-%m-%d"),
        "scale": f"scale {scale_name}",
        "commit": f"commit {commit or 'unknown'}",
        "processor": f"{processor()} ({_core.isa()}), {len(os.sched_getaffinity(0))} cores, {memory_gb():.0f} GB",
        "system": f"{platform.system()}, {compiler.partition(chr(10))[0]}",
        "python": f"Python {platform.python_version()}",
        "versions": "fastText 0.9.3, " + ", ".join(f"{name} {version(name)}" for name in packages),
    }


def processor() -> str:
    """The processor as the kernel names it."""
    found = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    return found[1] if found else platform.machine()


def memory_gb() -> float:
    """All memory of the machine."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
