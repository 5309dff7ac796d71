import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from reference_quantization import kept_rows, kmeans_error, nearest, parts_of, product_row
from sample_classifiers import sample_classifier
from sample_models import compact_model, plain_model, random_rows
from textspace import WordVectors, _core, load
from textspace.formats import read_vectors, write_vectors
from textspace.formats.quantized import Int8Rows, ProductQuantized, dense_blocks, mean_rows, rows_of
from textspace.quantization import prune_classifier, quantize_classifier, quantize_matrix, quantize_vectors


def product(matrix: NDArray[np.float32], **options: object) -> ProductQuantized:
    found = quantize_matrix(matrix, **options)
    assert isinstance(found, ProductQuantized)
    return found


def error_of(found: NDArray[np.float32], expected: NDArray[np.float32]) -> float:
    return float(np.square(found.astype(np.float64) - expected).sum(axis=1).mean())


@pytest.mark.parametrize(("dim", "sub_dim"), [(1, 1), (1, 2), (6, 2), (7, 2), (11, 4), (9, 3), (20, 16)])
def test_codes_are_those_of_the_nearest_centroids(dim: int, sub_dim: int, isa: str) -> None:
    matrix = random_rows(1000, dim)
    found = product(matrix, dsub=sub_dim)
    begin = 0
    for part, columns in enumerate(parts_of(dim, sub_dim)):
        width = columns.stop - columns.start
        centroids = found.centroids[begin : begin + 256 * width].reshape(256, width)
        begin += 256 * width
        expected = nearest(matrix[:, columns], centroids)
        chosen = np.square(matrix[:, columns] - centroids[found.codes[:, part]]).sum(axis=1)
        best = np.square(matrix[:, columns] - centroids[expected]).sum(axis=1)
        np.testing.assert_allclose(chosen, best, rtol=1e-5, atol=1e-9)  # equal but for ties that rounding makes
        assert (found.codes[:, part] == expected).mean() > 0.999


@pytest.mark.parametrize(("dim", "sub_dim"), [(6, 2), (7, 2), (5, 8), (9, 4)])
@pytest.mark.parametrize("qnorm", [False, True])
def test_rows_are_their_centroids_one_after_the_other(dim: int, sub_dim: int, qnorm: bool) -> None:
    found = product(random_rows(300, dim), dsub=sub_dim, qnorm=qnorm)
    norms = np.ones(300) if found.norm_codes is None else found.norm_centroids[found.norm_codes]
    expected = [
        product_row(codes, found.centroids, dim, sub_dim, norm) for codes, norm in zip(found.codes, norms, strict=True)
    ]
    np.testing.assert_allclose(found.dequantize(), expected, rtol=1e-6)
    np.testing.assert_array_equal(found.rows(np.array([5, 5, 299])), found.dequantize()[[5, 5, 299]])


@pytest.mark.parametrize("scale", [1.0, 1e-4])
def test_the_error_is_that_of_the_reference(scale: float) -> None:
    matrix = (random_rows(3000, 2) * np.float32(scale)).astype(np.float32)
    ours = np.mean([error_of(product(matrix, random_state=seed).dequantize(), matrix) for seed in range(6)])
    theirs = np.mean([kmeans_error(matrix, n_clusters=256, n_rounds=25, seed=seed) for seed in range(3)])
    assert ours == pytest.approx(theirs, rel=0.12)  # a single round: 0.5 worse


def test_norms_that_hardly_differ_are_told_apart() -> None:
    norms = np.linspace(5, 5.01, 5000, dtype=np.float32)
    matrix = norms[:, None] * np.array([[0.6, 0.8]], np.float32)
    found = product(matrix, qnorm=True)
    assert found.norm_codes is not None
    assert found.norm_centroids is not None
    assert np.abs(found.norm_centroids[found.norm_codes] - norms).max() < 2e-4


