"""Tag models in `.textspace` files."""

from dataclasses import fields, is_dataclass, replace

import numpy as np
import pytest

from textspace.errors import FormatError
from textspace.formats import kind_of, read_classifier, read_tagspace, read_vectors, write_tagspace
from textspace.formats.stored_tagspace import SparseLinear, StoredConvolution, StoredTagSpace
from textspace.formats.tensor_file import read_tensor_file, write_tensor_file
from textspace.text.features import TextFeatures
from textspace.text.vocabulary import Vocabulary

D, L = 4, 3


def sample(**changes):
    features = TextFeatures(
        Vocabulary.from_words(["a", "b"]),
        word_ngrams=2,
        n_buckets=10,
        buckets=np.array([3, 7], np.int32),
        bucket_rows=np.array([3, 2], np.int32),
        skip_missing=True,
    )
    rng = np.random.default_rng(0)
    model = StoredTagSpace(
        features,
        ("x", "ÿ", ""),
        np.array([5, 2, 1], np.int64),
        rng.normal(size=(4, D)).astype(np.float32),
        rng.normal(size=(L, D)).astype(np.float32),
        parameters={"dim": D, "score_scale": 1.0, "poolings": ["mean"], "pool": None},
    )
    return replace(model, **changes)


def normal(*shape):
    return np.random.default_rng(1).normal(size=shape).astype(np.float32)


def convolution():
    return StoredConvolution(normal(6, D), normal(2), normal(4, D), normal(D))


def linear(**changes):
    own = SparseLinear(
        np.array([0, 1, 1, 3, 3], np.int64), np.array([2, 0, 1], np.int32), normal(3), normal(L), normal(4), mix=0.25
    )
    return replace(own, **changes)


MODELS = {
    "bag": {},
    "bag of three poolings": {"tag_vectors": normal(L, 3 * D)},
    "bag with bias and weights": {"tag_bias": normal(L), "row_weights": normal(4), "similarity": "cosine"},
    "tree": {"loss": "hs", "tag_vectors": normal(L - 1, D)},
    "convolution": {"convolution": convolution(), "loss": "tagspace"},
    "linear": {"linear": linear()},
    "linear without weights of rows": {"linear": linear(row_weights=None)},
}


def assert_same(found, expected):
    for field in fields(expected):
        ours, theirs = getattr(found, field.name), getattr(expected, field.name)
        if field.name == "vocabulary":
            assert ours.words == theirs.words
        elif isinstance(theirs, np.ndarray):
            np.testing.assert_array_equal(ours, theirs, err_msg=field.name)
        elif is_dataclass(theirs):
            assert_same(ours, theirs)
        else:
            assert ours == theirs, field.name


@pytest.mark.parametrize("mmap", [True, False])
@pytest.mark.parametrize("name", MODELS)
def test_everything_survives(name, mmap, tmp_path):
    model = sample(**MODELS[name])
    write_tagspace(tmp_path / "m.textspace", model)
    found = read_tagspace(tmp_path / "m.textspace", mmap=mmap)
    assert_same(found, model)
    assert found.word_vectors.flags.writeable is not mmap
    assert kind_of(tmp_path / "m.textspace") == "tag_space"


def test_other_readers_say_what_it_is(tmp_path):
    write_tagspace(tmp_path / "m.textspace", sample())
    for read in (read_vectors, read_classifier):
        with pytest.raises(FormatError, match="a tag model, not"):
            read(tmp_path / "m.textspace")
    with pytest.raises(ValueError, match=r"must end with one of \.textspace, \.tsv"):
        write_tagspace(tmp_path / "m.bin", sample())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"loss": "rank"}, "`loss` must be one of"),
        ({"similarity": "l2"}, "`similarity` must be"),
        ({"tags": ("x", "x", "y")}, "`tags` must not be empty, and differ"),
        ({"tag_counts": np.ones(2, np.int64)}, "`tag_counts` must have shape"),
        ({"word_vectors": normal(5, D)}, "`word_vectors` must have 4 rows"),
        ({"tag_vectors": normal(L, D + 1)}, "`tag_vectors` must have shape"),
        ({"tag_vectors": normal(L, 4 * D)}, "as wide as an embedding"),
        ({"tag_bias": normal(L + 1)}, "`tag_bias` must have shape"),
        ({"row_weights": normal(3)}, "`row_weights` must have shape"),
        ({"convolution": replace(convolution(), filters=normal(5, D))}, "`filters` must have shape"),
        ({"convolution": replace(convolution(), filter_bias=normal(0))}, "`filter_bias` must have"),
        ({"convolution": replace(convolution(), projection=normal(1, D))}, "a filter a maximum"),
        ({"convolution": replace(convolution(), projection_bias=normal(1))}, "`projection_bias` must have shape"),
    ],
)
def test_parts_must_fit(changes, message):
    with pytest.raises(ValueError, match=message):
        sample(**changes)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"indptr": np.array([0, 1, 0, 3, 3], np.int64)}, "`indptr` must ascend"),
        ({"indptr": np.array([0, 1, 1, 3, 4], np.int64)}, "`indptr` must ascend"),
        ({"indptr": np.array([0, 3], np.int64)}, "`indptr` must have shape"),
        ({"tag_ids": np.array([2, 0, 3], np.int32)}, "`tag_ids` must be from 0 to 2"),
        ({"tag_ids": np.array([-1, 0, 1], np.int32)}, "`tag_ids` must be from 0 to 2"),
        ({"values": normal(2)}, "`values` must have shape"),
    ],
)
def test_the_linear_part_must_fit(changes, message):
    with pytest.raises(ValueError, match=message):
        sample(linear=linear(**changes))


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("tag_counts", np.ones(L, np.int32)),
        ("tag_vectors", np.ones(3, np.float32)),
        ("tag_offsets", np.array([0, 1, 9, 3], np.int64)),
        ("convolution_filters", np.ones((2, 2), np.float32)),
        ("linear_indptr", np.array([0], np.int64)),
    ],
)
def test_damaged_files_are_refused(name, values, tmp_path):
    model = sample(convolution=convolution(), linear=linear())
    write_tagspace(tmp_path / "m.textspace", model)
    file = read_tensor_file(tmp_path / "m.textspace", mmap=False)
    write_tensor_file(tmp_path / "n.textspace", file.arrays | {name: values}, metadata=file.metadata)
    with pytest.raises(FormatError):
        read_tagspace(tmp_path / "n.textspace")


def test_a_mix_that_is_no_number_is_refused(tmp_path):
    write_tagspace(tmp_path / "m.textspace", sample(linear=linear()))
    file = read_tensor_file(tmp_path / "m.textspace", mmap=False)
    write_tensor_file(tmp_path / "n.textspace", file.arrays, metadata=file.metadata | {"linear_mix": "much"})
    with pytest.raises(FormatError, match="`linear_mix` must be a number"):
        read_tagspace(tmp_path / "n.textspace")
