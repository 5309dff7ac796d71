import bz2
import gzip
import io
import lzma
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from textspace.errors import FormatError
from textspace.text import reading
from textspace.text.corpus import read_corpus
from textspace.text.reading import read_blocks

TEXT = b"the quick brown fox\njumps over \xff the lazy dog " * 3000 + b"end"
COMPRESS: dict[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
    ".zst": zstandard.ZstdCompressor().compress,
}


def read(source: object, block_size: int = 1000) -> bytes:
    return b"".join(read_blocks(source, block_size=block_size))  # type: ignore[arg-type]


@pytest.mark.parametrize("suffix", ["", ".txt", *COMPRESS, ".GZ"])
@pytest.mark.parametrize("block_size", [1, 1000, 10**6])
def test_files(suffix: str, block_size: int, tmp_path: Path) -> None:
    path = tmp_path / f"corpus{suffix}"
    text = TEXT[-700:] if block_size == 1 else TEXT
    path.write_bytes(COMPRESS.get(suffix.lower(), bytes)(text))
    assert read(path, block_size) == text + b"\n"
    assert read(str(path), block_size) == text + b"\n"


@pytest.mark.parametrize("suffix", COMPRESS)
def test_parts_compressed_one_by_one(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"corpus{suffix}"
    path.write_bytes(COMPRESS[suffix](TEXT) + COMPRESS[suffix](b"") + COMPRESS[suffix](b" more\n"))
    assert read(path) == TEXT + b" more\n"


@pytest.mark.parametrize("suffix", COMPRESS)
@pytest.mark.parametrize("n_bytes", [-1, 10, 40])
def test_truncated_files(suffix: str, n_bytes: int, tmp_path: Path) -> None:
    path = tmp_path / f"corpus{suffix}"
    path.write_bytes(COMPRESS[suffix](TEXT)[:n_bytes])
    with pytest.raises(FormatError, match=rf"corpus{suffix}' is damaged, truncated or no {suffix} file"):
        read(path)


@pytest.mark.parametrize("suffix", COMPRESS)
def test_files_that_are_not_what_their_name_says(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"corpus{suffix}"
    path.write_bytes(TEXT)
    with pytest.raises(FormatError, match="is damaged, truncated or no"):
        read(path)


@pytest.mark.parametrize("suffix", COMPRESS)
@given(data=st.data())
def test_damaged_files(suffix: str, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("damaged") / f"corpus{suffix}"
    damaged = bytearray(COMPRESS[suffix](TEXT[-2000:]))
    for pos in data.draw(st.lists(st.integers(0, len(damaged) - 1), min_size=1, max_size=3)):
        damaged[pos] ^= data.draw(st.integers(1, 255))
    path.write_bytes(damaged)
    try:
        read(path)  # a byte that says little, such as the time in a .gz header, may change
    except FormatError as error:
        assert str(path) in str(error)  # noqa: PT017 - either way is right


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="Python reads .zst by itself")
def test_zst_without_its_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "zstandard", None)
    (tmp_path / "corpus.zst").write_bytes(b"")
    with pytest.raises(ImportError, match=r'pip install "textspace\[zst\]"'):
        read(tmp_path / "corpus.zst")


def test_several_files(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("a.txt", "b.txt.gz", "empty", "c")]
    for path, text in zip(paths, (b"no end", b"end\n", b"", b"last"), strict=True):
        path.write_bytes(gzip.compress(text) if path.suffix == ".gz" else text)
    assert read(paths) == b"no end\nend\nlast\n"
    assert read(iter(paths)) == b"no end\nend\nlast\n"
    assert read(tuple(paths), 1) == b"no end\nend\nlast\n"


def test_names_of_files_are_not_taken_for_texts(tmp_path: Path) -> None:
    names = [str(tmp_path / "a.txt"), str(tmp_path / "b.txt")]
    Path(names[0]).touch()
    assert read(names) == "\n".join([*names, ""]).encode()
    Path(names[1]).touch()
    with pytest.raises(ValueError, match="must name several files by Path, not by str"):
        read_blocks(names)
    assert read([*names, "a text\0" * 5000]).startswith(names[0].encode())


def test_standard_input(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for source in ("-", Path("-"), [Path("-")]):
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b"a b\nc")))
        assert read(source, 2) == b"a b\nc\n"


