"""StarSpace's files as texts and tags."""

import gzip

import pytest

from textspace import TagSpace
from textspace.text.starspace import numbered_files, read_starspace

LINES = [
    "bake bread\t__label__food __label__oven",
    "__label__food",
    "just words",
    "",
    "grill __label__a fish __label__b __label__c",
]
DOCUMENTS = ["how to bake\tbread\tflat bread", "alone", "\t\t", "one\ttwo\t\tthree"]


def test_words_and_labels_stand_anywhere():
    found = read_starspace(LINES)
    assert found.texts == ["bake bread", "grill fish"]
    assert found.tags == [("food", "oven"), ("a", "b", "c")]
    assert found.n_lines == 5
    assert found.dropped == {"no word": 2, "no label": 1}
    assert found.changed == {}


@pytest.mark.parametrize(
    ("mode", "texts", "tags"),
    [
        (1, ["grill fish b c", "grill fish a c", "grill fish a b"], [("a",), ("b",), ("c",)]),
        (2, ["a", "b", "c"], [("b", "c"), ("a", "c"), ("a", "b")]),
        (3, ["a", "b", "c"], [("b", "c"), ("a", "c"), ("a", "b")]),
        (4, ["a"], [("b",)]),
    ],
)
def test_modes_of_labels(mode, texts, tags):
    found = read_starspace([LINES[-1], LINES[1]], mode=mode)
    assert (found.texts, found.tags) == (texts, tags)
    assert found.dropped == {"fewer than two labels": 1}


def test_mode_5_has_one_neighbour_less_behind_a_word():
    found = read_starspace(["a b c d e __label__x", "alone"], mode=5, window=2)
    assert found.texts == ["b", "a c", "a b d", "b c e", "c d"]
    assert found.tags == [("a",), ("b",), ("c",), ("d",), ("e",)]
    assert found.dropped == {"fewer than two words": 1}
    # With a window of 1 nothing stands behind, and the first word has no neighbour.
    assert read_starspace(["a b"], mode=5, window=1).texts == ["a"]


@pytest.mark.parametrize(
    ("mode", "texts", "tags", "n_dropped"),
    [
        (0, ["how to bake", "one"], [("bread", "flat bread"), ("two", "three")], 2),
        (1, ["bread flat bread", "how to bake flat bread"], [("how to bake",), ("bread",)], 2),
        (4, ["how to bake", "one"], [("bread",), ("two",)], 2),
    ],
)
def test_label_documents(mode, texts, tags, n_dropped):
    found = read_starspace(DOCUMENTS, file_format="labelDoc", mode=mode)
    assert found.texts[:2] == texts
    assert found.tags[:2] == tags
    assert sum(found.dropped.values()) == n_dropped


def test_weights():
    line = "bread:2 salt:0.5 oven:1.6 http://x :3 nan:nan water:-1 __weight__:4 __label__food:0.5"
    found = read_starspace([line], use_weight=True)
    assert found.texts == ["bread bread oven oven http://x :3 nan:nan"]
    assert found.tags == [("food",)]
    assert found.changed == {
        "word of weight 0 left out": 2,
        "weight rounded": 1,
        "line weight left out": 1,
        "weight of a label left out": 1,
    }
    assert read_starspace(["a|3 __label__b"], use_weight=True, weight_separator="|").texts == ["a a a"]
    assert read_starspace([line]).texts[0].startswith("bread:2 salt:0.5")


def test_a_weight_cannot_ask_for_all_memory():
    assert len(read_starspace(["a:1e300 __label__b"], use_weight=True).texts[0].split()) == 1000


def test_normalized_text():
    found = read_starspace(["Don't 1984 A1 __label__X"], normalize_text=True)
    assert found.texts == ["don't 0000 a1"]
    assert found.tags == [("X",)]


def test_numbered_compressed_files(tmp_path):
    for number, path in enumerate(numbered_files(tmp_path / "train", 2)):
        path.write_bytes(gzip.compress(f"word{number} __label__t{number}\r\n".encode()))
    found = read_starspace(numbered_files(tmp_path / "train", 2))
    assert (found.texts, found.tags) == (["word0", "word1"], [("t0",), ("t1",)])


def test_draws_depend_on_the_seed_alone():
    lines = ["__label__a __label__b __label__c __label__d"] * 20
    one, again = (read_starspace(lines, mode=2, n_choices=1, seed=3).texts for _ in range(2))
    assert len(one) == 20
    assert one == again
    assert len(set(one)) > 1


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"mode": 6}, "mode"),
        ({"mode": 5, "file_format": "labelDoc"}, "0 to 4"),
        ({"file_format": "csv"}, "file_format"),
        ({"label_prefix": ""}, "label_prefix"),
        ({"n_choices": 0}, "n_choices"),
        ({"window": 0}, "window"),
    ],
)
def test_wrong_parameters_are_named(given, message):
    with pytest.raises(ValueError, match=message):
        read_starspace(["a __label__b"], **given)


def test_tagspace_learns_from_them():
    lines = ["bake bread\t__label__food", "star light\t__label__sky"] * 20
    found = read_starspace(lines)
    ts = TagSpace(preset="starspace", dim=8, n_threads=1, options={"init_sd": 0.1}).fit(found.texts, found.tags)
    assert ts.rank(["bread", "star"], k=1).labels.tolist() == [["food"], ["sky"]]
