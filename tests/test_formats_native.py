import hashlib
import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from safetensors.numpy import load_file

from sample_models import MODELS, assert_same_model, compact_model, plain_model, sample_vocabulary
from textspace.errors import FormatError
from textspace.formats.native import read_native, write_native
from textspace.formats.stored import StoredVectors
from textspace.formats.tensor_file import MAX_HEADER_BYTES, write_tensor_file
from textspace.text.subwords import Subwords

GOLDEN = "6766cd3f6dfe9c3dc5223535ce146eed204ff66c2cce0d483b37069a49954ad3"


def header_of(path: Path) -> tuple[dict[str, Any], bytes]:
    content = path.read_bytes()
    (n_bytes,) = struct.unpack("<Q", content[:8])
    return json.loads(content[8 : 8 + n_bytes]), content[8 + n_bytes :]


def write_raw(path: Path, header: object, data: bytes) -> None:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    text += b" " * (-(8 + len(text)) % 64)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


@pytest.mark.parametrize("mmap", [True, False])
@pytest.mark.parametrize("name", MODELS)
def test_everything_survives(name: str, mmap: bool, tmp_path: Path) -> None:
    model = MODELS[name]()
    write_native(tmp_path / "m.textspace", model)
    found = read_native(tmp_path / "m.textspace", mmap=mmap)
    assert_same_model(found, model)
    np.testing.assert_array_equal(found.vocabulary.index, model.vocabulary.index)
    assert found.input_vectors.flags.writeable is not mmap
    assert found.vocabulary.id_of(b"\xff\xfe") == 3


def test_a_model_without_output_vectors(tmp_path: Path) -> None:
    write_native(tmp_path / "m.textspace", compact_model(output=False))
    assert read_native(tmp_path / "m.textspace").output_vectors is None


@pytest.mark.parametrize("dim", [1, 5, 16])
def test_the_safetensors_library_reads_it_and_every_array_is_aligned(dim: int, tmp_path: Path) -> None:
    path = tmp_path / "m.textspace"
    model = compact_model(dim=dim)
    write_native(path, model)
    arrays = load_file(path)
    np.testing.assert_array_equal(arrays["input_vectors"], model.input_vectors)
    np.testing.assert_array_equal(arrays["output_vectors"], model.output_vectors)
    np.testing.assert_array_equal(arrays["word_bytes"], model.vocabulary.blob)
    header, data = header_of(path)
    data_start = path.stat().st_size - len(data)
    starts = {name: data_start + entry["data_offsets"][0] for name, entry in header.items() if name != "__metadata__"}
    assert [name for name, start in starts.items() if start % 64 and not name.startswith("_padding")] == []


def test_padded_rows_are_written_without_their_padding(tmp_path: Path) -> None:
    model = plain_model()
    padded = np.full((len(model.input_vectors), 16), np.nan, np.float32)
    padded[:, :7] = model.input_vectors
    view = StoredVectors(model.vocabulary, padded[:, :7], model.output_vectors, None, model.parameters)
    write_native(tmp_path / "padded", view)
    write_native(tmp_path / "plain", model)
    assert (tmp_path / "padded").read_bytes() == (tmp_path / "plain").read_bytes()


def test_numpy_numbers_among_the_parameters_become_plain(tmp_path: Path) -> None:
    model = plain_model()
    with_numpy = StoredVectors(
        model.vocabulary, model.input_vectors, parameters={"dim": np.int64(7), "n_threads": None}
    )
    write_native(tmp_path / "m", with_numpy)
    assert read_native(tmp_path / "m").parameters == {"dim": 7, "n_threads": None}


def test_a_parameter_that_is_no_json_is_refused(tmp_path: Path) -> None:
    model = plain_model()
    with pytest.raises(ValueError, match="numbers, strings, lists or None, got <"):
        write_native(
            tmp_path / "m", StoredVectors(model.vocabulary, model.input_vectors, parameters={"tokenizer": print})
        )
    assert list(tmp_path.iterdir()) == []


def test_metadata_that_does_not_fit_in_a_header_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="must fit in a header"):
        write_tensor_file(tmp_path / "m", {}, metadata={"x": "y" * MAX_HEADER_BYTES})


