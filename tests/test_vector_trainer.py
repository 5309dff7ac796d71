"""The training kernels against the float64 reference, on every instruction set."""

import numpy as np
import pytest

import reference_training
from textspace import _core
from textspace.training.matrices import from_bfloat16, to_bfloat16, zero_matrix

DIM = 21


def make_setup(rng, *, n_lines=40, n_words=25, n_grams=30, **parameters):
    ids = []
    for _ in range(n_lines):
        ids += [int(word) for word in rng.zipf(1.3, rng.integers(0, 30)) if word < n_words] + [-1]
    occurring = np.bincount([word for word in ids if word >= 0], minlength=n_words)
    order = np.argsort(-occurring, kind="stable")
    new_id = np.argsort(order)
    ids = [int(new_id[word]) if word >= 0 else -1 for word in ids]
    grams = [rng.integers(n_words, n_words + n_grams, rng.integers(0, 6)) for _ in range(n_words)]
    settings = {
        "objective": "skipgram",
        "loss": "ns",
        "window": 3,
        "n_negatives": 5,
        "negative_power": 0.5,
        "epochs": 2,
        "learning_rate": 0.03,
        "seed": 7,
        **parameters,
    }
    return reference_training.Setup(
        ids=ids,
        word_rows=[[word, *map(int, grams[word])] for word in range(n_words)],
        counts=[int(count) for count in occurring[order]],
        keep=rng.uniform(0.5, 1.2, n_words).astype(np.float32),
        **settings,
    )


def make_trainer(setup, inputs, outputs, position_weights=None, *, n_threads=1, **changes):
    indptr = np.concatenate([[0], np.cumsum([len(rows) for rows in setup.word_rows])]).astype(np.int64)
    options = {
        "keep_probability": setup.keep,
        "counts": np.array(setup.counts, np.int64),
        "objective": setup.objective,
        "loss": setup.loss,
        "window": setup.window,
        "n_negatives": setup.n_negatives,
        "negative_power": setup.negative_power,
        "epochs": setup.epochs,
        "learning_rate": setup.learning_rate,
        "seed": setup.seed,
        "n_threads": n_threads,
        "position_weights": position_weights,
        "normalize_cbow": setup.normalize_cbow,
        "n_hot_words": setup.n_hot_words,
        **changes,
    }
    rows = np.concatenate(setup.word_rows).astype(np.int32)
    return _core.VectorTrainer(np.array(setup.ids, np.int32), indptr, rows, inputs, outputs, **options)


def run(trainer):
    trainer.start()
    trainer.join()
    return trainer.progress()


def random_matrix(rng, n_rows, scale=0.3):
    matrix = zero_matrix(n_rows, DIM)
    matrix[:, :DIM] = rng.normal(0, scale, (n_rows, DIM))
    return matrix


def n_input_rows(setup):
    return max(map(max, setup.word_rows)) + 1


@pytest.mark.parametrize("objective", ["skipgram", "cbow"])
@pytest.mark.parametrize(
    ("loss", "n_negatives", "window"), [("ns", 5, 3), ("ns", 1, 1), ("ns", 13, 5), ("hs", 5, 4), ("softmax", 5, 2)]
)
def test_one_thread_follows_the_reference(isa, objective, loss, n_negatives, window):
    rng = np.random.default_rng(3)
    setup = make_setup(rng, objective=objective, loss=loss, n_negatives=n_negatives, window=window)
    compare_with_reference(rng, setup)


@pytest.mark.parametrize("objective", ["skipgram", "cbow"])
@pytest.mark.parametrize("n_hot_words", [1, 10, 25])
def test_hot_words_follow_the_reference(isa, objective, n_hot_words):
    rng = np.random.default_rng(6)
    compare_with_reference(rng, make_setup(rng, objective=objective, n_hot_words=n_hot_words))


@pytest.mark.parametrize("normalize_cbow", [False, True])
@pytest.mark.parametrize("weighted", [False, True])
def test_cbow_variants_follow_the_reference(isa, normalize_cbow, weighted):
    rng = np.random.default_rng(4)
    setup = make_setup(rng, objective="cbow", normalize_cbow=normalize_cbow)
    compare_with_reference(rng, setup, random_matrix(rng, 2 * setup.window, 0.7) if weighted else None)


def compare_with_reference(rng, setup, position_weights=None):
    inputs, outputs = random_matrix(rng, n_input_rows(setup)), random_matrix(rng, len(setup.counts))
    expected = [
        matrix if matrix is None else matrix[:, :DIM].astype(np.float64)
        for matrix in (inputs, outputs, position_weights)
    ]
    before = expected[0].copy()
    words_done, loss_sum, loss_n = run(make_trainer(setup, inputs, outputs, position_weights))
    reference_training.train(setup, *expected)
    assert words_done == setup.epochs * sum(word >= 0 for word in setup.ids)
    assert loss_n > 0
    assert loss_sum / loss_n > 0
    assert np.abs(expected[0] - before).max() > 0.05
    for trained, wanted in zip((inputs, outputs, position_weights), expected, strict=True):
        if trained is not None:
            np.testing.assert_allclose(trained[:, :DIM], wanted, rtol=2e-4, atol=3e-5)
            assert not trained[:, DIM:].any()


