"""The core's tag models against the float64 reference."""

import numpy as np
import pytest

import reference_tagspace as reference
from textspace import _core
from textspace.training.matrices import zero_matrix

N_WORDS, DIM, N_TAGS, N_FILTERS, WIDTH = 9, 6, 7, 5, 3
PADDED_FILTERS = 16
DOCUMENTS = [
    ([0, 1, 2, 3, 4], [1]),
    ([5], [0, 3]),
    ([6, 7, 6, 1], [2, 4, 6]),
    ([8, 0], [5]),
    ([], [1]),
    ([3, 3], []),
    ([2, 4, 8, 7, 5, 0, 1, 1], [0, 1, 2, 3, 4, 5]),
]
SAMPLED = ("tagspace", "warp", "hinge", "hinge_max", "sampled_softmax")


def csr(lists):
    indptr = np.append(0, np.cumsum([len(values) for values in lists])).astype(np.int64)
    return indptr, np.array([value for values in lists for value in values], np.int32)


def make_model(encoder, rule, *, seed=1, bias=False, n_tags=N_TAGS):
    """Give the arrays in float64, with values that float32 holds exactly."""
    rng = np.random.default_rng(seed)

    def normal(*shape, sd=0.5):
        return rng.normal(0, sd, shape).astype(np.float32).astype(np.float64)

    n_poolings = len(rule.poolings) if encoder == "bag" else 1
    model = {"words": normal(N_WORDS, DIM), "tags": normal(n_tags, n_poolings * DIM)}
    if bias:
        model["bias"] = normal(n_tags)
    if encoder == "cnn":
        model["filters"] = normal(N_FILTERS, WIDTH, DIM)
        model["filter_bias"] = normal(N_FILTERS)
        model["projection"] = normal(rule.n_pools * N_FILTERS, DIM)
        model["projection_bias"] = normal(DIM)
    return model