METADATA_CHANGES = {
    "`format`": {"format": "something"},
    "upgrade": {"format_version": "2"},
    "`format_version` must be an integer": {"format_version": "-1"},
    "`kind` must be": {"kind": "something"},
    "`n_tokens` must be an integer": {"n_tokens": "9" * 19},
    "JSON": {"parameters": "{"},
    "a key of the JSON occurs twice": {"parameters": '{"dim": 1, "dim": 2}'},
    "NaN is not JSON": {"parameters": '{"subsample": NaN}'},
    "a number of the JSON has 5000 digits": {"parameters": '{"dim": ' + "9" * 5000 + "}"},
    "nested too deeply": {"parameters": '{"dim": ' + "[" * 100_000 + "]" * 100_000 + "}"},
    "must be a JSON object": {"parameters": "[]"},
    "`subwords` must give the integers": {"subwords": '{"min_n": 2, "max_n": 4, "n_buckets": 50.0}'},
    "`min_n` and `max_n`": {"subwords": '{"min_n": 5, "max_n": 4, "n_buckets": 50}'},
    "`max_n` must be <= 255": {"subwords": '{"min_n": 2, "max_n": 2000000000, "n_buckets": 50}'},
    "`n_buckets` must be from 1": {"subwords": '{"min_n": 2, "max_n": 4, "n_buckets": 0}'},
}


@pytest.mark.parametrize(("message", "change"), METADATA_CHANGES.items(), ids=METADATA_CHANGES)
def test_bad_metadata_is_named(message: str, change: dict[str, str], tmp_path: Path) -> None:
    path = tmp_path / "m.textspace"
    write_native(path, compact_model())
    header, data = header_of(path)
    header["__metadata__"] |= change
    write_raw(path, header, data)
    with pytest.raises(FormatError, match=f"m.textspace.*{message}"):
        read_native(path)


# What to say, and which entries of the header to change how: the sample has 7 columns, 10 words of 46 bytes.
ARRAY_CHANGES: dict[str, dict[str, dict[str, object]]] = {
    "dtype of array 'input_vectors' must be one of": {"input_vectors": {"dtype": "F99"}},
    "array `input_vectors` must be float32 with 2 dimensions": {"input_vectors": {"dtype": "I32"}},
    "shape of array 'input_vectors' must be": {"input_vectors": {"shape": [-1, 7]}},
    "shape of array 'output_vectors' must be": {"output_vectors": {"shape": [10, 7.0]}},
    "shape of array 'word_bytes' must be": {"word_bytes": {"shape": []}},
    "shape of array 'word_index' must be": {"word_index": {"shape": [0, 10**15]}},
    "'input_vectors' of shape .* does not fill its data_offsets": {"input_vectors": {"shape": [99, 99]}},
    "data_offsets of array 'input_vectors' must be": {"input_vectors": {"data_offsets": [0, 1 << 62]}},
    "must have dtype, shape and data_offsets": {"word_bytes": {"strides": []}},
    "neither overlap nor leave gaps": {"word_bytes": {"data_offsets": [0, 46]}},
    "`input_vectors` must have one row a word and a bucket": {"input_vectors": {"shape": [7, 19]}},
    "`output_vectors` must have shape": {"output_vectors": {"shape": [7, 10]}},
    "array `word_offsets` must be int64 with 1 dimensions": {"word_offsets": {"shape": [11, 1]}},
    "array `ngram_rows` must be int32": {"ngram_rows": {"dtype": "U8", "shape": [36]}},
}


@pytest.mark.parametrize(("message", "changes"), ARRAY_CHANGES.items(), ids=ARRAY_CHANGES)
def test_bad_arrays_are_named(message: str, changes: dict[str, dict[str, object]], tmp_path: Path) -> None:
    path = tmp_path / "m.textspace"
    write_native(path, compact_model(n_buckets=9))
    header, data = header_of(path)
    for name, change in changes.items():
        header[name] |= change
    write_raw(path, header, data)
    with pytest.raises(FormatError, match=message):
        read_native(path)


