"""The bytes of one file, decompressed where its name says so."""

from __future__ import annotations

import bz2
import gzip
import lzma
import sys
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from textspace.errors import FormatError, MissingPackageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_OPENERS = cast("dict[str, Callable[[str], BinaryIO]]", {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open})
_MAX_ZST_WINDOW = 1 << 31  # what `zstd --long=31` writes
_ZST_PIECE = 1 << 12  # expands to 128 MiB at most


def read_file(path: str, *, block_size: int) -> Iterator[bytes]:
    """Read a file, decompressed where its name ends in .gz, .bz2, .xz or .zst.

    Parameters
    ----------
    path : str
        The file.
    block_size : int
        About how many bytes a block has.

    Yields
    ------
    bytes
        The next block of the text.

    Raises
    ------
    FormatError
        If a compressed file is damaged or truncated.
    MissingPackageError
        If a .zst file needs a package that is not installed.
    """
    suffix = Path(path).suffix.lower()
    try:
        if suffix == ".zst":
            yield from _read_zst(path, block_size)
        else:
            with _OPENERS.get(suffix, _open_plain)(path) as file:
                yield from blocks_of(file, block_size=block_size)
    except (EOFError, zlib.error, lzma.LZMAError) as error:
        raise _damaged(path, error) from error
    except OSError as error:
        # gzip and bz2 report damage by an OSError without a number.
        if error.errno is None:
            raise _damaged(path, error) from error
        raise


def blocks_of(file: BinaryIO, *, block_size: int) -> Iterator[bytes]:
    """Read an open file to its end.

    Parameters
    ----------
    file : binary file
        The file; it is not closed.
    block_size : int
        How many bytes a block has at most.

    Yields
    ------
    bytes
        The next block.
    """
    while block := file.read(block_size):
        yield block


def _open_plain(path: str) -> BinaryIO:
    return cast("BinaryIO", Path(path).open("rb", buffering=0))


def _damaged(path: str, error: object) -> FormatError:
    return FormatError(f"{path!r} is damaged, truncated or no {Path(path).suffix} file: {error}")


def _read_zst(path: str, block_size: int) -> Iterator[bytes]:
    if sys.version_info >= (3, 14):
        from compression import zstd

        try:
            options = {zstd.DecompressionParameter.window_log_max: _MAX_ZST_WINDOW.bit_length() - 1}
            with zstd.open(path, options=options) as file:
                yield from blocks_of(file, block_size=block_size)
        except zstd.ZstdError as error:
            raise _damaged(path, error) from error
    else:
        try:
            import zstandard
        except ImportError as error:
            message = f'reading {path!r} needs the package zstandard: pip install "textspace[zst]"'
            raise MissingPackageError(message) from error
        try:
            with Path(path).open("rb") as file:
                yield from _joined(_frames(file), block_size)
        except zstandard.ZstdError as error:
            raise _damaged(path, error) from error


def _frames(file: BinaryIO) -> Iterator[bytes]:
    # Not zstandard's own reader, which takes the end of a truncated file for the end of the text.
    import zstandard

    frame = None
    while piece := file.read(_ZST_PIECE):
        while piece:
            frame = frame or zstandard.ZstdDecompressor(max_window_size=_MAX_ZST_WINDOW).decompressobj()
            yield frame.decompress(piece)
            piece = frame.unused_data
            if frame.eof:
                frame = None
    if frame is not None:
        raise EOFError("the file ends within a frame")


def _joined(pieces: Iterator[bytes], block_size: int) -> Iterator[bytes]:
    waiting: list[bytes] = []
    n_bytes = 0
    for piece in pieces:
        waiting.append(piece)
        n_bytes += len(piece)
        if n_bytes >= block_size:
            yield b"".join(waiting)
            waiting, n_bytes = [], 0
    if n_bytes:
        yield b"".join(waiting)
