"""`TextClassifier`: what it learns, from which data, its parameters, interruption, files."""

import _thread
import threading
import time

import numpy as np
import pytest

import textspace
from small_classifiers import TOPICS, labelled_lines, one_topic_texts, small_classifier, topic_texts
from textspace import Callback, TextClassifier, TrainingDivergedError

TEXTS, LABELS = one_topic_texts()
TEST_TEXTS, TEST_LABELS = one_topic_texts(seed=1)


@pytest.fixture(scope="module")
def fitted():
    return small_classifier().fit(TEXTS, LABELS)


def accuracy(model):
    return np.mean(model.predict(TEST_TEXTS) == np.array(TEST_LABELS))


@pytest.mark.parametrize("options", [{}, {"word_ngrams": 2}, {"min_n": 2, "max_n": 3}, {"shuffle": False}])
@pytest.mark.parametrize("loss", ["softmax", "hs", "ns", "ova"])
def test_topics_are_told_apart(loss, options):
    assert accuracy(small_classifier(loss=loss, **options).fit(TEXTS, LABELS)) > 0.95


@pytest.mark.parametrize("name", ["train.txt", "train.txt.gz"])
def test_a_file_teaches_the_same_as_texts_and_labels(fitted, tmp_path, name):
    import gzip

    data = labelled_lines(TEXTS, [(label,) for label in LABELS]).encode()
    (tmp_path / name).write_bytes(gzip.compress(data) if name.endswith("gz") else data)
    from_file = small_classifier().fit(tmp_path / name)
    np.testing.assert_array_equal(from_file.predict_proba(TEST_TEXTS), fitted.predict_proba(TEST_TEXTS))
    assert from_file.labels_ == fitted.labels_


def test_labels_of_any_form_teach_the_same(fitted):
    for labels in (np.array(LABELS), np.array(LABELS, object), [[label] for label in LABELS], [{x} for x in LABELS]):
        other = small_classifier().fit(TEXTS, labels)
        np.testing.assert_array_equal(other.predict_proba(TEST_TEXTS), fitted.predict_proba(TEST_TEXTS))


def test_integer_labels_come_back_as_integers(tmp_path):
    numbers = {"fruit": 10, "tools": 9, "birds": -3}
    clf = small_classifier().fit(TEXTS, [numbers[label] for label in LABELS])
    assert clf.classes_.tolist() == [-3, 9, 10]
    assert clf.predict(TEST_TEXTS[:3]).tolist() == [numbers[label] for label in TEST_LABELS[:3]]
    assert clf.score(TEST_TEXTS, [numbers[label] for label in TEST_LABELS]) > 0.95
    assert clf.predict_multilabel(TEST_TEXTS[:1]) == [(10,)]
    assert clf.explain(TEST_TEXTS[0], 9).label == "9"
    clf.save(tmp_path / "numbers.textspace")
    assert textspace.load(tmp_path / "numbers.textspace").predict(TEST_TEXTS[:3]).tolist() == [10, 9, -3]
    clf.fit(TEXTS, LABELS)
    assert clf.predict(TEST_TEXTS[:1]).tolist() == ["fruit"]


def test_labels_are_in_the_models_order_and_in_ascending_order(fitted):
    clf = small_classifier().fit([*TEXTS, "heron", "robin", "swift", "plum"], [*LABELS, *["birds"] * 3, "fruit"])
    assert clf.labels_ == ("birds", "fruit", "tools")
    clf.partial_fit(["plum"] * 9, ["a new one"] * 9)
    assert clf.labels_[:3] == ("birds", "fruit", "tools")
    assert clf.classes_.tolist() == sorted(clf.labels_)


def test_history_and_callbacks(fitted):
    class Log(Callback):
        ends = 0

        def on_end(self, progress):
            self.ends += 1

    log = Log()
    clf = small_classifier(epochs=3).fit(TEXTS, LABELS, callbacks=[log])
    assert log.ends == 1
    assert clf.history_[-1].epoch == pytest.approx(3)
    assert clf.history_[-1].loss < np.log(3)
    assert not clf.interrupted_


