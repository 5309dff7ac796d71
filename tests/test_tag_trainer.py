"""How the core trains tag models: what it draws, how it steps, what it refuses."""

import numpy as np
import pytest

import reference_tagspace as reference
from sample_tag_models import (
    DIM,
    DOCUMENTS,
    N_TAGS,
    N_WORDS,
    SAMPLED,
    Core,
    csr,
    make_model,
    rule_of,
)
from textspace import _core


def test_texts_without_words_have_no_embedding_and_no_gradient():
    rule = rule_of("cnn", "softmax")
    model = make_model("cnn", rule)
    core = Core(model, rule)
    assert not core.embed([[]]).any()
    core.train([([], [1]), ([1, 2], [])], mean=True)
    for name, after in core.values().items():
        np.testing.assert_array_equal(after, model[name], err_msg=name)


def test_cosine_of_a_zero_embedding_is_finite():
    rule = rule_of("bag", "softmax", cosine=True)
    model = make_model("bag", rule)
    model["words"][:] = 0
    core = Core(model, rule)
    core.train([([1, 2], [1])], learning_rate=1e-6)
    assert all(np.isfinite(value).all() for value in core.values().values())


@pytest.mark.parametrize("loss", SAMPLED)
@pytest.mark.parametrize("power", [0.0, 1.0])
def test_a_true_tag_is_never_a_negative(loss, power):
    rule = reference.Rule(loss=loss, margin=100.0, n_draws=50, max_violators=50)
    core = Core(make_model("bag", rule), rule)
    positives = [0, 2, 3]
    core.stacked[:] = 0  # all scores are equal: every other tag violates
    before = core.stacked.copy()
    core.train([([1, 2], positives)] * 200, negative_power=power, epochs=1, batch_size=200, learning_rate=1e-3)
    direction = core.words[1, :DIM] + core.words[2, :DIM]
    moved = (core.stacked - before)[:, :DIM] @ direction
    assert (moved[positives] > 0).all()
    assert (np.delete(moved, positives) < 0).all()


def test_expected_warp_is_the_mean_of_warp():
    n_copies = 20000
    rule = reference.Rule(loss="warp", margin=0.3, n_draws=3)
    model = make_model("bag", rule)
    document = ([0, 1, 2], [1, 4])
    _, loss_sum, n = Core(model, rule).train([document] * n_copies, learning_rate=1e-9)
    expected = reference.loss_of(
        model, reference.Rule(loss="warp_expected", margin=0.3, n_draws=3), [0, 1, 2], [1, 4], None
    )
    assert loss_sum / n == pytest.approx(expected, rel=0.02)


@pytest.mark.parametrize("power", [0.0, 1.0])
def test_sampled_softmax_tends_to_softmax(power):
    rule = reference.Rule(loss="sampled_softmax", n_draws=20000)
    model = make_model("bag", rule)
    sampled, full = Core(model, rule), Core(model, reference.Rule(loss="softmax"))
    document = ([0, 1, 2], [1, 4])
    _, loss_sum, _ = sampled.train([document], negative_power=power)
    _, expected, _ = full.train([document])
    assert loss_sum == pytest.approx(expected, rel=0.02)
    for name, value in sampled.values().items():
        np.testing.assert_allclose(value, full.values()[name], atol=0.02)


def take_steps(optimizer, gradients, **options):
    """Give what one parameter becomes, from 0, by the textbook."""
    x = m = v = 0.0
    for t, gradient in enumerate(gradients, 1):
        if optimizer == "sgd":
            x -= 0.5 * gradient
        elif optimizer == "adagrad":
            v += gradient**2
            x -= 0.5 * gradient / (np.sqrt(v) + 1e-8)
        else:
            m, v = 0.9 * m + 0.1 * gradient, 0.999 * v + 0.001 * gradient**2
            rate = 0.5 * np.sqrt(1 - 0.999**t) / (1 - 0.9**t)
            x -= rate * m / (np.sqrt(v) + 1e-8)
    return x


@pytest.mark.parametrize("optimizer", ["sgd", "adagrad", "adam"])
def test_optimizers(optimizer):
    # One-vs-rest with words of zeros: only the biases move, each by sigmoid(bias) - truth, summed over the batch.
    rule = reference.Rule(loss="bce")
    model = make_model("bag", rule, bias=True)
    for name in ("words", "tags", "bias"):
        model[name][:] = 0
    core = Core(model, rule)
    core.train([([0], [2])], optimizer=optimizer, learning_rate=0.5, epochs=1)
    first = core.bias[2], core.bias[0]
    assert first == pytest.approx([take_steps(optimizer, [-0.5]), take_steps(optimizer, [0.5])], rel=1e-5)
    core = Core(model, rule)
    core.train([([0], [2])], optimizer=optimizer, learning_rate=0.5, epochs=2)
    second = 1 / (1 + np.exp(-first[0])) - 1
    assert core.bias[2] == pytest.approx(take_steps(optimizer, [-0.5, second]), rel=1e-5)


def test_row_adagrad_is_starspaces():
    rule = reference.Rule(loss="tagspace", margin=10.0)
    model = make_model("bag", rule)
    plain, adaptive = Core(model, rule), Core(model, rule)
    plain.train([([0, 1], [2])])
    adaptive.train([([0, 1], [2])], optimizer="row_adagrad", learning_rate=0.5, epsilon=1e-6)
    gradient = model["words"] - plain.values()["words"]
    rate = 0.5 / np.sqrt((gradient**2).sum(axis=1, keepdims=True) / DIM + 1e-6)
    np.testing.assert_allclose(model["words"] - adaptive.values()["words"], rate * gradient, atol=1e-5)


