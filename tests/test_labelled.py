"""Labelled texts, from files and from sequences."""

import gzip
import itertools
import re

import numpy as np
import pytest

from textspace.text.labelled import label_lists, read_labelled, split_labels, text_lines


def read(*arguments, **options):
    batches = list(read_labelled(*arguments, **options))
    return [text for batch in batches for text in batch.texts], [found for batch in batches for found in batch.labels]


def test_a_file_in_fasttexts_form(tmp_path):
    path = tmp_path / "train.txt.gz"
    path.write_bytes(gzip.compress(b"__label__a one\n\ntwo __label__b\t__label__c three"))
    assert read(path) == (["one", "", "two three"], [("a",), (), ("b", "c")])


def test_texts_and_labels_given_apart():
    assert read(["one\ntwo", "three </s> x"], ["a", ("b", "c")]) == (["one two", "three   x"], [("a",), ("b", "c")])


def test_batches_have_the_size_that_is_asked_for():
    batches = list(read_labelled(["x"] * 5, ["a"] * 5, batch_size=2))
    assert [len(batch.texts) for batch in batches] == [2, 2, 1]


def test_another_prefix():
    assert split_labels("#a x __label__b", "#") == ("x __label__b", ("a",))


@pytest.mark.parametrize("prefix", ["#", "##", "# ", " ", "\0", "", "a"])
def test_labels_stand_anywhere(prefix):
    for characters in itertools.chain.from_iterable(itertools.product("#a \0", repeat=n) for n in range(8)):
        line = "".join(characters)
        tokens = re.findall(r"[^ \n\r\t\v\f\0]+", line)
        labels = tuple(token.removeprefix(prefix) for token in tokens if token.startswith(prefix))
        text = " ".join(token for token in tokens if not token.startswith(prefix)) if prefix in line else line
        assert split_labels(line, prefix) == (text, labels)


@pytest.mark.parametrize("separator", " \n\r\t\v\f\0")
def test_whatever_separates_tokens_becomes_one_space(separator):
    line = separator.join(["", "#a", "x", "", "y#", "#b", "z", ""])
    assert split_labels(line, "#") == ("x y# z", ("a", "b"))
    assert split_labels(line, "##") == (line, ())


@pytest.mark.parametrize(
    ("labels", "names", "lengths"),
    [
        (["a", "b"], ["a", "b"], [1, 1]),
        ([1, np.int32(2)], ["1", "2"], [1, 1]),
        (np.array([3, 4]), ["3", "4"], [1, 1]),
        (np.array(["a", "b"]), ["a", "b"], [1, 1]),
        ([["a", 7], (), "c"], ["a", "7", "c"], [2, 0, 1]),
        ([np.array([1, 2])], ["1", "2"], [2]),
        ([], [], []),
    ],
)
def test_labels_in_every_form(labels, names, lengths):
    found, counts = label_lists(labels)
    assert found == names
    assert counts.tolist() == lengths


@pytest.mark.parametrize("labels", [[1.5], [None], [True], [b"a"], [[None]], [{"a": 1}], "abc", 5])
def test_other_labels_are_refused(labels):
    with pytest.raises(TypeError, match="labels"):
        label_lists(labels)


def test_texts_that_are_no_str_are_refused():
    with pytest.raises(TypeError, match="decode"):
        list(text_lines(["x", b"y"]))
    with pytest.raises(TypeError, match="sequence of str"):
        read("a text", ["a"])


@pytest.mark.parametrize("labels", [["a"], ["a", "b", "c"]])
def test_as_many_labels_as_texts(labels):
    with pytest.raises(ValueError, match="one entry for each text"):
        read(["x", "y"], labels)


def test_labels_in_the_text_need_a_prefix():
    with pytest.raises(ValueError, match="label_prefix"):
        read(["x"], label_prefix="")


def test_a_word_that_ends_the_line_counts_only_as_a_word():
    assert list(text_lines(["a</s> <s></s>x </s>", "</s>"])) == ["a</s> <s></s>x  ", " "]
