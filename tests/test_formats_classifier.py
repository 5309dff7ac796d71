"""Classifiers in the native format and in fastText's."""

import json
import struct
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from reference_formats import ARGUMENTS as ARGUMENT_NAMES
from sample_classifiers import CLASSIFIERS, LABELS, assert_same_classifier, folded_classifier, sample_classifier
from textspace import load
from textspace.errors import FormatError
from textspace.formats import StoredClassifier, kind_of, read_classifier, read_model, read_vectors, write_classifier
from textspace.formats.quantized import ProductQuantized, dense_matrix
from textspace.formats.tensor_file import read_tensor_file, write_tensor_file
from textspace.quantization import quantize_classifier, quantize_matrix
from textspace.text.features import TextFeatures
from textspace.text.vocabulary import Vocabulary

IN_FASTTEXT = ("dense", "words", "product", "product pruned")


@pytest.mark.parametrize("mmap", [True, False])
@pytest.mark.parametrize("name", CLASSIFIERS)
def test_everything_survives_in_the_native_format(name: str, mmap: bool, tmp_path: Path) -> None:
    model = CLASSIFIERS[name]()
    write_classifier(tmp_path / "m.textspace", model)
    found = read_classifier(tmp_path / "m.textspace", mmap=mmap)
    assert_same_classifier(found, model)
    assert found.parameters == model.parameters
    assert kind_of(tmp_path / "m.textspace") == "text_classifier"
    matrix = found.input_vectors
    array = matrix.codes if isinstance(matrix, ProductQuantized) else getattr(matrix, "values", matrix)
    assert array.flags.writeable is not mmap


def test_a_native_file_opens_by_memory_map_in_milliseconds(tmp_path: Path) -> None:
    vocabulary = Vocabulary.from_words([f"w{i}" for i in range(50_000)])
    features = TextFeatures(vocabulary, word_ngrams=2, n_buckets=200_000)
    rows = np.zeros((features.n_rows, 64), np.float32)
    labels = tuple(f"label{i}" for i in range(200))
    model = StoredClassifier(features, labels, np.ones(200, np.int64), rows, rows[:200], "softmax")
    write_classifier(tmp_path / "m.textspace", model)
    times = []
    for _ in range(5):
        start = time.perf_counter()
        read_classifier(tmp_path / "m.textspace")
        times.append(time.perf_counter() - start)
    assert min(times) < 0.02


@pytest.mark.parametrize("mmap", [True, False])
@pytest.mark.parametrize("name", IN_FASTTEXT)
def test_everything_survives_in_fasttexts_format(name: str, mmap: bool, tmp_path: Path) -> None:
    model = CLASSIFIERS[name]()
    path = tmp_path / ("m.ftz" if "product" in name else "m.bin")
    write_classifier(path, model)
    found = read_classifier(path, mmap=mmap)
    assert_same_classifier(found, model)
    write_classifier(tmp_path / f"again{path.suffix}", found)
    assert (tmp_path / f"again{path.suffix}").read_bytes() == path.read_bytes()


@pytest.mark.parametrize("name", ["compact", "int8"])
def test_a_bucket_without_a_row_becomes_a_row_of_zeros(name: str, tmp_path: Path) -> None:
    model = CLASSIFIERS[name]()
    assert model.features.buckets is not None
    assert model.features.bucket_rows is not None
    write_classifier(tmp_path / "m.bin", model)
    found = read_classifier(tmp_path / "m.bin")
    expected = np.zeros((50, 7), np.float32)
    rows = dense_matrix(model.input_vectors)
    expected[:10] = rows[:10]
    expected[10 + model.features.buckets] = rows[model.features.bucket_rows]
    np.testing.assert_array_equal(found.input_vectors, expected)
    assert found.features.buckets is None


