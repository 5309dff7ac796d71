"""New leaves in the Huffman tree of a trained classifier."""

import numpy as np
import pytest

import textspace
from small_classifiers import one_topic_texts, small_classifier
from textspace.classification.contributions import branches_to
from textspace.training.extended_tree import MAX_ADDED_LABELS, extended_counts, place_outputs

TEXTS, LABELS = one_topic_texts()
NEW_TEXTS = ["otter badger vole", "vole otter", "badger and the vole"] * 10


def tree_classifier(**options):
    return small_classifier(loss="hs", epochs=20, **options)


@pytest.mark.parametrize("known", [[7], [4, 4], [9, 5, 5, 3, 1, 1], [3, 3, 3, 3, 3], [6, 2, 0, 0], [0, 0]])
@pytest.mark.parametrize("n_new", [1, 2, 5])
def test_known_paths_stay(known, n_new):
    counts = extended_counts(np.array(known), len(known) + n_new)
    for label_id in range(len(known)):
        nodes, signs = branches_to(np.array(known), label_id)
        found_nodes, found_signs = branches_to(counts, label_id)
        is_rarest = label_id == len(known) - 1
        assert found_nodes.tolist() == [n_new - 1] * is_rarest + (nodes + n_new).tolist()
        assert found_signs.tolist() == [1.0] * is_rarest + signs.tolist()


def test_vectors_go_with_their_nodes():
    outputs = np.zeros((5, 2), np.float32)
    place_outputs(np.array([[1, 2], [3, 4], [0, 0]], np.float32), outputs)
    assert outputs.tolist() == [[0, 0], [-1, -2], [1, 2], [3, 4], [0, 0]]


def test_paths_are_not_endless():
    known = np.array([5, 3])
    assert len(extended_counts(known, 2 + MAX_ADDED_LABELS)) == 2 + MAX_ADDED_LABELS
    with pytest.raises(ValueError, match=r"`labels` must add at most 1000 .* 'hs', got 1001; fit a new model"):
        extended_counts(known, 3 + MAX_ADDED_LABELS)


def test_known_labels_keep_their_predictions_until_they_are_trained():
    clf = tree_classifier().fit(TEXTS, LABELS)
    labels, before, best = clf.labels_, clf.predict_proba(TEXTS), clf.predict(TEXTS)
    columns = [clf.classes_.tolist().index(label) for label in labels[:-1]]
    clf.partial_fit(NEW_TEXTS, ["mammals"] * 30, learning_rate=1e-12, epochs=1)
    assert clf.labels_ == (*labels, "mammals")
    now = [clf.classes_.tolist().index(label) for label in labels[:-1]]
    np.testing.assert_allclose(clf.predict_proba(TEXTS)[:, now], before[:, columns], atol=1e-6)
    assert clf.predict(TEXTS).tolist() == best.tolist()


@pytest.mark.parametrize("suffix", [".textspace", ".bin"])
def test_new_labels_are_learned_and_kept_in_files(suffix, tmp_path):
    clf = tree_classifier().fit(TEXTS, LABELS)
    texts, labels = [*NEW_TEXTS, *TEXTS], [*["mammals"] * 30, *LABELS]
    clf.partial_fit(texts, labels, learning_rate=0.5)
    texts, labels = [*["newt toad"] * 30, *texts], [*["amphibians"] * 30, *labels]  # a tree that was extended before
    clf.partial_fit(texts, labels, learning_rate=0.5)
    assert clf.score(texts, labels) > 0.95
    assert clf.predict(["otter", "toad"]).tolist() == ["mammals", "amphibians"]
    assert np.abs(clf.predict_proba(TEXTS).sum(axis=1) - 1).max() < 1e-5
    clf.save(tmp_path / f"model{suffix}")
    again = textspace.load(tmp_path / f"model{suffix}").set_params(n_threads=1)
    np.testing.assert_array_equal(again.predict_proba(TEXTS), clf.predict_proba(TEXTS))
    again.partial_fit(["trout"] * 30, ["fish"] * 30, learning_rate=0.5)
    assert again.labels_ == (*clf.labels_, "fish")


def test_a_new_label_weighs_what_its_texts_do():
    weight = {"mammals": 0.0}
    texts, labels = [*NEW_TEXTS, *TEXTS], [*["mammals"] * 30, *LABELS]
    clf = tree_classifier().fit(TEXTS, LABELS)
    clf.set_params(class_weight="balanced").partial_fit(texts, labels)
    assert clf.score(texts, labels) > 0.95
    clf = tree_classifier().fit(TEXTS, LABELS).set_params(class_weight=weight).partial_fit(texts, labels)
    assert "mammals" not in clf.predict(NEW_TEXTS)
