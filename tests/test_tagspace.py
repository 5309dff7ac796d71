import pickle

import numpy as np
import pytest

from textspace import NotFittedError, TagSpace, load
from textspace.tagging.tagged_texts import cut_hashtags, tagged_texts

TEXTS = ["how do i bake bread", "which oil for frying fish", "bread without yeast", "how to grill fish"] * 10
TAGS = [["bread", "baking"], "fish", ["bread"], ("fish",)] * 10
PRESETS = ("fast", "paper", "tensorflow", "paddle", "starspace")


@pytest.fixture(scope="module")
def fitted():
    return TagSpace(dim=16, n_threads=1).fit(TEXTS, TAGS)


def small(preset, **changes):
    options = None if preset in ("fast", "starspace") else {"n_filters": 16}
    return TagSpace.from_preset(preset, dim=8, n_threads=1, options=options, **changes)


def test_the_right_tag_comes_first(fitted):
    ranked = fitted.rank(["a fish soup", "bake it"], k=2)
    assert ranked.labels[0, 0] == "fish"
    assert ranked.labels.shape == ranked.scores.shape == ranked.label_ids.shape == (2, 2)
    assert (np.diff(ranked.scores) <= 0).all()


@pytest.mark.parametrize("preset", PRESETS)
def test_unknown_words_have_the_tags_by_frequency(preset):
    ts = small(preset).fit(TEXTS, TAGS)
    assert ts.rank(["zzzz qqqq", ""], k=9).labels.tolist() == [["bread", "fish", "baking"]] * 2


def test_hierarchical_softmax_ranks_by_the_probabilities_of_its_tree():
    ts = TagSpace(loss="hs", dim=8, linear=False, n_threads=1, epochs=30, options={"batch_size": 1}).fit(TEXTS, TAGS)
    ranked = ts.rank(["fish"], k=3)
    assert ranked.labels[0, 0] == "fish"
    assert np.exp(ranked.scores).sum() == pytest.approx(1, abs=1e-5)
    for ask in (ts.embed_tags, lambda: ts.nearest_tags("fish"), lambda: ts.words_near_tag("fish")):
        with pytest.raises(ValueError, match="no vectors with loss='hs'"):
            ask()


@pytest.mark.parametrize("preset", PRESETS)
def test_a_file_keeps_the_model(preset, tmp_path):
    ts = small(preset).fit(TEXTS, TAGS)
    ts.save(tmp_path / "model.textspace")
    for again in (TagSpace.load(tmp_path / "model.textspace"), load(tmp_path / "model.textspace", mmap=False)):
        assert again.preset == preset
        assert again.tags_ == ts.tags_
        assert np.array_equal(again.rank(TEXTS[:4], k=3).scores, ts.rank(TEXTS[:4], k=3).scores)
        again.partial_fit(["kale soup"] * 3, ["soup"] * 3, epochs=1)
        assert set(again.tags_) == {*ts.tags_, "soup"}


def test_pickle_keeps_the_model(fitted):
    again = pickle.loads(pickle.dumps(fitted))
    assert np.array_equal(again.rank(TEXTS[:3]).scores, fitted.rank(TEXTS[:3]).scores)


def test_one_thread_is_reproducible(fitted):
    again = TagSpace(dim=16, n_threads=1).fit(TEXTS, TAGS)
    assert np.array_equal(again.rank(TEXTS[:3]).scores, fitted.rank(TEXTS[:3]).scores)


def test_partial_fit_adds_tags_and_keeps_the_linear_part_of_the_others(fitted):
    ts = TagSpace(dim=16, n_threads=1).fit(TEXTS, TAGS)
    before = linear_weights(ts, ["grill", "fish"], "fish")
    assert all(before)
    ts.partial_fit(["kale soup", "soup of leek"] * 10, ["soup"] * 20)
    assert ts.tags_ == (*fitted.tags_, "soup")
    assert ts.rank(["leek soup"], k=1).labels.tolist() == [["soup"]]
    assert linear_weights(ts, ["grill", "fish"], "fish") == before


def linear_weights(ts, words, tag):
    linear, tag_id = ts._model.linear, ts.tags_.index(tag)
    found = []
    for row in ts.vocabulary_.ids_of(words).tolist():
        part = slice(linear.indptr[row], linear.indptr[row + 1])
        found.append(linear.values[part][linear.tag_ids[part] == tag_id].tolist())
    return found


def test_files_and_lists_are_the_same(fitted, tmp_path):
    lines = []
    for text, tags in zip(TEXTS, TAGS, strict=True):
        names = [tags] if isinstance(tags, str) else tags
        lines.append(" ".join([*(f"__label__{tag}" for tag in names), text]))
    path = tmp_path / "tagged.txt"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    again = TagSpace(dim=16, n_threads=1).fit(path)
    assert np.array_equal(again.rank(TEXTS[:3]).scores, fitted.rank(TEXTS[:3]).scores)
    assert again.evaluate(path) == fitted.evaluate(TEXTS, TAGS)


def test_a_file_that_the_core_reads_gives_the_same_model(tmp_path):
    path = tmp_path / "tagged.txt"
    path.write_text("".join(f"__label__{text.split()[0]} {text}\n" for text in TEXTS), encoding="utf-8")
    own = {"dim": 16, "n_threads": 1, "folding": "whitespace"}
    from_file = TagSpace(**own).fit(path)
    from_lists = TagSpace(**own).fit(TEXTS, [text.split()[0] for text in TEXTS])
    assert from_file.tags_ == from_lists.tags_
    assert np.array_equal(from_file.rank(TEXTS[:3]).scores, from_lists.rank(TEXTS[:3]).scores)