def test_arrays_that_the_kernels_could_not_read_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.textspace"
    write_native(path, compact_model())
    content = path.read_bytes()
    (n_bytes,) = struct.unpack("<Q", content[:8])
    path.write_bytes(struct.pack("<Q", n_bytes + 1) + content[8 : 8 + n_bytes] + b" " + content[8 + n_bytes :])
    with pytest.raises(FormatError, match="array 'input_vectors' must start at a multiple of 4 bytes in the file"):
        read_native(path)


def test_a_missing_array_is_named(tmp_path: Path) -> None:
    path = tmp_path / "m.textspace"
    write_native(path, compact_model())
    header, data = header_of(path)
    header["x"] = header.pop("word_counts")
    write_raw(path, header, data)
    with pytest.raises(FormatError, match="array `word_counts` is missing"):
        read_native(path)


def test_version_1_of_the_format_stays_what_it_is(tmp_path: Path) -> None:
    """Files of users: a change of these bytes, the word index among them, needs a new FORMAT_VERSION."""
    vocabulary = sample_vocabulary()
    subwords = Subwords.from_vocabulary(vocabulary, min_n=2, max_n=4, n_buckets=50)
    rows = np.arange((len(vocabulary) + subwords.n_rows) * 3, dtype=np.float32).reshape(-1, 3)
    write_native(tmp_path / "m", StoredVectors(vocabulary, rows, rows[:10], subwords, {"dim": 3, "loss": "ns"}))
    assert hashlib.sha256((tmp_path / "m").read_bytes()).hexdigest() == GOLDEN


def test_bad_headers_are_named(tmp_path: Path) -> None:
    path = tmp_path / "m.textspace"
    bad: dict[str, bytes] = {
        "the length of the header takes 8 bytes": b"1234",
        "the length of the header must be <=": struct.pack("<Q", 1 << 63) + b"{}",
        "the header takes 100 bytes": struct.pack("<Q", 100) + b"{}",
        "the header must be a JSON object": struct.pack("<Q", 2) + b"[]",
        "nested too deeply": struct.pack("<Q", 1_000_000) + b"[" * 1_000_000,
        "not valid JSON": struct.pack("<Q", 2) + b"\xff\xff",
        "`__metadata__` must be": struct.pack("<Q", 20) + b'{"__metadata__":[1]}',
    }
    for message, content in bad.items():
        path.write_bytes(content)
        with pytest.raises(FormatError, match=message):
            read_native(path)


def test_a_file_cut_short_or_grown_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.textspace"
    write_native(path, compact_model())
    content = path.read_bytes()
    for changed in (content[:-1], content + b"\0"):
        path.write_bytes(changed)
        with pytest.raises(FormatError, match=r"the header describes \d+ bytes of data, but \d+ follow"):
            read_native(path)


def test_an_empty_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"a model needs words and vectors, got 0 words"):
        plain_model([])
    path = tmp_path / "m.textspace"
    write_native(path, plain_model())
    header, _ = header_of(path)
    none: dict[str, NDArray[Any]] = {
        "input_vectors": np.empty((0, 1000), np.float32),
        "word_index": np.zeros(4, np.uint32),
        "word_offsets": np.zeros(1, np.int64),
        "word_counts": np.zeros(0, np.int64),
        "word_bytes": np.zeros(0, np.uint8),
    }
    write_tensor_file(path, none, metadata=header["__metadata__"])
    with pytest.raises(FormatError, match=r"shape of array 'input_vectors'|a model needs words and vectors"):
        read_native(path)


def test_damage_that_opening_cannot_see_is_harmless(tmp_path: Path) -> None:
    """Offsets, index entries and rows are not read at the opening; using them gives errors or misses, nothing worse."""
    path = tmp_path / "m.textspace"
    write_native(path, compact_model())
    header, data = header_of(path)
    broken = bytearray(data)
    for name in ("word_index", "ngram_rows", "word_counts"):
        begin, end = header[name]["data_offsets"]
        broken[begin:end] = b"\xff" * (end - begin)
    write_raw(path, header, bytes(broken))
    found = read_native(path)
    assert found.vocabulary.id_of("the") == -1
    assert isinstance(found.subwords, Subwords)
    _, rows = found.subwords.vocabulary_rows(found.vocabulary)
    assert rows.max() < len(found.input_vectors)
