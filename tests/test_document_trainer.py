"""The training kernel of text classifiers against the float64 reference, on every instruction set."""

import numpy as np
import pytest

import reference_classifier as reference
from textspace import _core
from textspace.training.matrices import zero_matrix


def make_setup(rng, loss, *, n_labels=5, n_documents=40, n_rows=30, **changes):
    n_labels = 2 if loss == "ns" else n_labels
    lists = [rng.integers(0, n_rows, rng.integers(1, 25)).tolist() for _ in range(n_documents)]
    most = 1 if loss == "ns" else min(3, n_labels)
    labels = [rng.permutation(n_labels)[: rng.integers(1, most + 1)].tolist() for _ in range(n_documents)]
    labels[3], lists[5] = [], []
    counts = sorted((rng.integers(1, 50, n_labels)).tolist(), reverse=True)
    return reference.Setup(lists, labels, counts, loss, **{"learning_rate": 0.3, "epochs": 3, **changes})


def matrix_of(rng, n_rows, dim, scale=0.5):
    matrix = zero_matrix(n_rows, dim)
    matrix[:, :dim] = rng.uniform(-scale, scale, (n_rows, dim))
    return matrix


def csr(lists):
    indptr = np.append(0, np.cumsum([len(values) for values in lists])).astype(np.int64)
    return indptr, np.array([value for values in lists for value in values], np.int32)


def make_trainer(setup, inputs, outputs, **changes):
    options = {
        "counts": np.array(setup.counts, np.int64),
        "word_indptr": None,
        "word_rows": None,
        "first_row": 0,
        "weights": None if setup.weights is None else np.array(setup.weights, np.float32),
        "label_weights": np.array(setup.label_weights, np.float32) if setup.label_weights else None,
        "n_tokens": 1000,
        "loss": setup.loss,
        "all_labels": True,
        "n_negatives": setup.n_negatives,
        "negative_power": 0.5,
        "shuffle": False,
        "pause": False,
        "epochs": setup.epochs,
        "learning_rate": setup.learning_rate,
        "seed": 3,
        "n_threads": 1,
        **changes,
    }
    return _core.DocumentTrainer(*csr(setup.documents), *csr(setup.labels), inputs, outputs, **options)


def run(trainer):
    trainer.start()
    trainer.join()
    assert not trainer.running()
    return trainer


def compare_with_reference(setup, inputs, outputs, dim, **changes):
    expected = reference.train(setup, inputs[:, :dim], outputs[:, :dim])
    run(make_trainer(setup, inputs, outputs, **changes))
    np.testing.assert_allclose(inputs[:, :dim], expected[0], rtol=2e-4, atol=6e-5)
    np.testing.assert_allclose(outputs[:, :dim], expected[1], rtol=2e-4, atol=6e-5)
    assert not inputs[:, dim:].any() and not outputs[:, dim:].any()


