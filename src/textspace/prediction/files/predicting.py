"""Which format a file has, and its way through a predictor."""

from __future__ import annotations

import bz2
import gzip
import lzma
import sys
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from textspace._validation import check_choice
from textspace.errors import FormatError
from textspace.formats.atomic import atomic_file
from textspace.prediction.files.columns import Columns
from textspace.prediction.files.csv_rows import annotate_csv
from textspace.prediction.files.json_lines import annotate_json_lines
from textspace.prediction.files.parquet_rows import annotate_parquet
from textspace.prediction.files.text_lines import annotate_lines
from textspace.text.reading import read_blocks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from textspace.prediction.files.columns import Rank

FORMATS = ("text", "jsonl", "csv", "tsv", "parquet")
STANDARD = "-"
BLOCK_SIZE = 1 << 22
_SUFFIXES = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".csv": "csv",
    ".tsv": "tsv",
    ".parquet": "parquet",
}
_OF_BLOCKS: dict[str, Callable[[Iterator[bytes], BinaryIO, Rank, Columns], Iterator[int]]] = {
    "text": annotate_lines,
    "jsonl": annotate_json_lines,
    "csv": annotate_csv,
    "tsv": partial(annotate_csv, delimiter="\t"),
}
_COMPRESSORS: dict[str, Callable[[BinaryIO], BinaryIO]] = {
    ".gz": lambda file: cast("BinaryIO", gzip.GzipFile("", "wb", fileobj=file, mtime=0)),
    ".bz2": lambda file: cast("BinaryIO", bz2.BZ2File(file, "wb")),
    ".xz": lambda file: cast("BinaryIO", lzma.LZMAFile(file, "wb")),  # noqa: SIM115
}
_COMPRESSED = (*_COMPRESSORS, ".zst")


def format_of(name: str) -> str:
    """Say the format of a file of texts by its name.

    Parameters
    ----------
    name : str
        The name; a suffix of compression is overlooked.

    Returns
    -------
    str
        "jsonl", "csv", "tsv", "parquet", or "text" for all others.

    Examples
    --------
    >>> format_of("texts.jsonl.gz"), format_of("-")
    ('jsonl', 'text')
    """
    path = Path(name)
    suffix = Path(path.stem).suffix if path.suffix.lower() in _COMPRESSED else path.suffix
    return _SUFFIXES.get(suffix.lower(), "text")


def predict_file(
    rank: Rank,
    source: str,
    target: str,
    *,
    file_format: str | None = None,
    columns: Columns | None = None,
    on_batch: Callable[[int], object] | None = None,
) -> int:
    """Write a file again, with the labels and scores of its texts.

    Parameters
    ----------
    rank : callable
        From texts (a list of str, an Arrow array) to `Ranked`.
    source : str
        The file to read, compressed or not; "-": standard input.
    target : str
        The file to write, which appears when it is complete; it is compressed where its name ends in .gz, .bz2 or .xz.
        "-": standard output.
    file_format : {"text", "jsonl", "csv", "tsv", "parquet"}, optional
        Of both files; None: by the name of `source`.
    columns : Columns, optional
        Names of the columns.
    on_batch : callable, optional
        Called with the number of texts of each batch when it is written.

    Returns
    -------
    int
        How many texts there were.

    Raises
    ------
    FormatError
        When the file is damaged, or a column is missing or there already.
    ValueError
        When both files are one, or parquet comes from standard input.
    MissingPackageError
        When a package is missing that the format needs; the message says how to install it.

    Notes
    -----
    Memory for some megabytes of text at a time, whatever the size of the file.
    """
    chosen = check_choice("file_format", format_of(source) if file_format is None else file_format, FORMATS)
    if STANDARD not in {source, target} and Path(target).exists() and Path(target).samefile(source):
        raise ValueError(f"`target` must be another file than `source`, got {target!r} for both")
    columns = columns or Columns()
    n_texts = 0
    with _opened(target) as out:
        try:
            for n_done in _annotations(chosen, source, out, rank, columns):
                n_texts += n_done
                if on_batch is not None:
                    on_batch(n_done)
        except FormatError as error:
            raise FormatError(f"{source}: {error}") from error
    return n_texts


def _annotations(file_format: str, source: str, out: BinaryIO, rank: Rank, columns: Columns) -> Iterator[int]:
    if file_format != "parquet":
        yield from _OF_BLOCKS[file_format](read_blocks(source, block_size=BLOCK_SIZE), out, rank, columns)
    elif source == STANDARD:
        raise ValueError("parquet is not read from front to back; give the name of a file")
    else:
        with Path(source).open("rb") as file:
            yield from annotate_parquet(file, out, rank, columns)


@contextmanager
def _opened(target: str) -> Iterator[BinaryIO]:
    if target == STANDARD:
        yield cast("BinaryIO", sys.stdout.buffer)
        sys.stdout.buffer.flush()
        return
    suffix = Path(target).suffix.lower()
    if suffix == ".zst":
        raise ValueError(
            f"`target` must not end in .zst, which is read but not written, got {target!r}; take .gz or .xz"
        )
    with atomic_file(target) as file:
        if suffix not in _COMPRESSORS:
            yield file
            return
        with _COMPRESSORS[suffix](file) as compressed:
            yield compressed
