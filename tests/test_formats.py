import gzip
import os
from pathlib import Path

import numpy as np
import pytest

from reference_formats import binary_bytes, text_bytes
from sample_models import WORDS, assert_same_model, compact_model, dense_model, plain_model, random_rows, reference_of
from textspace.errors import FormatError
from textspace.formats import read_vectors, write_vectors


@pytest.mark.parametrize("suffix", [".textspace", ".bin", ".vec", ".txt", ".w2v", ".w2v.bin", ".BIN"])
def test_what_is_written_is_recognized_by_content_alone(suffix: str, tmp_path: Path) -> None:
    model = plain_model()
    write_vectors(tmp_path / f"m{suffix}", model)
    (tmp_path / f"m{suffix}").rename(tmp_path / "anything")
    found = read_vectors(tmp_path / "anything")
    np.testing.assert_array_equal(found.input_vectors, model.input_vectors)
    assert [found.vocabulary.word_bytes(word_id) for word_id in range(len(WORDS))] == WORDS


def test_the_same_model_through_native_and_fasttext(tmp_path: Path) -> None:
    model = dense_model()
    write_vectors(tmp_path / "1.textspace", model)
    write_vectors(tmp_path / "2.bin", read_vectors(tmp_path / "1.textspace"))
    write_vectors(tmp_path / "3.textspace", read_vectors(tmp_path / "2.bin"))
    assert_same_model(read_vectors(tmp_path / "3.textspace", mmap=False), model)


def test_word_vectors_are_the_same_through_every_format(tmp_path: Path) -> None:
    model = compact_model()
    expected = [reference_of(model).vector(word) for word in WORDS]
    for suffix in (".textspace", ".bin"):
        write_vectors(tmp_path / f"m{suffix}", model)
        write_vectors(tmp_path / "m.vec", read_vectors(tmp_path / f"m{suffix}"))
        np.testing.assert_allclose(read_vectors(tmp_path / "m.vec").input_vectors, expected, atol=1e-6)


def test_a_file_may_be_saved_over_itself(tmp_path: Path) -> None:
    path = tmp_path / "m.textspace"
    write_vectors(path, compact_model())
    before = path.read_bytes()
    write_vectors(path, read_vectors(path, mmap=False))
    assert path.read_bytes() == before


def test_an_unknown_suffix_names_the_known_ones(tmp_path: Path) -> None:
    for name in ("model", "model.vec.gz", "model.npz"):
        with pytest.raises(ValueError, match=r"must end with one of .textspace, .w2v.bin, .w2v, .bin, .vec, .txt, got"):
            write_vectors(tmp_path / name, plain_model())


CONTENTS = {
    "the file is empty": b"",
    "compressed with zip": b"PK\x03\x04" + bytes(100),
    "compressed with bzip2": b"BZh9" + bytes(100),
    "compressed with xz": b"\xfd7zXZ\x00" + bytes(100),
    "compressed with zstandard": b"\x28\xb5\x2f\xfd" + bytes(100),
    "not a .textspace, fastText .bin or .ftz, word2vec or GloVe file": b"\x89PNG\r\n" + bytes(100),
    "fastText model of 2016-17": np.array([100, 5, 5, 5, 5, 1, 2, 2, 1000, 3, 6, 100, 0, 0], "<i4").tobytes(),
}


@pytest.mark.parametrize(("message", "content"), CONTENTS.items(), ids=CONTENTS)
def test_files_of_no_known_format_say_what_they_are(message: str, content: bytes, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(FormatError, match=f"file: .*{message}"):
        read_vectors(tmp_path / "file")


def test_the_name_decides_where_the_content_does_not(tmp_path: Path) -> None:
    for name, message in {
        "m.bin": "not a fastText model: its magic number must be",
        "m.ftz": "not a fastText model",
        "m.vec": "the first line must be a number of words",
        "m.textspace": "the length of the header must be <=",
        "m.w2v": "the first line must be the number of words",
    }.items():
        (tmp_path / name).write_bytes(b"something else\n" * 10)
        with pytest.raises(FormatError, match=message):
            read_vectors(tmp_path / name)


def test_text_with_a_wrong_first_vector_is_still_text(tmp_path: Path) -> None:
    (tmp_path / "m.vec").write_bytes(b"2 3\na 1 2\nb 1 2 3\n")
    with pytest.raises(FormatError, match="line 2 has 3 columns"):
        read_vectors(tmp_path / "m.vec")


def test_the_two_word2vec_forms_are_told_apart(tmp_path: Path) -> None:
    rows = random_rows(len(WORDS), 7)
    for content in (text_bytes(WORDS, rows), binary_bytes(WORDS, rows), gzip.compress(text_bytes(WORDS, rows))):
        (tmp_path / "m.bin").write_bytes(content)
        np.testing.assert_array_equal(read_vectors(tmp_path / "m.bin").input_vectors, rows)


def colliding_words(n: int) -> list[bytes]:
    """Words of 8 bytes, none of them zero, of which the lowest 32 bits of the hash are equal: `hash_word` backwards."""
    modulus = 1 << 64
    unmix_rest, unmix_full = pow(0x9E3779B97F4A7C15, -1, modulus), pow(0xD6E8FEB86659FD93, -1, modulus)
    found: list[bytes] = []
    hashed = 0
    while len(found) < n:
        hashed += 1 << 32
        mixed = hashed ^ hashed >> 29 ^ hashed >> 58
        mixed = mixed * unmix_rest % modulus
        mixed ^= mixed >> 29 ^ mixed >> 58
        word = ((mixed ^ mixed >> 32) * unmix_full % modulus).to_bytes(8, "little")
        if 0 not in word:
            found.append(word)
    return found


def test_words_made_to_collide_are_refused_and_not_searched_for_hours(tmp_path: Path) -> None:
    words = colliding_words(5000)
    write_vectors(tmp_path / "few.bin", plain_model(words[:1000]))
    assert read_vectors(tmp_path / "few.bin").vocabulary.id_of(words[999]) == 999
    write_vectors(tmp_path / "many.bin", plain_model(words))
    with pytest.raises(ValueError, match="thousands of words are equal or have the same hash"):
        read_vectors(tmp_path / "many.bin").vocabulary.id_of("the")


def test_paths_that_are_no_files(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_vectors(tmp_path / "missing.bin")
    with pytest.raises(IsADirectoryError, match="this is a folder"):
        read_vectors(tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
@pytest.mark.timeout(10)
def test_a_pipe_is_refused_without_waiting_for_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ValueError, match="ordinary file"):
        read_vectors(tmp_path / "pipe")


def test_real_files(shared: Path, tmp_path: Path) -> None:
    models = shared / "data" / "models"
    for name, n_words in {"crime-and-punishment.bin": 291, "lee_fasttext_new.bin": 1763}.items():
        found = read_vectors(models / name)
        assert len(found.vocabulary) == n_words
        write_vectors(tmp_path / name, found)
        written, original = (tmp_path / name).read_bytes(), (models / name).read_bytes()
        # Ours is always version 12; the second of these is version 11.
        assert written[:4] + written[8:] == original[:4] + original[8:]


def test_real_files_that_are_not_read_say_why(shared: Path) -> None:
    models = shared / "data" / "models"
    for name in ("lee_fasttext.bin", "non_ascii_fasttext.bin"):
        with pytest.raises(FormatError, match=r"2016-17.*gensim's load_facebook_model"):
            read_vectors(models / name)
    with pytest.raises(FormatError, match=r"a text classifier, not word vectors: open it with textspace.load"):
        read_vectors(models / "lid.176.ftz")
