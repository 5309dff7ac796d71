"""Texts of any collection: the same batches whatever it is, and errors that say where a text is missing."""

import ctypes
import threading
import time

import numpy as np
import pytest

from test_predictor import RULES, TEXTS, build
from textspace import _core
from textspace.prediction.predictor import Predictor
from textspace.prediction.texts import TEXTS_PER_BATCH, text_batches


@pytest.fixture(scope="module")
def predictor():
    return Predictor(build("softmax", 5, 9, **RULES["bigrams"])[0], n_threads=2)


@pytest.fixture(scope="module")
def expected(predictor):
    return predictor.logits(TEXTS)


@pytest.mark.parametrize(
    "collection",
    [
        list,
        tuple,
        iter,
        lambda texts: (text for text in texts),
        dict.fromkeys,
        lambda texts: [text.encode() for text in texts],
        lambda texts: np.array(texts, dtype=object),
        np.array,
        lambda texts: np.array([text.encode() for text in texts], dtype=object),
    ],
)
def test_any_collection(predictor, expected, collection):
    texts = collection(TEXTS)
    assert (predictor.logits(texts) == expected).all()


def test_string_dtype(predictor, expected):
    if not hasattr(np.dtypes, "StringDType"):
        pytest.skip("NumPy 2 has StringDType")
    assert (predictor.logits(np.array(TEXTS, dtype=np.dtypes.StringDType())) == expected).all()


@pytest.mark.parametrize("kind", ["string", "large_string", "string_view"])
@pytest.mark.parametrize("chunked", [False, True])
def test_pyarrow(predictor, expected, kind, chunked):
    pa = pytest.importorskip("pyarrow")
    array = pa.array([*TEXTS, None, "left out"], type=getattr(pa, kind)())
    array = pa.chunked_array([array[:3], array[3:-1]]) if chunked else array[:-1]
    logits = predictor.logits(array)
    assert (logits[:-1] == expected).all()
    assert (logits[-1] == predictor.logits([""])).all()
    assert (predictor.logits(array[2:5]) == expected[2:5]).all()
    assert predictor.logits(array[:0]).shape == (0, 5)


@pytest.mark.parametrize("collection", [list, iter, "arrow"])
def test_blocks_of_probabilities_are_small(predictor, monkeypatch, collection):
    expected = predictor.probabilities(TEXTS)
    monkeypatch.setattr("textspace.prediction.predictor.CELLS_PER_BLOCK", 3 * 5 + 4)
    texts = pytest.importorskip("pyarrow").array(TEXTS) if collection == "arrow" else collection(TEXTS)
    blocks = list(predictor.probability_blocks(texts))
    assert {len(block) for block in blocks[:-1]} == {3}
    assert (np.concatenate(blocks) == expected).all()


def test_slices_of_arrow_texts_keep_the_array(predictor, expected):
    pa = pytest.importorskip("pyarrow")
    texts = _core.ArrowTexts(*pa.array(TEXTS).__arrow_c_array__())
    part = texts.slice(1, 4)
    del texts
    assert len(part) == 3
    assert (predictor._written("logits", part, 5, of_batch=(part, 0)) == expected[1:4]).all()
    for begin, end in ((-1, 2), (2, 1), (0, 4)):
        with pytest.raises(ValueError, match="`begin` must be"):
            part.slice(begin, end)


def test_polars(predictor, expected):
    pl = pytest.importorskip("polars")
    assert (predictor.logits(pl.Series(TEXTS)) == expected).all()
    assert (predictor.logits(pl.Series([None, *TEXTS]))[1:] == expected).all()


@pytest.mark.parametrize("dtype", ["object", "string"])
def test_pandas(predictor, expected, dtype):
    pd = pytest.importorskip("pandas")
    series = pd.Series(TEXTS, index=range(10, 10 + len(TEXTS)), dtype=dtype)
    assert (predictor.logits(series) == expected).all()


def test_a_missing_text_in_pandas_is_named(predictor):
    pd = pytest.importorskip("pandas")
    with pytest.raises(TypeError, match="NoneType at position 1"):
        predictor.best(pd.Series(["a", None], dtype="object"))


def test_arrow_of_other_types_is_refused(predictor):
    pa = pytest.importorskip("pyarrow")
    for array in (pa.array([1, 2]), pa.array(["a"]).dictionary_encode(), pa.table({"a": ["b"]})):
        with pytest.raises(TypeError, match="cast it to string"):
            predictor.top(array)


def test_an_arrow_capsule_is_used_once():
    pa = pytest.importorskip("pyarrow")
    capsules = pa.array(["a"]).__arrow_c_array__()
    assert len(_core.ArrowTexts(*capsules)) == 1
    with pytest.raises(ValueError, match="already used"):
        _core.ArrowTexts(*capsules)
    with pytest.raises(ValueError, match="PyCapsule"):
        _core.ArrowStream(capsules[0])