def test_missing_files(tmp_path: Path) -> None:
    (tmp_path / "there").touch()
    with pytest.raises(FileNotFoundError, match=r"a lone str is a path; pass a text as \[text\]"):
        read_blocks("a text that is no path")
    with pytest.raises(FileNotFoundError, match="missing"):
        read_blocks([tmp_path / "there", tmp_path / "missing"])
    with pytest.raises(IsADirectoryError, match="got a folder; pass the files in it"):
        read_blocks(tmp_path)


@given(st.lists(st.text(st.characters(codec=None), max_size=20), max_size=20), st.integers(1, 50))
def test_texts(texts: list[str], block_size: int) -> None:
    expected = "".join(text if text.endswith("\n") else text + "\n" for text in texts)
    # Neighbouring surrogates stay apart: none of them is ever made into one character.
    assert read(texts, block_size) == b"".join(
        c.encode("utf-8", "surrogateescape" if "\udc80" <= c <= "\udcff" else "surrogatepass") for c in expected
    )
    assert read(iter(texts), block_size) == read(texts, block_size)


def test_lines_of_an_open_file_are_the_file(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("a b\n\nc")
    with (tmp_path / "a").open() as lines:
        assert read(lines) == b"a b\n\nc\n"


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (b"corpus.txt", "`source` must be a path, paths or an iterable of str, got bytes"),
        (3, "`source` must be a path, paths or an iterable of str, got int"),
        (None, "got NoneType"),
        (["a", b"b"], "`source` must hold only texts of type str, got bytes at position 1; decode it"),
        (["a", None], "got NoneType at position 1"),
        ([None], "got NoneType at position 0"),
        ([["a"]], "got list at position 0"),
        (["a", Path("b")], "`source` must hold only texts of type str, got PosixPath at position 1"),
        ([Path("b"), "a"], "`source` must hold only paths of type Path, got str at position 1"),
    ],
)
def test_sources_of_the_wrong_type(source: object, message: str) -> None:
    with pytest.raises(TypeError, match=message.replace("PosixPath", r"\w+Path")):
        read(source)


def n_readers() -> int:
    return sum(thread.name == "textspace-reader" for thread in threading.enumerate())


def test_the_reading_thread_ends_with_its_reader(tmp_path: Path) -> None:
    path = tmp_path / "corpus.txt"
    path.write_bytes(TEXT)
    blocks = read_blocks(path, block_size=10)
    next(blocks)
    assert n_readers() == 1
    del blocks
    deadline = time.monotonic() + 20 * reading._POLL_SECONDS
    while n_readers() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert n_readers() == 0


def test_errors_of_the_iterable_are_the_callers(tmp_path: Path) -> None:
    def texts() -> Iterator[str]:
        yield "a"
        raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        read_corpus(texts(), min_count=1)


@pytest.mark.parametrize("block_size", [1, 2, 100])
def test_a_byte_order_mark_is_no_part_of_the_text(block_size: int, tmp_path: Path) -> None:
    paths = [tmp_path / "a.txt", tmp_path / "b.txt.gz", tmp_path / "c.txt"]
    paths[0].write_bytes("\ufeffa\n\ufeffb".encode())
    paths[1].write_bytes(gzip.compress("\ufeff".encode()))
    paths[2].write_bytes(b"c")
    assert b"".join(read_blocks(paths, block_size=block_size)) == "a\n\ufeffb\nc\n".encode()


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be"])
def test_utf16_is_refused(encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "text.txt"
    path.write_bytes(("a text" if encoding == "utf-16" else "\ufeffa text").encode(encoding))
    with pytest.raises(FormatError, match=r"text.txt' is UTF-16; convert it to UTF-8"):
        list(read_blocks(path))


def test_closed_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(ValueError, match="standard input, where that is closed"):
        list(read_blocks("-"))
