"""Build fastText 0.9.3 from PyPI, the program and the Python module, with the flags of its own Makefile.

Its setup.py asks for -O3 -funroll-loops -march=native and then overwrites what it asked for, so an ordinary
``pip install fasttext`` measures something slower. Here the flags travel in CFLAGS and CXXFLAGS, and the build log is
searched: every compilation must show them.
"""

import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

VERSION = "0.9.3"
FLAGS = ("-O3", "-march=native", "-funroll-loops")


def fetch_source(cache: Path) -> Path:
    """Download and unpack the source distribution."""
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "download", "--no-deps"),
            *("--no-build-isolation", "--no-binary", "fasttext", "--dest", str(cache), f"fasttext=={VERSION}"),
        ],
        check=True,
    )
    source = cache / f"fasttext-{VERSION}"
    shutil.rmtree(source, ignore_errors=True)
    with tarfile.open(cache / f"fasttext-{VERSION}.tar.gz") as archive:
        archive.extractall(cache, filter="data")
    return source


def build_program(source: Path, program: Path) -> None:
    """Compile the command-line program, all sources at once."""
    sources = sorted(str(path) for path in (source / "src").glob("*.cc"))
    compiler = os.environ.get("CXX", "g++")
    flags = [*FLAGS, "-DNDEBUG", "-std=c++17", "-pthread"]
    subprocess.run([compiler, *flags, "-o", str(program), *sources], check=True)


def build_module(source: Path, log: Path) -> None:
    """Install the Python module, keeping the log of its build."""
    flags = " ".join(FLAGS)
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--verbose", "--no-deps"]
    command += ["--no-build-isolation", "--no-cache-dir", "--force-reinstall", str(source)]
    with log.open("wb") as file:
        subprocess.run(
            command,
            check=True,
            stdout=file,
            stderr=subprocess.STDOUT,
            env=os.environ | {"CFLAGS": flags, "CXXFLAGS": flags},
        )


def lines_without_flags(log: str) -> tuple[int, list[str]]:
    """The number of compilations in a build log, and those that lack a flag or lower the optimization again."""
    compilations = [
        line for line in log.splitlines() if " -c " in line and line.rstrip().split()[-1] != "-c" and ".cc" in line
    ]
    wrong = []
    for line in compilations:
        words = line.split()
        levels = [word for word in words if word.startswith("-O")]
        if not set(FLAGS) <= set(words) or levels[-1] != "-O3":
            wrong.append(line)
    return len(compilations), wrong


def main(cache: Path) -> None:
    """Build both into `cache` and the running environment; raise when the flags did not arrive."""
    source = fetch_source(cache)
    build_program(source, cache / "fasttext")
    log = cache / "fasttext-build.log"
    build_module(source, log)
    n_compilations, wrong = lines_without_flags(log.read_text(errors="replace"))
    n_sources = len(list((source / "src").glob("*.cc")))
    if wrong or n_compilations < n_sources:
        raise RuntimeError(
            f"{len(wrong)} of {n_compilations} compilations of fastText lack {' '.join(FLAGS)}: see {log}\n{wrong[:1]}"
        )
    print(f"fastText {VERSION}: {n_compilations} compilations, all with {' '.join(FLAGS)}")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
