"""The texts of the measurements, made once from ../shared and kept in benchmarks/.cache."""

import gzip
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / "benchmarks" / ".cache"
SHARED = Path(os.environ.get("TEXTSPACE_SHARED", ROOT.parent / "shared"))
SIMILARITY = SHARED / "data" / "similarity"
WORDS_PER_LINE = 1000


def wikipedia(language: str) -> Path:
    """The whole text of Wikipedia articles, unpacked; for English one line of a-z and spaces."""
    packed = SHARED / "data" / "vectors" / f"{language}wiki.txt.gz"
    if not packed.is_file():
        raise SystemExit(f"the benchmarks need {packed}: put the shared data folder beside the repository")
    path = CACHE / f"{language}wiki.txt"
    if not path.is_file():
        with gzip.open(packed) as source, replacing(path) as target:
            shutil.copyfileobj(source, target, 1 << 20)
    return path


def prefix(text: Path, megabytes: int | None) -> Path:
    """The first megabytes of a text, to the end of a word; all of it for None."""
    if megabytes is None or text.stat().st_size <= megabytes * 1_000_000:
        return text
    path = CACHE / f"{text.stem}-{megabytes}MB.txt"
    if not path.is_file():
        with text.open("rb") as source, replacing(path) as target:
            target.write(source.read(megabytes * 1_000_000).rpartition(b" ")[0])
    return path


def in_lines(text: Path) -> Path:
    """The same words in lines of a thousand: gensim's file reader gives each thread whole lines."""
    path = CACHE / f"{text.stem}-lines.txt"
    if not path.is_file():
        words = text.read_bytes().split()
        with replacing(path) as target:
            for start in range(0, len(words), WORDS_PER_LINE):
                target.write(b" ".join(words[start : start + WORDS_PER_LINE]) + b"\n")
    return path


def repeated(text: Path, *, n_words: int, times: int) -> Path:
    """The first words of a text, in lines, that many times over."""
    path = CACHE / f"{text.stem}-{n_words}x{times}.txt"
    if not path.is_file():
        with text.open("rb") as source:
            words = source.read(n_words * 12).split()[:n_words]
        if len(words) < n_words:
            raise ValueError(f"{text} has only {len(words)} words; `n_words` must be at most that, got {n_words}")
        lines = [b" ".join(words[start : start + WORDS_PER_LINE]) for start in range(0, n_words, WORDS_PER_LINE)]
        once = b"\n".join(lines) + b"\n"
        with replacing(path) as target:
            for _ in range(times):
                target.write(once)
    return path


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """A file that gets its name when it is complete: an interrupted run must not leave half a text."""
    partial = path.with_suffix(".partial")
    with partial.open("wb") as file:
        yield file
    partial.replace(path)
