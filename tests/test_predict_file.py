"""Files in, the same files with labels and scores out."""

import csv
import gzip
import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from textspace.errors import FormatError
from textspace.prediction.files import Columns, format_of, predict_file
from textspace.prediction.files.text_lines import lines_of
from textspace.prediction.ranked import Ranked

TEXTS = ["a cat", "", 'a "dog", or\ttwo', "naïve 日本"]


class Rank:
    """Gives each text its length as a label, and its half as a second one; empty texts have none."""

    def __init__(self, k: int = 1) -> None:
        self.k = k
        self.seen: list[list[str]] = []

    def __call__(self, texts: object) -> Ranked:
        listed = texts.to_pylist() if hasattr(texts, "to_pylist") else list(texts)
        decoded = [
            text.decode("utf-8", "surrogateescape") if isinstance(text, bytes) else text or "" for text in listed
        ]
        self.seen.append(decoded)
        labels, scores = np.full((len(decoded), self.k), "", object), np.zeros((len(decoded), self.k), np.float32)
        for row, text in enumerate(decoded):
            for rank in range(self.k if text else 0):
                labels[row, rank], scores[row, rank] = f"l{len(text) // (rank + 1)}", 0.9 / (rank + 1)
        return Ranked(labels, scores, np.where(labels == "", -1, 0).astype(np.int32))


@pytest.fixture(autouse=True)
def in_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_text_lines() -> None:
    Path("in.txt").write_bytes(b"__label__x a cat\n\nbad \xff byte")
    rank = Rank()
    assert predict_file(rank, "in.txt", "out.txt") == 3
    assert Path("out.txt").read_bytes() == b"l16\t0.9\t__label__x a cat\n\t\t\nl10\t0.9\tbad \xff byte\n"


def test_text_lines_with_several_labels() -> None:
    Path("in.txt").write_text("four\n\n", encoding="utf-8")
    predict_file(Rank(2), "in.txt", "out.txt")
    assert Path("out.txt").read_text(encoding="utf-8") == "l4\t0.9\tl2\t0.45\tfour\n\t\t\t\t\n"


@pytest.mark.parametrize(
    ("blocks", "lines"), [(["a\nb\n"], ["a", "b"]), (["a", "b", "\n", "\nc", "d\n"], ["ab", "", "cd"])]
)
def test_lines_are_whole_wherever_blocks_are_cut(blocks: list[str], lines: list[str]) -> None:
    found = [line for batch in lines_of(iter([block.encode() for block in blocks])) for line in batch]
    assert found == [line.encode() for line in lines]


def test_jsonl_keeps_every_byte_and_adds_members() -> None:
    lines = ['{"id": 1.00, "text":"a cat"}', "", '  {"text": null, "x": {"y": [1e400]}} ', '{"text": "\\u65e5\\ud800"}']
    Path("in.jsonl").write_text("\ufeff" + "\n".join(lines), encoding="utf-8")
    assert predict_file(Rank(), "in.jsonl", "out.jsonl") == 3
    assert Path("out.jsonl").read_text(encoding="utf-8").splitlines() == [
        '{"id": 1.00, "text":"a cat", "predicted_label": "l5", "predicted_score": 0.9}',
        '{"text": null, "x": {"y": [1e400]}, "predicted_label": null, "predicted_score": null}',
        '{"text": "\\u65e5\\ud800", "predicted_label": "l2", "predicted_score": 0.9}',
    ]


def test_jsonl_with_several_labels_has_lists() -> None:
    Path("in.jsonl").write_text('{"body": "four"}\n{"body": ""}\n', encoding="utf-8")
    predict_file(Rank(2), "in.jsonl", "out.jsonl", columns=Columns("body", "labels", "scores"))
    records = [json.loads(line) for line in Path("out.jsonl").read_text(encoding="utf-8").splitlines()]
    assert records == [
        {"body": "four", "labels": ["l4", "l2"], "scores": [0.9, 0.45]},
        {"body": "", "labels": [], "scores": []},
    ]


