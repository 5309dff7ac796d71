"""The core's encoders and losses, and their gradients, against the float64 reference."""

import numpy as np
import pytest

import reference_tagspace as reference
from sample_tag_models import (
    DIM,
    DOCUMENTS,
    ENCODERS,
    LOSSES,
    N_TAGS,
    Core,
    make_model,
    rule_of,
)


def assert_step_is_gradient(encoder, rule, *, bias=False, tree=None, n_tags=N_TAGS, **options):
    model = make_model(ENCODERS[encoder][0], rule, bias=bias, n_tags=n_tags)

    def loss(changed):
        return reference.batch_loss(changed, rule, DOCUMENTS, tree=tree)

    expected_loss, expected = loss(model), reference.gradients(loss, model)
    core = Core(model, rule)
    _, loss_sum, n_documents = core.train(DOCUMENTS, **options)
    assert n_documents == len(DOCUMENTS)
    assert loss_sum == pytest.approx(expected_loss, rel=1e-5)
    assert expected_loss > 0.05
    for name, after in core.values().items():
        np.testing.assert_allclose(model[name] - after, expected[name], atol=1e-5, err_msg=name)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("encoder", ["cnn", "bag"])
@pytest.mark.parametrize("cosine", [False, True])
def test_gradients_of_losses(encoder, loss, cosine):
    rule = rule_of(encoder, loss, cosine=cosine, margin=0.5, scale=2.0)
    assert_step_is_gradient(encoder, rule, bias=loss in ("softmax", "bce", "sampled_softmax"))


@pytest.mark.parametrize("encoder", ENCODERS)
def test_gradients_of_encoders(encoder):
    assert_step_is_gradient(encoder, rule_of(encoder, "softmax"))


def test_gradients_of_hierarchical_softmax():
    # Huffman's tree of these counts by hand: leaf 0 is the root's right child, leaf 1 its left child's right child ...
    counts = np.array([40, 20, 10, 5], np.int64)
    tree = {0: [(2, 1)], 1: [(1, 1), (2, 0)], 2: [(0, 1), (1, 0), (2, 0)], 3: [(0, 0), (1, 0), (2, 0)]}
    documents = [(rows, [tag for tag in tags if tag < 4]) for rows, tags in DOCUMENTS]
    rule = reference.Rule(loss="hs")
    model = make_model("bag", rule, n_tags=3)

    def loss(changed):
        return reference.batch_loss(changed, rule, documents, tree=tree)

    core = Core(model, rule)
    expected_loss, expected = loss(model), reference.gradients(loss, model)
    _, loss_sum, _ = core.train(documents, tag_counts=counts)
    assert loss_sum == pytest.approx(expected_loss, rel=1e-5)
    for name, after in core.values().items():
        np.testing.assert_allclose(model[name] - after, expected[name], atol=1e-5, err_msg=name)


@pytest.mark.parametrize("encoder", ENCODERS)
def test_embeddings_are_those_of_the_reference(encoder):
    rule = rule_of(encoder, "softmax")
    model = make_model(ENCODERS[encoder][0], rule)
    core = Core(model, rule)
    lists = [rows for rows, _ in DOCUMENTS]
    expected = [reference.embed(model, rule, np.asarray(rows, int)) for rows in lists]
    np.testing.assert_allclose(core.embed(lists), expected, atol=1e-5)


def test_every_instruction_set_gives_the_same_embeddings(isa):
    rule = rule_of("cnn", "softmax")
    model = make_model("cnn", rule)
    lists = [rows for rows, _ in DOCUMENTS]
    embeddings = Core(model, rule).embed(lists)
    expected = [reference.embed(model, rule, np.asarray(rows, int)) for rows in lists]
    np.testing.assert_allclose(embeddings, expected, atol=1e-5)


@pytest.mark.parametrize("encoder", ENCODERS)
def test_company_does_not_change_an_embedding(encoder):
    rule = rule_of(encoder, "softmax")
    core = Core(make_model(ENCODERS[encoder][0], rule), rule)
    lists = [rows for rows, _ in DOCUMENTS] * 50
    together = core.embed(lists)
    np.testing.assert_array_equal(core.embed(lists, n_threads=3), together)
    for rows, embedding in zip(lists[:7], together, strict=False):
        np.testing.assert_array_equal(core.embed([rows])[0], embedding)


def test_no_window_beyond_the_text_is_in_the_maximum():
    # A filter whose bias alone would win everywhere, but that every word makes very negative.
    rule = rule_of("cnn", "softmax")
    model = make_model("cnn", rule)
    model["words"][:] = 1
    model["filters"][:] = -1
    model["filter_bias"][:] = 3
    core = Core(model, rule)
    expected = np.tanh(np.tanh(3 - 2 * DIM * 1.0)) * model["projection"].sum(axis=0) + model["projection_bias"]
    np.testing.assert_allclose(core.embed([[0, 1]])[0], expected, atol=1e-5)
