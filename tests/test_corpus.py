import gc
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import reference_text as reference
from textspace import _core
from textspace.text import corpus as corpus_module
from textspace.text.corpus import read_corpus
from textspace.text.utf8 import to_bytes, to_text
from textspace.text.vocabulary import Vocabulary

# Bytes that make many words of all lengths, separators, bytes that are no UTF-8, and the end of line spelled out.
PIECES = st.sampled_from(
    [
        *"ab!\n\t\v\f\0\x01\x1f\udcff\udc80é",
        " ",
        " ",
        "\r\n",
        "abcdefg",
        "abcdefgh",
        "abcdefghi",
        "</s>",
        " </s> ",
        "x" * 40,
    ]
).map(to_bytes)
TEXTS = st.lists(st.one_of(PIECES, st.binary(max_size=12)), max_size=60).map(b"".join)
THREADS_AND_BLOCKS = st.tuples(st.integers(1, 4), st.integers(1, 64))


def check(data: bytes, min_count: int, n_threads: int, block_size: int, folder: Path, memory_budget: int) -> None:
    path = folder / "corpus.txt"
    path.write_bytes(data)
    words = reference.tokens(reference.ended(data))
    kept = reference.vocabulary(words, min_count)
    options = {"min_count": min_count, "n_threads": n_threads, "block_size": block_size, "memory_budget": memory_budget}
    if not kept:
        with pytest.raises(ValueError, match="`source` has no word"):
            read_corpus(path, **options)
        return
    vocabulary, corpus = read_corpus(path, **options)
    with corpus:
        assert vocabulary.words == [to_text(word) for word in kept]
        assert vocabulary.counts.tolist() == list(kept.values())
        assert vocabulary.n_tokens == len(words)
        assert corpus.ids.tolist() == reference.encode(words, kept)
        assert corpus.ids.dtype == np.int32
        assert corpus.n_lines == words.count(b"</s>")
        assert corpus.n_tokens == sum(word in kept for word in words)