@pytest.mark.parametrize(("name", "delimiter"), [("in.csv", ","), ("in.tsv", "\t")])
def test_csv_adds_columns(name: str, delimiter: str) -> None:
    with Path(name).open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, delimiter=delimiter)
        writer.writerows([["id", "text"], *([n, text] for n, text in enumerate([*TEXTS, "two\nlines"]))])
    rank = Rank(2)
    assert predict_file(rank, name, "out") == 5
    assert rank.seen == [[*TEXTS, "two\nlines"]]
    with Path("out").open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file, delimiter=delimiter)
    assert header == ["id", "text", *Columns().added(2)]
    assert rows[0] == ["0", "a cat", "l5", "0.9", "l2", "0.45"]
    assert rows[1] == ["1", "", "", "", "", ""]
    assert [row[1] for row in rows] == [*TEXTS, "two\nlines"]


def test_csv_fields_may_be_long_and_of_any_bytes() -> None:
    limit = csv.field_size_limit()
    Path("in.csv").write_bytes(b'text\n"' + b"x" * 500_000 + b'"\n"\xff"\n')
    assert predict_file(Rank(), "in.csv", "out.csv") == 2
    assert b"\n\xff,l1,0.9\n" in Path("out.csv").read_bytes()
    assert csv.field_size_limit() == limit


def test_csv_is_read_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("textspace.prediction.files.csv_rows.ROWS_AT_ONCE", 3)
    Path("in.csv").write_text("text\n" + "word\n" * 7, encoding="utf-8")
    rank, done = Rank(), []
    predict_file(rank, "in.csv", "out.csv", on_batch=done.append)
    assert done == [3, 3, 1]
    assert Path("out.csv").read_text(encoding="utf-8").splitlines()[1:] == ["word,l4,0.9"] * 7


@pytest.mark.parametrize("kind", ["string", "large_string", "string_view", "dictionary"])
@pytest.mark.parametrize("k", [1, 2])
def test_parquet_adds_columns(kind: str, k: int) -> None:
    pa = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    texts = pa.array([*TEXTS, None])
    texts = texts.dictionary_encode() if kind == "dictionary" else texts.cast(getattr(pa, kind)())
    parquet.write_table(pa.table({"id": [1, 2, 3, 4, 5], "text": texts}), "in.parquet", compression="zstd")
    assert predict_file(Rank(k), "in.parquet", "out.parquet") == 5
    found = parquet.read_table("out.parquet").to_pydict()
    assert found["id"] == [1, 2, 3, 4, 5]
    assert found["text"] == [*TEXTS, None]
    if k == 1:
        assert found["predicted_label"] == ["l5", None, "l15", "l8", None]
        assert found["predicted_score"] == pytest.approx([0.9, None, 0.9, 0.9, None])
    else:
        assert found["predicted_label"] == [["l5", "l2"], [], ["l15", "l7"], ["l8", "l4"], []]
        assert found["predicted_score"][0] == pytest.approx([0.9, 0.45])
    assert parquet.ParquetFile("out.parquet").metadata.row_group(0).column(0).compression == "ZSTD"


def test_parquet_is_read_in_batches_of_arrow_arrays(monkeypatch: pytest.MonkeyPatch) -> None:
    pa = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    monkeypatch.setattr("textspace.prediction.files.parquet_rows.ROWS_AT_ONCE", 3)
    parquet.write_table(pa.table({"text": ["a"] * 7}), "in.parquet")
    kinds, rank = [], Rank()

    def noting(texts: object) -> Ranked:
        kinds.append(type(texts))
        return rank(texts)

    assert predict_file(noting, "in.parquet", "out.parquet") == 7
    assert kinds == [pa.StringArray] * 3
    assert parquet.read_table("out.parquet").num_rows == 7


def test_parquet_without_pyarrow_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    Path("in.parquet").write_bytes(b"PAR1")
    with pytest.raises(ImportError, match=r"pip install 'textspace\[arrow\]'"):
        predict_file(Rank(), "in.parquet", "out.parquet")


