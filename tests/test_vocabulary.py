import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from textspace.text.utf8 import pack_words, to_bytes, to_text
from textspace.text.vocabulary import Vocabulary

WORDS = st.lists(st.binary(max_size=20), unique=True, max_size=60)


@given(WORDS, st.lists(st.binary(max_size=20), max_size=20))
def test_finds_every_word_and_no_other(words: list[bytes], others: list[bytes]) -> None:
    vocabulary = Vocabulary.from_words(words)
    assert vocabulary.ids_of(words).tolist() == list(range(len(words)))
    assert [vocabulary.word_bytes(i) for i in range(len(words))] == words
    expected = [words.index(word) if word in words else -1 for word in others]
    assert vocabulary.ids_of(others).tolist() == expected
    assert [vocabulary.id_of(word) for word in others] == expected


@given(st.binary(max_size=30))
def test_any_bytes_survive_as_text(word: bytes) -> None:
    assert to_bytes(to_text(word)) == word
    assert Vocabulary.from_words([word]).words == [to_text(word)]


@given(st.text(st.characters(codec=None), max_size=20))
def test_any_text_has_bytes(text: str) -> None:
    assert to_bytes(to_text(to_bytes(text))) == to_bytes(text)
    assert text in Vocabulary.from_words([text])


def test_surrogates_that_stand_for_no_byte() -> None:
    assert to_bytes("\udcff\ud800\ud801x\udc80\ude00") == b"\xff\xed\xa0\x80\xed\xa0\x81x\x80\xed\xb8\x80"


def test_lengths_around_the_words_of_the_hash() -> None:
    words = [bytes([c]) * n for n in range(34) for c in (0, 97, 255)][2:]
    assert Vocabulary.from_words(words).ids_of(words).tolist() == list(range(len(words)))


def test_counts_and_tokens() -> None:
    vocabulary = Vocabulary.from_words(["a", "b"], [7, 2])
    assert (vocabulary.n_tokens, vocabulary.counts.tolist(), vocabulary.counts.dtype) == (9, [7, 2], np.int64)
    assert Vocabulary.from_words(["a"], [7], n_tokens=11).n_tokens == 11
    assert len(vocabulary) == 2
    assert "a" in vocabulary
    assert "c" not in vocabulary
    assert 3 not in vocabulary


def test_of_equal_words_the_first_is_found() -> None:
    assert Vocabulary.from_words(["a", "b", "a"]).id_of("a") == 0


def test_an_index_can_be_stored() -> None:
    vocabulary = Vocabulary.from_words(str(i) for i in range(1000))
    assert vocabulary.index.dtype == np.uint32
    assert vocabulary.index.size == 2048
    again = Vocabulary.from_arrays(
        vocabulary.blob, vocabulary.offsets, vocabulary.counts, n_tokens=1000, index=vocabulary.index.copy()
    )
    assert again.ids_of(vocabulary.words).tolist() == list(range(1000))


def test_the_index_of_files_never_changes() -> None:
    words = ["the", "cheese", "naïve", "</s>", "a longer word than eight bytes", ""]
    assert Vocabulary.from_words(words).index.tolist() == [6, 3, 0, 1, 0, 0, 0, 4, 0, 0, 0, 5, 2, 0, 0, 0]


@pytest.mark.parametrize("fill", [0, 1, 2, 3, 0xFFFFFFFF])
@pytest.mark.parametrize("size", [1, 2, 64, 1 << 18])
def test_a_hostile_index_is_harmless(fill: int, size: int) -> None:
    blob, offsets = pack_words(["a", "b"])
    index = np.full(size, fill, np.uint32)
    vocabulary = Vocabulary.from_arrays(blob, offsets, np.ones(2, np.int64), n_tokens=2, index=index)
    assert vocabulary.ids_of(["b", "c"] * 50).tolist() == [1 if fill == 2 else -1, -1] * 50


def test_hostile_offsets_are_harmless() -> None:
    blob, _ = pack_words(["abcd"])
    good = Vocabulary.from_words(["a", "b", "cd"])
    offsets = np.array([0, 2**62, -5, 4])
    with pytest.raises(ValueError, match="`offsets` must not decrease"):
        Vocabulary.from_arrays(blob, offsets, good.counts, n_tokens=3)
    vocabulary = Vocabulary.from_arrays(blob, offsets, good.counts, n_tokens=3, index=good.index, check_offsets=False)
    assert vocabulary.ids_of(["a", "b", "cd"]).tolist() == [-1, -1, -1]
    with pytest.raises(ValueError, match="word 0 has offsets 0 and 4611686018427387904"):
        vocabulary.word(0)
    unindexed = Vocabulary.from_arrays(blob, offsets, good.counts, n_tokens=3, check_offsets=False)
    with pytest.raises(ValueError, match="`offsets`"):
        unindexed.id_of("a")


@pytest.mark.parametrize(
    ("offsets", "counts", "message"),
    [
        ([0, 1], [1, 1], r"must have shapes .* got \(2,\), \(2,\) and \(2,\)"),
        ([], [], "must have shapes"),
        ([0, 1, 3], [1, 1], "`offsets` must run from 0 to the length of `blob`, 2, got 0 to 3"),
        ([1, 1, 2], [1, 1], "`offsets` must run from 0"),
        ([0, 2, 1, 2], [1, 1, 1], "`offsets` must not decrease"),
    ],
)
def test_arrays_must_fit(offsets: list[int], counts: list[int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Vocabulary.from_arrays(
            np.zeros(2, np.uint8), np.array(offsets, np.int64), np.array(counts, np.int64), n_tokens=2
        )


def test_an_index_must_be_a_power_of_two() -> None:
    blob, offsets = pack_words(["a"])
    vocabulary = Vocabulary.from_arrays(blob, offsets, np.ones(1, np.int64), n_tokens=1, index=np.zeros(3, np.uint32))
    with pytest.raises(ValueError, match="power of two"):
        vocabulary.id_of("a")


def test_arguments_of_the_wrong_kind() -> None:
    with pytest.raises(TypeError, match="got int at position 1"):
        Vocabulary.from_words(["a", 3])  # type: ignore[list-item]
    with pytest.raises(ValueError, match="`counts` must have one entry for each of 2 words"):
        Vocabulary.from_words(["a", "b"], [1])
    with pytest.raises(TypeError, match="from_words"):
        Vocabulary()
    for word_id in (-1, 1):
        with pytest.raises(IndexError, match="from 0 to 0"):
            Vocabulary.from_words(["a"]).word(word_id)


def test_empty() -> None:
    vocabulary = Vocabulary.from_words([])
    assert (len(vocabulary), vocabulary.words, vocabulary.id_of(""), vocabulary.n_tokens) == (0, [], -1, 0)


def test_pickle() -> None:
    vocabulary = Vocabulary.from_words(["a", "b"])
    assert "a" in vocabulary
    again = pickle.loads(pickle.dumps(vocabulary))
    assert again.words == ["a", "b"]
    assert again.id_of("b") == 1


@pytest.mark.parametrize("pattern", ["%d", "w%07d", "user%08d", "%016d", "item_%011d"])
def test_the_hash_spreads_numbered_words(pattern: str) -> None:
    """Half full, a random table has an occupied slot before half of its words' slots; clusters would be far longer."""
    index = Vocabulary.from_words([pattern % i for i in range(100_000)]).index
    occupied = np.flatnonzero(index)
    runs = np.diff(np.flatnonzero(np.diff(occupied) > 1))
    assert runs.max() < 100