@pytest.mark.parametrize("loss", ["softmax", "ova"])
@pytest.mark.parametrize("multilabel", ["all", "sample"])
def test_several_labels(loss, multilabel):
    texts, labels = topic_texts(600, n_topics=2)
    clf = small_classifier(loss=loss, multilabel=multilabel, epochs=20).fit(texts, labels)
    more_texts, more_labels = topic_texts(200, seed=1, n_topics=2)
    clf.calibrate(*topic_texts(200, seed=2, n_topics=2))
    found = clf.predict_multilabel(more_texts)
    assert np.mean([set(one) == set(other) for one, other in zip(found, more_labels, strict=True)]) > 0.9


def test_weights_of_texts():
    clf = small_classifier(epochs=3)
    contradiction = ["right"] * len(TEXTS) + ["wrong"] * len(TEXTS)
    weights = np.repeat([1.0, 0.0], len(TEXTS))
    for sample_weight, expected in ((weights, "right"), (weights[::-1].tolist(), "wrong")):
        clf.fit(TEXTS * 2, contradiction, sample_weight=sample_weight)
        assert set(clf.predict(TEST_TEXTS)) == {expected}


def test_weights_of_labels():
    texts, labels = ["and the of"] * 100, ["rare"] * 10 + ["frequent"] * 90
    probability = {}
    for name, weight in {
        "none": None,
        "balanced": "balanced",
        "dict": {"rare": 9.0},
        "other": {"frequent": 2},
    }.items():
        clf = small_classifier(class_weight=weight, epochs=30, learning_rate=0.1).fit(texts, labels)
        probability[name] = clf.predict_proba(["and the of"])[0, 1]
    assert probability["none"] == pytest.approx(0.1, abs=0.05)
    assert probability["balanced"] == pytest.approx(0.5, abs=0.1)
    assert probability["dict"] == pytest.approx(0.5, abs=0.1)
    assert probability["other"] < probability["none"]
    with pytest.raises(ValueError, match="`class_weight`"):
        small_classifier(class_weight={"absent": 1.0}).fit(texts, labels)


@pytest.mark.parametrize("kind", ["pair", "path", "share", "share of a file"])
def test_a_validation_set_judges_every_epoch(kind, tmp_path):
    path = tmp_path / "train.txt"
    path.write_text(labelled_lines(TEXTS, [(label,) for label in LABELS]))
    validation = {"pair": (TEST_TEXTS, TEST_LABELS), "path": path}.get(kind, 0.25)
    data = (path,) if kind == "share of a file" else (TEXTS, LABELS)
    clf = small_classifier(epochs=4, metric="accuracy").fit(*data, validation=validation)
    assert len(clf.validation_scores_) == 4
    assert clf.validation_scores_[-1] > 0.95
    assert clf.best_epoch_ == 1 + np.argmax(clf.validation_scores_)
    if kind == "share":
        assert clf._fitted.label_counts.sum() == 225


def test_a_held_out_share_is_drawn_by_the_seed():
    one, same, other = (
        small_classifier(epochs=1, random_state=seed).fit(TEXTS, LABELS, sample_weight=[1] * 300, validation=0.5)
        for seed in (1, 1, 2)
    )
    assert one.vocabulary_.counts.tolist() == same.vocabulary_.counts.tolist()
    assert one.vocabulary_.counts.tolist() != other.vocabulary_.counts.tolist()


def test_early_stopping_keeps_the_best_weights():
    texts, labels = one_topic_texts(noise=12)
    validation = one_topic_texts(seed=5, noise=12)
    options = {"metric": "log_loss", "epochs": 40, "learning_rate": 2.0, "patience": 2, "word_ngrams": 3}
    clf = small_classifier(**options).fit(texts, labels, validation=validation)
    values = clf.validation_scores_
    assert 3 <= len(values) < 40
    assert np.argmin(values) == len(values) - 3 == clf.best_epoch_ - 1
    assert clf.evaluate(*validation).log_loss == pytest.approx(min(values), rel=1e-4)