def test_parquet_without_rows_and_of_other_types() -> None:
    pa = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    parquet.write_table(pa.table({"text": pa.array([], pa.string())}), "empty.parquet")
    assert predict_file(Rank(), "empty.parquet", "out.parquet") == 0
    assert parquet.read_table("out.parquet").column_names == ["text", "predicted_label", "predicted_score"]
    parquet.write_table(pa.table({"text": [1, 2]}), "numbers.parquet")
    with pytest.raises(ValueError, match="must hold strings, got int64"):
        predict_file(Rank(), "numbers.parquet", "out.parquet")
    Path("garbage.parquet").write_bytes(b"PAR1 garbage")
    with pytest.raises(FormatError, match=r"garbage\.parquet"):
        predict_file(Rank(), "garbage.parquet", "out.parquet")


@pytest.mark.parametrize("name", ["empty.csv", "empty.jsonl", "empty.txt"])
def test_files_without_texts(name: str) -> None:
    Path(name).write_text("text\n" if name.endswith("csv") else "", encoding="utf-8")
    assert predict_file(Rank(), name, "out") == 0
    assert Path("out").read_text() == ("text,predicted_label,predicted_score\n" if name.endswith("csv") else "")


def test_standard_streams(monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"a cat\n")))
    out = io.TextIOWrapper(io.BytesIO())
    monkeypatch.setattr(sys, "stdout", out)
    assert predict_file(Rank(), "-", "-") == 1
    assert out.buffer.getvalue() == b"l5\t0.9\ta cat\n"
    with pytest.raises(ValueError, match="name of a file"):
        predict_file(Rank(), "-", "-", file_format="parquet")


def test_compressed_files() -> None:
    Path("in.jsonl.gz").write_bytes(gzip.compress(b'{"text": "a cat"}\n'))
    predict_file(Rank(), "in.jsonl.gz", "out.jsonl.gz")
    assert b"textspace" not in Path("out.jsonl.gz").read_bytes()[:40]  # the name of a temporary file
    assert json.loads(gzip.decompress(Path("out.jsonl.gz").read_bytes()))["predicted_label"] == "l5"
    with pytest.raises(ValueError, match=r"\.zst"):
        predict_file(Rank(), "in.jsonl.gz", "out.jsonl.zst")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.jsonl", '{"text": "x"}\n[1]\n', r"a\.jsonl: line 2 must be a JSON object"),
        ("a.jsonl", "{", "line 1 is no JSON"),
        ("a.jsonl", "[" * 100_000, "line 1 is no JSON"),
        ("a.jsonl", '{"txt": "x"}', r"line 1: there is no column 'text'.*--text-column"),
        ("a.jsonl", '{"text": 1}', "must be a string or null, got int"),
        ("a.jsonl", '{"text": "x", "predicted_label": 1}', "--label-column"),
        ("a.csv", "id,body\n1,x\n", "there is no column 'text'"),
        ("a.csv", "text,predicted_score\nx,1\n", "'predicted_score' already"),
        ("a.csv", "text,b\nx\n", "line 2 has 1 fields, the header has 2"),
        ("a.csv", 'text\n"x', "line 2"),
        ("a.csv", "", "no header"),
        ("a.csv", 'text\n"x"y\n', "line 2"),
    ],
)
def test_damaged_files_are_named_and_leave_nothing(name: str, content: str, message: str) -> None:
    Path(name).write_text(content, encoding="utf-8")
    Path("out").write_text("before")
    with pytest.raises(ValueError, match=message):
        predict_file(Rank(), name, "out")
    assert Path("out").read_text() == "before"
    assert {path.name for path in Path().iterdir()} == {name, "out"}


def test_a_file_is_not_written_over_itself() -> None:
    Path("a.txt").write_text("x\n")
    with pytest.raises(ValueError, match="another file"):
        predict_file(Rank(), "a.txt", "./a.txt")
    assert Path("a.txt").read_text() == "x\n"


def test_memory_is_bounded() -> None:
    def blocks() -> Iterator[bytes]:
        for _ in range(1000):
            yield b"word " * 100 + b"\n"

    batches = lines_of(blocks())
    assert len(next(batches)) == 1


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.csv", "csv"),
        ("A.TSV", "tsv"),
        ("a.ndjson.zst", "jsonl"),
        ("a.b.parquet", "parquet"),
        ("a", "text"),
        ("-", "text"),
    ],
)
def test_formats_by_name(name: str, expected: str) -> None:
    assert format_of(name) == expected