def test_long_texts_begin_with_what_they_are_about(tmp_path):
    filler = [f"filler{number % 7}" for number in range(60)]
    texts = [" ".join(words) for words in (["red", *filler, "blue"], ["blue", *filler, "red"])] * 6
    ts = TagSpace(dim=4, n_threads=1).fit(texts, ["red", "blue"] * 6)
    ts.save(tmp_path / "lead.textspace")
    for model in (ts, TagSpace.load(tmp_path / "lead.textspace")):
        assert model.rank([" ".join(["red", *filler[:30], "blue"])], k=1).labels.tolist() == [["red"]]


def test_a_model_of_long_texts_goes_on_with_short_ones():
    long = [" ".join([*(f"filler{number % 7}" for number in range(60)), tag]) for tag in ("red", "blue")] * 5
    ts = TagSpace(n_threads=1).fit(long, ["red", "blue"] * 5)
    ts.partial_fit(["a green leaf", "green grass"] * 5, ["green"] * 10)
    assert ts.rank(["green"], k=1).labels.tolist() == [["green"]]
    assert ts.rank(long[:2], k=1).labels.tolist() == [["red"], ["blue"]]


def test_evaluation_counts_unknown_tags_and_unknown_words(fitted):
    metrics = fitted.evaluate(["how to grill fish", "zzzz"], [["fish", "never seen"], "bread"])
    assert metrics.n_texts == 2
    assert metrics.n_unknown == 1
    assert metrics.precision[1] == 1  # the most frequent tag comes first for a text of unknown words
    assert metrics.recall[1] == 0.75
    assert fitted.starspace_hit(["how to grill fish", "zzzz"], ["fish", "nothing"]) == 1


@pytest.mark.parametrize(
    ("text", "rest", "tags"),
    [
        ("so #tired of #Work!", "so of !", ("tired", "work")),
        ("#nyc #NYC", "", ("nyc",)),
        ("C# and F#, #1 at http://a.b/c#d &#39; x#y", "C# and F#, #1 at http://a.b/c#d &#39; x#y", ()),
        ("\uff03caf\u00e9 #2024goals", "", ("caf\u00e9", "2024goals")),
    ],
)
def test_hashtags_are_cut_out(text, rest, tags):
    assert cut_hashtags(text) == (rest, tags)


def test_case_of_hashtags_can_be_kept():
    assert cut_hashtags("#NYC", fold=False) == ("", ("NYC",))


def test_nothing_of_a_tag_is_left_in_its_text():
    texts, tags = tagged_texts(["I love #running in the #Park"], tags_from="hashtag")
    assert texts == ["I love in the"]
    assert tags == [("running", "park")]
    ts = TagSpace(dim=4, n_threads=1, tags_from="hashtag").fit(["shoes on #running", "a ball #football"] * 9)
    assert ts.tags_ == ("running", "football")
    assert "running" not in ts.vocabulary_.words


def test_recommendation_takes_the_most_similar_text_of_the_history(fitted):
    candidates = ["bread without yeast", "grill a fish", "zzzz"]
    for share in (0.0, 0.5, 1.0):
        found = fitted.recommend(["how to grill fish", "zzzz"], candidates, k=5, bag_of_words=share)
        assert found.positions.tolist()[0] == 1
        assert found.similarities.tolist()[-1] == pytest.approx(found.similarities.min())
    assert fitted.recommend([], candidates).positions.tolist() == [0, 1, 2]
    found = fitted.recommend(["how to grill fish"], ["how to grill fish"], bag_of_words=0.5)
    assert found.similarities[0] == pytest.approx(1, abs=1e-5)


def test_vectors_of_tags(fitted):
    assert fitted.embed(["fish"]).shape == (1, 16)
    assert fitted.embed_tags().shape == (3, 16)
    vectors = fitted.embed_tags(["fish", "nothing"])
    assert np.array_equal(vectors[0], fitted.embed_tags()[fitted.tags_.index("fish")])
    assert not vectors[1].any()
    assert {found.word for found in fitted.nearest_tags("fish")} == {"bread", "baking"}
    assert fitted.words_near_tag("fish", k=1)[0].word in {"fish", "frying", "grill", "oil", "which"}
    with pytest.raises(KeyError, match="fish"):
        fitted.nearest_tags("fisch")


def test_without_a_model_there_is_an_error():
    with pytest.raises(NotFittedError, match="fit"):
        TagSpace().rank(["a"])


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"preset": "papr"}, "preset"),
        ({"linear": "yes"}, "linear"),
        ({"cost": 0}, "cost"),
        ({"folding": "x"}, "folding"),
    ],
)
def test_wrong_parameters_are_named(parameters, words):
    with pytest.raises(ValueError, match=words):
        TagSpace(**parameters).fit(TEXTS, TAGS)


def test_scikit_learn_can_clone_it():
    clone = pytest.importorskip("sklearn.base").clone
    ts = TagSpace(dim=7, options={"word_dropout": 0.0})
    assert clone(ts).get_params() == ts.get_params()


def test_quality_on_cooking(shared):
    data = shared / "data" / "tags"
    metrics = TagSpace(n_threads=1).fit(data / "cooking.train.txt.gz").evaluate(data / "cooking.test.txt.gz")
    assert metrics.precision[1] > 0.727  # tf-idf and one LinearSVC a tag
    assert metrics.recall[10] > 0.766