class Core:
    """A model of the core with the values of a reference model."""

    def __init__(self, model, rule, *, raw_gradients=False):
        self.rule = rule
        self.words = zero_matrix(N_WORDS, DIM)
        self.words[:, :DIM] = model["words"]
        n_tags, self.n_poolings = len(model["tags"]), model["tags"].shape[1] // DIM
        self.tags = zero_matrix(n_tags * self.n_poolings, DIM)
        self.tags[:, :DIM] = model["tags"].reshape(-1, DIM)
        self.stacked = self.tags.reshape(n_tags, -1)
        self.bias = None
        if "bias" in model:
            self.bias = zero_matrix(1, n_tags).reshape(-1)
            self.bias[:n_tags] = model["bias"]
        weights = None if rule.row_weights is None else rule.row_weights.astype(np.float32)
        self.model = _core.TagModel(
            self.words,
            self.stacked,
            dim=DIM,
            poolings=sum({"mean": 1, "max": 2, "min": 4}[name] for name in rule.poolings),
            power=rule.power,
            cosine=rule.cosine,
            score_scale=rule.scale,
            raw_gradients=raw_gradients,
            row_weights=weights,
            tag_bias=self.bias,
        )
        self.is_cnn = "filters" in model
        if self.is_cnn:
            self._set_convolution(model)

    def _set_convolution(self, model):
        self.filters = zero_matrix(PADDED_FILTERS * WIDTH, DIM)
        self.filters[: N_FILTERS * WIDTH, :DIM] = model["filters"].reshape(-1, DIM)
        self.filter_bias = zero_matrix(1, PADDED_FILTERS).reshape(-1)
        self.filter_bias[:N_FILTERS] = model["filter_bias"]
        self.projection = zero_matrix(self.rule.n_pools * PADDED_FILTERS, DIM)
        by_pool = self.projection.reshape(self.rule.n_pools, PADDED_FILTERS, -1)
        by_pool[:, :N_FILTERS, :DIM] = model["projection"].reshape(self.rule.n_pools, N_FILTERS, DIM)
        self.projection_bias = zero_matrix(1, DIM).reshape(-1)
        self.projection_bias[:DIM] = model["projection_bias"]
        self.model.set_convolution(
            self.filters,
            self.filter_bias,
            self.projection,
            self.projection_bias,
            width=WIDTH,
            n_pools=self.rule.n_pools,
            pool=self.rule.pool or 2**31 - 1,
            second_tanh=self.rule.second_tanh,
        )

    def values(self):
        n_tags = len(self.stacked)
        found = {"words": self.words[:, :DIM], "tags": self.tags[:, :DIM].reshape(n_tags, -1)}
        if self.bias is not None:
            found["bias"] = self.bias[:n_tags]
        if self.is_cnn:
            found["filters"] = self.filters[: N_FILTERS * WIDTH, :DIM].reshape(N_FILTERS, WIDTH, DIM)
            found["filter_bias"] = self.filter_bias[:N_FILTERS]
            by_pool = self.projection.reshape(self.rule.n_pools, PADDED_FILTERS, -1)
            found["projection"] = by_pool[:, :N_FILTERS, :DIM].reshape(-1, DIM)
            found["projection_bias"] = self.projection_bias[:DIM]
        return {name: value.astype(np.float64) for name, value in found.items()}

    def embed(self, lists, n_threads=1):
        out = zero_matrix(len(lists), self.stacked.shape[1])
        self.model.embed(*csr(lists), out, n_threads=n_threads)
        return out.reshape(len(lists), self.n_poolings, -1)[:, :, :DIM].reshape(len(lists), -1)

    def train(self, documents, **options):
        tag_counts = options.pop("tag_counts", np.arange(len(self.stacked), 0, -1, dtype=np.int64))
        settings = {
            "loss": self.rule.loss,
            "margin": self.rule.margin,
            "n_draws": self.rule.n_draws,
            "max_violators": self.rule.max_violators,
            "negative_power": 0.0,
            "log_q": self.rule.log_q,
            "optimizer": "sgd",
            "learning_rate": 1.0,
            "beta1": 0.9,
            "beta2": 0.999,
            "epsilon": 1e-8,
            "schedule": "constant",
            "batch_size": 100,
            "epochs": 1,
            "mean": False,
            "clip_norm": 0.0,
            "max_norm": 0.0,
            "word_dropout": 0.0,
            "train_words": True,
            "shuffle": False,
            "seed": 0,
            "n_threads": 1,
        }
        rows, tags = zip(*documents, strict=True)
        trainer = _core.TagTrainer(self.model, *csr(rows), *csr(tags), tag_counts=tag_counts, **(settings | options))
        trainer.start()
        trainer.join()
        return trainer.progress()


ENCODERS = {
    "cnn": ("cnn", {}),
    "cnn without second tanh": ("cnn", {"second_tanh": False}),
    "cnn with local pooling": ("cnn", {"pool": 3, "n_pools": 3}),
    "bag": ("bag", {}),
    "bag of weighted rows": ("bag", {"power": 0.5, "row_weights": np.linspace(0.5, 2, N_WORDS)}),
    "bag with three poolings": ("bag", {"poolings": ("mean", "max", "min")}),
}
LOSSES = {
    "tagspace": {},
    "warp": {},
    "warp_expected": {"n_draws": 20},
    "hinge": {"n_draws": 8, "max_violators": 3},
    "hinge_max": {"n_draws": 3},
    "hinge_max of all": {"n_draws": 0},
    "softmax": {},
    "bce": {},
    "sampled_softmax": {"n_draws": 4},
    "sampled_softmax without log q": {"n_draws": 4, "log_q": False},
}


def rule_of(encoder, loss, **more):
    _, switches = ENCODERS[encoder]
    return reference.Rule(**switches, **LOSSES[loss], loss=loss.split(" ")[0], **more)


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


@pytest.mark.parametrize("isa", _core.available_isas())
def test_every_instruction_set_gives_the_same_embeddings(isa):
    rule = rule_of("cnn", "softmax")
    model = make_model("cnn", rule)
    lists = [rows for rows, _ in DOCUMENTS]
    before = _core.isa()
    try:
        _core.use_isa(isa)
        embeddings = Core(model, rule).embed(lists)
    finally:
        _core.use_isa(before)
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