def test_partial_fit_adds_words_and_labels(fitted, tmp_path):
    fitted.save(tmp_path / "old.textspace")
    clf = textspace.load(tmp_path / "old.textspace").set_params(epochs=20, learning_rate=0.5, n_threads=1)
    known = len(clf.vocabulary_)
    new = ["otter badger and", "vole the badger", "of the otter vole"] * 30
    assert clf.partial_fit([*new, *TEXTS], [*["mammals"] * 90, *LABELS]) is clf
    assert clf.labels_[:3] == fitted.labels_
    assert clf.vocabulary_.words[:known] == fitted.vocabulary_.words
    assert set(clf.vocabulary_.words[known:]) == {"otter", "badger", "vole"}
    assert clf.predict(["a badger", "a vole"]).tolist() == ["mammals"] * 2
    assert accuracy(clf) > 0.95
    assert len(fitted.labels_) == 3


def test_partial_fit_with_a_low_rate_changes_little(fitted, tmp_path):
    fitted.save(tmp_path / "old.textspace")
    before = fitted.predict_proba(TEST_TEXTS)
    changes = []
    for learning_rate in (1e-4, 0.1):
        clf = TextClassifier.load(tmp_path / "old.textspace").set_params(n_threads=1)
        clf.partial_fit(TEXTS, ["fruit"] * len(TEXTS), learning_rate=learning_rate, epochs=1)
        changes.append(np.abs(clf.predict_proba(TEST_TEXTS) - before).max())
        assert clf.learning_rate == 0.5
    assert changes[0] < 0.01 < 0.1 < changes[1]


def test_partial_fit_of_an_untrained_one_is_fit(fitted):
    clf = small_classifier().partial_fit(TEXTS, LABELS)
    np.testing.assert_array_equal(clf.predict_proba(TEST_TEXTS), fitted.predict_proba(TEST_TEXTS))


@pytest.mark.parametrize("suffix", [".bin", ".textspace"])
def test_partial_fit_of_a_file(suffix, tmp_path):
    small_classifier(word_ngrams=2).fit(TEXTS, LABELS).save(tmp_path / f"model{suffix}")
    clf = textspace.load(tmp_path / f"model{suffix}").set_params(n_threads=1)
    clf.partial_fit(["otter vole"] * 50, ["mammals"] * 50, learning_rate=0.5, epochs=10)
    assert clf.predict(["otter vole"]).tolist() == ["mammals"]


def test_an_interruption_leaves_the_old_model(fitted):
    before = fitted.predict_proba(TEST_TEXTS)
    clf = small_classifier().fit(TEXTS, LABELS).set_params(epochs=10**6)

    def interrupt():
        time.sleep(0.3)
        _thread.interrupt_main()

    for on_interrupt in ("raise", "keep"):
        thread = threading.Thread(target=interrupt)
        thread.start()
        if on_interrupt == "raise":
            with pytest.raises(KeyboardInterrupt):
                clf.fit(TEXTS, LABELS[::-1], on_interrupt=on_interrupt)
            np.testing.assert_array_equal(clf.predict_proba(TEST_TEXTS), before)
            assert not clf.interrupted_
        else:
            clf.fit(TEXTS, LABELS, on_interrupt=on_interrupt)
            assert clf.interrupted_
            assert accuracy(clf) > 0.95
        thread.join()


def test_a_failing_callback_leaves_the_old_model():
    class Failing(Callback):
        def on_start(self, total_words):
            raise OSError("no room")

    clf = small_classifier().fit(TEXTS, LABELS)
    before = clf.predict_proba(TEST_TEXTS)
    with pytest.raises(OSError, match="no room"):
        clf.fit(TEXTS[:9], ["x", "y", "z"] * 3, callbacks=[Failing()])
    np.testing.assert_array_equal(clf.predict_proba(TEST_TEXTS), before)


