"""Labelled documents as ids, against a plain second implementation."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import reference_classifier as reference
from textspace.text.documents import encode_documents
from textspace.text.label_ids import KnownLabels
from textspace.text.vocabulary import Vocabulary

PREFIX = b"__label__"
LINES = [
    "__label__x the cheese of the moon",
    "",
    "__label__y __label__x né 寿司 cheese __label__rare",
    "the the the",
    "__label__y a\tb </s> c __label__x",
    "__label__x __label__x of",
]
SHAPES = [
    {},
    {"word_ngrams": 3},
    {"min_n": 2, "max_n": 4},
    {"word_ngrams": 2, "min_n": 1, "max_n": 3},
    {"word_ngrams": 2, "min_count": 2},
    {"word_ngrams": 2, "min_n": 3, "max_n": 3, "min_count": 2},
]


def decoded(features, documents):
    """The features of each document, as words and buckets."""
    n_words = len(features.vocabulary)
    names = {i: word.encode() for i, word in enumerate(features.vocabulary.words)}
    if features.buckets is not None:
        names |= dict(zip(features.bucket_rows.tolist(), features.buckets.tolist(), strict=True))
    found = []
    for i in range(len(documents)):
        rows = []
        for item in documents.items[documents.indptr[i] : documents.indptr[i + 1]].tolist():
            if documents.word_indptr is None:
                rows.append(item)
            elif item < documents.word_indptr.size - 1:
                rows += documents.word_rows[documents.word_indptr[item] : documents.word_indptr[item + 1]].tolist()
            else:
                rows.append(n_words + item - (documents.word_indptr.size - 1))
        found.append([names.get(row, row) for row in rows])
    return found


def labels_of(labels, documents):
    ids = documents.label_ids.tolist()
    return [
        [labels[k] for k in ids[documents.label_indptr[i] : documents.label_indptr[i + 1]]]
        for i in range(len(documents))
    ]


def expected_documents(lines, *, min_count=1, word_ngrams=1, min_n=0, max_n=0, n_buckets=2_000_000):
    read = [reference.document(line.encode(), PREFIX) for line in lines]
    counts = Counter(word for words, _ in read for word in words)
    known = {word for word, count in counts.items() if count >= min_count}
    shape = {"word_ngrams": word_ngrams, "min_n": min_n, "max_n": max_n, "n_buckets": n_buckets or 1}
    return [reference.features(words, known, **shape) for words, _ in read], [found for _, found in read]


def split_at_ends(lines):
    """A literal end of line ends a document of a file."""
    return [part for line in lines for part in line.replace("</s> ", "</s>\n").split("\n")]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("n_threads", [1, 3])
def test_features_and_labels_are_those_of_the_reference(shape, n_threads):
    features, labels, counts, documents = encode_documents(LINES, n_threads=n_threads, n_buckets=1000, **shape)
    lines = [line.replace("</s>", "") for line in split_at_ends(LINES)]
    expected, names = expected_documents(lines, n_buckets=1000, **shape)
    assert decoded(features, documents) == expected
    assert labels == ("x", "y", "rare")
    assert counts.tolist() == [5, 2, 1]
    assert labels_of(labels, documents) == [list(dict.fromkeys(n.decode() for n in found)) for found in names]


@pytest.mark.parametrize("shape", SHAPES)
def test_sequences_give_what_files_give(shape, tmp_path):
    lines = [line for line in LINES if "</s>" not in line]
    path = tmp_path / "train.txt"
    path.write_text("\n".join(lines), encoding="utf-8")
    from_file = encode_documents(path, **shape)
    read = [reference.document(line.encode(), PREFIX)[1] for line in lines]
    apart = encode_documents(lines, [[name.decode() for name in found] for found in read], **shape)
    assert decoded(*apart[::3]) == decoded(*from_file[::3])
    assert apart[1] == from_file[1]
    assert [sorted(found) for found in labels_of(apart[1], apart[3])] == [
        sorted(found) for found in labels_of(from_file[1], from_file[3])
    ]


def test_rows_of_buckets_are_those_that_occur_the_most_frequent_first():
    features, _, _, documents = encode_documents(["a b a b c", "a b"], [1, 2], word_ngrams=2)
    counts = np.bincount(documents.items)[len(features.vocabulary) :]
    assert features.n_rows == len(features.vocabulary) + counts.size
    assert counts.min() > 0
    assert (np.diff(counts) <= 0).all()
    assert (np.diff(features.buckets) > 0).all()


def test_labels_below_min_count_label_are_left_out():
    _, labels, counts, documents = encode_documents(LINES, min_count_label=2)
    assert labels == ("x", "y")
    assert counts.tolist() == [5, 2]
    assert labels_of(labels, documents)[2] == ["y", "x"]


def test_text_of_sequences_has_no_labels():
    features, labels, _, documents = encode_documents(["__label__x a", "b"], ["p", "q"])
    assert features.vocabulary.words == ["</s>", "a", "b"]
    assert labels == ("p", "q")
    assert documents.items.tolist() == [1, 0, 2, 0]


def test_empty_prefix_makes_every_token_a_word():
    features, *_ = encode_documents(["__label__x a"], ["p"], label_prefix="")
    assert "__label__x" in features.vocabulary


def test_ids_beyond_the_budget_of_memory_go_to_files():
    kept = encode_documents(LINES, word_ngrams=2)[3]
    with encode_documents(LINES, word_ngrams=2, memory_budget=8)[3] as spilled:
        assert isinstance(spilled.items, np.memmap)
        np.testing.assert_array_equal(spilled.items, kept.items)
        np.testing.assert_array_equal(spilled.indptr, kept.indptr)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_model_keeps_its_rows_and_new_ones_follow(shape):
    first = encode_documents(["__label__a old words here", "__label__b old"], **shape)
    features, labels, counts, documents = encode_documents(
        ["__label__c new old words", "__label__b new words"], start=first[0], start_labels=KnownLabels(*first[1:3]),
        min_count=shape.get("min_count", 1),
    )  # fmt: skip
    n_words, n_known = len(features.vocabulary), len(first[0].vocabulary)
    assert features.vocabulary.words[:n_known] == first[0].vocabulary.words
    assert labels == ("a", "b", "c")
    assert counts.tolist() == [1, 2, 1]
    row_of = dict(zip(features.buckets.tolist(), (features.bucket_rows - n_words).tolist(), strict=True))
    for bucket, row in zip(first[0].buckets.tolist(), (first[0].bucket_rows - n_known).tolist(), strict=True):
        assert row_of[bucket] == row
    assert sorted(features.bucket_rows.tolist()) == list(range(n_words, features.n_rows))
    known = {word.encode() for word in features.vocabulary.words}
    options = {name: getattr(features, name) for name in ("word_ngrams", "min_n", "max_n")}
    options["n_buckets"] = features.n_buckets or 1
    expected = [
        reference.features(words, known, **options)
        for words in ([b"new", b"old", b"words", b"</s>"], [b"new", b"words", b"</s>"])
    ]
    assert decoded(features, documents) == expected


def test_encoding_with_a_model_adds_nothing_where_it_must_not():
    first = encode_documents(["__label__a old words", "__label__b old"], word_ngrams=2)
    given_labels = KnownLabels(*first[1:3])
    features, labels, _, documents = encode_documents(
        ["__label__c __label__b new old words"], start=first[0], start_labels=given_labels, extend=False
    )
    assert (features.vocabulary.words, labels) == (first[0].vocabulary.words, first[1])
    assert labels_of(labels, documents) == [["b"]]
    assert documents.items.tolist().count(-1) == 1  # of "new old"; the n-grams of the others have rows
    from dataclasses import replace

    pruned = replace(first[0], skip_missing=True)
    documents = encode_documents(["new old words"], ["b"], start=pruned, start_labels=given_labels, extend=False)[3]
    assert documents.items.min() >= 0


def test_extra_words_are_known_whatever_their_count():
    extra = Vocabulary.from_words(["spare", "the", "__label__x"])
    features, labels, *_ = encode_documents(LINES, min_count=3, extra_words=extra)
    assert features.vocabulary.words == ["</s>", "the", "spare"]
    assert labels == ("x", "y", "rare")


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        ((["a"], ["x", "y"]), {}, "one entry for each text"),
        ((["a"],), {"label_prefix": ""}, "label_prefix"),
        ((["a"], ["x"]), {"min_count": 0}, "min_count"),
        ((["a"], ["x"]), {"memory_budget": -1}, "memory_budget"),
    ],
)
def test_arguments_out_of_range_are_refused(arguments, options, message):
    with pytest.raises(ValueError, match=message):
        encode_documents(*arguments, **options)


@given(
    st.lists(st.text(alphabet="ab é_l<>/s\0\t", max_size=12), min_size=1, max_size=6),
    st.sampled_from(SHAPES),
)
def test_any_texts(texts, shape):
    features, _, _, documents = encode_documents(texts, [[]] * len(texts), n_buckets=50, **shape)
    lines = [" ".join(token for token in text.replace("\0", " ").split() if token != "</s>") for text in texts]
    expected, _ = expected_documents(lines, n_buckets=50, **shape)
    if features.n_buckets:
        assert decoded(features, documents) == expected
    else:
        assert [[w for w in found if isinstance(w, bytes)] for found in expected] == decoded(features, documents)
