import gzip
import locale
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference_formats import binary_bytes, text_bytes
from sample_models import MODELS, WORDS, compact_model, plain_model, random_rows, reference_of
from textspace import _core
from textspace.errors import FormatError
from textspace.formats.stored import StoredVectors
from textspace.formats.word2vec_binary import read_word2vec_binary, write_word2vec_binary
from textspace.formats.word2vec_text import read_word2vec_text, write_word2vec_text

floats = st.floats(width=32, allow_nan=False, allow_infinity=False)


@contextmanager
def comma_locale() -> Iterator[None]:
    """A locale that writes 1.5 as 1,5."""
    before = locale.setlocale(locale.LC_NUMERIC)
    for name in ("de_DE.UTF-8", "fr_FR.UTF-8", "de_DE", "German_Germany.1252"):
        with suppress(locale.Error):
            locale.setlocale(locale.LC_NUMERIC, name)
            break
    else:
        pytest.skip("needs a locale with a decimal comma")
    try:
        yield
    finally:
        locale.setlocale(locale.LC_NUMERIC, before)


def words_of(stored: StoredVectors) -> list[bytes]:
    return [stored.vocabulary.word_bytes(word_id) for word_id in range(len(stored.vocabulary))]


def read_text(content: bytes, tmp_path: Path) -> StoredVectors:
    (tmp_path / "m.vec").write_bytes(content)
    return read_word2vec_text(tmp_path / "m.vec")


def read_binary(content: bytes, tmp_path: Path) -> StoredVectors:
    (tmp_path / "m.w2v").write_bytes(content)
    return read_word2vec_binary(tmp_path / "m.w2v")


@pytest.mark.parametrize("name", MODELS)
def test_text_holds_the_vectors_of_words_and_keeps_every_bit(name: str, tmp_path: Path) -> None:
    model = MODELS[name]()
    write_word2vec_text(tmp_path / "m.vec", model)
    found = read_word2vec_text(tmp_path / "m.vec")
    assert words_of(found) == WORDS
    expected = [reference_of(model).vector(word) for word in WORDS]
    np.testing.assert_allclose(found.input_vectors, expected, atol=1e-6)
    write_word2vec_text(tmp_path / "again.vec", found)
    assert (tmp_path / "again.vec").read_bytes() == (tmp_path / "m.vec").read_bytes()
    np.testing.assert_array_equal(read_word2vec_text(tmp_path / "again.vec").input_vectors, found.input_vectors)


@pytest.mark.parametrize("precision", [1, 5, 9, 17])
def test_digits_are_those_of_printf(precision: int, tmp_path: Path) -> None:
    model = plain_model()
    write_word2vec_text(tmp_path / "m.vec", model, precision=precision)
    assert (tmp_path / "m.vec").read_bytes() == text_bytes(WORDS, model.input_vectors, precision=precision)


def test_the_locale_of_the_process_does_not_matter(tmp_path: Path) -> None:
    model = plain_model()
    write_word2vec_text(tmp_path / "before.vec", model)
    with comma_locale():
        write_word2vec_text(tmp_path / "during.vec", model)
        found = read_word2vec_text(tmp_path / "before.vec")
    assert (tmp_path / "during.vec").read_bytes() == (tmp_path / "before.vec").read_bytes()
    np.testing.assert_array_equal(found.input_vectors, model.input_vectors)


@pytest.mark.parametrize("precision", [0, 18, -1])
def test_precision_has_limits(precision: int, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="`precision` must be from 1 to 17 digits, or None"):
        write_word2vec_text(tmp_path / "m.vec", plain_model(), precision=precision)


@given(st.lists(floats, min_size=1, max_size=20))
def test_printing_and_parsing_give_the_same_floats(values: list[float]) -> None:
    rows = np.array([values], np.float32)
    blob, offsets = np.frombuffer(b"w", np.uint8), np.array([0, 1])
    line = _core.format_decimal_rows(blob, offsets, rows, 0)
    assert [np.float32(number) for number in line.split()[1:]] == rows[0].tolist()
    out = np.empty_like(rows)
    _core.parse_decimal_rows(np.frombuffer(line, np.uint8), 1, out)
    assert out.tobytes() == rows.tobytes()


@given(st.from_regex(r"[+-]?([0-9]{1,30}\.?[0-9]{0,30}|\.[0-9]{1,30})([eE][+-]?[0-9]{1,3})?", fullmatch=True))
def test_numbers_are_read_as_python_reads_them(number: str) -> None:
    # Python rounds to a double and then to a float32: one unit in the last place may differ from rounding once.
    out = np.empty((1, 1), np.float32)
    line = np.frombuffer(b"w " + number.encode(), np.uint8)
    with np.errstate(over="ignore"):
        expected = np.float32(float(number))
    if not np.isfinite(expected):
        with pytest.raises(_core.MalformedInput):
            _core.parse_decimal_rows(line, 1, out)
        return
    try:
        _core.parse_decimal_rows(line, 1, out)
    except _core.MalformedInput:
        # Beyond the range of doubles on the small side too, where only zero is meant.
        assert expected == 0
        return
    np.testing.assert_array_max_ulp(out[0, 0], expected, maxulp=1)