def test_gradient_is_clipped_by_its_norm():
    rule = rule_of("cnn", "softmax")
    model = make_model("cnn", rule)
    plain, clipped = Core(model, rule), Core(model, rule)
    plain.train(DOCUMENTS)
    clipped.train(DOCUMENTS, clip_norm=0.5)
    gradients = {name: model[name] - value for name, value in plain.values().items()}
    norm = np.sqrt(sum((gradient**2).sum() for gradient in gradients.values()))
    assert norm > 1
    for name, value in clipped.values().items():
        np.testing.assert_allclose(model[name] - value, gradients[name] * 0.5 / norm, atol=1e-6)


def test_rows_are_kept_short():
    rule = reference.Rule(loss="softmax")
    core = Core(make_model("bag", rule), rule)
    core.train(DOCUMENTS, max_norm=0.75, learning_rate=10.0)
    norms = np.linalg.norm(core.values()["tags"], axis=1)
    assert norms.max() == pytest.approx(0.75, abs=1e-6)


def test_raw_gradients_see_no_divisor():
    # StarSpace: both gradients are those of the inner product of the normalized vectors.
    rule = reference.Rule(loss="tagspace", margin=10.0, cosine=True, power=0.5, n_draws=1)
    model = make_model("bag", rule, n_tags=2)
    core = Core(model, rule, raw_gradients=True)
    core.train([([0, 1], [0])])

    def unit(vector):
        return vector / np.linalg.norm(vector)

    text = unit(model["words"][0] + model["words"][1])
    step = unit(model["tags"][0]) - unit(model["tags"][1])
    np.testing.assert_allclose(core.values()["words"][0], model["words"][0] + step, atol=1e-5)
    np.testing.assert_allclose(core.values()["tags"], model["tags"] + [text, -text], atol=1e-5)


def test_word_rows_can_be_fixed():
    rule = rule_of("cnn", "softmax")
    model = make_model("cnn", rule)
    core = Core(model, rule)
    core.train(DOCUMENTS, train_words=False, epochs=3, learning_rate=0.1)
    np.testing.assert_array_equal(core.values()["words"], model["words"])
    assert not np.array_equal(core.values()["filters"], model["filters"])


def test_dropped_words_have_no_gradient():
    rule = reference.Rule(loss="softmax")
    model = make_model("bag", rule)
    core = Core(model, rule)
    core.train([(list(range(N_WORDS)), [1])], word_dropout=0.5)
    changed = (core.values()["words"] != model["words"]).any(axis=1)
    assert 0 < changed.sum() < N_WORDS


@pytest.mark.parametrize("loss", ["tagspace", "softmax"])
def test_one_thread_gives_the_same_bits(loss):
    rule = rule_of("cnn", loss)
    model = make_model("cnn", rule)
    runs = []
    for _ in range(2):
        core = Core(model, rule)
        core.train(DOCUMENTS * 20, batch_size=8, epochs=3, learning_rate=0.05, shuffle=True, seed=7)
        runs.append(core.values())
    for name, value in runs[0].items():
        np.testing.assert_array_equal(value, runs[1][name])


def test_training_goes_on_epoch_by_epoch():
    rule = rule_of("bag", "softmax")
    model = make_model("bag", rule)
    whole, parts = Core(model, rule), Core(model, rule)
    settings = {
        "loss": "softmax", "margin": 0.1, "n_draws": 1, "max_violators": 1, "negative_power": 0.0, "log_q": True,
        "optimizer": "adam", "learning_rate": 0.1, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "schedule": "linear",
        "batch_size": 2, "epochs": 4, "mean": True, "clip_norm": 0.0, "max_norm": 0.0, "word_dropout": 0.2,
        "train_words": True, "shuffle": True, "seed": 0, "n_threads": 1,
    }  # fmt: skip
    whole.train(DOCUMENTS, **settings)
    rows, tags = zip(*DOCUMENTS, strict=True)
    counts = np.ones(N_TAGS, np.int64)
    trainer = _core.TagTrainer(parts.model, *csr(rows), *csr(tags), tag_counts=counts, **settings)
    for _ in range(4):
        trainer.start(n_epochs=1)
        trainer.join()
    assert trainer.progress()[0] == 4 * trainer.n_words
    np.testing.assert_array_equal(parts.words, whole.words)
    trainer.start()
    trainer.join()
    np.testing.assert_array_equal(parts.words, whole.words)


def test_many_threads_learn():
    rule = rule_of("cnn", "softmax")
    core = Core(make_model("cnn", rule), rule)
    documents = [(rows, tags) for rows, tags in DOCUMENTS if rows and len(tags) == 1] * 20
    _, first, n = core.train(documents, learning_rate=1e-9)
    core.train(documents, batch_size=4, epochs=30, learning_rate=0.05, n_threads=4)
    _, last, _ = core.train(documents, learning_rate=1e-9)
    assert last / n < 0.3 * first / n


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rows": [99]}, "`rows` must hold row numbers"),
        ({"tags": [N_TAGS]}, "`tags` must hold tag numbers"),
        ({"tags": [2, 2]}, "must ascend"),
        ({"loss": "rank"}, "`loss` is not one of"),
        ({"optimizer": "lion"}, "`optimizer` must be"),
        ({"batch_size": 0}, "`batch_size`"),
    ],
)
def test_what_the_core_rejects(change, message):
    rule = rule_of("bag", "softmax")
    core = Core(make_model("bag", rule), rule)
    document = (change.pop("rows", [1]), change.pop("tags", [1]))
    with pytest.raises(ValueError, match=message):
        core.train([document], **change)