@pytest.mark.parametrize(
    ("changed", "error", "message"),
    [
        ({"loss": "hinge"}, ValueError, "`loss` must be one of 'softmax', 'hs', 'ns', 'ova', got 'hinge'"),
        ({"dim": 0}, ValueError, "`dim` must be between 1 and"),
        ({"dim": 1.5}, TypeError, r"`dim` must be an integer, got 1\.5"),
        ({"word_ngrams": 0}, ValueError, "`word_ngrams` must be"),
        ({"max_n": 2, "min_n": 3}, ValueError, "`max_n` must be >= `min_n`"),
        ({"word_ngrams": 2, "n_buckets": 0}, ValueError, "`n_buckets` must be"),
        ({"epochs": 0}, ValueError, "`epochs` must be"),
        ({"learning_rate": -1}, ValueError, "`learning_rate` must be > 0"),
        ({"learning_rate": float("nan")}, ValueError, "`learning_rate` must be finite"),
        ({"min_count": 0}, ValueError, "`min_count` must be >= 1"),
        ({"n_negatives": 0}, ValueError, "`n_negatives` must be"),
        ({"multilabel": "some"}, ValueError, "`multilabel` must be one of 'all', 'sample'"),
        ({"class_weight": "even"}, ValueError, "`class_weight` must be"),
        ({"class_weight": {"fruit": -1}}, ValueError, "`class_weight`"),
        ({"shuffle": 1}, TypeError, "`shuffle` must be True or False"),
        ({"label_prefix": 3}, TypeError, "`label_prefix` must be"),
        ({"patience": 0}, ValueError, "`patience` must be >= 1"),
        ({"patience": 3}, ValueError, "`validation` must be given"),
        ({"metric": "loss"}, ValueError, "`metric` must be one of"),
        ({"n_threads": 0}, ValueError, "`n_threads` must be >= 1"),
        ({"random_state": -1}, ValueError, "`random_state` must be"),
        ({"pretrained_vectors": 3}, TypeError, "`pretrained_vectors` must be"),
    ],
)
def test_bad_parameters(changed, error, message):
    with pytest.raises(error, match=message):
        small_classifier(**changed).fit(TEXTS, LABELS)


@pytest.mark.parametrize(
    ("arguments", "options", "error", "message"),
    [
        ((TEXTS, LABELS[1:]), {}, ValueError, "`labels` must have one entry for each text, got 299 for 300 texts"),
        ((TEXTS, "fruit"), {}, TypeError, "`labels` must be a sequence"),
        ((TEXTS, [None] * 300), {}, TypeError, "`labels` must hold str or int"),
        (("apple", ["fruit"]), {}, TypeError, "must be a sequence of str"),
        (([3], ["fruit"]), {}, TypeError, "must hold only str, got int at position 0"),
        (([], []), {}, ValueError, "must have at least one text, got none"),
        ((["apple"], [()]), {}, ValueError, "label"),
        ((TEXTS,), {}, ValueError, "label"),
        (("no such file.txt",), {}, FileNotFoundError, "must name a file that exists"),
        ((TEXTS, LABELS), {"sample_weight": [1.0]}, ValueError, "`sample_weight` must have"),
        ((TEXTS, LABELS), {"sample_weight": [-1.0] * 300}, ValueError, "`sample_weight` must"),
        ((TEXTS, LABELS), {"sample_weight": [float("nan")] * 300}, ValueError, "`sample_weight` must"),
        ((TEXTS, LABELS), {"validation": 1.0}, ValueError, "`validation` must"),
        ((TEXTS, LABELS), {"validation": 3}, ValueError, "`validation` must"),
        ((TEXTS, LABELS), {"validation": TEXTS}, TypeError, "`validation` must"),
        ((TEXTS, LABELS), {"validation": ([], [])}, ValueError, "validation"),
        ((TEXTS, LABELS), {"validation": (["apple"], [()])}, ValueError, "`validation` must have a label, got none"),
        ((TEXTS, LABELS), {"on_interrupt": "stop"}, ValueError, "`on_interrupt` must be one of"),
    ],
)
def test_bad_data(arguments, options, error, message):
    clf = small_classifier()
    with pytest.raises(error, match=message):
        clf.fit(*arguments, **options)
    assert not hasattr(clf, "labels_")


def test_partial_fit_keeps_the_shape_of_the_model():
    clf = small_classifier(word_ngrams=2).fit(TEXTS, LABELS)
    for name, value in {"dim": 11, "loss": "ova", "word_ngrams": 3, "max_n": 2, "n_buckets": 99}.items():
        clf.set_params(**{name: value})
        with pytest.raises(ValueError, match=f"`{name}` must stay as the model was trained"):
            clf.partial_fit(TEXTS, LABELS)
        clf.set_params(**{name: small_classifier(word_ngrams=2).get_params()[name]})