@pytest.mark.parametrize("header", [b"2 3\n", b"2 3\r\n", b" 2\t3 \n", b""])
@pytest.mark.parametrize("ending", [b"\n", b"\r\n", b" \n", b"\n\n\n"])
def test_variants_of_the_text_form(header: bytes, ending: bytes, tmp_path: Path) -> None:
    content = header + b"one 1 -2.5 3e-2" + ending + b"\xfftwo\t+4  5. .5" + ending
    found = read_text(content, tmp_path)
    assert words_of(found) == [b"one", b"\xfftwo"]
    np.testing.assert_array_equal(found.input_vectors, np.array([[1, -2.5, 3e-2], [4, 5, 0.5]], np.float32))
    assert found.vocabulary.counts.tolist() == [1, 1]
    assert found.parameters["dim"] == 3
    assert words_of(read_text(content.rstrip(), tmp_path)) == [b"one", b"\xfftwo"]


def test_words_with_spaces_are_words(tmp_path: Path) -> None:
    found = read_text(b"4 2\n. . . 1 2\nat name@domain.com 3 4\n5 5 6\nnan 7 8\n", tmp_path)
    assert words_of(found) == [b". . .", b"at name@domain.com", b"5", b"nan"]
    np.testing.assert_array_equal(found.input_vectors, [[1, 2], [3, 4], [5, 6], [7, 8]])


def test_of_equal_words_the_first_counts(tmp_path: Path) -> None:
    content = b"5 1\na 1\nb 2\na 3\nab 4\nb 5\n"
    found = read_text(content, tmp_path)
    assert words_of(found) == [b"a", b"b", b"ab"]
    assert found.input_vectors.tolist() == [[1], [2], [4]]
    rows = np.array([[1], [2], [3], [4], [5]], np.float32)
    found = read_binary(binary_bytes([b"a", b"b", b"a", b"ab", b"b"], rows), tmp_path)
    assert words_of(found) == [b"a", b"b", b"ab"]
    assert found.input_vectors.tolist() == [[1], [2], [4]]


@given(st.lists(st.binary(max_size=12)))
def test_first_occurrences_are_those_of_a_set(words: list[bytes]) -> None:
    blob = np.frombuffer(b"".join(words), np.uint8)
    offsets = np.cumsum([0, *map(len, words)])
    is_first = np.empty(len(words), np.bool_)
    _core.first_occurrences(blob, offsets, is_first)
    assert is_first.tolist() == [word not in words[:i] for i, word in enumerate(words)]


TEXT_ERRORS = {
    "line 3 has 3 columns, expected a word and 3 numbers": b"2 3\na 1 2 3\nb 1 2\n",
    "line 2 has 5 columns, expected a word and 3 numbers": b"2 3\na 1 2 3 4\nb 1 2 3\n",
    "line 3 holds 'x' where a number should be": b"2 3\na 1 2 3\nb 1 x 3\n",
    "line 2 holds '1,5' where a number should be": b"1 2\na 1,5 2\n",
    "line 2 holds '?????1' where a number should be": b"1 2\na \xff\x00\xe5\xaf\xbf1 2\n",
    "line 2 holds '0x10' where a number should be": b"1 2\na 0x10 2\n",
    "line 2 holds '1e' where a number should be": b"1 2\na 1e 2\n",
    "line 2 holds 'nan', not a finite float32": b"1 2\na nan 2\n",
    "line 2 holds '-Inf', not a finite float32": b"1 2\na -Inf 2\n",
    "line 2 holds '1e39', not a finite float32": b"1 2\na 1e39 2\n",
    "line 2 starts with a space": b"1 2\n 1 2\n",
    "line 4 has 2 columns": b"a 1 2\nb 1 2\n\nc 3\n",
    "promises 3 words, but 2 follow: correct or remove it": b"3 1\na 1\nb 2\n\n\n\n\n",
    "line 3 is more than the file promised": b"1 1\na 1\nb 2\n",
    "promises 1000000000 words of 100 numbers, more than the file can hold": b"1000000000 100\na 1\n",
    "promises 1 words of 999999999 numbers, more than the file can hold": b"1 999999999\na 1\n",
    "the first line must be a number of words": b"hello\n",
    "promises 7 words, but 0 follow": b"7 1\n" + b"\n" * 100,
}