def test_blocks_and_spans_follow_each_other(isa):
    """A corpus longer than a block and a span of the core, in one line, is trained whole."""
    rng = np.random.default_rng(5)
    setup = make_setup(rng, epochs=1, window=1, n_negatives=1, learning_rate=0.01)
    setup.ids = [word for word in setup.ids if word >= 0] * 200
    setup.ids = setup.ids[: 2**16 + 5000]
    assert len(setup.ids) == 2**16 + 5000
    setup.keep[:] = np.where(np.arange(len(setup.keep)) < 3, 0.02, 0.3)
    compare_with_reference(rng, setup)


def test_same_seed_same_bytes_and_other_seed_other_bytes(isa):
    def trained(seed):
        rng = np.random.default_rng(6)
        setup = make_setup(rng, seed=seed)
        inputs, outputs = random_matrix(rng, n_input_rows(setup)), random_matrix(rng, len(setup.counts))
        run(make_trainer(setup, inputs, outputs))
        return inputs.tobytes() + outputs.tobytes()

    assert trained(1) == trained(1)
    assert trained(1) != trained(2)


def test_many_threads_train_every_word_once_an_epoch():
    rng = np.random.default_rng(7)
    setup = make_setup(rng, n_lines=5000, epochs=3)
    inputs, outputs = random_matrix(rng, n_input_rows(setup)), random_matrix(rng, len(setup.counts))
    words_done, _, _ = run(make_trainer(setup, inputs, outputs, n_threads=4))
    assert words_done == 3 * sum(word >= 0 for word in setup.ids)
    assert np.isfinite(inputs).all()


@pytest.mark.parametrize("loss", ["ns", "hs", "softmax"])
@pytest.mark.parametrize("objective", ["skipgram", "cbow"])
def test_degenerate_vocabularies_train(objective, loss):
    for counts, ids in [([3], [0, 0, 0, -1]), ([10**15, 1], [0, 1, 0, -1]), ([0, 0], [0, 1, -1]), ([2], [])]:
        setup = reference_training.Setup(
            ids, [[w] for w in range(len(counts))], counts, np.ones(len(counts), np.float32), objective, loss,
            2, 5, 0.5, 2, 0.1, 1,
        )  # fmt: skip
        inputs, outputs = random_matrix(np.random.default_rng(1), len(counts)), zero_matrix(len(counts), DIM)
        run(make_trainer(setup, inputs, outputs))
        assert np.isfinite(inputs).all()
        assert np.isfinite(outputs).all()


def test_stop_ends_a_long_run_at_once():
    rng = np.random.default_rng(8)
    setup = make_setup(rng, n_lines=2000, epochs=10**6)
    trainer = make_trainer(setup, random_matrix(rng, n_input_rows(setup)), zero_matrix(len(setup.counts), DIM))
    trainer.start()
    assert trainer.running()
    trainer.stop()
    trainer.join()
    assert not trainer.running()
    assert trainer.progress()[0] < trainer.n_words * 10**6


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"window": 0}, "`window`"),
        ({"window": 256}, "`window`"),
        ({"objective": "glove"}, "`objective`.*'glove'"),
        ({"loss": "hinge"}, "`loss`.*'hinge'"),
        ({"n_threads": 0}, "`n_threads`"),
        ({"keep_probability": np.ones(3, np.float32)}, "`keep_probability`"),
        ({"counts": np.ones(3, np.int64)}, "`keep_probability`|`counts`"),
    ],
)
def test_wrong_arguments_are_refused(change, message):
    rng = np.random.default_rng(9)
    setup = make_setup(rng)
    with pytest.raises(ValueError, match=message):
        make_trainer(setup, random_matrix(rng, n_input_rows(setup)), zero_matrix(len(setup.counts), DIM), **change)


def test_ids_and_rows_out_of_range_are_refused():
    rng = np.random.default_rng(10)
    for field, value, message in [("ids", 25, "`ids`"), ("ids", -2, "`ids`"), ("word_rows", 55, "`word_rows`")]:
        setup = make_setup(rng)
        inputs, outputs = random_matrix(rng, 55), zero_matrix(len(setup.counts), DIM)
        if field == "ids":
            setup.ids[3] = value
        else:
            setup.word_rows[3][0] = value
        with pytest.raises(ValueError, match=message):
            make_trainer(setup, inputs, outputs)


@pytest.mark.parametrize("objective", ["skipgram", "cbow"])
def test_bfloat16_rows_follow_the_float32_ones(isa, objective):
    """Steps far below the last bit of a row must not be lost: rounding is right in the mean."""
    rng = np.random.default_rng(11)
    setup = make_setup(rng, objective=objective, learning_rate=0.002, epochs=20)
    inputs, outputs = random_matrix(rng, n_input_rows(setup), 1.0), random_matrix(rng, len(setup.counts))
    from_bfloat16(to_bfloat16(inputs), inputs)
    start, half, half_outputs = inputs.copy(), to_bfloat16(inputs), zero_matrix(len(setup.counts), DIM)
    half_outputs[:] = outputs
    run(make_trainer(setup, inputs, outputs))
    run(make_trainer(setup, half, half_outputs))
    trained = zero_matrix(len(inputs), DIM)
    from_bfloat16(half, trained)
    moved, half_moved = inputs - start, trained - start
    slope = (moved * half_moved).sum() / (moved * moved).sum()
    assert 0.9 < slope < 1.1
    np.testing.assert_allclose(half_outputs, outputs, atol=0.05)
