"""Fuzz the readers of the file formats: python tests/fuzz/fuzz_formats.py [--seconds 600] [--engine plain] [FILE ...].

The engine `atheris` (from PyPI) is guided by the coverage of the Python code; `plain` changes the files blindly, needs
nothing, and is the one to run on a core built with the sanitizers. Both start from small files of every format and from
the FILEs given. An exception that is no FormatError, more than 2 GB of memory or more than 10 seconds for one file
end the run; the file is kept, and its name printed.
"""

import argparse
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import FunctionType

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from fuzz.format_target import seed_files, use_file

MAX_MEMORY = 2 << 30
MAX_SECONDS = 10
MAX_BYTES = 1 << 15
EDGES = [0, 1, 2, 255, 2**15, 2**16, 2**31 - 1, 2**31, 2**32 - 1, 2**62, 2**63 - 1, 2**63, 2**64 - 1]


def report(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def mutate(content: bytes, rng: random.Random) -> bytes:
    """Change a file in a few places, most of them near its start."""
    changed = bytearray(content)
    for _ in range(rng.randint(1, 6)):
        position = rng.randrange(min(len(changed), rng.choice([16, 100, 400, 1 << 30])) + 1)
        size = rng.choice([1, 1, 4, 8])
        value = rng.choice([rng.getrandbits(64), rng.choice(EDGES), rng.randrange(300)]) % (1 << 8 * size)
        other = rng.randrange(len(changed) + 1)
        kind = rng.randrange(8)
        if kind < 4:
            changed[position : position + size] = value.to_bytes(size, "little")
        elif kind == 4:
            changed[position:position] = changed[other : other + rng.randrange(64)]
        elif kind == 5:
            del changed[position : position + rng.randrange(64)]
        elif kind == 6:
            changed[position : position + size] = str(value).encode()
        elif rng.random() < 0.3:
            del changed[position:]
    return bytes(changed)


def small(content: bytes) -> bytes:
    """Real files are cut to a size that can be tried thousands of times; their ends are then wrong, as they may be."""
    return content[:MAX_BYTES]


def run_plain(seeds: list[bytes], try_one: Callable[[bytes], None], *, seconds: float, seed: int) -> int:
    rng = random.Random(seed)
    end = time.monotonic() + seconds
    n_tried = 0
    while time.monotonic() < end:
        content = mutate(rng.choice(seeds), rng)
        # Until the next one is tried, so that the file of a crash of the whole process is there too.
        Path("fuzz-last").write_bytes(content)
        signal.alarm(MAX_SECONDS)
        try:
            try_one(content)
        except BaseException:
            report(f"the file is {Path('fuzz-last').resolve()}")
            raise
        signal.alarm(0)
        n_tried += 1
    return n_tried


def instrument(package: str, instrument_function: Callable[[FunctionType], FunctionType]) -> None:
    """Instrument what is imported already: an editable install has an import hook of its own, which atheris misses."""
    for name, module in sys.modules.items():
        if not name.startswith(package):
            continue
        for function in vars(module).values():
            members = vars(function).values() if isinstance(function, type) else [function]
            for member in members:
                if isinstance(member, FunctionType) and member.__module__.startswith(package):
                    instrument_function(member)


def run_atheris(seeds: list[bytes], try_one: Callable[[bytes], None], *, seconds: float, seed: int) -> None:
    import atheris  # type: ignore[import-not-found, unused-ignore]

    instrument("textspace.formats", atheris.instrument_func)
    corpus = Path(tempfile.mkdtemp(prefix="fuzz-corpus-"))
    for i, content in enumerate(seeds):
        (corpus / f"seed{i}").write_bytes(content)
    limits = [f"-max_total_time={seconds:.0f}", f"-timeout={MAX_SECONDS}", f"-rss_limit_mb={MAX_MEMORY >> 20}"]
    atheris.Setup([sys.argv[0], str(corpus), *limits, f"-max_len={MAX_BYTES}", f"-seed={seed}"], try_one)
    atheris.Fuzz()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--engine", choices=["atheris", "plain"], default="atheris")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("files", nargs="*", type=Path)
    asked = parser.parse_args()
    os.fsync = lambda descriptor: None  # type: ignore[assignment]  # files that are tried once need not be safe
    seeds = [*seed_files().values(), *(small(path.read_bytes()) for path in asked.files)]
    folder = Path(tempfile.mkdtemp(prefix="fuzz-", dir="/dev/shm" if Path("/dev/shm").is_dir() else None))
    tried, good = 0, 0

    def try_one(content: bytes) -> None:
        nonlocal tried, good
        path = folder / ("m.vec" if len(content) % 2 else "m.bin")
        path.write_bytes(content)
        tried += 1
        good += use_file(path)
        if tried % 10_000 == 0:
            report(f"{tried} files tried, {good} of them read and used")

    if asked.engine == "atheris":
        run_atheris(seeds, try_one, seconds=asked.seconds, seed=asked.seed)
    else:
        run_plain(seeds, try_one, seconds=asked.seconds, seed=asked.seed)
        report(f"{tried} files tried, {good} of them read and used, no finding")


if __name__ == "__main__":
    main()
