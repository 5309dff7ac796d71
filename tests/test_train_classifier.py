"""From labelled texts to a stored classifier."""

import threading
import time

import numpy as np
import pytest

from textspace import _core
from textspace.errors import TrainingDivergedError
from textspace.formats.stored import StoredVectors
from textspace.text.documents import encode_documents
from textspace.text.label_ids import KnownLabels
from textspace.text.vocabulary import Vocabulary
from textspace.training import Callback
from textspace.training.classifier import train_classifier
from textspace.training.classifier_parameters import check_classifier_parameters, label_weights

DEFAULTS = {
    "loss": "softmax",
    "dim": 10,
    "word_ngrams": 1,
    "min_n": 0,
    "max_n": 0,
    "n_buckets": 10_000,
    "epochs": 10,
    "learning_rate": 0.5,
    "min_count": 1,
    "min_count_label": 1,
    "n_negatives": 3,
    "label_prefix": "__label__",
    "multilabel": "all",
    "class_weight": None,
    "shuffle": True,
    "pretrained_vectors": None,
    "patience": None,
    "memory_budget": 2**31,
    "n_threads": 1,
    "random_state": 0,
}
COLOURS = {"red": "rose blood", "blue": "sky sea", "green": "grass leaf"}


def parameters(**changes):
    return check_classifier_parameters({**DEFAULTS, **changes})


def make_texts(rng, n=300):
    labels = rng.choice(list(COLOURS), n).tolist()
    noise = [" ".join(rng.choice(["a", "the", "very", "so"], 3)) for _ in range(n)]
    return [f"{noise[i]} {rng.choice(COLOURS[labels[i]].split())}" for i in range(n)], labels


def train(texts, labels, *, run=None, **changes):
    return train_classifier(texts, labels, parameters(**changes), **(run or {})).stored


def scores(stored, texts):
    """Scores of the losses whose outputs are the labels."""
    known = KnownLabels(stored.labels, stored.label_counts)
    documents = encode_documents(texts, [[]] * len(texts), start=stored.features, start_labels=known, extend=False)[3]
    hidden = np.zeros((len(texts), stored.input_vectors.shape[1]), np.float32)
    if documents.word_indptr is None:
        rows, indptr = documents.items, documents.indptr
    else:
        lists = [documents.word_rows[documents.word_indptr[i] : documents.word_indptr[i + 1]] for i in documents.items]
        rows = np.concatenate(lists)
        indptr = np.append(0, np.cumsum([len(found) for found in lists]))[documents.indptr]
    _core.mean_rows(stored.input_vectors, indptr, rows, hidden)
    return hidden @ stored.output_vectors.T


def best(stored, texts):
    return [stored.labels[i] for i in scores(stored, texts).argmax(axis=1)]


@pytest.mark.parametrize("loss", ["softmax", "ova", "ns"])
@pytest.mark.parametrize("shape", [{}, {"word_ngrams": 2}, {"min_n": 2, "max_n": 3}])
def test_what_is_simple_is_learned(loss, shape):
    texts, labels = make_texts(np.random.default_rng(0))
    stored = train(texts, labels, loss=loss, n_threads=2, **shape)
    assert best(stored, texts) == labels
    assert stored.input_vectors.shape == (stored.features.n_rows, 10)
    assert stored.loss == loss


def test_hierarchical_softmax_learns():
    texts, labels = make_texts(np.random.default_rng(0))
    trained = train_classifier(texts, labels, parameters(loss="hs", epochs=20))
    assert trained.run.history[-1].loss < 0.1
    assert trained.stored.output_vectors.shape == (3, 10)


