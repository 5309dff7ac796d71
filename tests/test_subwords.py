import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import reference_text as reference
from textspace import _core
from textspace.text.subwords import Subwords
from textspace.text.utf8 import to_text
from textspace.text.vocabulary import Vocabulary

PIECES = st.sampled_from([b"a", b"b", "é".encode(), "司".encode(), b"<", b">", b"\x80", b"\xff", b"\x00"])
WORD = st.lists(PIECES, max_size=8).map(b"".join)
WORDS = st.lists(WORD, unique=True, max_size=12)
RANGE = st.tuples(st.integers(0, 4), st.integers(1, 6)).map(lambda pair: (min(pair), max(pair)))
HASHES = [
    (b"", 2166136261),
    (b"a", 3826002220),
    (b"the", 3020861980),
    (b"of", 1765031016),
    (b"cheese", 2718729640),
    (b"</s>", 3617362777),
    (b"<wh", 1048167652),
    ("é".encode(), 1023043777),
    ("寿司".encode(), 1986628334),
    ("naïve".encode(), 3440832043),
    (b"\xff", 4193493326),
]
WHERE = (
    "<wh 167652, <whe 989715, <wher 1526707, <where 1071586, whe 420941, wher 312621, where 969176, where> 121234, "
    "her 1473420, here 1540811, here> 114991, ere 1529033, ere> 1568469, re> 867498"
)


def listed(text: str) -> list[tuple[str, int]]:
    return [(ngram, int(bucket)) for ngram, bucket in (item.split() for item in text.split(", "))]


@pytest.mark.parametrize(("data", "expected"), HASHES)
def test_hash_as_fasttext(data: bytes, expected: int) -> None:
    assert _core.fnv1a(data) == expected == reference.fnv1a(data)


@pytest.mark.parametrize(
    ("word", "min_n", "max_n", "n_buckets", "expected"),
    [
        ("where", 3, 6, 2_000_000, WHERE),
        ("né", 1, 2, 2_000_000, "<n 1120655, n 1445553, né 497165, é 1043777, é> 1996781"),
        ("a", 1, 3, 100, "<a 50, <a> 0, a 20, a> 6"),
    ],
)
def test_ngrams_as_fasttext(word: str, min_n: int, max_n: int, n_buckets: int, expected: str) -> None:
    subwords = Subwords(min_n=min_n, max_n=max_n, n_buckets=n_buckets, first_row=0)
    assert subwords.ngrams(word) == listed(expected)


@given(WORD, RANGE, st.integers(1, 2**31 - 1))
def test_ngrams_as_reference(word: bytes, lengths: tuple[int, int], n_buckets: int) -> None:
    subwords = Subwords(min_n=lengths[0], max_n=lengths[1], n_buckets=n_buckets, first_row=0)
    expected = [(to_text(ngram), reference.fnv1a(ngram) % n_buckets) for ngram in reference.ngrams(word, *lengths)]
    assert subwords.ngrams(word) == expected


def reference_rows(words: list[bytes], known: list[bytes], subwords: Subwords) -> list[list[int]]:
    if subwords.buckets is None or subwords.ngram_rows is None:
        row_of = {bucket: subwords.first_row + bucket for bucket in range(subwords.n_buckets)}
    else:
        row_of = dict(zip(subwords.buckets.tolist(), subwords.ngram_rows.tolist(), strict=True))
    lists = []
    for word in words:
        ngrams = reference.ngrams(word, subwords.min_n, subwords.max_n)
        rows = [row_of.get(reference.fnv1a(ngram) % subwords.n_buckets, -1) for ngram in ngrams]
        lists.append(([known.index(word)] if word in known else []) + rows)
    return lists


def split_lists(indptr: np.ndarray, rows: np.ndarray) -> list[list[int]]:
    return [part.tolist() for part in np.split(rows, indptr[1:-1])] if indptr.size > 1 else []


@pytest.mark.parametrize("compact", [True, False])
@given(known=WORDS, others=WORDS, lengths=RANGE, n_buckets=st.integers(1, 300))
def test_rows_as_reference(
    known: list[bytes], others: list[bytes], lengths: tuple[int, int], n_buckets: int, compact: bool
) -> None:
    min_n, max_n = lengths
    vocabulary = Vocabulary.from_words(known)
    if compact:
        subwords = Subwords.from_vocabulary(vocabulary, min_n=min_n, max_n=max_n, n_buckets=n_buckets)
    else:
        subwords = Subwords(min_n=min_n, max_n=max_n, n_buckets=n_buckets, first_row=len(known))
    assert subwords.is_dense is not compact
    assert split_lists(*subwords.rows_of(others, vocabulary)) == reference_rows(others, known, subwords)
    assert split_lists(*subwords.vocabulary_rows(vocabulary)) == reference_rows(known, known, subwords)