@pytest.mark.parametrize(("message", "content"), TEXT_ERRORS.items(), ids=TEXT_ERRORS)
def test_bad_text_is_named(message: str, content: bytes, tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="m.vec: .*" + re.escape(message)):
        read_text(content, tmp_path)


def test_blocks_fit_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = random_rows(200, 3)
    words = [b"w%d" % i for i in range(200)]
    content = text_bytes(words, rows)
    for size in (1, 7, 64, 1000):
        monkeypatch.setattr("textspace.formats.word2vec_text._BLOCK_BYTES", size)
        for text in (content, content.partition(b"\n")[2]):
            found = read_text(text, tmp_path)
            assert words_of(found) == words
            np.testing.assert_array_equal(found.input_vectors, rows)
        with pytest.raises(FormatError, match="line 203 has 2 columns"):
            read_text(b"201" + content[3:] + b"\nx 1\n", tmp_path)


def test_endless_lines_and_newlines_ask_for_little_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("textspace.formats.word2vec_text._MAX_LINE_BYTES", 1 << 16)
    with pytest.raises(FormatError, match="a line is longer than 65536 bytes"):
        read_text(b"1 2\n" + b"a" * (1 << 20), tmp_path)
    wide = b"w" + b" 1" * 10_000 + b"\n"
    assert len(read_text(wide + b"\n" * (1 << 20), tmp_path).vocabulary) == 1


def test_gzip(tmp_path: Path) -> None:
    rows = random_rows(50, 4)
    words = [b"w%d" % i for i in range(50)]
    content = text_bytes(words, rows)
    packed = gzip.compress(content)
    np.testing.assert_array_equal(read_text(packed, tmp_path).input_vectors, rows)
    np.testing.assert_array_equal(read_text(gzip.compress(content.partition(b"\n")[2]), tmp_path).input_vectors, rows)
    for damaged in (packed[:-9], packed[:40], packed[:30] + bytes(20) + packed[50:]):
        with pytest.raises(FormatError, match="the compressed data is damaged or cut short"):
            read_text(damaged, tmp_path)
    with pytest.raises(FormatError, match="promises 60 words, but 50 follow"):
        read_text(gzip.compress(b"60" + content[2:]), tmp_path)


@pytest.mark.parametrize("newline", [b"", b"\n"])
def test_binary_is_read(newline: bytes, tmp_path: Path) -> None:
    rows = random_rows(len(WORDS), 7)
    found = read_binary(binary_bytes(WORDS, rows, newline=newline), tmp_path)
    assert words_of(found) == WORDS
    np.testing.assert_array_equal(found.input_vectors, rows)


def test_binary_is_written(tmp_path: Path) -> None:
    model = compact_model()
    write_word2vec_binary(tmp_path / "m.w2v", model)
    found = read_word2vec_binary(tmp_path / "m.w2v")
    np.testing.assert_allclose(found.input_vectors, [reference_of(model).vector(word) for word in WORDS], atol=1e-6)
    assert (tmp_path / "m.w2v").read_bytes() == binary_bytes(WORDS, found.input_vectors)


def test_bad_binary_is_named(tmp_path: Path) -> None:
    content = binary_bytes([b"one", b"two"], random_rows(2, 3))
    for message, changed in {
        "the first line must be the number of words": b"two" + content,
        "promises 2 words of 3 floats, more than the file can hold": content[:30],
        "word 1 has a vector that ends beyond the end": content[:-2],
        "word 2 has no space after it": b"3" + content[1:] + b"a" * 20,
        "word 0 is empty": content.replace(b"one ", b" one"),
        "2 bytes follow the 2 words": content + b"xx",
        "more than the file can hold": content.replace(b"2 3", b"999999999999999999 999999999"),
        "word 1 has a component that is not a finite number": content[:-5] + b"\x00\x00\xc0\x7f\n",
    }.items():
        with pytest.raises(FormatError, match="m.w2v: .*" + message):
            read_binary(changed, tmp_path)


@pytest.mark.parametrize("word", [b"", b"a b", b"a\n", b"a\0"])
def test_words_that_the_formats_cannot_hold_are_refused(word: bytes, tmp_path: Path) -> None:
    model = plain_model([b"a", word])
    for write in (write_word2vec_text, write_word2vec_binary):
        with pytest.raises(ValueError, match=r"word2vec's format cannot hold: save as .textspace"):
            write(tmp_path / "m", model)
    assert list(tmp_path.iterdir()) == []


def test_a_vector_that_is_not_finite_is_not_written(tmp_path: Path) -> None:
    model = plain_model()
    model.input_vectors[3, 2] = np.inf
    with pytest.raises(ValueError, match="vector 3 holds a NaN or an infinity"):
        write_word2vec_text(tmp_path / "m.vec", model)
