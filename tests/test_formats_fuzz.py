"""Changed and cut files of every format: reading gives a model or a FormatError, and takes little memory."""

import struct
import subprocess
import sys
import tempfile
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fuzz.format_target import seed_files, use_file

SEEDS = seed_files()
MAX_BYTES = 24 << 20
EDGES = [0, 1, 2, 7, 255, 256, 2**15, 2**16, 2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**62, 2**63 - 1, 2**63, 2**64 - 1]


def overwrite(content: bytes, position: int, new: bytes) -> bytes:
    return content[:position] + new + content[position + len(new) :]


def number(layout: str) -> st.SearchStrategy[bytes]:
    modulus = 1 << 8 * struct.calcsize(layout)
    return (st.sampled_from(EDGES) | st.integers(0, 2**64 - 1)).map(lambda value: struct.pack(layout, value % modulus))


@st.composite
def changes(draw: st.DrawFn) -> Callable[[bytes], bytes]:
    """One change to a file: most fields are near its start, so most changes are."""
    where = draw(st.integers(0, 120) | st.integers(0, 10_000))
    new = draw(number("<B") | number("<I") | number("<Q") | st.binary(max_size=12))
    n_cut = draw(st.integers(0, 64))
    kind = draw(st.sampled_from(["overwrite", "insert", "delete", "truncate", "repeat"]))

    def change(content: bytes) -> bytes:
        position = where % (len(content) + 1)
        if kind == "overwrite":
            return overwrite(content, position, new)
        if kind == "truncate":
            return content[:position]
        if kind == "repeat":
            return content[: position + n_cut] + content[position:]
        return (
            content[:position] + (new if kind == "insert" else b"") + content[position + n_cut * (kind == "delete") :]
        )

    return change


def check(content: bytes, name: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        tracemalloc.start()
        try:
            use_file(path)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    # The blocks of the writers and of the text reader are the largest things that small files need.
    assert peak < MAX_BYTES + 1000 * len(content), f"{peak} bytes"


@pytest.mark.parametrize("name", SEEDS)
def test_the_seeds_are_read_and_used(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(SEEDS[name])
    assert use_file(tmp_path / name)


@pytest.mark.parametrize("name", SEEDS)
@settings(max_examples=60, deadline=None)
@given(st.lists(changes(), min_size=1, max_size=4))
def test_changed_files(name: str, steps: list[Callable[[bytes], bytes]]) -> None:
    content = SEEDS[name]
    for step in steps:
        content = step(content)
    check(content, name)


@pytest.mark.parametrize("name", [name for name in SEEDS if name.endswith(".textspace")])
@settings(max_examples=60, deadline=None)
@given(st.data())
def test_changed_headers(name: str, data: st.DataObject) -> None:
    """Changes that leave the length of the header right, so that they reach what it says."""
    (n_bytes,) = struct.unpack("<Q", SEEDS[name][:8])
    header = SEEDS[name][8 : 8 + n_bytes].rstrip()
    for _ in range(data.draw(st.integers(1, 3))):
        begin = data.draw(st.integers(0, len(header)))
        end = data.draw(st.integers(begin, min(begin + 12, len(header))))
        text = st.sampled_from([b"null", b"[]", b"{}", b"-1", b"1e9", b'""', b"NaN", b"4294967296", b"true", b","])
        header = header[:begin] + data.draw(text | st.integers(0, 2**65).map(lambda i: b"%d" % i)) + header[end:]
    header += b" " * (-(8 + len(header)) % 64)
    check(struct.pack("<Q", len(header)) + header + SEEDS[name][8 + n_bytes :], name)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300), st.sampled_from(["m", "m.bin", "m.vec", "m.textspace", "m.w2v"]))
def test_arbitrary_bytes(content: bytes, name: str) -> None:
    check(content, name)


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="01 9.-e+\n\t\r\0aé", max_size=200))
def test_arbitrary_text(text: str) -> None:
    check(text.encode(), "m.vec")


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="the script uses POSIX alarms")
def test_the_fuzzer_runs_and_finds_nothing(tmp_path: Path) -> None:
    script = Path(__file__).parent / "fuzz" / "fuzz_formats.py"
    command = [sys.executable, str(script), "--engine", "plain", "--seconds", "10"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "no finding" in done.stdout
