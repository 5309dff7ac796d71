import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from reference_formats import FastTextModel, fasttext_bytes
from sample_models import MODELS, assert_same_model, compact_model, dense_model, plain_model, reference_of
from textspace import _core
from textspace.errors import FormatError
from textspace.formats.fasttext_bin import read_fasttext_bin, write_fasttext_bin
from textspace.formats.stored import StoredVectors
from textspace.text.subwords import Subwords

# Where the fields are, by the specification.
ARGUMENTS, DICTIONARY, ENTRIES = 8, 64, 92


def read_bytes(content: bytes, tmp_path: Path) -> StoredVectors:
    (tmp_path / "m.bin").write_bytes(content)
    return read_fasttext_bin(tmp_path / "m.bin")


def patched(content: bytes, position: int, layout: str, *values: float) -> bytes:
    size = struct.calcsize("<" + layout)
    return content[:position] + struct.pack("<" + layout, *values) + content[position + size :]


@pytest.mark.parametrize("name", MODELS)
def test_the_bytes_written_are_those_of_the_reference(name: str, tmp_path: Path) -> None:
    model = MODELS[name]()
    write_fasttext_bin(tmp_path / "m.bin", model)
    assert (tmp_path / "m.bin").read_bytes() == fasttext_bytes(reference_of(model))


@pytest.mark.parametrize("mmap", [True, False])
@pytest.mark.parametrize("make", [dense_model, plain_model])
def test_everything_survives(make: type, mmap: bool, tmp_path: Path) -> None:
    model = make()
    write_fasttext_bin(tmp_path / "m.bin", model)
    found = read_fasttext_bin(tmp_path / "m.bin", mmap=mmap)
    assert_same_model(found, model)
    assert found.input_vectors.flags.writeable is not mmap


def test_vectors_of_known_and_unknown_words_are_those_of_the_reference(tmp_path: Path) -> None:
    model = compact_model()
    write_fasttext_bin(tmp_path / "m.bin", model)
    found = read_fasttext_bin(tmp_path / "m.bin")
    words = [*found.vocabulary.words, "wherever", "né", "Käse", "", "x"]
    assert found.subwords is not None
    indptr, rows = found.subwords.rows_of(words, found.vocabulary)
    vectors = np.empty((len(words), model.dim), np.float32)
    _core.mean_rows(found.input_vectors, indptr, rows, vectors)
    reference = reference_of(model)
    expected = [reference.vector(word.encode("utf-8", "surrogateescape")) for word in words]
    np.testing.assert_allclose(vectors, expected, atol=1e-6)


@pytest.mark.parametrize("n_extra", range(4))
def test_the_matrix_may_start_at_any_address(isa: str, n_extra: int, tmp_path: Path) -> None:
    reference = reference_of(dense_model())
    reference.words[4] = b"c" * (6 + n_extra)
    found = read_bytes(fasttext_bytes(reference), tmp_path)
    assert found.input_vectors.ctypes.data % 4 == (92 + 10 * 10 + sum(map(len, reference.words)) + 17) % 4
    assert found.subwords is not None
    indptr, rows = found.subwords.vocabulary_rows(found.vocabulary)
    vectors = np.empty((10, 7), np.float32)
    _core.mean_rows(found.input_vectors, indptr, rows, vectors)
    np.testing.assert_allclose(vectors, [reference.vector(word) for word in reference.words], atol=1e-6)


def test_a_model_without_output_vectors_gets_zeros(tmp_path: Path) -> None:
    write_fasttext_bin(tmp_path / "m.bin", compact_model(output=False))
    found = read_fasttext_bin(tmp_path / "m.bin").output_vectors
    assert found is not None
    assert not found.any()


def test_blocks_of_buckets_and_entries_fit_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = compact_model()
    write_fasttext_bin(tmp_path / "whole.bin", model)
    monkeypatch.setattr("textspace.formats.fasttext_buckets._BLOCK_ROWS", 7)
    monkeypatch.setattr("textspace.formats.fasttext_layout._WORDS_PER_BLOCK", 3)
    monkeypatch.setattr("textspace.formats.file_bytes._BLOCK_BYTES", 64)
    write_fasttext_bin(tmp_path / "blocks.bin", model)
    assert (tmp_path / "blocks.bin").read_bytes() == (tmp_path / "whole.bin").read_bytes()


