"""Each preset on an example that can be computed by hand."""

from dataclasses import replace
from math import exp, log, sqrt, tanh

import numpy as np
import pytest

from textspace.training.tag_documents import TagDocuments
from textspace.training.tagspace import tag_trainer
from textspace.training.tagspace_matrices import core_model, new_matrices, prior_bias, unstacked_rows
from textspace.training.tagspace_parameters import PRESETS, check_tagspace_parameters, tagspace_preset

E_OF_2 = tanh(tanh(2.0))


class Example:
    """A model of a preset with D = 2, one filter that sees the first component of the middle word, and one text."""

    def __init__(self, preset, words, tags, rows, positives, **changes):
        self.parameters = replace(tagspace_preset(preset), dim=2, n_filters=1, batch_size=1, epochs=1, **changes)
        counts = np.ones(len(tags), np.int64)
        self.matrices = new_matrices(
            self.parameters, n_rows=len(words), tag_counts=counts, n_documents=1, row_weights=self._weights(words)
        )
        self.matrices.words[:, :2] = words
        self.matrices.tags[:, :2] = tags
        if self.matrices.filters is not None:
            self.matrices.filters[:] = 0
            self.matrices.filters[2, 0] = 1
            self.matrices.projection[:] = 0
        self.documents = TagDocuments(
            np.array([0, len(rows)], np.int64), np.array(rows, np.int32),
            np.array([0, len(positives)], np.int64), np.array(positives, np.int32),
        )  # fmt: skip
        self.counts = counts

    def _weights(self, words):
        return np.ones(len(words), np.float32) if self.parameters.idf else None

    def embed(self):
        out = np.zeros((1, self.matrices.tags.shape[1]), np.float32)
        model = core_model(self.matrices, self.parameters)
        model.embed(self.documents.indptr, self.documents.rows, out, n_threads=1)
        return unstacked_rows(out, 2, 1)[0]

    def train(self):
        trainer = tag_trainer(core_model(self.matrices, self.parameters), self.documents, self.counts, self.parameters)
        trainer.start()
        trainer.join()
        return trainer.progress()[1]


def test_paper():
    example = Example("paper", [[0.5, 9], [-1, 9], [2, 9]], [[0, 0], [1, 0]], [0, 1, 2], [0])
    example.matrices.projection[0, :2] = [1, 0]
    assert example.embed() == pytest.approx([E_OF_2, 0], abs=1e-6)
    assert example.train() == pytest.approx(0.1 - 0 + E_OF_2, abs=1e-6)
    # One step of gradient descent on both tags, by the embedding.
    rate = PRESETS["paper"].learning_rate
    assert example.matrices.tags[:, 0] == pytest.approx([rate * E_OF_2, 1 - rate * E_OF_2], abs=1e-6)


def test_paper_has_the_figures_of_the_paper():
    given = tagspace_preset("paper")
    assert (given.encoder, given.loss, given.similarity) == ("cnn", "tagspace", "dot")
    assert (given.width, given.n_filters, given.margin, given.n_negatives) == (5, 1000, 0.1, 1000)
    assert given.second_tanh
    assert given.pool is None
    assert given.initialization == "bag"


def test_tensorflow():
    # Seven words: one maximum over the first five, another over the last two; the text may have ten.
    words = [[0.1 * (i + 1), 0] for i in range(7)]
    tags = [[1, 0], [0, 1], [0, 0]]
    example = Example("tensorflow", words, tags, range(7), [1, 2], max_length=10)
    example.matrices.projection[0, :2] = [1, 0]
    example.matrices.projection[16, :2] = [0, 1]
    first, second = tanh(tanh(0.5)), tanh(tanh(0.7))
    assert example.embed() == pytest.approx([first, second], abs=1e-6)
    # The lowest of the true tags (0, not `second`) against the highest of the others.
    assert example.train() == pytest.approx(0.05 - 0 + first, abs=1e-6)


def test_tensorflow_reads_sixty_words():
    words = [[0.1, 0], [5, 0]]
    example = Example("tensorflow", words, [[1, 0], [0, 1]], [0] * 60 + [1], [0])
    example.matrices.projection[11 * 16, :2] = [1, 0]
    assert example.embed() == pytest.approx([tanh(tanh(0.1)), 0], abs=1e-6)