class HandMade:
    """An Arrow array made by hand, whatever is wrong with it: no library would make it."""

    def __init__(self, layout, buffers, length):
        release = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(lambda _: None)
        address = ctypes.cast(release, ctypes.c_void_p).value
        pointers = (ctypes.c_void_p * len(buffers))(*[ctypes.addressof(b) if b else None for b in buffers])
        self.schema = (ctypes.c_int64 * 9)()
        self.format = ctypes.create_string_buffer(layout)
        self.schema[0], self.schema[7] = ctypes.addressof(self.format), address
        self.array = (ctypes.c_int64 * 10)(length, 0, 0, len(buffers), 0, ctypes.addressof(pointers), 0, 0, address, 0)
        self.kept = release, pointers, buffers

    def texts(self):
        new = ctypes.pythonapi.PyCapsule_New
        new.restype, new.argtypes = ctypes.py_object, [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
        schema = new(ctypes.addressof(self.schema), b"arrow_schema", None)
        return _core.ArrowTexts(schema, new(ctypes.addressof(self.array), b"arrow_array", None))


def test_damaged_arrow_arrays_are_refused():
    data = ctypes.create_string_buffer(b"abcdefghijklmnopqrstuvwxyz")
    good = HandMade(b"u", [None, (ctypes.c_int32 * 3)(0, 1, 5), data], 2)
    assert len(good.texts()) == 2
    sizes = (ctypes.c_int64 * 1)(26)
    views = (ctypes.c_int32 * 4)(20, 0, 0, 6)
    assert HandMade(b"vu", [None, views, data, sizes], 1).texts().n_bytes == 20
    for made, message in [
        (HandMade(b"u", [None, (ctypes.c_int32 * 3)(0, 5, 1), data], 2), "must not decrease"),
        (HandMade(b"U", [None, (ctypes.c_int64 * 2)(-1, 5), data], 1), "must not decrease"),
        (HandMade(b"u", [None, (ctypes.c_int32 * 3)(0, 1, 5)], 2), "damaged"),
        (HandMade(b"u", [None, (ctypes.c_int32 * 3)(0, 1, 5), data], -1), "damaged"),
        (HandMade(b"vu", [None, (ctypes.c_int32 * 4)(20, 0, 0, 7), data, sizes], 1), "damaged"),
        (HandMade(b"vu", [None, (ctypes.c_int32 * 4)(20, 0, 1, 0), data, sizes], 1), "damaged"),
        (HandMade(b"vu", [None, (ctypes.c_int32 * 4)(-1, 0, 0, 0), data, sizes], 1), "damaged"),
    ]:
        with pytest.raises(ValueError, match=message):
            made.texts()


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ("one text", r"single str; pass \[text\]"),
        (b"one text", "single bytes"),
        (7, "collection of texts, got int"),
        (["a", None], "NoneType at position 1"),
        (["a", 3.5, None], "float at position 1"),
        (["a"] * (TEXTS_PER_BATCH + 7) + [None], f"NoneType at position {TEXTS_PER_BATCH + 7}"),
        (np.array([["a"]]), r"shape \(1, 1\)"),
        (np.array([1.0]), "dtype float64"),
        (np.array("a"), r"shape \(\)"),
    ],
)
def test_what_is_no_text_is_named(predictor, texts, message):
    for method in (predictor.top, predictor.best, predictor.logits, predictor.probabilities, predictor.embed):
        with pytest.raises(TypeError, match=message):
            method(texts)


def test_batches_are_bounded(predictor):
    n_taken = 0

    def texts():
        nonlocal n_taken
        for n_taken in range(1, 3 * TEXTS_PER_BATCH + 1):  # noqa: B007
            yield "a"

    batches = iter(text_batches(texts()))
    assert len(next(batches)) == TEXTS_PER_BATCH == n_taken
    assert predictor.best(["the"] * (TEXTS_PER_BATCH + 1)).shape == (TEXTS_PER_BATCH + 1,)
    assert predictor.top(["the"] * (TEXTS_PER_BATCH + 1), k=2).scores.shape == (TEXTS_PER_BATCH + 1, 2)


def test_no_texts(predictor):
    for empty in ([], (), iter(()), np.array([], dtype=object)):
        assert predictor.top(empty, k=2).label_ids.shape == (0, 2)
    assert predictor.best([]).shape == (0,)
    assert predictor.probabilities(iter(())).shape == (0, 5)


def test_lone_surrogates_have_bytes_as_elsewhere(predictor):
    found = predictor.logits(["the \udcff cheese", "the \ud800"])
    assert (found == predictor.logits([b"the \xff cheese", b"the \xed\xa0\x80"])).all()


def test_a_list_may_change_while_it_is_read(predictor):
    texts = [f"the cheese number {i}" for i in range(3000)]
    expected = predictor.best(texts)
    stop = threading.Event()

    def change():
        while not stop.is_set():
            copy = list(texts)
            texts.clear()
            time.sleep(0)
            texts.extend(copy)

    changing = threading.Thread(target=change)
    changing.start()
    for _ in range(20):
        found = predictor.best(texts)
        assert found.size in {0, 3000} and (found == expected[: found.size]).all()
    stop.set()
    changing.join()
