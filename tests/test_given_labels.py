"""Labels as people give them, and the matrix of truths."""

import numpy as np
import pytest

from textspace.classification.given_labels import check_labels, truth_matrix


@pytest.mark.parametrize(
    ("labels", "lists", "are_integers"),
    [
        (["a", "b"], [("a",), ("b",)], False),
        (np.array(["a", "b"]), [("a",), ("b",)], False),
        (np.array(["a", "b"], object), [("a",), ("b",)], False),
        ((x for x in "ab"), [("a",), ("b",)], False),
        ([3, 10], [("3",), ("10",)], True),
        (np.array([3, -1], np.int8), [("3",), ("-1",)], True),
        ([np.int64(3), (1, 2)], [("3",), ("1", "2")], True),
        ([3, "a"], [("3",), ("a",)], False),
        ([["a", "b"], (), {"d", "c"}, np.array(["e"]), "f"], [("a", "b"), (), ("c", "d"), ("e",), ("f",)], False),
        ([np.str_("a")], [("a",)], False),
        ([], [], False),
        ([[], []], [(), ()], False),
    ],
)
def test_labels_of_any_kind(labels, lists, are_integers):
    found = check_labels(labels)
    assert found.lists == lists
    assert found.are_integers is are_integers
    assert all(type(label) is str for labels in found.lists for label in labels)


@pytest.mark.parametrize(
    ("labels", "error", "message"),
    [
        ("pos", TypeError, "`labels` must be a sequence with the labels of each text, got 'pos'"),
        (3, TypeError, "`labels` must be a sequence with the labels of each text, got 3"),
        (["a", None], TypeError, r"got None \(NoneType\) at position 1; str\(\) makes"),
        ([True], TypeError, r"got True \(bool\) at position 0"),
        ([["a"], [1.5]], TypeError, r"got 1\.5 \(float\) at position 1"),
        ([{"a": 1}], TypeError, r"got \{'a': 1\} \(dict\) at position 0"),
        ([b"a"], TypeError, r"got b'a' \(bytes\) at position 0"),
        (np.eye(3), ValueError, "`labels` must have one dimension, got '2'; of columns of zeros and ones"),
    ],
)
def test_what_is_no_label(labels, error, message):
    with pytest.raises(error, match=message):
        check_labels(labels)


def test_truth_matrix():
    truth = truth_matrix([("b",), (), ("c", "a", "x"), ("x",)], ["a", "b", "c"])
    assert truth.tolist() == [[False, True, False], [False] * 3, [True, False, True], [False] * 3]
