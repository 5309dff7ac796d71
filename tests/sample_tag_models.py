"""Small tag models, with the same values in the core and in the float64 reference."""

import numpy as np

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