@pytest.mark.parametrize("qnorm", [False, True])
def test_a_bucket_without_a_row_becomes_zeros_when_quantized(
    qnorm: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("textspace.formats.fasttext_buckets._BLOCK_ROWS", 7)
    model = sample_classifier(compact=True, method="product", qnorm=qnorm, dsub=3)
    write_classifier(tmp_path / "m.ftz", model)
    found = dense_matrix(read_classifier(tmp_path / "m.ftz").input_vectors)
    rows = dense_matrix(model.input_vectors)
    assert model.features.buckets is not None
    assert model.features.bucket_rows is not None
    np.testing.assert_array_equal(found[:10], rows[:10])
    np.testing.assert_array_equal(found[10 + model.features.buckets], rows[model.features.bucket_rows])
    missing = np.setdiff1d(np.arange(40), model.features.buckets)
    assert not found[10 + missing].any()


def test_blocks_of_rows_fit_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("dense", "compact", "product", "product compact", "product pruned", "int8", "float16")
    for name in names:
        write_classifier(tmp_path / f"{name}.bin", CLASSIFIERS[name]())
    monkeypatch.setattr("textspace.formats.fasttext_buckets._BLOCK_ROWS", 7)
    monkeypatch.setattr("textspace.formats.fasttext_layout._WORDS_PER_BLOCK", 3)
    monkeypatch.setattr("textspace.formats.quantized._BLOCK_BYTES", 64)
    monkeypatch.setattr("textspace.formats.file_bytes._BLOCK_BYTES", 64)
    for name in names:
        write_classifier(tmp_path / "blocks.bin", CLASSIFIERS[name]())
        assert (tmp_path / "blocks.bin").read_bytes() == (tmp_path / f"{name}.bin").read_bytes()


def test_what_a_format_cannot_hold_is_refused_with_a_remedy(tmp_path: Path) -> None:
    pruned = sample_classifier(pruned=True)
    compact = sample_classifier(compact=True)
    matrix = quantize_matrix(compact.input_vectors)
    assert isinstance(matrix, ProductQuantized)
    centroids = np.where(matrix.centroids == 0, np.float32(1), matrix.centroids)
    without_zeros = replace(compact, input_vectors=replace(matrix, centroids=centroids))
    for message, name, model in (
        ("a folded model has no output vectors.*save as .textspace", "m.bin", folded_classifier()),
        ("a pruned model must be product-quantized.*call quantize", "m.bin", pruned),
        ("holds a product-quantized model: call quantize first, or save as .bin", "m.ftz", sample_classifier()),
        ("must end with one of .textspace, .bin, .ftz, got", "m.vec", sample_classifier()),
        ("a word is empty|contains one of", "m.bin", sample_classifier(labels=("a", "b\0"))),
        ("has buckets without rows.*quantize the model again", "m.ftz", without_zeros),
        ("`epochs` must be a number from 0", "m.bin", replace(sample_classifier(), parameters={"epochs": -1})),
    ):
        with pytest.raises(ValueError, match=message):
            write_classifier(tmp_path / name, model)
    assert list(tmp_path.iterdir()) == []


def test_labels_without_a_common_prefix_are_kept_whole(tmp_path: Path) -> None:
    model = sample_classifier(labels=("#a", "#b"))
    model = replace(model, features=replace(model.features, label_prefix=""))
    write_classifier(tmp_path / "m.bin", model)
    found = read_classifier(tmp_path / "m.bin")
    assert (found.labels, found.features.label_prefix) == (("#a", "#b"), "")


def test_the_kinds_are_not_taken_for_each_other(tmp_path: Path) -> None:
    write_classifier(tmp_path / "m.textspace", sample_classifier())
    (tmp_path / "v.txt").write_text("cup 1 2\n")
    assert isinstance(read_model(tmp_path / "m.textspace"), StoredClassifier)
    with pytest.raises(FormatError, match=r"a text classifier, not word vectors: open it with textspace\.load"):
        read_vectors(tmp_path / "m.textspace")
    with pytest.raises(FormatError, match=r"word vectors, not a text classifier: open it with textspace\.load"):
        read_classifier(tmp_path / "v.txt")


def test_the_language_identifier(shared: Path, tmp_path: Path) -> None:
    path = shared / "data" / "models" / "lid.176.ftz"
    model = read_classifier(path)
    assert (len(model.labels), model.labels[0], model.loss) == (176, "en", "hs")
    assert model.input_vectors.shape == (50_000, 16)
    assert model.features.skip_missing
    write_classifier(tmp_path / "again.ftz", model)
    assert (tmp_path / "again.ftz").read_bytes() == path.read_bytes()


# What the fields of a fastText file are, for the tests of damage: dense, 10 words of 46 bytes, then the labels.
def fasttext_file(tmp_path: Path, name: str) -> bytes:
    write_classifier(tmp_path / "good.bin", CLASSIFIERS[name]())
    return (tmp_path / "good.bin").read_bytes()


def patched(content: bytes, position: int, layout: str, *values: float) -> bytes:
    new = struct.pack("<" + layout, *values)
    return content[:position] + new + content[position + len(new) :]


def refused(content: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / "bad.bin").write_bytes(content)
    with pytest.raises(FormatError, match=rf"bad.bin: .*{message}"):
        read_classifier(tmp_path / "bad.bin")


def argument_at(name: str) -> int:
    return 8 + 4 * ARGUMENT_NAMES.index(name)


def end_of_entries(name: str) -> int:
    model = CLASSIFIERS[name]()
    words = model.features.vocabulary
    labels = [b"__label__" + label.encode("utf-8", "surrogateescape") for label in model.labels]
    return 92 + int(words.offsets[-1]) + sum(map(len, labels)) + 10 * (len(words) + len(labels))


def test_bad_arguments_are_named(tmp_path: Path) -> None:
    content = fasttext_file(tmp_path, "dense")
    refused(patched(content, argument_at("wordNgrams"), "i", 256), "wordNgrams must be <= 255, got 256", tmp_path)
    without = patched(content, argument_at("maxn"), "i", 0)
    refused(patched(without, argument_at("bucket"), "i", 0), "bucket must be > 0 when wordNgrams", tmp_path)
    refused(patched(content, argument_at("bucket"), "i", 2**31 - 1), "words and buckets must be from 1", tmp_path)
    refused(patched(content, 64, "3i", 15, 15, 0), "dictionary entry 10 has type 1", tmp_path)


def test_a_model_without_labels_is_refused(tmp_path: Path) -> None:
    content = fasttext_file(tmp_path, "dense")
    begin = 92 + 46 + 100
    content = patched(content[:begin] + content[end_of_entries("dense") :], 64, "3i", 10, 10, 0)
    refused(content, "nlabels must be >= 1", tmp_path)


def test_labels_that_occur_twice_are_refused(tmp_path: Path) -> None:
    content = fasttext_file(tmp_path, "dense")
    refused(content.replace(b"__label__ru\0", b"__label__en\0"), "`labels` must differ", tmp_path)


def test_bad_pruned_buckets_are_named(tmp_path: Path) -> None:
    name = "product pruned"
    content, table = fasttext_file(tmp_path, name), end_of_entries("product pruned")
    for position, values in ((0, (40,)), (0, (-1,)), (8, (39,))):
        refused(
            patched(content, table + position, "i", *values), "the pruned buckets must be different numbers", tmp_path
        )
    for value in (-1, 5, 1, 2**31 - 1, -(2**31)):
        refused(patched(content, table + 4, "i", value), "the rows of the pruned buckets must be the numbers", tmp_path)
    refused(patched(content, 84, "q", 1 << 60), "the table of pruned buckets takes", tmp_path)
    refused(patched(content, table + 40, "B", 0), "pruned but the matrix is not quantized", tmp_path)


def test_bad_quantized_matrices_are_named(tmp_path: Path) -> None:
    content, begin = fasttext_file(tmp_path, "product"), end_of_entries("product") + 1
    sizes = begin + 21 + 50 * 4
    norms = sizes + 16 + 4 * 7 * 256 + 50
    for message, changed in {
        "qnorm of the input matrix must be 0 or 1": patched(content, begin, "B", 2),
        r"the input matrix must have shape \(50, 7\), got \(51, 7\)": patched(content, begin + 1, "q", 51),
        "codesize of the input matrix must be rows": patched(content, begin + 17, "i", 201),
        "codesize of the input matrix must be": patched(content, begin + 17, "i", -50),
        "nsub from 1 to 7, got 400": patched(content, begin + 17, "i", 400),
        "dim, nsub, dsub and lastdsub of the centroids of the input matrix": patched(content, sizes, "i", 8),
        r"must be 7 and 4, and two numbers .* got \(7, 4, 3, 1\)": patched(content, sizes + 8, "i", 3),
        r"got \(7, 4, -2, 1\)": patched(content, sizes + 8, "i", -2),
        r"got \(7, 4, 2, 2\)": patched(content, sizes + 12, "i", 2),
        "the centroids of the norms of the input matrix": patched(content, norms, "i", 2),
        "qout must be 0 or 1": patched(content, norms + 16 + 1024, "B", 3),
        "3 bytes follow the output matrix": content + b"xyz",
    }.items():
        refused(changed, message, tmp_path)


@pytest.mark.parametrize("name", ["dense", "product", "product pruned"])
def test_every_truncation_is_an_error(name: str, tmp_path: Path) -> None:
    content = fasttext_file(tmp_path, name)
    for size in [*range(1, end_of_entries(name) + 300), *range(end_of_entries(name) + 300, len(content), 97)]:
        refused(content[:size], "", tmp_path)


def test_version_11_means_no_character_ngrams(tmp_path: Path) -> None:
    (tmp_path / "old.bin").write_bytes(patched(fasttext_file(tmp_path, "dense"), 4, "i", 11))
    assert read_classifier(tmp_path / "old.bin").features.max_n == 0


def test_ngram_sizes_that_make_no_ngrams_are_kept_as_they_are(tmp_path: Path) -> None:
    for sizes in ((5, 4), (3, 0)):
        content = patched(fasttext_file(tmp_path, "dense"), argument_at("minn"), "2i", *sizes)
        (tmp_path / "m.bin").write_bytes(content)
        found = read_classifier(tmp_path / "m.bin")
        assert (found.features.min_n, found.features.max_n) == (0, 0)
        write_classifier(tmp_path / "again.bin", found)
        assert (tmp_path / "again.bin").read_bytes() == content


NATIVE_METADATA = {
    "`loss` must be one of": {"loss": "hinge"},
    "JSON": {"features": "["},
    "`features` must give": {"features": '{"min_n": 1}'},
    "`features` must be a JSON object": {"features": "3"},
    "`input_sub_dim` must be an integer|metadata `input_sub_dim`": {"input_sub_dim": "x"},
    "`dim` and `sub_dim` must be from 1": {"input_sub_dim": "0"},
    r"`codes` must have shape \(R, 7\)": {"input_sub_dim": "1"},
}


@pytest.mark.parametrize(("message", "change"), NATIVE_METADATA.items(), ids=NATIVE_METADATA)
def test_bad_metadata_is_named(message: str, change: dict[str, str], tmp_path: Path) -> None:
    write_classifier(tmp_path / "m.textspace", CLASSIFIERS["product"]())
    file = read_tensor_file(tmp_path / "m.textspace", mmap=False)
    write_tensor_file(tmp_path / "bad.textspace", file.arrays, metadata=file.metadata | change)
    with pytest.raises(FormatError, match=f"bad.textspace: .*({message})"):
        read_classifier(tmp_path / "bad.textspace")


@pytest.mark.parametrize(
    ("message", "change"),
    [
        ("`max_n` must be from 0 to 255", {"max_n": 256}),
        ("`word_ngrams` must be from 0 to 255", {"word_ngrams": 2**40}),
        ("`max_n` must be >= `min_n`", {"min_n": 4}),
        ("`n_buckets` must be from 1 to", {"n_buckets": 0}),
        ("`n_buckets` must be from 1 to", {"n_buckets": 2**31}),
        ("`features` must give", {"min_n": True}),
        ("`features` must give", {"label_prefix": 1}),
    ],
)
def test_bad_features_are_named(message: str, change: dict[str, object], tmp_path: Path) -> None:
    write_classifier(tmp_path / "m.textspace", CLASSIFIERS["compact"]())
    file = read_tensor_file(tmp_path / "m.textspace", mmap=False)
    features = json.dumps(json.loads(file.metadata["features"]) | change)
    write_tensor_file(tmp_path / "bad.textspace", file.arrays, metadata=file.metadata | {"features": features})
    with pytest.raises(FormatError, match=message):
        read_classifier(tmp_path / "bad.textspace")


NATIVE_ARRAYS = {
    "`label_counts` must have shape": ("dense", "label_counts", np.ones(4, np.int64)),
    "array `label_counts` must be int64": ("dense", "label_counts", np.ones(5, np.float32)),
    "`label_offsets` must ascend": ("dense", "label_offsets", np.array([0, 2, 1, 4, 5, 10])),
    "`input_vectors` must have one row a word and a bucket": ("dense", "input_vectors", np.ones((49, 7), np.float32)),
    "`output_vectors` must have shape": ("dense", "output_vectors", np.ones((5, 6), np.float32)),
    "a folded model must have a column a label": ("folded", "input_vectors", np.ones((50, 4), np.float32)),
    "`values` and `scales` must have shapes": ("int8", "input_scales", np.ones(3, np.float32)),
    "array `input_vectors` must be float32": ("dense", "input_vectors", np.ones((50, 7), np.int32)),
    "`centroids` must have shape": ("product", "input_centroids", np.ones(7 * 256 + 1, np.float32)),
    "`norm_codes` must have shape": ("product", "input_norm_codes", np.ones(3, np.uint8)),
    "`norm_centroids` must have shape": ("product", "input_norm_centroids", np.ones(3, np.float32)),
    "`buckets` and `bucket_rows` must both have": ("compact", "ngram_rows", np.ones(3, np.int32)),
    "`scale` and `offset` of the calibration must both have": (
        "calibrated",
        "calibration_scale",
        np.ones(2, np.float32),
    ),
    "`thresholds` must have shape": ("calibrated", "calibration_thresholds", np.ones(2, np.float32)),
}


@pytest.mark.parametrize(("message", "change"), NATIVE_ARRAYS.items(), ids=NATIVE_ARRAYS)
def test_bad_arrays_are_named(message: str, change: tuple[str, str, np.ndarray], tmp_path: Path) -> None:
    name, key, array = change
    write_classifier(tmp_path / "m.textspace", CLASSIFIERS[name]())
    file = read_tensor_file(tmp_path / "m.textspace", mmap=False)
    assert key in file.arrays
    write_tensor_file(tmp_path / "bad.textspace", file.arrays | {key: array}, metadata=file.metadata)
    with pytest.raises(FormatError, match=message):
        read_classifier(tmp_path / "bad.textspace")


def test_damaged_buckets_are_not_written_and_not_pruned(tmp_path: Path) -> None:
    model = sample_classifier(compact=True)
    assert model.features.bucket_rows is not None
    damaged = replace(model, features=replace(model.features, bucket_rows=model.features.bucket_rows + 1))
    for use in (lambda: write_classifier(tmp_path / "m.bin", damaged), lambda: quantize_classifier(damaged, cutoff=9)):
        with pytest.raises(ValueError, match="the model is damaged"):
            use()


def test_load_gives_the_estimator_of_the_file(tmp_path: Path) -> None:
    write_classifier(tmp_path / "m.bin", sample_classifier())
    write_classifier(tmp_path / "m.textspace", CLASSIFIERS["int8"]())
    (tmp_path / "v.txt").write_text("cup 1 2\n")
    kinds = [type(load(tmp_path / name)).__name__ for name in ("m.bin", "m.textspace", "v.txt")]
    assert kinds == ["TextClassifier", "TextClassifier", "WordVectors"]


def test_labels_survive(tmp_path: Path) -> None:
    write_classifier(tmp_path / "m.textspace", sample_classifier())
    assert read_classifier(tmp_path / "m.textspace").labels == LABELS