def test_paddle():
    example = Example("paddle", [[0.5, 9], [2, 9]], [[3, 0], [0, 5]], [0, 1], [1])
    example.matrices.projection[0, :2] = [1, 0]
    assert example.embed() == pytest.approx([tanh(2.0), 0], abs=1e-6)  # no second tanh
    assert example.train() == pytest.approx(0.1 - 0 + 1, abs=1e-5)  # cosines, not products


def test_starspace():
    example = Example("starspace", [[1, 0], [0, 1]], [[0, 0.5], [1, 0]], [0, 1], [0])
    assert example.embed() == pytest.approx([1 / sqrt(2), 1 / sqrt(2)], abs=1e-6)  # sum / sqrt(2)
    # Both cosines are 1 / sqrt(2): the mean of the ten violations kept of fifty draws is the margin.
    assert example.train() == pytest.approx(0.05, abs=1e-6)
    # Its gradient for the text is t- minus t+, (1, -1), whose mean square is 1: a step of 0.01.
    assert example.matrices.words[:, :2] == pytest.approx(np.array([[0.99, 0.01], [-0.01, 1.0]]), abs=1e-4)


def test_starspace_keeps_rows_short():
    example = Example("starspace", [[1, 0], [0, 1]], [[0, 1], [1, 0]], [0, 1], [0])
    example.train()
    assert np.linalg.norm(example.matrices.words, axis=1).max() <= 1 + 1e-6


def test_fast():
    example = Example("fast", [[1, 0], [0, 1]], [[1, 1], [0, 0], [1, 0]], [0, 1], [0, 2])
    assert example.embed() == pytest.approx([0.5, 0.5], abs=1e-6)
    example.matrices.tag_bias[:3] = [0, 0.25, 0]
    total = log(exp(1.0) + exp(0.25) + exp(0.5))
    assert example.train() == pytest.approx(total - (1.0 + 0.5) / 2, abs=1e-5)


def test_first_biases_are_the_logarithms_of_shares():
    softmax = prior_bias(tagspace_preset("fast"), np.array([6, 2]), 8)[:2]
    assert softmax == pytest.approx([log(7 / 10), log(3 / 10)], abs=1e-6)
    odds = prior_bias(replace(tagspace_preset("fast"), loss="bce"), np.array([6, 2]), 8)[:2]
    assert odds == pytest.approx([log(6.5 / 2.5), log(2.5 / 6.5)], abs=1e-5)


@pytest.mark.parametrize("name", PRESETS)
def test_presets_pass_their_own_checks(name):
    given = {field: getattr(PRESETS[name], field) for field in PRESETS[name].__slots__}
    seed = given.pop("seed")
    assert check_tagspace_parameters(given | {"random_state": seed}) == PRESETS[name]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"encoder": "lstm"}, "`encoder` must be one of 'cnn', 'bag'"),
        ({"loss": "rank"}, "`loss` must be one of"),
        ({"dim": 0}, "`dim` must be"),
        ({"poolings": ()}, "`poolings` must be different ones"),
        ({"poolings": ("mean", "mean")}, "`poolings` must be different ones"),
        ({"encoder": "cnn", "word_ngrams": 2}, "`word_ngrams and max_n` must be 1 and 0"),
        ({"encoder": "cnn", "pool": 5}, "`max_length` must be"),
        ({"loss": "warp", "n_negatives": 0}, "`n_negatives` must be >= 1"),
        ({"loss": "hs"}, "with loss='hs'"),
        ({"min_n": 3, "max_n": 2}, "`max_n` must be >= `min_n`"),
        ({"word_dropout": 1.0}, "`word_dropout` must be"),
    ],
)
def test_parameters_are_checked(change, message):
    with pytest.raises(ValueError, match=message):
        check_tagspace_parameters(change)


def test_unknown_parameters_are_named():
    with pytest.raises(TypeError, match="got windows"):
        check_tagspace_parameters({"windows": 5})


def test_there_is_no_other_preset():
    with pytest.raises(ValueError, match="`preset` must be one of 'fast', 'paper'"):
        tagspace_preset("pytorch")