@given(WORDS, st.lists(st.integers(0, 9), min_size=12, max_size=12), RANGE, st.integers(1, 300))
def test_rows_are_ordered_by_weight(
    words: list[bytes], counts: list[int], lengths: tuple[int, int], n_buckets: int
) -> None:
    vocabulary = Vocabulary.from_words(words, counts[: len(words)])
    subwords = Subwords.from_vocabulary(vocabulary, min_n=lengths[0], max_n=lengths[1], n_buckets=n_buckets)
    weights: dict[int, int] = {}
    for word, count in zip(words, counts, strict=False):
        for ngram in reference.ngrams(word, *lengths):
            bucket = reference.fnv1a(ngram) % n_buckets
            weights[bucket] = weights.get(bucket, 0) + max(count, 1)
    assert subwords.buckets is not None
    assert subwords.ngram_rows is not None
    assert subwords.buckets.tolist() == sorted(weights)
    by_row = subwords.buckets[np.argsort(subwords.ngram_rows)].tolist()
    assert by_row == sorted(weights, key=lambda bucket: (-weights[bucket], bucket))
    assert sorted(subwords.ngram_rows.tolist()) == list(range(len(words), len(words) + len(weights)))
    assert subwords.n_rows == len(weights)


def test_the_end_of_line_has_no_ngrams() -> None:
    vocabulary = Vocabulary.from_words(["</s>", "a"])
    subwords = Subwords(min_n=1, max_n=3, n_buckets=10, first_row=2)
    assert subwords.ngrams("</s>") == []
    assert split_lists(*subwords.rows_of(["</s>", "</t>"], vocabulary))[0] == [0]


@pytest.mark.parametrize("n_buckets", [40, 4_000_000])
def test_hostile_rows_are_missing_rows(n_buckets: int) -> None:
    vocabulary = Vocabulary.from_words(["where"])
    good = Subwords.from_vocabulary(vocabulary, min_n=3, max_n=6, n_buckets=n_buckets)
    assert good.buckets is not None
    assert good.ngram_rows is not None
    for row in (-7, 0, 1 + good.n_rows, 2**31 - 1):
        rows = np.full(good.n_rows, row, np.int32)
        bad = Subwords(min_n=3, max_n=6, n_buckets=n_buckets, first_row=1, buckets=good.buckets, ngram_rows=rows)
        assert split_lists(*bad.vocabulary_rows(vocabulary)) == [[0] + [-1] * 14]
    for bucket in (-(2**31), 2**31 - 1):
        buckets = np.full(good.n_rows, bucket, np.int32)
        bad = Subwords(min_n=3, max_n=6, n_buckets=n_buckets, first_row=1, buckets=buckets, ngram_rows=good.ngram_rows)
        assert split_lists(*bad.vocabulary_rows(vocabulary)) == [[0] + [-1] * 14]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"min_n": 4}, "min_n <= max_n .* got 4 and 3"),
        ({"min_n": -1}, "got -1 and 3"),
        ({"min_n": 0, "max_n": 0}, "use no Subwords"),
        ({"n_buckets": 0}, "`n_buckets` must be from 1 to .* got 0"),
        ({"n_buckets": 2**31}, "`n_buckets`"),
        ({"first_row": -1}, "`first_row` must be from 0 to 2147483637, got -1"),
        ({"first_row": 2**31 - 10}, "`first_row`"),
        ({"buckets": np.zeros(2, np.int32)}, "together"),
        ({"buckets": np.zeros(2, np.int32), "ngram_rows": np.zeros(3, np.int32)}, r"got \(2,\) and \(3,\)"),
    ],
)
def test_arguments_out_of_range(changed: dict[str, object], message: str) -> None:
    arguments = {"min_n": 3, "max_n": 3, "n_buckets": 10, "first_row": 0} | changed
    with pytest.raises(ValueError, match=message):
        Subwords(**arguments)  # type: ignore[arg-type]
