"""Explanations of tags: named parts whose sum is the score."""

import numpy as np
import pytest

from textspace import TagSpace
from textspace.text.feature_list import list_features

TEXTS = ["how do i bake bread", "which oil for frying fish", "bread without yeast", "how to grill fish"] * 10
TAGS = [["bread", "baking"], "fish", ["bread"], ("fish",)] * 10
TEXT = "How to bake fish, unseen bake!"
MODELS = {
    "default": {},
    "bag": {"linear": False},
    "cosine": {"linear": False, "similarity": "cosine", "loss": "hinge"},
    "poolings": {"linear": False, "options": {"poolings": ("mean", "max", "min"), "power": 0.5}},
    "linear beside extremes": {"options": {"poolings": ("max",)}},
    "starspace": {"preset": "starspace", "options": {"init_sd": 0.1}},
    "paper": {"preset": "paper", "options": {"n_filters": 16}},
    "tensorflow": {"preset": "tensorflow", "options": {"n_filters": 16, "pool": 2, "max_length": 5}},
    "paddle": {"preset": "paddle", "options": {"n_filters": 16}},
    "bce": {"linear": False, "loss": "bce"},
}


@pytest.fixture(scope="module")
def models():
    return {name: TagSpace(dim=8, n_threads=1, **given).fit(TEXTS, TAGS) for name, given in MODELS.items()}


@pytest.mark.parametrize("name", MODELS)
def test_contributions_add_up_to_the_score_that_ranks(models, name):
    ts = models[name]
    ranked = ts.rank([TEXT], k=3)
    for tag, score in zip(ranked.labels[0], ranked.scores[0], strict=True):
        why = ts.explain(TEXT, tag)
        assert why.label == tag
        assert why.score == pytest.approx(why.offset + sum(part.value for part in why.contributions), abs=1e-9)
        assert why.score == pytest.approx(float(score), rel=1e-4, abs=1e-4)
        assert len(why.contributions) > 0


@pytest.mark.parametrize("name", ["default", "bag", "starspace", "paper"])
def test_the_named_features_are_the_rows_of_the_text(models, name):
    scorer = models[name]._scorer
    listed = list_features(models[name]._model.features, scorer.folded(TEXT))[1]
    rows = [feature.row for feature in listed if feature.row >= 0 and (feature.kind, feature.text) != ("word", "</s>")]
    assert sorted(rows) == sorted(scorer.rows_of([TEXT]).rows.tolist())


def test_words_and_ngrams_are_named(models):
    why = models["default"].explain("how to grill fish", "fish")
    kinds = {(part.kind, part.text) for part in why.contributions}
    assert ("word", "fish") in kinds
    assert ("ngram", "grill fish") in kinds
    assert any(kind == "subword" for kind, _ in kinds)
    assert why.tokens[:4] == ("how", "to", "grill", "fish")
    for part in why.contributions:
        if part.kind != "subword":
            assert " ".join(why.tokens[part.begin : part.end]) == part.text
    assert why.top(1)[0][2] > 0


def test_a_repeated_word_shares_what_its_row_adds(models):
    why = models["default"].explain("bake bake", "bread")
    values = [part.value for part in why.contributions if (part.kind, part.text) == ("word", "bake")]
    assert len(values) == 2
    assert values[0] == values[1] != 0


def test_without_a_tag_the_best_is_explained(models):
    for ts in models.values():
        assert ts.explain(TEXT).label == ts.rank([TEXT], k=1).labels[0, 0]


def test_unknown_words_have_the_offset_alone(models):
    why = models["default"].explain("zzzz qqqq", "fish")
    ranked = models["default"].rank(["zzzz qqqq"], k=3)
    assert why.contributions == ()
    assert why.score == why.offset == ranked.scores[0, ranked.labels[0].tolist().index("fish")]


def test_probabilities_where_the_loss_has_some(models):
    sums = [sum(models[name].explain(TEXT, tag).probability for tag in models[name].tags_) for name in ("bag", "bce")]
    assert sums[0] == pytest.approx(1, abs=1e-6)
    assert all(0 < models["bce"].explain(TEXT, tag).probability < 1 for tag in models["bce"].tags_)
    why = models["default"].explain(TEXT)
    assert np.isnan(why.probability)
    assert "probability" not in why.to_text(color=False)


def test_hierarchical_softmax_is_explained_by_its_branches():
    options = {"tag_bias": False, "batch_size": 1}
    ts = TagSpace(loss="hs", dim=8, linear=False, n_threads=1, epochs=30, options=options).fit(TEXTS, TAGS)
    why = ts.explain("grill fish", "fish")
    ranked = ts.rank(["grill fish"], k=3)
    probability = np.exp(ranked.scores[0, ranked.labels[0].tolist().index("fish")])
    assert why.probability == pytest.approx(probability, abs=1e-5)
    assert why.score > 0  # the log-odds of the branches are its own
    assert sum(part.value for part in why.contributions) == pytest.approx(why.score)
    # Three tags: the most frequent one hangs at the root, and its log-odds are those of one branch.
    first = ts.explain("bread without yeast", ts.tags_[0])
    assert first.score == pytest.approx(np.log(first.probability / (1 - first.probability)), abs=1e-3)


@pytest.mark.parametrize(("name", "n_windows"), [("paper", 16), ("paddle", 16), ("tensorflow", 2 * 16)])
def test_filters_say_which_words_they_saw(models, name, n_windows):
    ts = models[name]
    windows = ts.filter_windows("how to unseen grill fish", "fish", k=1000)
    assert len(windows) == n_windows
    assert sorted({window.filter for window in windows}) == list(range(16))
    assert [abs(each.value) for each in windows] == sorted((abs(each.value) for each in windows), reverse=True)
    tokens = ts.explain("how to unseen grill fish", "fish").tokens
    for window in windows:
        assert window.text.split() == [word for word in tokens[window.begin : window.end] if word != "unseen"]
        assert -1 <= window.activation <= 1
    assert len(ts.filter_windows("grill fish", "fish", k=3)) == 3


def test_a_filter_that_looks_for_one_word_points_at_it():
    ts = TagSpace(preset="paper", dim=8, n_threads=1, options={"n_filters": 16}).fit(TEXTS, TAGS)
    stored = ts._model
    own = stored.convolution
    words = ["how", "to", "grill", "fish", "for", "bread"]
    rows = stored.features.vocabulary.ids_of(words)
    is_grill = np.array([word == "grill" for word in words], float)
    own.filters[5 * own.width : 6 * own.width] = 0
    middle = 5 * own.width + own.width // 2
    own.filters[middle] = np.linalg.lstsq(stored.word_vectors[rows].astype(float), is_grill, rcond=None)[0]
    own.filter_bias[5] = 0
    windows = ts.filter_windows("how to grill a big fish for bread", "fish", 100)
    (window,) = [each for each in windows if each.filter == 5]
    assert window.text == "how to grill fish for"
    assert window.activation == pytest.approx(np.tanh(np.tanh(1)), abs=1e-3)


def test_what_has_no_filters_says_so(models):
    with pytest.raises(ValueError, match="encoder='cnn'"):
        models["default"].filter_windows(TEXT, "fish")
    with pytest.raises(KeyError, match="no tag 'fisch'; near it: fish"):
        models["default"].explain(TEXT, "fisch")