@given(TEXTS, st.integers(1, 3), THREADS_AND_BLOCKS, st.sampled_from([0, 20, 10**6]))
@example(b"", 1, (1, 1), 0)
@example(b"x\0y \vz\f\r\n\n\nq", 1, (2, 3), 0)
def test_as_reference(data: bytes, min_count: int, threads_and_block: tuple[int, int], memory_budget: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        check(data, min_count, *threads_and_block, Path(folder), memory_budget)


@pytest.mark.parametrize("n_threads", [1, 2, 3, 4])
@pytest.mark.parametrize("block_size", [5, 1000, 10**6])
def test_many_words(n_threads: int, block_size: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    n_tokens = 2_000 if block_size == 5 else 60_000
    words = [b"w%d" % (value * value // 50) for value in rng.integers(0, 3000, n_tokens).tolist()]
    data = b" ".join(word + (b"\n" if i % 17 == 0 else b"") for i, word in enumerate(words))
    check(data, 2, n_threads, block_size, tmp_path, 10**6)


def test_fasttext_example() -> None:
    vocabulary, corpus = read_corpus(["x\0y \vz\f\r\n\n\nq"], min_count=1)
    words = [vocabulary.word(i) if i >= 0 else "|" for i in corpus.ids.tolist()]
    assert words == ["x", "y", "z", "</s>", "|", "</s>", "|", "</s>", "|", "q", "</s>", "|"]


def test_the_end_of_line_in_the_text_ends_the_line() -> None:
    vocabulary, corpus = read_corpus(["a </s> b"], min_count=1)
    assert vocabulary.words == ["</s>", "a", "b"]
    assert corpus.ids.tolist() == [1, 0, -1, 2, 0, -1]


def test_words_of_equal_count_are_in_the_order_of_the_text() -> None:
    words = [f"w{i}" for i in np.random.default_rng(1).permutation(2000).tolist()]
    for n_threads in (1, 3):
        vocabulary, _ = read_corpus([" ".join(words)], min_count=1, n_threads=n_threads, block_size=100)
        assert vocabulary.words == [*words, "</s>"]


@pytest.mark.parametrize("block_size", [1000, 65_536, 200_000])
def test_endless_tokens_are_cut(block_size: int, tmp_path: Path) -> None:
    path = tmp_path / "corpus.txt"
    path.write_bytes(b"a " + b"x" * 200_000 + b" b " + b"x" * 70_000 + b" " + b"x" * 65_536 + b" " + b"x" * 65_535)
    vocabulary, corpus = read_corpus(path, min_count=1, block_size=block_size)
    assert [len(word) for word in vocabulary.words] == [65_536, 1, 1, 65_535, 4]
    assert corpus.ids.tolist() == [1, 0, 2, 0, 0, 3, 4, -1]


def test_max_vocab_keeps_the_most_frequent() -> None:
    vocabulary, corpus = read_corpus(["c b b a a a"], min_count=1, max_vocab=2)
    assert vocabulary.words == ["a", "b"]
    assert vocabulary.n_tokens == 7
    assert corpus.ids.tolist() == [1, 1, 0, 0, 0, -1]


@given(TEXTS, TEXTS, st.booleans(), st.integers(1, 3), THREADS_AND_BLOCKS)
def test_with_a_vocabulary(
    data: bytes, known_text: bytes, extend: bool, min_count: int, threads_and_block: tuple[int, int]
) -> None:
    known = reference.vocabulary(reference.tokens(known_text), 1)
    words = reference.tokens(data + b"\n")
    start = Vocabulary.from_words(known, list(known.values()))
    n_threads, block_size = threads_and_block
    options = {"min_count": min_count, "n_threads": n_threads, "block_size": block_size, "extend": extend}
    kept = reference.vocabulary(words, min_count, known=known) if extend else known
    if extend and not kept:
        with pytest.raises(ValueError, match="`source` has no word"):
            read_corpus([to_text(data + b"\n")], vocabulary=start, **options)
        return
    vocabulary, corpus = read_corpus([to_text(data + b"\n")], vocabulary=start, **options)
    assert (vocabulary is start) is not extend
    assert vocabulary.words == [to_text(word) for word in kept]
    assert vocabulary.counts.tolist() == list(kept.values())
    assert vocabulary.n_tokens == sum(known.values()) + (len(words) if extend else 0)
    assert corpus.ids.tolist() == reference.encode(words, kept)
    assert corpus.n_tokens == sum(word in kept for word in words)


def test_extending_up_to_max_vocab() -> None:
    start = Vocabulary.from_words(["a", "b"])
    vocabulary, _ = read_corpus(["c c d d d"], vocabulary=start, extend=True, min_count=1, max_vocab=3)
    assert vocabulary.words == ["a", "b", "d"]
    vocabulary, _ = read_corpus(["c c d d d"], vocabulary=start, extend=True, min_count=1, max_vocab=1)
    assert vocabulary.words == ["a", "b"]


def test_known_words_that_are_equal_keep_their_ids() -> None:
    start = Vocabulary.from_words(["a", "a", "b"])
    vocabulary, corpus = read_corpus(["b a c"], vocabulary=start, extend=True, min_count=1)
    assert vocabulary.words == ["a", "a", "b", "c", "</s>"]
    assert corpus.ids.tolist() == [2, 0, 3, 4, -1]


@pytest.mark.parametrize("memory_budget", [0, 10**9])
def test_rare_words_are_forgotten_when_there_are_too_many(
    monkeypatch: pytest.MonkeyPatch, memory_budget: int, tmp_path: Path
) -> None:
    monkeypatch.setattr(corpus_module, "_MIN_COUNTED_WORDS", 40)
    path = tmp_path / "corpus.txt"
    # Words a0 ... a9 come in every line, u0 ... u999 once each.
    lines = [" ".join(f"a{j}" for j in range(10)) + "".join(f" u{10 * i + j}" for j in range(10)) for i in range(100)]
    path.write_text("\n".join(lines) + "\nu3 u3 u3\n")
    vocabulary, corpus = read_corpus(path, min_count=3, max_vocab=12, memory_budget=memory_budget, block_size=97)
    assert vocabulary.words == ["</s>", *(f"a{j}" for j in range(10)), "u3"]
    assert vocabulary.counts.tolist() == [101] + [100] * 10 + [3]  # the first u3 is forgotten
    assert vocabulary.n_tokens == 100 * 21 + 4
    line = [*range(1, 11), 0, -1]
    assert corpus.ids.tolist() == line * 100 + [11, 11, 11, 0, -1]


def test_known_words_are_never_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corpus_module, "_MIN_COUNTED_WORDS", 5)
    start = Vocabulary.from_words([f"k{i}" for i in range(20)])
    texts = [f"u{i} k{i % 20}" for i in range(60)]
    vocabulary, corpus = read_corpus(texts, vocabulary=start, extend=True, min_count=2, max_vocab=1, block_size=1)
    assert vocabulary.words == start.words
    assert vocabulary.counts.tolist() == [4] * 20
    assert corpus.ids.tolist() == [value for i in range(60) for value in (i % 20, -1)]


def test_the_temporary_file_goes_away(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    made = []
    make = tempfile.TemporaryFile
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda **options: made.append(make(**options)) or made[-1])
    _, corpus = read_corpus(["a b c"], min_count=1, memory_budget=8)
    assert isinstance(corpus.ids, np.memmap)
    ids = corpus.ids.tolist()
    corpus.close()
    assert made[0].closed
    assert corpus.ids.size == 0
    _, corpus = read_corpus(["a b c"], min_count=1, memory_budget=8)
    assert corpus.ids.tolist() == ids
    del corpus
    gc.collect()
    assert made[1].closed
    with pytest.raises(ValueError, match="has no word"):
        read_corpus(["a b c"], memory_budget=8)
    gc.collect()
    assert made[2].closed
    assert list(tmp_path.iterdir()) == []
    _, corpus = read_corpus(["a b c"], min_count=1, memory_budget=20)
    assert not isinstance(corpus.ids, np.memmap)
    assert corpus.ids.tolist() == ids


def test_no_room_for_the_temporary_file(monkeypatch: pytest.MonkeyPatch) -> None:
    class Full:
        def write(self, data: object) -> None:
            raise OSError(28, "No space left on device")

        def close(self) -> None:
            pass

    monkeypatch.setattr(tempfile, "TemporaryFile", lambda **options: Full())
    with pytest.raises(OSError, match="set TMPDIR to a folder with more room"):
        read_corpus(["a b c"], min_count=1, memory_budget=0)


def test_progress() -> None:
    seen: list[tuple[int, int]] = []
    read_corpus(["a b", "c d e"], min_count=1, block_size=1, progress=lambda *values: seen.append(values))
    assert seen == [(4, 3), (10, 7)]


def test_tokenizers() -> None:
    for block_size in (1, 5, 100):
        vocabulary, corpus = read_corpus(
            ["The cheese, the wine!\nWine?"], min_count=1, tokenizer="unicode", block_size=block_size
        )
        assert vocabulary.words == ["the", "wine", "</s>", "cheese"]
        assert corpus.ids.tolist() == [0, 3, 0, 1, 2, -1, 1, 2, -1]
    vocabulary, corpus = read_corpus(["ab", "a"], min_count=1, tokenizer=list)
    assert vocabulary.words == ["a", "</s>", "b"]
    assert corpus.ids.tolist() == [0, 2, 1, -1, 0, 1, -1]


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"min_count": 0}, ValueError, "`min_count` must be >= 1, got 0"),
        ({"min_count": 2.5}, TypeError, "`min_count` must be an integer"),
        ({"max_vocab": 0}, ValueError, "`max_vocab` must be >= 1, got 0"),
        ({"memory_budget": -1}, ValueError, "`memory_budget` must be >= 0"),
        ({"n_threads": 0}, ValueError, "`n_threads` must be >= 1"),
        ({"block_size": 0}, ValueError, "`block_size` must be >= 1"),
        ({"extend": True}, ValueError, "`extend` must not be True without a `vocabulary`"),
        ({"tokenizer": "bpe"}, ValueError, "`tokenizer` must be one of 'whitespace', 'unicode', got 'bpe'"),
        ({}, ValueError, "`min_count`=5 times, got 3 different words, the most frequent occurs 2 times; lower"),
    ],
)
def test_arguments_out_of_range(options: dict[str, object], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        read_corpus(["a b", "a"][:2], **options)  # type: ignore[arg-type]


def test_no_text_at_all() -> None:
    with pytest.raises(ValueError, match=r"`source` has no word .* got none; lower"):
        read_corpus([])


def test_renumber() -> None:
    for n_threads in (1, 2, 5, 9):
        ids = np.array([0, 1, -1, 2, 2, -1, 1], np.int32)
        n_kept = _core.renumber(ids, np.array([5, -2, 0], np.int32), n_threads)
        assert ids[:n_kept].tolist() == [5, -1, 0, 0, -1]
    for bad in (-2, 3, 2**31 - 1, -(2**31)):
        with pytest.raises(ValueError, match="`ids` must hold"):
            _core.renumber(np.array([0, bad], np.int32), np.zeros(3, np.int32), 2)


def test_encoder_keeps_only_ids_that_it_has() -> None:
    encoder = _core.CorpusEncoder(n_threads=1, add_words=True)
    encoder.encode(b"a b ")
    for bad in (-1, 2):
        with pytest.raises(ValueError, match="`order` must hold ids"):
            encoder.keep(np.array([bad], np.int32))


def endless_texts() -> Iterator[str]:
    while True:
        yield "some words of a text that never ends " * 1000


def test_interrupt_stops_within_a_second() -> None:
    threading.Timer(0.3, signal.raise_signal, [signal.SIGINT]).start()
    start = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        read_corpus(endless_texts(), memory_budget=0)
    assert time.monotonic() - start < 1.3 + 1.0  # a loaded machine is slow


@pytest.mark.slow
def test_memory_does_not_grow_with_the_text() -> None:
    program = (
        "import resource, sys\n"
        "from textspace.text.corpus import read_corpus\n"
        "texts = ('the quick brown fox jumps over the lazy dog ' * 1000 for _ in range(int(sys.argv[1])))\n"
        "v, c = read_corpus(texts, memory_budget=2**20, n_threads=2, block_size=2**20)\n"
        "assert c.n_tokens == int(sys.argv[1]) * 9001\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)\n"
    )
    peaks = [
        int(subprocess.run([sys.executable, "-c", program, n], check=True, capture_output=True, text=True).stdout)
        for n in ("100", "4000")
    ]
    assert peaks[1] < 1.15 * peaks[0]
