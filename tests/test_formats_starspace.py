"""StarSpace's .tsv."""

import numpy as np
import pytest

from textspace import FormatError, TagSpace, WordVectors, load

TEXTS = ["how do i bake bread", "which oil for frying fish", "bread without yeast", "how to grill fish"] * 10
TAGS = [["bread", "baking"], "fish", ["bread"], ("fish",)] * 10
TSV = "bake\t1\t0\nfish\t0\t2\n__label__food\t3\t0.5\n__label__sea\t0\t-1e-1\n"


def test_a_file_of_starspace(tmp_path):
    path = tmp_path / "model.tsv"
    path.write_text(TSV, encoding="utf-8")
    ts = load(path)
    assert isinstance(ts, TagSpace)
    assert (ts.preset, ts.similarity, ts.dim, ts.tags_) == ("starspace", "cosine", 2, ("food", "sea"))
    ranked = ts.rank(["bake fish", "bake unknown"], k=2)
    assert ranked.labels.tolist() == [["food", "sea"]] * 2
    both = np.array([1, 2]) / 5**0.5
    np.testing.assert_allclose(ranked.scores[0], [both @ [3, 0.5] / 9.25**0.5, -both[1]], rtol=1e-6)


def test_similarity_and_power_are_those_given(tmp_path):
    path = tmp_path / "model.tsv"
    path.write_text(TSV, encoding="utf-8")
    ts = TagSpace.from_starspace(path, similarity="dot", power=1)
    np.testing.assert_allclose(ts.rank(["bake fish"], k=2).scores[0], [(3 + 1) / 2, -0.1], rtol=1e-6)
    path.write_text(TSV.replace("__label__", "#"), encoding="utf-8")
    assert TagSpace.from_starspace(path, label_prefix="#").tags_ == ("food", "sea")
    assert isinstance(load(path), WordVectors)


@pytest.mark.parametrize("given", [{"preset": "starspace"}, {"loss": "warp", "similarity": "cosine", "word_ngrams": 1}])
def test_what_is_written_ranks_the_same(given, tmp_path):
    if "preset" not in given:
        given |= {"linear": False, "min_n": 0, "max_n": 0, "options": {"tag_bias": False, "idf": True}}
    ts = TagSpace(dim=8, n_threads=1, **given).fit(TEXTS, TAGS)
    ts.save(tmp_path / "model.tsv")
    text = (tmp_path / "model.tsv").read_text(encoding="utf-8")
    names = [line.split("\t")[0] for line in text.splitlines()]
    assert names[-3:] == ["__label__bread", "__label__fish", "__label__baking"]
    assert "</s>" not in names
    assert {len(line.split("\t")) for line in text.splitlines()} == {9}
    again = load(tmp_path / "model.tsv")
    ranked, expected = again.rank(TEXTS[:4], k=3), ts.rank(TEXTS[:4], k=3)
    np.testing.assert_allclose(ranked.scores, expected.scores, rtol=1e-4, atol=1e-6)
    assert again.tags_ == ts.tags_
    again.partial_fit(["kale soup"] * 3, ["soup"] * 3, epochs=1)
    assert "soup" in again.tags_


def test_what_it_cannot_hold_is_named(tmp_path):
    ts = TagSpace(dim=8, n_threads=1, epochs=1).fit(TEXTS, TAGS)
    with pytest.raises(ValueError, match=r"a linear part.*biases of tags.*n-grams"):
        ts.save(tmp_path / "model.tsv")
    spaced = TagSpace(preset="starspace", dim=8, n_threads=1).fit(["a b", "c d"], ["two words", "one"])
    with pytest.raises(ValueError, match="StarSpace"):
        spaced.save(tmp_path / "model.tsv")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "text",
    ["__label__a\t1\t2\n", "__label__a\t1\t2\nb\t1\n", "a\t1\n__label__b\tnan\n", "a\t1\nb\t1\n", "__label__a\n"],
)
def test_damaged_files_are_refused(text, tmp_path):
    path = tmp_path / "model.tsv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(FormatError, match=r"model\.tsv"):
        TagSpace.load(path)
