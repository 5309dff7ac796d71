"""A JSON object a line: its bytes stay as they are, and two members are added at its end."""

from __future__ import annotations

import json
from codecs import BOM_UTF8
from typing import TYPE_CHECKING, Any

from textspace.errors import FormatError
from textspace.prediction.files.columns import found_labels
from textspace.prediction.files.text_lines import lines_of
from textspace.text.utf8 import to_bytes, to_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from textspace.prediction.files.columns import Columns, Rank
    from textspace.prediction.ranked import Ranked


def annotate_json_lines(blocks: Iterator[bytes], target: BinaryIO, rank: Rank, columns: Columns) -> Iterator[int]:
    """Add to each object its label and score, or lists of them.

    Parameters
    ----------
    blocks : iterator of bytes
        The file; empty lines are skipped.
    target : binary file
        Where to write.
    rank : callable
        From texts to `Ranked`.
    columns : Columns
        The names of the members.

    Yields
    ------
    int
        How many texts a batch had.

    Raises
    ------
    FormatError
        When a line is no JSON object, its text is no string, or a member is missing or there already.
    """
    n_before = 0
    for lines in lines_of(blocks):
        kept, texts = [], []
        for number, line in enumerate(lines, start=n_before + 1):
            record = (line.removeprefix(BOM_UTF8) if number == 1 else line).strip()
            if record:
                texts.append(_text_of(to_text(record), number, columns))
                kept.append(record[:-1])
        n_before += len(lines)
        if texts:
            members = _members(rank(texts), columns)
            target.writelines(begin + to_bytes(f", {added}}}\n") for begin, added in zip(kept, members, strict=True))
        yield len(texts)


def _text_of(line: str, number: int, columns: Columns) -> str:
    where = f"line {number}"
    try:
        record: Any = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise FormatError(f"{where} is no JSON: {error}") from error
    if not isinstance(record, dict):
        raise FormatError(f"{where} must be a JSON object, got {line[:80]!r}")
    columns.check(record, where=where, added=[columns.label, columns.score])
    text = record[columns.text]
    if text is not None and not isinstance(text, str):
        raise FormatError(f"{where}: {columns.text!r} must be a string or null, got {type(text).__name__}")
    return text or ""


def _members(ranked: Ranked, columns: Columns) -> Iterator[str]:
    for found in found_labels(ranked):
        labels = [_shown(pair[0]) for pair in found if pair]
        scores = [pair[1] for pair in found if pair]
        if len(found) == 1:
            label, score = (*labels, "null")[0], (*scores, "null")[0]
        else:
            label, score = f"[{', '.join(labels)}]", f"[{', '.join(scores)}]"
        yield f"{_shown(columns.label)}: {label}, {_shown(columns.score)}: {score}"


def _shown(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
