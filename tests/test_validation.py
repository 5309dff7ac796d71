"""Checks of arguments: what they let pass, and the words of their errors."""

import math
import os
import re

import numpy as np
import pytest

from textspace._validation import (
    check_bool,
    check_choice,
    check_float,
    check_int,
    check_n_threads,
    check_random_state,
    check_texts,
    usable_cores,
)


@pytest.mark.parametrize("value", [3, np.int64(3), np.uint8(3)])
def test_integers_of_any_type_become_int(value):
    assert check_int("dim", value, at_least=3, at_most=3) == 3
    assert type(check_int("dim", value)) is int


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        (0, ValueError, "`dim` must be >= 1, got 0; ask for more"),
        (3.0, TypeError, "`dim` must be an integer, got 3.0; ask for more"),
        (True, TypeError, "`dim` must be an integer, got True"),
        ("3", TypeError, "`dim` must be an integer, got '3'"),
        (None, TypeError, "`dim` must be an integer, got None"),
        ([1] * 100, TypeError, "... (list)"),
    ],
)
def test_integer_errors(value, error, message):
    with pytest.raises(error, match=re.escape(message)):
        check_int("dim", value, at_least=1, remedy="ask for more")


def test_integer_range_errors():
    with pytest.raises(ValueError, match="`dim` must be between 1 and 5, got 6"):
        check_int("dim", 6, at_least=1, at_most=5)
    with pytest.raises(ValueError, match="`dim` must be <= 5, got 6"):
        check_int("dim", 6, at_most=5)


@pytest.mark.parametrize("value", [1, 1.0, np.float32(1), np.int8(1)])
def test_numbers_of_any_type_become_float(value):
    assert check_float("subsample", value, at_least=1, at_most=1) == 1
    assert type(check_float("subsample", value)) is float


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        (0, ValueError, "`learning_rate` must be > 0, got 0.0"),
        (math.nan, ValueError, "`learning_rate` must be finite, got nan"),
        (math.inf, ValueError, "`learning_rate` must be finite, got inf"),
        (3, ValueError, "`learning_rate` must be <= 2, got 3.0; less"),
        (True, TypeError, "`learning_rate` must be a number, got True"),
        ("1", TypeError, "`learning_rate` must be a number, got '1'; less"),
    ],
)
def test_number_errors(value, error, message):
    with pytest.raises(error, match=re.escape(message)):
        check_float("learning_rate", value, above=0, at_most=2, remedy="less")


def test_bool_and_choice():
    assert check_bool("flag", np.True_) is True
    with pytest.raises(TypeError, match="`flag` must be True or False, got 1"):
        check_bool("flag", 1)
    assert check_choice("loss", "ns", ("ns", "hs")) == "ns"
    for wrong in ("NS", None, ["ns"]):
        with pytest.raises(ValueError, match="`loss` must be one of 'ns', 'hs', got "):
            check_choice("loss", wrong, ("ns", "hs"))


def test_threads_and_seeds():
    assert 1 <= check_n_threads(None) == usable_cores() <= (os.cpu_count() or 1)
    assert check_n_threads(3) == 3
    with pytest.raises(ValueError, match="`n_threads` must be >= 1, got 0; None uses all cores"):
        check_n_threads(0)
    assert check_random_state(2**64 - 1) == 2**64 - 1
    assert check_random_state(None) != check_random_state(None)
    with pytest.raises(ValueError, match="`random_state` must be between 0 and"):
        check_random_state(-1)


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="needs a system that pins processes to cores")
def test_cores_that_the_process_may_not_use_do_not_count():
    allowed = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {min(allowed)})
        assert usable_cores() == 1
    finally:
        os.sched_setaffinity(0, allowed)


def test_texts():
    assert check_texts("texts", ("a", "b")) == ["a", "b"]
    assert check_texts("texts", (text for text in "ab")) == ["a", "b"]
    assert check_texts("texts", np.array(["a"])) == ["a"]
    with pytest.raises(
        TypeError, match=re.escape("`texts` must be a sequence of texts, got a single str; pass [texts]")
    ):
        check_texts("texts", "a text")
    with pytest.raises(TypeError, match=r"`texts` must hold only str, got None at position 1"):
        check_texts("texts", ["a", None])
    with pytest.raises(TypeError, match="`texts` must be a sequence of texts, got 3"):
        check_texts("texts", 3)
