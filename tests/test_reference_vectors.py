"""The reference itself: its gradients against central differences, its tree and distributions by hand."""

import numpy as np
import pytest

import reference_vectors as ref

D, V, R = 7, 6, 11
COUNTS = [40, 20, 11, 5, 5, 2]
TREE = ref.huffman_tree(COUNTS)
LOSSES = {
    "ns": lambda hidden, output: ref.negative_sampling_loss(hidden, output, 2, [0, 4, 4]),
    "hs": lambda hidden, output: ref.hierarchical_softmax_loss(hidden, output, 3, TREE),
    "softmax": lambda hidden, output: ref.softmax_loss(hidden, output, 1),
}


@pytest.fixture
def matrices():
    stream = np.random.default_rng(3)
    return stream.normal(size=(R, D)), stream.normal(size=(V, D))


def central_differences(function, at, step=1e-6):
    gradient = np.zeros_like(at)
    for place in np.ndindex(*at.shape):
        up, down = at.copy(), at.copy()
        up[place] += step
        down[place] -= step
        gradient[place] = (function(up) - function(down)) / (2 * step)
    return gradient


@pytest.mark.parametrize("loss", LOSSES)
def test_loss_gradients(loss, matrices):
    hidden, output = matrices[0][0], matrices[1]
    _, d_hidden, d_output = LOSSES[loss](hidden, output)
    np.testing.assert_allclose(d_hidden, central_differences(lambda x: LOSSES[loss](x, output)[0], hidden), atol=1e-8)
    np.testing.assert_allclose(d_output, central_differences(lambda x: LOSSES[loss](hidden, x)[0], output), atol=1e-8)


@pytest.mark.parametrize("loss", LOSSES)
def test_skipgram_gradient_and_step(loss, matrices):
    inputs, output = matrices
    rows = [1, 6, 9, 6]

    def value(x):
        return LOSSES[loss](ref.skipgram_hidden(x, rows), output)[0]

    exact = central_differences(value, inputs)
    _, d_hidden, _ = LOSSES[loss](ref.skipgram_hidden(inputs, rows), output)
    np.testing.assert_allclose(ref.skipgram_input_gradient(inputs, rows, d_hidden), exact, atol=1e-8)
    before, new_inputs, _ = ref.skipgram_step(inputs, output, rows, LOSSES[loss], 0.01)
    np.testing.assert_allclose(inputs - new_inputs, 0.01 * len(rows) * exact, atol=1e-8)
    assert value(new_inputs) < before


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("loss", LOSSES)
def test_cbow_gradients_and_step(loss, weighted, matrices):
    inputs, output = matrices
    context_rows = [[0, 7], [3], [0, 8, 8]]
    weights = np.random.default_rng(4).normal(size=(3, D)) if weighted else None

    def value(x, w):
        return LOSSES[loss](ref.cbow_hidden(x, context_rows, w), output)[0]

    exact = central_differences(lambda x: value(x, weights), inputs)
    _, d_hidden, _ = LOSSES[loss](ref.cbow_hidden(inputs, context_rows, weights), output)
    d_inputs, d_weights = ref.cbow_gradients(inputs, context_rows, d_hidden, weights)
    np.testing.assert_allclose(d_inputs, exact, atol=1e-8)
    if weighted:
        np.testing.assert_allclose(d_weights, central_differences(lambda w: value(inputs, w), weights), atol=1e-8)
    for normalized, factor in ((False, 6), (True, 1)):  # 6 rows
        _, new_inputs, _, _ = ref.cbow_step(
            inputs, output, context_rows, LOSSES[loss], 0.01, position_weights=weights, normalized=normalized
        )
        np.testing.assert_allclose(inputs - new_inputs, 0.01 * factor * exact, atol=1e-8)


def test_tree_is_optimal_and_prefix_free():
    # By hand: 2+5=7 (row 0), 5+7=12 (row 1), 11+12=23 (row 2), 20+23=43 (row 3), 40+43=83 (row 4).
    assert TREE.rows == [[4], [3, 4], [2, 3, 4], [1, 2, 3, 4], [0, 1, 2, 3, 4], [0, 1, 2, 3, 4]]
    assert TREE.codes == [[0], [0, 1], [0, 1, 1], [0, 1, 1, 1], [1, 1, 1, 1, 1], [0, 1, 1, 1, 1]]
    assert sum(2.0 ** -len(path) for path in TREE.rows) == 1
    uniform = ref.huffman_tree([3, 3, 3, 3])
    assert [len(path) for path in uniform.rows] == [2, 2, 2, 2]
    # A tie between a leaf and an inner node takes the inner node.
    tie = ref.huffman_tree([4, 2, 2])
    assert tie.rows == [[1], [0, 1], [0, 1]]
    assert tie.codes == [[1], [1, 0], [0, 0]]


def test_probabilities_of_the_tree_sum_to_one(matrices):
    hidden, output = matrices[0][0], matrices[1]
    losses = [ref.hierarchical_softmax_loss(hidden, output, word, TREE)[0] for word in range(V)]
    assert np.exp(-np.array(losses)).sum() == pytest.approx(1)


def test_draws():
    np.testing.assert_allclose(ref.negative_distribution([16, 4, 1], 0.5), [4 / 7, 2 / 7, 1 / 7])
    np.testing.assert_allclose(ref.negative_distribution_given_target([16, 4, 1], 0.5, 0), [0, 2 / 3, 1 / 3])
    assert ref.keep_probability([100], 10_000, 1e-4)[0] == pytest.approx(0.1 + 0.01)
    assert ref.keep_probability([1], 10_000, 1e-4)[0] == 1
    assert ref.keep_probability([100], 10_000, 0)[0] == 1
    assert ref.context_positions(5, 1, 2) == [0, 2, 3]
    reaches = [sum(d <= reach for reach in range(1, 6)) / 5 for d in range(1, 7)]
    assert [ref.distance_probability(d, 5) for d in range(1, 7)] == pytest.approx(reaches)
    assert ref.learning_rate_at(25, 100, 0.05) == pytest.approx(0.0375)


def test_text_vector():
    np.testing.assert_allclose(ref.text_vector([np.array([3.0, 4]), np.zeros(2), np.array([0, 2.0])]), [0.3, 0.9])
    np.testing.assert_array_equal(ref.text_vector(np.zeros((1, 2))), np.zeros(2))