def test_many_rows_are_sampled_and_all_encoded() -> None:
    matrix = random_rows(70_000, 3)
    found = product(matrix, dsub=3)
    assert len(found.codes) == 70_000
    assert error_of(found.dequantize(), matrix) < 0.2
    assert error_of(found.rows(slice(69_000, None)), matrix[69_000:]) < 0.2


@pytest.mark.parametrize("n_rows", [1, 2, 255, 256])
def test_as_many_centroids_as_rows_keep_them_all(n_rows: int) -> None:
    matrix = random_rows(n_rows, 5)
    np.testing.assert_array_equal(product(matrix).dequantize(), matrix)


@pytest.mark.parametrize("n_rows", [300, 5000])
def test_rows_that_are_all_equal_end_the_search_too(n_rows: int) -> None:
    matrix = np.tile(np.array([[0.5, -2.0, 3.0]], np.float32), (n_rows, 1))
    np.testing.assert_allclose(product(matrix).dequantize(), matrix, atol=1e-5)


def test_rows_of_zeros_have_no_direction() -> None:
    matrix = random_rows(400, 4)
    matrix[7] = 0
    assert np.abs(product(matrix, qnorm=True, with_zeros=True).dequantize()[7]).max() < 0.05


def test_the_seed_alone_decides(isa: str) -> None:
    matrix = random_rows(2000, 8)
    first, second, other = (
        product(matrix, n_threads=n, random_state=seed).centroids for n, seed in ((1, 3), (4, 3), (4, 4))
    )
    np.testing.assert_array_equal(first, second)
    assert not np.array_equal(first, other)


def test_padded_and_unaligned_rows_are_the_same_matrix() -> None:
    matrix = random_rows(600, 5)
    padded = np.full((600, 16), np.nan, np.float32)
    padded[:, :5] = matrix
    buffer = np.zeros(matrix.nbytes + 1, np.uint8)
    buffer[1:] = matrix.view(np.uint8).reshape(-1)
    unaligned = np.frombuffer(buffer, np.float32, matrix.size, 1).reshape(matrix.shape)
    expected = product(matrix, qnorm=True)
    for same in (padded[:, :5], unaligned):
        found = product(same, qnorm=True)
        np.testing.assert_array_equal(found.codes, expected.codes)
        np.testing.assert_array_equal(found.centroids, expected.centroids)


def test_int8_is_right_to_half_a_step() -> None:
    matrix = random_rows(100, 9)
    matrix[3] = 0
    found = quantize_matrix(matrix, method="int8")
    assert isinstance(found, Int8Rows)
    step = np.abs(matrix).max(axis=1, keepdims=True) / 127
    assert (np.abs(found.dequantize() - matrix) <= step * 0.50001).all()
    assert (np.abs(found.values).max(axis=1)[np.arange(100) != 3] == 127).all()


def test_float16_is_numpys() -> None:
    matrix = random_rows(100, 9)
    np.testing.assert_array_equal(quantize_matrix(matrix, method="float16"), matrix.astype(np.float16))


def test_what_cannot_be_quantized_is_refused() -> None:
    matrix = random_rows(300, 4)
    bad = matrix.copy()
    bad[0, 0] = np.nan
    for message, refused, options in (
        ("must be finite", bad, {}),
        ("must be finite", bad, {"method": "int8"}),
        ("`method` must be one of 'product', 'int8', 'float16', got 'pq'", matrix, {"method": "pq"}),
        ("`dsub` must be between 1", matrix, {"dsub": 0}),
        ("float16 holds numbers up to 65504, and the matrix has", matrix * 1e6, {"method": "float16"}),
        ("quantized, which cannot be undone", matrix.astype(np.float16), {}),
    ):
        with pytest.raises(ValueError, match=message):
            quantize_matrix(refused, **options)


