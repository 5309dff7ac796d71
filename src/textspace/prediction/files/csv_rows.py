"""Rows of CSV or TSV with a header: columns are added at their end."""

from __future__ import annotations

import csv
from codecs import BOM_UTF8
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from textspace.errors import FormatError
from textspace.prediction.files.columns import found_labels
from textspace.prediction.files.text_lines import lines_of
from textspace.text.utf8 import to_bytes, to_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from textspace.prediction.files.columns import Columns, Rank

ROWS_AT_ONCE = 1 << 14
CHARACTERS_AT_ONCE = 1 << 22
LONGEST_FIELD = 2**31 - 1


class CsvReader(Protocol):
    """What `csv.reader` returns, which has no name."""

    @property
    def line_num(self) -> int:
        """Lines read so far."""

    def __iter__(self) -> Iterator[list[str]]: ...


class _Utf8:
    """What `csv.writer` writes to: bytes that are not UTF-8 come out as they came in."""

    def __init__(self, target: BinaryIO) -> None:
        self._target = target

    def write(self, text: str) -> int:
        return self._target.write(to_bytes(text))


@contextmanager
def _fields_of_any_length() -> Iterator[None]:
    """Lift the csv module's limit of 128 kB a field for a while: it has no other way."""
    before = csv.field_size_limit(LONGEST_FIELD)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def annotate_csv(
    blocks: Iterator[bytes], target: BinaryIO, rank: Rank, columns: Columns, *, delimiter: str = ","
) -> Iterator[int]:
    """Write each row with its labels and scores; missing ones are empty.

    Parameters
    ----------
    blocks : iterator of bytes
        The file, whose first row names the columns.
    target : binary file
        Where to write.
    rank : callable
        From texts to `Ranked`.
    columns : Columns
        The names of the columns.
    delimiter : str, default ","
        What stands between two fields.

    Yields
    ------
    int
        How many texts a batch had.

    Raises
    ------
    FormatError
        When a row has more or fewer fields than the header, the quotes do not match, or a column is missing or there
        already.
    """
    with _fields_of_any_length():
        reader = csv.reader(_lines(blocks), delimiter=delimiter, strict=True)
        writer = csv.writer(_Utf8(target), delimiter=delimiter, lineterminator="\n")
        header = next(_rows(reader), None)
        if header is None:
            raise FormatError("the file has no header row; name the columns in its first row")
        columns.check(header, where="the header", added=[])
        at = header.index(columns.text)
        for n_before, batch in _batches(_rows(reader, n_fields=len(header)), at):
            ranked = rank([row[at] for row in batch])
            if not n_before:
                added = columns.added(ranked.labels.shape[1])
                columns.check(header, where="the header", added=added)
                writer.writerow([*header, *added])
            for row, found in zip(batch, found_labels(ranked), strict=True):
                writer.writerow([*row, *(cell for pair in found for cell in pair or ("", ""))])
            yield len(batch)


def _lines(blocks: Iterator[bytes]) -> Iterator[str]:
    mark = BOM_UTF8
    for lines in lines_of(blocks):
        for line in lines:
            yield to_text(line.removeprefix(mark)) + "\n"
            mark = b""


def _batches(rows: Iterator[list[str]], at: int) -> Iterator[tuple[int, list[list[str]]]]:
    """Rows in batches of bounded size, and how many were before: one batch at least, were it empty."""
    n_before, batch, n_characters = 0, list[list[str]](), 0
    for row in rows:
        batch.append(row)
        n_characters += len(row[at])
        if len(batch) == ROWS_AT_ONCE or n_characters >= CHARACTERS_AT_ONCE:
            yield n_before, batch
            n_before, batch, n_characters = n_before + len(batch), [], 0
    if batch or not n_before:
        yield n_before, batch


def _rows(reader: CsvReader, *, n_fields: int | None = None) -> Iterator[list[str]]:
    """The rows that are not empty."""
    try:
        for row in reader:
            if n_fields is not None and row and len(row) != n_fields:
                place = f"the row that ends in line {reader.line_num}"
                raise FormatError(f"{place} has {len(row)} fields, the header has {n_fields}")
            if row:
                yield row
    except csv.Error as error:
        raise FormatError(f"line {reader.line_num}: {error}") from error
