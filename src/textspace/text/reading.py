"""The bytes of a corpus, block by block: from files, standard input, or an iterable of texts."""

from __future__ import annotations

import codecs
import errno
import itertools
import os
import queue
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from textspace.errors import FormatError
from textspace.text.decompression import blocks_of, read_file
from textspace.text.utf8 import to_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from textspace._typing import Source

BLOCK_SIZE = 1 << 24
_POLL_SECONDS = 0.2


def read_blocks(source: Source, *, block_size: int = BLOCK_SIZE) -> Iterator[bytes]:
    r"""Read a corpus.

    Parameters
    ----------
    source : path, iterable of paths, or iterable of str
        A str or `Path` is a file: plain, or compressed where its name ends in .gz, .bz2, .xz or .zst; ``"-"`` is
        standard input. An iterable whose first item is a `Path` names several files; any other holds texts.
    block_size : int, default 2**24
        About how many bytes a block has.

    Returns
    -------
    iterator of bytes
        The blocks, cut anywhere. Each file and each text ends with a newline: one is added where there is none.

    Raises
    ------
    FileNotFoundError, IsADirectoryError
        If a path is no file.
    FormatError
        If a compressed file is damaged or truncated, or a file is UTF-16.
    MissingPackageError
        If a .zst file needs a package that is not installed.
    ValueError
        If all items of a list are str that name files: as texts they make no sense.
    TypeError
        If `source` is none of these, or an item is not of the same kind as the first.

    Notes
    -----
    fastText gives a file's last line an end only if the file ends in a newline; here every line has one. A byte order
    mark at the start of a file, which fastText makes a part of the first word, is left out. Files are read
    and decompressed in a thread, up to three blocks ahead.

    Examples
    --------
    >>> list(read_blocks(["a text", "another\n"]))
    [b'a text\nanother\n']
    """
    if isinstance(source, (str, os.PathLike)):
        return _read_files([source], block_size)
    if isinstance(source, (bytes, bytearray, memoryview)) or not hasattr(source, "__iter__"):
        raise TypeError(f"`source` must be a path, paths or an iterable of str, got {type(source).__name__}")
    if (
        isinstance(source, (list, tuple))
        and source
        and all(isinstance(item, str) and _is_file(item) for item in source)
    ):
        raise ValueError(f"`source` must name several files by Path, not by str, which is a text: got {source[0]!r}")
    items = iter(source)
    first = list(itertools.islice(items, 1))
    items = itertools.chain(first, items)
    if first and isinstance(first[0], os.PathLike):
        return _read_files(_checked(items, os.PathLike), block_size)
    return _read_texts(cast("Iterator[str]", _checked(items, str)), block_size)


def _is_file(name: str) -> bool:
    return os.path.isfile(name)  # noqa: PTH113 - unlike Path's, it takes any text


def _checked(items: Iterable[object], kind: type) -> Iterator[str | os.PathLike[str]]:
    what = "texts of type str" if kind is str else "paths of type Path"
    for position, item in enumerate(items):
        if not isinstance(item, kind):
            message = f"`source` must hold only {what}, got {type(item).__name__} at position {position}"
            raise TypeError(message + ("; decode it" if isinstance(item, bytes) else ""))
        yield cast("str", item)


def _read_texts(texts: Iterator[str], block_size: int) -> Iterator[bytes]:
    lines: list[str] = []
    n_characters = 0
    for text in texts:
        lines.append(text if text.endswith("\n") else text + "\n")
        n_characters += len(lines[-1])
        if n_characters >= block_size:
            yield to_bytes("".join(lines))
            lines, n_characters = [], 0
    if lines:
        yield to_bytes("".join(lines))


def _read_files(paths: Iterable[str | os.PathLike[str]], block_size: int) -> Iterator[bytes]:
    # All are looked for before the first is read: a missing one is better found now than after hours.
    names = [os.fspath(path) for path in paths]
    for name in names:
        if name != "-":
            _require_file(name)
    return _read_in_turn(names, block_size)


def _read_in_turn(names: list[str], block_size: int) -> Iterator[bytes]:
    for name in names:
        yield from _end_last_line(_without_mark(_read(name, block_size), name))


def _require_file(name: str) -> None:
    if Path(name).is_dir():
        raise IsADirectoryError(errno.EISDIR, "`source` must name a file, got a folder; pass the files in it", name)
    if not Path(name).exists():
        message = "`source` must name a file that exists (a lone str is a path; pass a text as [text])"
        raise FileNotFoundError(errno.ENOENT, message, name)


def _read(name: str, block_size: int) -> Iterator[bytes]:
    # Standard input not in a thread: one that waits for a terminal cannot be stopped.
    if name == "-":
        if sys.stdin is None:
            raise ValueError("`source` must not be '-', standard input, where that is closed")
        return blocks_of(cast("BinaryIO", sys.stdin.buffer), block_size=block_size)
    return _read_ahead(read_file(name, block_size=block_size))


def _without_mark(blocks: Iterator[bytes], name: str) -> Iterator[bytes]:
    start = b""
    for block in blocks:
        start += block
        if len(start) >= len(codecs.BOM_UTF8):
            break
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise FormatError(f"{name!r} is UTF-16; convert it to UTF-8")
    start = start.removeprefix(codecs.BOM_UTF8)
    if start:
        yield start
    yield from blocks


def _end_last_line(blocks: Iterator[bytes]) -> Iterator[bytes]:
    last = b""
    for block in blocks:
        yield block
        last = block[-1:]
    if last not in (b"", b"\n"):
        yield b"\n"


def _read_ahead(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """Let a thread read while the caller works on the blocks before; it ends with this generator."""
    ready: queue.Queue[bytes | BaseException | None] = queue.Queue(maxsize=2)
    stopped = threading.Event()

    def read() -> None:
        try:
            for block in blocks:
                if not put(block):
                    return
            put(None)
        except BaseException as error:  # noqa: BLE001 - raised again where the blocks are used
            put(error)

    def put(item: bytes | BaseException | None) -> bool:
        while not stopped.is_set():
            with suppress(queue.Full):
                ready.put(item, timeout=_POLL_SECONDS)
                return True
        return False

    threading.Thread(target=read, name="textspace-reader", daemon=True).start()
    try:
        while (item := _get(ready)) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        stopped.set()


def _get(ready: queue.Queue[bytes | BaseException | None]) -> bytes | BaseException | None:
    # With a timeout, because a wait without one cannot be interrupted by Ctrl-C on Windows.
    while True:
        with suppress(queue.Empty):
            return ready.get(timeout=_POLL_SECONDS)