@pytest.mark.parametrize("loss", ["softmax", "ova", "hs", "ns"])
def test_reference_gradients_are_those_of_the_loss(loss):
    rng = np.random.default_rng(0)
    setup = make_setup(
        rng, loss, weights=[1.5] * 40, label_weights=[0.5, 2.0, 1.0, 3.0, 1.0][: 2 if loss == "ns" else 5]
    )
    hidden, outputs = rng.normal(size=4), rng.normal(size=(len(setup.counts), 4))
    found = reference.targets(setup, 0)
    hidden_gradient, output_gradient = reference.gradients(hidden, outputs, found, loss)
    step = 1e-6

    def slope(array, place):
        moved = []
        for sign in (1, -1):
            array[place] += sign * step
            moved.append(reference.loss(hidden, outputs, found, loss))
            array[place] -= sign * step
        return (moved[0] - moved[1]) / (2 * step)

    np.testing.assert_allclose([slope(hidden, d) for d in range(4)], hidden_gradient, rtol=1e-5, atol=1e-8)
    numeric = [[slope(outputs, (k, d)) for d in range(4)] for k in range(len(outputs))]
    np.testing.assert_allclose(numeric, output_gradient, rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize("loss", ["softmax", "ova", "hs", "ns"])
@pytest.mark.parametrize("dim", [1, 16, 21, 100, 300])
def test_training_is_that_of_the_reference(isa, loss, dim):
    rng = np.random.default_rng(dim)
    setup = make_setup(rng, loss, n_documents=8)  # one batch, also of wide rows: the rate is that of its start
    compare_with_reference(setup, matrix_of(rng, 30, dim), matrix_of(rng, len(setup.counts), dim), dim)


@pytest.mark.parametrize("loss", ["softmax", "ova", "hs"])
@pytest.mark.parametrize("n_labels", [1, 2, 8, 9, 37])
def test_any_number_of_labels(isa, loss, n_labels):
    rng = np.random.default_rng(n_labels)
    setup = make_setup(rng, loss, n_labels=n_labels)
    compare_with_reference(setup, matrix_of(rng, 30, 20), matrix_of(rng, n_labels, 20), 20)


@pytest.mark.parametrize("loss", ["softmax", "ova", "hs", "ns"])
def test_weights_of_documents_and_labels(isa, loss):
    rng = np.random.default_rng(5)
    n_labels = 2 if loss == "ns" else 5
    weights = rng.choice([0.0, 0.5, 2.0], 40).tolist()
    setup = make_setup(rng, loss, weights=weights, label_weights=rng.uniform(0.2, 2, n_labels).tolist())
    compare_with_reference(setup, matrix_of(rng, 30, 20), matrix_of(rng, n_labels, 20), 20)


def test_words_of_several_rows(isa):
    rng = np.random.default_rng(6)
    word_rows = [rng.integers(0, 30, n).tolist() for n in (3, 0, 1, 12)]
    items = [rng.integers(0, 14, 9).tolist() for _ in range(40)]
    setup = make_setup(rng, "softmax")
    # Items from 4 on have the rows from 20 on.
    setup.documents = [[row for i in found for row in (word_rows[i] if i < 4 else [20 + i - 4])] for found in items]
    inputs, outputs = matrix_of(rng, 30, 20), matrix_of(rng, 5, 20)
    expected = reference.train(setup, inputs[:, :20], outputs[:, :20])
    setup.documents = items
    indptr, rows = csr(word_rows)
    run(make_trainer(setup, inputs, outputs, word_indptr=indptr, word_rows=rows, first_row=20))
    np.testing.assert_allclose(inputs[:, :20], expected[0], rtol=2e-4, atol=2e-5)
    np.testing.assert_allclose(outputs[:, :20], expected[1], rtol=2e-4, atol=2e-5)


def test_features_without_a_row_count_as_zeros(isa):
    rng = np.random.default_rng(15)
    setup = make_setup(rng, "softmax")
    setup.documents = [[-1 if row % 5 == 0 else row for row in rows] for rows in setup.documents]
    setup.documents[7] = [-1, -1]
    compare_with_reference(setup, matrix_of(rng, 30, 20), matrix_of(rng, 5, 20), 20)


def test_sampling_one_label_is_training_on_it_alone(isa):
    rng = np.random.default_rng(7)
    setup = make_setup(rng, "softmax", epochs=1)
    setup.documents, setup.labels = [[1, 2, 3]], [[0, 3]]
    inputs, outputs = matrix_of(rng, 30, 20), matrix_of(rng, 5, 20)
    expected = []
    for labels in ([0], [3]):
        alone = reference.Setup([[1, 2, 3]], [labels], setup.counts, "softmax", 0.3)
        expected.append(reference.train(alone, inputs[:, :20], outputs[:, :20])[1])
    drawn = set()
    for seed in range(20):
        trained = aligned_copy(outputs)
        run(make_trainer(setup, aligned_copy(inputs), trained, all_labels=False, seed=seed))
        near = [np.abs(trained[:, :20] - e).max() < 1e-4 for e in expected]
        assert sum(near) == 1
        drawn.add(near.index(True))
    assert drawn == {0, 1}


def aligned_copy(matrix):
    copy = zero_matrix(len(matrix), matrix.shape[1])
    copy[:] = matrix
    return copy


def test_every_document_is_visited_once_an_epoch_in_another_order():
    # Documents of a row each: its step tells at which learning rate, that is when, it was visited.
    n = 1000
    setup = reference.Setup([[i] for i in range(n)], [[i % 2] for i in range(n)], [500, 500], "softmax", 1e-4)
    outputs = zero_matrix(2, 1)
    outputs[:, 0] = [1, -1]
    orders = []
    for seed in (1, 2):
        inputs = zero_matrix(n, 1)
        run(make_trainer(setup, inputs, aligned_copy(outputs), shuffle=True, seed=seed))
        visited = np.rint((1 - np.abs(inputs[:, 0]) / 1e-4) * n / 64).astype(int)
        np.testing.assert_array_equal(np.bincount(visited), [64] * 15 + [40])
        orders.append(visited)
    assert (orders[0] == np.arange(n) // 64).mean() < 0.2
    assert (orders[0] == orders[1]).mean() < 0.2


def test_shuffled_epochs_differ():
    rng = np.random.default_rng(8)
    setup = make_setup(rng, "softmax", n_documents=300, epochs=2)
    results = []
    for shuffle in (False, True, True):
        inputs, outputs = matrix_of(np.random.default_rng(1), 30, 20), matrix_of(np.random.default_rng(2), 5, 20)
        run(make_trainer(setup, inputs, outputs, shuffle=shuffle))
        results.append(inputs)
    np.testing.assert_array_equal(results[1], results[2])
    assert (results[0] != results[1]).any()


def test_pausing_after_each_epoch_changes_nothing():
    rng = np.random.default_rng(9)
    setup = make_setup(rng, "softmax", n_documents=300)
    results = []
    for pause in (False, True):
        inputs, outputs = matrix_of(np.random.default_rng(1), 30, 20), matrix_of(np.random.default_rng(2), 5, 20)
        trainer = make_trainer(setup, inputs, outputs, pause=pause, shuffle=True)
        for epoch in range(3 if pause else 1):
            assert trainer.progress()[0] == round(1000 * epoch)
            run(trainer)
        assert trainer.progress()[0] == 3000
        run(trainer)  # there is nothing left to do
        assert trainer.progress()[0] == 3000
        results.append(np.vstack([inputs, outputs]))
    np.testing.assert_array_equal(*results)


@pytest.mark.parametrize("loss", ["softmax", "ova", "hs", "ns"])
def test_loss_falls_with_several_threads(loss):
    rng = np.random.default_rng(10)
    labels = rng.integers(0, 4, 2000)
    setup = reference.Setup(
        [[int(label), *(rng.integers(4, 30, 5).tolist())] for label in labels],
        [[int(label)] for label in labels],
        [500] * 4,
        loss,
        0.5,
        epochs=10,
    )
    inputs, outputs = matrix_of(rng, 30, 20, 0.1), zero_matrix(4, 20)
    trainer = make_trainer(setup, inputs, outputs, n_threads=3, shuffle=True, pause=True)
    means, before = [], (0, 0.0, 0)
    for _ in range(10):
        now = run(trainer).progress()
        means.append((now[1] - before[1]) / (now[2] - before[2]))
        before = now
    assert means[-1] < 0.2 * means[0]
    scores = inputs[:4] @ outputs.T
    if loss != "hs":
        assert (scores.argmax(1) == np.arange(4)).all()


def test_loss_is_that_of_the_reference(isa):
    rng = np.random.default_rng(11)
    for kind in ("softmax", "ova", "hs", "ns"):
        setup = make_setup(rng, kind, n_documents=9, epochs=1, learning_rate=1e-9)
        setup.labels[3], setup.documents[5] = [0], [1]
        inputs, outputs = matrix_of(rng, 30, 20), matrix_of(rng, len(setup.counts), 20)
        expected = [
            reference.loss(inputs[setup.documents[i], :20].mean(0), outputs[:, :20], reference.targets(setup, i), kind)
            for i in (0, 4, 8)
        ]
        _, total, n = run(make_trainer(setup, inputs, outputs)).progress()
        assert n == 3
        assert total == pytest.approx(sum(expected), rel=1e-4)


def test_trainer_stops_when_asked():
    rng = np.random.default_rng(12)
    setup = make_setup(rng, "softmax", n_documents=5000, epochs=10**6)
    trainer = make_trainer(setup, matrix_of(rng, 30, 20), matrix_of(rng, 5, 20), n_threads=2)
    trainer.start()
    assert trainer.running()
    trainer.stop()
    trainer.join()
    assert trainer.progress()[0] < 1000 * 10**6


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"documents": [[30]]}, "items"),
        ({"documents": [[-2]]}, "items"),
        ({"labels": [[5]]}, "labels"),
        ({"labels": [[-1]]}, "labels"),
    ],
)
def test_ids_out_of_range_are_refused(change, message):
    rng = np.random.default_rng(13)
    setup = make_setup(rng, "softmax")
    setup.documents, setup.labels = [[1]], [[1]]
    for name, value in change.items():
        setattr(setup, name, value)
    with pytest.raises(ValueError, match=message):
        make_trainer(setup, matrix_of(rng, 30, 20), matrix_of(rng, 5, 20))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"loss": "hinge"}, "loss"),
        ({"epochs": 0}, "epochs"),
        ({"weights": np.ones(3, np.float32)}, "weights"),
        ({"label_weights": np.ones(3, np.float32)}, "label_weights"),
        ({"word_indptr": np.array([0, 1]), "word_rows": np.array([99], np.int32)}, "word_rows"),
        ({"word_indptr": np.array([0, 2]), "word_rows": np.array([9], np.int32)}, "word_indptr"),
        ({"word_indptr": np.array([0, 1])}, "given together"),
        ({"counts": np.ones(4, np.int64)}, "output_vectors"),
    ],
)
def test_arguments_that_do_not_fit_are_refused(options, message):
    rng = np.random.default_rng(14)
    setup = make_setup(rng, "softmax")
    with pytest.raises(ValueError, match=message):
        make_trainer(setup, matrix_of(rng, 30, 20), matrix_of(rng, 5, 20), **options)
