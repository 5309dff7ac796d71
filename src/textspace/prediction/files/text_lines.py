"""A text a line: label, score and the line, between tabs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textspace.prediction.files.columns import found_labels
from textspace.text.utf8 import to_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from textspace.prediction.files.columns import Columns, Rank


def lines_of(blocks: Iterator[bytes]) -> Iterator[list[bytes]]:
    r"""Cut blocks into lines.

    Parameters
    ----------
    blocks : iterator of bytes
        A text, cut anywhere, that ends with a newline.

    Yields
    ------
    list of bytes
        The whole lines that a block completes, without the newline.

    Examples
    --------
    >>> list(lines_of(iter([b"a\nb", b"c\n"])))
    [[b'a'], [b'bc']]
    """
    begun: list[bytes] = []
    for block in blocks:
        head, newline, rest = block.partition(b"\n")
        if not newline:
            begun.append(block)
            continue
        *lines, last = rest.split(b"\n")
        yield [b"".join([*begun, head]), *lines]
        begun = [last]


def annotate_lines(blocks: Iterator[bytes], target: BinaryIO, rank: Rank, columns: Columns) -> Iterator[int]:  # noqa: ARG001
    """Write each line behind its labels and scores; missing ones are empty.

    Parameters
    ----------
    blocks : iterator of bytes
        The text; tokens with the model's label prefix are labels, which no prediction reads.
    target : binary file
        Where to write.
    rank : callable
        From texts to `Ranked`.
    columns : Columns
        Not used: lines have no names.

    Yields
    ------
    int
        How many texts a batch had.
    """
    for lines in lines_of(blocks):
        for line, found in zip(lines, found_labels(rank(lines)), strict=True):
            cells = "".join(f"{_in_a_cell(pair[0])}\t{pair[1]}\t" if pair else "\t\t" for pair in found)
            target.write(to_bytes(cells) + line + b"\n")
        yield len(lines)


def _in_a_cell(label: str) -> str:
    return label.replace("\t", " ").replace("\n", " ")