@pytest.mark.parametrize("method", ["product", "int8", "float16"])
def test_means_of_quantized_rows_are_means_of_their_values(method: str) -> None:
    matrix = quantize_matrix(random_rows(300, 6), method=method)
    dense = np.concatenate(list(dense_blocks(matrix)))
    indptr, rows = np.array([0, 3, 3, 5]), np.array([7, 7, 200, -1, 4], np.int32)
    out = np.empty((3, 6), np.float32)
    mean_rows(matrix, indptr, rows, out)
    np.testing.assert_allclose(out, [dense[[7, 7, 200]].mean(axis=0), np.zeros(6), dense[4] / 2], atol=1e-6)
    np.testing.assert_array_equal(rows_of(matrix, np.array([4])), dense[[4]])


@pytest.mark.parametrize("cutoff", [1, 5, 20, 30])
@pytest.mark.parametrize("compact", [False, True])
def test_the_rows_that_are_kept_are_fasttexts(cutoff: int, compact: bool) -> None:
    model = sample_classifier(compact=compact)
    norms = np.linalg.norm(np.asarray(model.input_vectors, np.float64), axis=1)
    words, ngrams = kept_rows(norms, 10, 0, cutoff)
    found = prune_classifier(model, cutoff=cutoff)
    assert found.features.vocabulary.words == [model.features.vocabulary.word(word_id) for word_id in words]
    np.testing.assert_array_equal(found.features.vocabulary.counts, model.features.vocabulary.counts[words])
    assert found.features.vocabulary.n_tokens == model.features.vocabulary.n_tokens
    np.testing.assert_array_equal(found.input_vectors, np.asarray(model.input_vectors)[words + ngrams])
    bucket_of = {b + 10: b for b in range(40)}
    if model.features.buckets is not None and model.features.bucket_rows is not None:
        bucket_of = dict(zip(model.features.bucket_rows.tolist(), model.features.buckets.tolist(), strict=True))
    kept = {bucket_of[row]: len(words) + i for i, row in enumerate(ngrams)}
    assert found.features.buckets is not None
    assert found.features.bucket_rows is not None
    assert found.features.buckets.tolist() == sorted(kept)
    assert dict(zip(found.features.buckets.tolist(), found.features.bucket_rows.tolist(), strict=True)) == kept
    assert found.features.skip_missing
    assert found.features.n_rows == min(cutoff, model.features.n_rows)


def test_a_model_small_enough_is_not_pruned() -> None:
    model, pruned = sample_classifier(), sample_classifier(pruned=True)
    assert prune_classifier(model, cutoff=50) is model
    assert prune_classifier(pruned, cutoff=15) is pruned
    assert prune_classifier(pruned, cutoff=14).features.n_rows == 14


def test_a_pruned_model_is_trained_again_before_it_is_quantized() -> None:
    seen = []

    def retrain(model: object) -> object:
        seen.append(model)
        return replace(model, input_vectors=np.ones_like(model.input_vectors))

    found = quantize_classifier(sample_classifier(), cutoff=12, retrain=retrain, qout=True)
    assert len(seen) == 1
    assert seen[0].features.n_rows == 12
    assert isinstance(found.input_vectors, ProductQuantized)
    assert isinstance(found.output_vectors, ProductQuantized)
    assert found.is_quantized
    np.testing.assert_array_equal(found.input_vectors.dequantize(), np.ones((12, 7)))
    quantize_classifier(sample_classifier(), retrain=retrain)
    assert len(seen) == 1


def test_the_model_given_is_not_changed() -> None:
    model = sample_classifier()
    before = np.array(model.input_vectors)
    quantize_classifier(model, cutoff=30, qnorm=True, qout=True)
    np.testing.assert_array_equal(model.input_vectors, before)
    assert not model.is_quantized
    with pytest.raises(ValueError, match="the model is quantized, which cannot be undone"):
        quantize_classifier(quantize_classifier(model))