def test_version_11_and_labels(tmp_path: Path) -> None:
    model = replace(reference_of(dense_model()), version=11, labels=(b"__label__a", b"__label__b"))
    found = read_bytes(fasttext_bytes(model), tmp_path)
    assert len(found.vocabulary) == 10
    np.testing.assert_array_equal(found.input_vectors, model.inputs)


def test_ngrams_that_cannot_be_leave_plain_words(tmp_path: Path) -> None:
    """As in fastText: minn above maxn makes no n-grams, though the buckets have rows."""
    model = reference_of(dense_model())
    model.arguments |= {"minn": 5, "maxn": 4}
    found = read_bytes(fasttext_bytes(model), tmp_path)
    assert found.subwords is None
    np.testing.assert_array_equal(found.input_vectors, model.inputs[:10])


def test_parameters_that_fasttext_does_not_know_are_refused(tmp_path: Path) -> None:
    model = plain_model()
    bad: dict[str, dict[str, object]] = {
        "`loss` must be one of hs, ns, softmax, ova in a fastText file, got 'hinge'": {"loss": "hinge"},
        "`window` must be a number from 0 to 2147483647 in a fastText file, got 4294967296": {"window": 1 << 32},
        "`epochs` must be a number": {"epochs": "five"},
        "`subsample` must be a number": {"subsample": float("nan")},
    }
    for message, parameters in bad.items():
        changed = StoredVectors(model.vocabulary, model.input_vectors, parameters=parameters)
        with pytest.raises(ValueError, match=message):
            write_fasttext_bin(tmp_path / "m.bin", changed)
    assert list(tmp_path.iterdir()) == []


def test_without_parameters_fasttexts_defaults_are_written(tmp_path: Path) -> None:
    model = plain_model()
    write_fasttext_bin(tmp_path / "m.bin", StoredVectors(model.vocabulary, model.input_vectors))
    found = read_fasttext_bin(tmp_path / "m.bin").parameters
    assert (found["objective"], found["loss"], found["window"], found["epochs"]) == ("skipgram", "ns", 5, 5)
    assert (found["dim"], found["max_n"], found["n_buckets"]) == (7, 0, 0)


@pytest.mark.parametrize("word", [b"", b"a\0b"])
def test_words_that_the_format_cannot_hold_are_refused(word: bytes, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"fastText's format cannot hold: save as .textspace"):
        write_fasttext_bin(tmp_path / "m.bin", plain_model([b"a", word]))


def test_a_damaged_model_is_not_written(tmp_path: Path) -> None:
    model = compact_model()
    assert model.subwords is not None
    good_buckets, good_rows = model.subwords.buckets, model.subwords.ngram_rows
    assert good_buckets is not None
    assert good_rows is not None
    bad = [(good_buckets[::-1], good_rows), (good_buckets + 25, good_rows), (good_buckets, good_rows + 1)]
    for buckets, rows in bad:
        sizes = {"min_n": 2, "max_n": 4, "n_buckets": 50, "first_row": 10}
        damaged = replace(model, subwords=Subwords(**sizes, buckets=buckets, ngram_rows=rows))
        with pytest.raises(ValueError, match="the model is damaged"):
            write_fasttext_bin(tmp_path / "m.bin", damaged)