@pytest.mark.parametrize("loss", ["softmax", "ova", "ns", "hs"])
def test_one_thread_gives_the_same_bytes_again(loss):
    texts, labels = make_texts(np.random.default_rng(1))
    one, two, other = (train(texts, labels, loss=loss, word_ngrams=2, random_state=seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(one.input_vectors, two.input_vectors)
    np.testing.assert_array_equal(one.output_vectors, two.output_vectors)
    assert (one.output_vectors != other.output_vectors).any()


def test_files_and_sequences_give_the_same_model(tmp_path):
    texts, labels = make_texts(np.random.default_rng(2))
    path = tmp_path / "train.txt"
    path.write_text("".join(f"__label__{label} {text}\n" for text, label in zip(texts, labels, strict=True)))
    from_file, apart = train(path, None, shuffle=False), train(texts, labels, shuffle=False)
    assert from_file.features.vocabulary.words == apart.features.vocabulary.words
    np.testing.assert_array_equal(from_file.input_vectors, apart.input_vectors)


def test_all_labels_of_a_text_are_learned():
    texts = ["rose sky", "sky leaf", "leaf rose"] * 50
    labels = [("red", "blue"), ("blue", "green"), ("green", "red")] * 50
    for rule in ("all", "sample"):
        found = scores(train(texts, labels, multilabel=rule), texts[:3]).argsort(axis=1)[:, 1:]
        stored = train(texts, labels, multilabel=rule)
        for i in range(3):
            assert {stored.labels[k] for k in found[i]} == set(labels[i])


def test_texts_without_labels_teach_nothing():
    texts, labels = make_texts(np.random.default_rng(3), 50)
    stored = train([*texts, "rose"], [*labels, ()], shuffle=False, epochs=1)
    assert np.isfinite(stored.input_vectors).all()
    with pytest.raises(ValueError, match="labels"):
        train(["a", "b"], [(), ()])


def test_a_weight_of_zero_leaves_a_text_out():
    texts, labels = make_texts(np.random.default_rng(4))
    wrong = [("blue" if i % 2 else label) for i, label in enumerate(labels)]
    weights = [0 if i % 2 else 1 for i in range(len(texts))]
    stored = train(texts, wrong, run={"sample_weight": weights})
    assert best(stored, texts) == labels
    flat = train(texts, wrong, run={"sample_weight": np.ones(len(texts))})
    np.testing.assert_array_equal(flat.output_vectors, train(texts, wrong).output_vectors)


@pytest.mark.parametrize("weights", [[1], [-1, 1], [0, 0], [np.nan, 1]])
def test_weights_of_texts_are_checked(weights):
    with pytest.raises(ValueError, match="sample_weight"):
        train(["a", "b"], ["x", "y"], run={"sample_weight": weights})


def test_class_weights_decide_between_labels():
    texts, labels = ["same"] * 100, ["often"] * 80 + ["rare"] * 20
    assert best(train(texts, labels, epochs=20), ["same"]) == ["often"]
    assert best(train(texts, labels, epochs=20, class_weight={"rare": 10}, learning_rate=0.1), ["same"]) == ["rare"]
    balanced = train(texts, labels, epochs=50, class_weight="balanced", learning_rate=0.1)
    np.testing.assert_allclose(*scores(balanced, ["same"])[0], atol=0.2)


def test_balanced_weights_are_those_of_scikit_learn():
    np.testing.assert_allclose(label_weights("balanced", ["a", "b"], np.array([30, 10])), [40 / 60, 40 / 20])
    np.testing.assert_allclose(label_weights({"b": 3}, ["a", "b"], np.array([30, 10])), [1, 3])
    assert label_weights(None, ["a"], np.array([1])) is None
    with pytest.raises(ValueError, match="class_weight"):
        label_weights({"c": 1}, ["a"], np.array([1]))


def test_shuffling_saves_sorted_texts():
    texts, labels = make_texts(np.random.default_rng(5))
    order = np.argsort(labels)
    texts, labels = [texts[i] for i in order], [labels[i] for i in order]
    shuffled = train_classifier(texts, labels, parameters(epochs=2)).stored
    sorted_ = train_classifier(texts, labels, parameters(epochs=2, shuffle=False)).stored
    right = [np.mean(np.array(best(stored, texts)) == labels) for stored in (shuffled, sorted_)]
    assert right[0] > right[1]


def test_training_goes_on_from_a_model():
    texts, labels = make_texts(np.random.default_rng(6))
    first = train(texts, labels, word_ngrams=2)
    before = first.input_vectors.copy(), first.output_vectors.copy()
    more = train_classifier(
        ["the rose and a night"], ["black"], parameters(word_ngrams=2, learning_rate=1e-9), start=first
    ).stored
    n_known, n_words = len(first.features.vocabulary), len(more.features.vocabulary)
    assert more.labels == (*first.labels, "black")
    assert more.features.vocabulary.words == [*first.features.vocabulary.words, "and", "night"]
    np.testing.assert_allclose(more.input_vectors[:n_known], before[0][:n_known], atol=1e-6)
    n_buckets = first.features.n_rows - n_known
    np.testing.assert_allclose(more.input_vectors[n_words : n_words + n_buckets], before[0][n_known:], atol=1e-6)
    np.testing.assert_allclose(more.output_vectors[:3], before[1], atol=1e-6)
    np.testing.assert_array_equal(first.input_vectors, before[0])
    assert best(more, texts) == labels
    fixed = train_classifier(["new words"], ["red"], parameters(word_ngrams=2), start=first, extend=False).stored
    assert fixed.input_vectors.shape == first.input_vectors.shape


@pytest.mark.parametrize(
    ("changes", "labels", "message"),
    [
        ({"dim": 11}, ["red"], "dim"),
        ({"loss": "ova"}, ["red"], "loss"),
    ],
)
def test_a_model_keeps_its_shape(changes, labels, message):
    first = train(*make_texts(np.random.default_rng(6), 30))
    with pytest.raises(ValueError, match=message):
        train_classifier(["rose"], labels, parameters(**changes), start=first)


def test_the_tree_of_a_model_stays():
    first = train(*make_texts(np.random.default_rng(6), 30), loss="hs")
    more = train_classifier(["rose"], ["red"], parameters(loss="hs"), start=first).stored
    np.testing.assert_array_equal(more.label_counts, first.label_counts)


def test_words_start_with_pretrained_vectors():
    vectors = np.arange(20, dtype=np.float32).reshape(2, 10)
    pretrained = StoredVectors(Vocabulary.from_words(["rose", "night"]), vectors)
    stored = train(["a rose"], ["red"], learning_rate=1e-9, run={"pretrained": pretrained})
    ids = stored.features.vocabulary.ids_of(["rose", "night"])
    np.testing.assert_allclose(stored.input_vectors[ids], vectors, atol=1e-5)
    with pytest.raises(ValueError, match="dim"):
        train(["a rose"], ["red"], dim=7, run={"pretrained": pretrained})


def test_the_best_epoch_is_kept():
    texts, labels = make_texts(np.random.default_rng(7))
    seen = []

    def judge(model, epoch):
        seen.append((epoch, model.output_vectors.copy(), model.input_vectors.copy()))
        return [1.0, 3.0, 2.0, 2.5, 9.0][epoch - 1]

    trained = train_classifier(texts, labels, parameters(epochs=5, patience=2), on_epoch=judge)
    assert [epoch for epoch, *_ in seen] == [1, 2, 3, 4]
    assert (trained.best_epoch, trained.scores) == (2, [1.0, 3.0, 2.0, 2.5])
    np.testing.assert_array_equal(trained.stored.output_vectors, seen[1][1])
    np.testing.assert_array_equal(trained.stored.input_vectors, seen[1][2])
    assert (seen[3][1] != seen[1][1]).any()


def test_epochs_need_not_be_judged():
    texts, labels = make_texts(np.random.default_rng(7))
    plain = train(texts, labels, epochs=3)
    watched = train_classifier(texts, labels, parameters(epochs=3, patience=1), on_epoch=lambda *_: None)
    assert watched.best_epoch is None
    np.testing.assert_array_equal(watched.stored.input_vectors, plain.input_vectors)


def test_callbacks_see_all_of_it():
    class Log(Callback):
        def __init__(self):
            self.total = self.last = None

        def on_start(self, total_words):
            self.total = total_words

        def on_end(self, progress):
            self.last = progress

    log = Log()
    texts, labels = make_texts(np.random.default_rng(8))
    trained = train_classifier(texts, labels, parameters(epochs=4), callbacks=[log])
    assert log.total == 4 * 300 * 6  # four words, the end and the label
    assert log.last.fraction == 1
    assert log.last.n_words == log.total
    assert 0 < trained.run.history[-1].loss < np.log(3)


def test_ctrl_c_keeps_or_raises(monkeypatch):
    texts, labels = make_texts(np.random.default_rng(9))

    class Interrupt(Callback):
        def on_progress(self, progress):
            raise KeyboardInterrupt

    started = time.monotonic()
    endless = parameters(epochs=10**6)
    with pytest.raises(KeyboardInterrupt):
        train_classifier(texts, labels, endless, callbacks=[Interrupt()])
    kept = train_classifier(texts, labels, endless, callbacks=[Interrupt()], on_interrupt="keep")
    assert kept.run.interrupted
    assert time.monotonic() - started < 20
    assert not [thread for thread in threading.enumerate() if "train" in thread.name]


def test_divergence_is_an_error():
    texts, labels = make_texts(np.random.default_rng(10))
    with pytest.raises(TrainingDivergedError, match="learning_rate"):
        train(texts, labels, learning_rate=1e30)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"loss": "hinge"}, ValueError),
        ({"dim": 0}, ValueError),
        ({"word_ngrams": 0}, ValueError),
        ({"min_n": 3, "max_n": 2}, ValueError),
        ({"word_ngrams": 2, "n_buckets": 0}, ValueError),
        ({"epochs": 0}, ValueError),
        ({"learning_rate": -1.0}, ValueError),
        ({"label_prefix": "a b"}, ValueError),
        ({"label_prefix": 3}, TypeError),
        ({"multilabel": "none"}, ValueError),
        ({"class_weight": "equal"}, ValueError),
        ({"class_weight": {"a": -1}}, ValueError),
        ({"class_weight": 3}, TypeError),
        ({"shuffle": 1}, TypeError),
        ({"patience": 0}, ValueError),
    ],
)
def test_parameters_are_checked(change, error):
    with pytest.raises(error, match=next(iter(change))):
        parameters(**change)


def test_no_label_at_all_is_an_error():
    with pytest.raises(ValueError, match="label_prefix"):
        train(["a text without any"], None)


@pytest.mark.slow
def test_trec_is_learned(shared):
    folder = shared / "data" / "classification"
    stored = train(folder / "trec.train.txt.gz", None, dim=100, epochs=10, n_threads=2)
    known = KnownLabels(stored.labels, stored.label_counts)
    documents = encode_documents(folder / "trec.test.txt.gz", start=stored.features, start_labels=known, extend=False)[
        3
    ]
    hidden = np.zeros((len(documents), 100), np.float32)
    _core.mean_rows(stored.input_vectors, documents.indptr, documents.items, hidden)
    found = (hidden @ stored.output_vectors.T).argmax(axis=1)
    assert (found == documents.label_ids).mean() > 0.85