@pytest.mark.parametrize("suffix", [".textspace", ".bin", ".vec"])
@pytest.mark.parametrize("method", ["product", "int8", "float16"])
def test_quantized_word_vectors_survive(method: str, suffix: str, tmp_path) -> None:
    model = quantize_vectors(compact_model(), method=method)
    write_vectors(tmp_path / f"v{suffix}", model)
    found = read_vectors(tmp_path / f"v{suffix}")
    assert (type(found.input_vectors) is type(model.input_vectors)) is (suffix == ".textspace" or method == "float16")
    words = np.concatenate([rows_of(model.input_vectors, slice(0, 10))])
    if suffix != ".vec":
        np.testing.assert_array_equal(rows_of(found.input_vectors, slice(0, 10)), words)
    assert found.output_vectors is None or not found.output_vectors.any()


@pytest.mark.parametrize("max_n", [0, 4])
@pytest.mark.parametrize("method", ["product", "int8", "float16"])
def test_quantized_word_vectors_answer_as_before(method: str, max_n: int, tmp_path) -> None:
    texts = [f"the w{i % 40} sat on w{(i * 7) % 40}" for i in range(400)]
    wv = WordVectors(dim=16, min_count=1, min_n=min(2, max_n), max_n=max_n, epochs=1, n_threads=1).fit(texts)
    words = wv.words
    before = np.array([wv[word] for word in words])
    assert wv.quantize(method=method, qnorm=method == "product") is wv
    after = np.array([wv[word] for word in words])
    cosines = (before * after).sum(axis=1) / np.linalg.norm(before, axis=1) / np.linalg.norm(after, axis=1)
    assert cosines.min() > 0.98
    np.testing.assert_allclose(wv.vectors, after, atol=1e-6)
    assert wv.nearest(words[3], k=3)
    assert wv.embed(texts[:5]).shape == (5, 16)
    wv.save(tmp_path / "small.textspace")
    again = load(tmp_path / "small.textspace")
    np.testing.assert_array_equal(again[words[2]], wv[words[2]])
    assert again.nearest(words[3], k=3) == wv.nearest(words[3], k=3)
    with pytest.raises(ValueError, match="quantized, which cannot be undone"):
        again.partial_fit(texts)
    with pytest.raises(ValueError, match="quantized, which cannot be undone"):
        wv.quantize()


def test_plain_word_vectors_are_quantized_too() -> None:
    assert quantize_vectors(plain_model(), method="int8").dim == 7


def test_wrong_arguments_never_reach_the_core() -> None:
    matrix, good = random_rows(300, 4), np.zeros(1024, np.float32)
    given = {"sub_dim": 2, "seed": 0, "n_threads": 1}
    for message, call in (
        ("`sub_dim` must be", lambda: _core.train_centroids(matrix, None, **given | {"sub_dim": 0}, out=good)),
        ("`n_threads` must be", lambda: _core.train_centroids(matrix, None, **given | {"n_threads": 0}, out=good)),
        ("`norms` must have", lambda: _core.train_centroids(matrix, good[:3], **given, out=good)),
        ("the centroids must be 256", lambda: _core.train_centroids(matrix, None, **given, out=good[1:])),
        ("`matrix` must have rows", lambda: _core.train_centroids(matrix[:0], None, **given, out=good)),
        (
            "`out` must have a row",
            lambda: _core.encode_rows(matrix, None, good, sub_dim=2, n_threads=1, out=np.empty((300, 3), np.uint8)),
        ),
    ):
        with pytest.raises(ValueError, match=message):
            call()


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
def test_ctrl_c_ends_the_search() -> None:
    script = """
import signal, numpy as np
from textspace.quantization import quantize_matrix
matrix = np.random.default_rng(0).normal(size=(60_000, 400)).astype(np.float32)
signal.setitimer(signal.ITIMER_REAL, 0.3)
signal.signal(signal.SIGALRM, signal.default_int_handler)
try:
    quantize_matrix(matrix, n_threads=2)
except KeyboardInterrupt:
    print("stopped")
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "stopped\n"