FIELDS = {
    "not a fastText model": (0, "i", 1),
    "format version 13 is not read": (4, "i", 13),
    "format version 10 is not read": (4, "i", 10),
    "dim must be >= 1, got -5": (ARGUMENTS, "i", -5),
    "loss must be from 1 to 4, got 0": (ARGUMENTS + 24, "i", 0),
    "model must be from 1 to 3, got 4": (ARGUMENTS + 28, "i", 4),
    "bucket must be >= 0, got -1": (ARGUMENTS + 32, "i", -1),
    "bucket must be > 0 when maxn is": (ARGUMENTS + 32, "i", 0),
    "minn must be >= 0": (ARGUMENTS + 36, "i", -1),
    "maxn must be from 0 to 255": (ARGUMENTS + 40, "i", 256),
    "t must be >= 0": (ARGUMENTS + 48, "d", float("nan")),
    r"size must be nwords \+ nlabels": (DICTIONARY, "i", 1),
    "nwords must be >= 0": (DICTIONARY, "3i", 10, -1, 11),
    "nlabels must be >= 0": (DICTIONARY, "3i", 10, 11, -1),
    "ntokens must be >= 0": (DICTIONARY + 12, "q", -1),
    "pruneidx_size must be >= -1": (DICTIONARY + 20, "q", -2),
    "the dictionary is pruned but": (DICTIONARY + 20, "q", 0),
    "the table of pruned buckets takes": (DICTIONARY + 20, "q", 1 << 62),
    "dictionary entry 2147483646 lies beyond the end": (DICTIONARY, "3i", 2**31 - 1, 2**31 - 1, 0),
    "dictionary entry 0 is an empty word": (ENTRIES, "b", 0),
    "dictionary entry 0 has the negative count": (ENTRIES + 5, "q", -7),
    "dictionary entry 0 has type 1, but the header puts a word": (ENTRIES + 13, "b", 1),
    "the counts of the dictionary must add up": (ENTRIES + 5, "q", 2**63 - 1),
}


@pytest.mark.parametrize(("message", "change"), FIELDS.items(), ids=FIELDS)
def test_a_bad_field_is_named(message: str, change: tuple[int, str, float], tmp_path: Path) -> None:
    position, layout, *values = change
    content = patched(fasttext_bytes(reference_of(dense_model())), position, layout, *values)
    with pytest.raises(FormatError, match=rf"m.bin: .*{message}"):
        read_bytes(content, tmp_path)


def test_bad_matrices_are_named(tmp_path: Path) -> None:
    model = reference_of(dense_model())
    content = fasttext_bytes(model)
    quant = 92 + 10 * 10 + sum(map(len, model.words))
    qout = quant + 17 + model.inputs.nbytes
    for message, changed in {
        "quant must be 0 or 1, got 2": patched(content, quant, "B", 2),
        "a quantized cbow model with 0 labels and loss hs": patched(content, quant, "B", 1),
        r"the input matrix must have shape \(60, 7\), got \(61, 7\)": patched(content, quant + 1, "q", 61),
        r"the input matrix must have shape .* got \(60, -1\)": patched(content, quant + 9, "q", -1),
        "qout must be 0 or 1": patched(content, qout, "B", 255),
        "the output matrix must have shape": patched(content, qout + 1, "q", 1 << 62),
        "3 bytes follow the output matrix": content + b"xyz",
    }.items():
        with pytest.raises(FormatError, match=message):
            read_bytes(changed, tmp_path)


def test_every_truncation_is_an_error(tmp_path: Path) -> None:
    content = fasttext_bytes(reference_of(dense_model()))
    for size in range(1, len(content)):
        with pytest.raises(FormatError):
            read_bytes(content[:size], tmp_path)


def test_huge_sizes_that_agree_with_each_other_ask_for_no_memory(tmp_path: Path) -> None:
    content = fasttext_bytes(reference_of(plain_model()))
    words_end = 92 + 10 * 10 + sum(map(len, reference_of(plain_model()).words))
    content = patched(content, ARGUMENTS, "i", 2**31 - 1)
    content = patched(content, words_end + 9, "q", 2**31 - 1)
    with pytest.raises(FormatError, match=r"the input matrix takes 85899345880 bytes .* truncated or corrupt"):
        read_bytes(content, tmp_path)


def test_a_model_without_words_is_refused(tmp_path: Path) -> None:
    empty = FastTextModel(
        reference_of(plain_model()).arguments | {"dim": 2**31 - 1},
        words=[],
        counts=[],
        n_tokens=0,
        inputs=np.empty((0, 7), np.float32),
        outputs=np.empty((0, 7), np.float32),
    )
    with pytest.raises(FormatError, match="nwords must be >= 1"):
        read_bytes(fasttext_bytes(empty), tmp_path)


def test_a_supervised_model_is_named(tmp_path: Path) -> None:
    model = reference_of(plain_model())
    model.arguments |= {"model": 3, "loss": 3}
    with pytest.raises(FormatError, match="a supervised model with 0 labels and loss softmax: this reader handles"):
        read_bytes(fasttext_bytes(model), tmp_path)