def test_divergence_in_partial_fit_keeps_the_model(fitted, tmp_path):
    clf = small_classifier().fit(TEXTS, LABELS)
    with pytest.raises(TrainingDivergedError, match="lower `learning_rate`"):
        clf.partial_fit(TEXTS, LABELS, learning_rate=1e30, epochs=50)
    np.testing.assert_array_equal(clf.predict_proba(TEST_TEXTS), fitted.predict_proba(TEST_TEXTS))


def test_pretrained_vectors(tmp_path):
    from textspace import WordVectors

    words = [word for topic in TOPICS.values() for word in topic]
    wv = WordVectors(dim=10, min_count=1, max_n=0, n_threads=1).fit([" ".join(words), "zebra unseen"] * 20)
    wv.save(tmp_path / "wv.vec")
    for vectors in (wv, tmp_path / "wv.vec", str(tmp_path / "wv.vec")):
        clf = small_classifier(pretrained_vectors=vectors, learning_rate=1e-6, epochs=1).fit(TEXTS, LABELS)
        np.testing.assert_allclose(
            clf._fitted.input_vectors[clf.vocabulary_.id_of("zebra")], wv["zebra"], rtol=1e-4, atol=1e-5
        )
        clf.save(tmp_path / "clf.textspace")
        assert textspace.load(tmp_path / "clf.textspace").pretrained_vectors is None
    with pytest.raises(ValueError, match="`dim`"):
        small_classifier(dim=9, pretrained_vectors=wv).fit(TEXTS, LABELS)


@pytest.mark.parametrize("suffix", [".textspace", ".bin"])
@pytest.mark.parametrize("loss", ["softmax", "hs", "ns", "ova"])
def test_files_keep_the_predictions(loss, suffix, tmp_path):
    clf = small_classifier(loss=loss, word_ngrams=2, max_n=3, min_n=2).fit(TEXTS, LABELS)
    clf.save(tmp_path / f"model{suffix}")
    loaded = textspace.load(tmp_path / f"model{suffix}")
    assert isinstance(loaded, TextClassifier)
    np.testing.assert_allclose(loaded.predict_proba(TEST_TEXTS), clf.predict_proba(TEST_TEXTS), atol=1e-6)
    for name in ("loss", "dim", "word_ngrams", "min_n", "max_n", "n_buckets", "epochs"):
        assert getattr(loaded, name) == getattr(clf, name)


def test_files_of_vectors_are_no_classifiers(tmp_path):
    from textspace import WordVectors

    WordVectors(dim=4, min_count=1).fit(["a b c"] * 9).save(tmp_path / "wv.textspace")
    with pytest.raises(ValueError, match="word vectors, not a text classifier"):
        TextClassifier.load(tmp_path / "wv.textspace")


def test_a_models_own_prefix():
    clf = small_classifier(label_prefix="#").fit(
        [labelled_lines([text], [(label,)], "#") for text, label in zip(TEXTS, LABELS, strict=True)]
    )
    assert set(clf.labels_) == set(TOPICS)
    np.testing.assert_array_equal(clf.predict(["apple #tools"]), ["fruit"])


@pytest.mark.parametrize("chunked", [False, True])
def test_arrow_texts_and_labels(fitted, chunked):
    pa = pytest.importorskip("pyarrow")
    make = (lambda items: pa.chunked_array([items[:100], items[100:]])) if chunked else pa.array
    clf = small_classifier().fit(make(TEXTS), make(LABELS).dictionary_encode())
    np.testing.assert_array_equal(clf.predict_proba(TEST_TEXTS), fitted.predict_proba(TEST_TEXTS))
    assert clf.evaluate(make(TEXTS), make(LABELS)).accuracy > 0.95
    several = make([[label, "any"] for label in LABELS])
    assert set(small_classifier(loss="ova").fit(TEXTS, several).labels_) == {*LABELS, "any"}
    with pytest.raises(
        TypeError, match=r'`texts` must hold only str, got NoneType at position 0; replace missing .* ""'
    ):
        clf.fit(make([None, *TEXTS[1:]]), LABELS)
