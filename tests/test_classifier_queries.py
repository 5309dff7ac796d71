"""What a trained `TextClassifier` is asked: predictions, evaluation, explanations, keywords."""

from dataclasses import replace

import numpy as np
import pytest

import textspace
from small_classifiers import TOPICS, labelled_lines, one_topic_texts, small_classifier, topic_texts
from textspace import TextClassifier
from textspace.text.feature_list import list_features

TEXTS, LABELS = one_topic_texts(noise=6)
TEST_TEXTS, TEST_LABELS = one_topic_texts(60, seed=1, noise=6)
LOSSES = ["softmax", "hs", "ns", "ova"]
OPTIONS = {"word_ngrams": 2, "min_n": 2, "max_n": 3, "epochs": 3}


@pytest.fixture(scope="module", params=LOSSES)
def fitted(request):
    """Trained without the words of one text in twenty, so that there are unknown words and buckets without rows."""
    return small_classifier(loss=request.param, **OPTIONS).fit(TEXTS, LABELS)


@pytest.fixture(scope="module")
def two_labels():
    keep = [label != "birds" for label in LABELS]
    data = [[x for x, kept in zip(values, keep, strict=True) if kept] for values in (TEXTS, LABELS)]
    return small_classifier(epochs=3).fit(*data)


def test_columns_follow_the_classes(fitted):
    probabilities, scores = fitted.predict_proba(TEST_TEXTS), fitted.decision_function(TEST_TEXTS)
    assert fitted.classes_.tolist() == sorted(TOPICS)
    assert probabilities.shape == scores.shape == (60, 3)
    assert probabilities.dtype == scores.dtype == np.float32
    best = fitted.classes_[probabilities.argmax(axis=1)]
    np.testing.assert_array_equal(best, fitted.predict(TEST_TEXTS))
    np.testing.assert_array_equal(fitted.classes_[scores.argmax(axis=1)], best)
    if fitted.loss in {"softmax", "hs"}:
        np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)
    else:
        np.testing.assert_allclose(probabilities, 1 / (1 + np.exp(-scores)), rtol=1e-4)
    for column, label in enumerate(fitted.classes_):
        right = np.array(TEST_LABELS) == label
        assert probabilities[right, column].mean() > probabilities[~right, column].mean()


def test_top(fitted):
    ranked = fitted.top(TEST_TEXTS, k=2)
    assert ranked.labels.shape == (60, 2)
    np.testing.assert_array_equal(ranked.labels[:, 0], fitted.predict(TEST_TEXTS))
    np.testing.assert_array_equal(np.array(fitted.labels_)[ranked.label_ids], ranked.labels)
    probabilities = np.sort(fitted.predict_proba(TEST_TEXTS))[:, ::-1]
    np.testing.assert_allclose(ranked.scores, probabilities[:, :2], atol=1e-6)
    assert fitted.top(TEST_TEXTS, k=100).labels.shape == (60, 3)
    high = fitted.top(TEST_TEXTS, k=3, threshold=0.6)
    assert ((high.label_ids >= 0) == (np.pad(probabilities, ((0, 0), (0, 0))) >= 0.6)).all()


def test_two_labels_have_one_score(two_labels):
    scores, probabilities = two_labels.decision_function(TEST_TEXTS), two_labels.predict_proba(TEST_TEXTS)
    assert scores.shape == (60,)
    np.testing.assert_allclose(scores, np.log(probabilities[:, 1] / probabilities[:, 0]), rtol=1e-3, atol=1e-4)


def test_predict_multilabel(fitted):
    probabilities = fitted.predict_proba(TEST_TEXTS)
    for threshold, value in ((None, 0.5), (0.2, 0.2), (0.0, 0.0)):
        found = fitted.predict_multilabel(TEST_TEXTS, threshold=threshold)
        assert [set(labels) for labels in found] == [set(fitted.classes_[row >= value]) for row in probabilities]
    assert [labels[0] for labels in found] == fitted.predict(TEST_TEXTS).tolist()
    assert fitted.predict_multilabel([]) == []


def test_predict_multilabel_goes_in_blocks(fitted, monkeypatch):
    texts = TEST_TEXTS * 50
    expected = fitted.predict_multilabel(texts, threshold=0.2)
    monkeypatch.setattr("textspace.prediction.predictor.CELLS_PER_BLOCK", 3 * 100 + 1)
    assert fitted.predict_multilabel(iter(texts), threshold=0.2) == expected
    with pytest.raises(TypeError, match="int at position 450"):
        fitted.predict_multilabel([*texts[:450], 7, *texts])


def test_embed(fitted):
    vectors = fitted.embed(TEST_TEXTS)
    assert vectors.shape == (60, 10)
    matrix = np.vstack([fitted._fitted.input_vectors, np.zeros(10, np.float32)]).astype(np.float64)
    rows = [feature.row for feature in list_features(fitted._fitted.features, "apple zebra")[1]]
    assert -1 in rows
    np.testing.assert_allclose(fitted.embed(["apple zebra"])[0], matrix[rows].mean(axis=0), rtol=1e-4, atol=1e-6)


def test_evaluate(fitted, tmp_path):
    metrics = fitted.evaluate(TEST_TEXTS, TEST_LABELS)
    right = np.mean(fitted.predict(TEST_TEXTS) == np.array(TEST_LABELS))
    assert metrics.accuracy == metrics.precision == pytest.approx(right)
    assert fitted.score(TEST_TEXTS, TEST_LABELS) == pytest.approx(right)
    path = tmp_path / "test.txt"
    path.write_text(labelled_lines(TEST_TEXTS, [(label,) for label in TEST_LABELS]))
    assert repr(fitted.evaluate(path)) == repr(metrics)
    if fitted.loss == "softmax":
        columns = [fitted.classes_.tolist().index(label) for label in TEST_LABELS]
        loss = -np.log(fitted.predict_proba(TEST_TEXTS)[np.arange(60), columns]).mean()
        assert metrics.log_loss == pytest.approx(loss, rel=1e-4)


def test_texts_without_any_label_are_no_test(fitted, tmp_path):
    with pytest.raises(ValueError, match="`labels` must have a label, got none in any text"):
        fitted.evaluate(TEST_TEXTS[:2], [(), ()])
    (tmp_path / "test.txt").write_text("apple\n")
    with pytest.raises(ValueError, match=r"`source` must have a label, .* start with '__label__'"):
        fitted.evaluate(tmp_path / "test.txt")
    assert fitted.evaluate(TEST_TEXTS[:2], [(), "fruit"]).n_documents == 2


def test_evaluate_as_predict_multilabel_predicts(fitted):
    texts, labels = topic_texts(60, seed=3, n_topics=2)
    metrics = fitted.evaluate(texts, labels, k=None, threshold=None)
    found = fitted.predict_multilabel(texts)
    n_right = sum(len(set(one) & set(other)) for one, other in zip(found, labels, strict=True))
    assert metrics.precision == pytest.approx(n_right / max(sum(map(len, found)), 1))
    assert metrics.recall == pytest.approx(n_right / sum(map(len, labels)))


def test_score_of_several_labels_and_weights(fitted):
    best = fitted.predict(TEST_TEXTS[:4]).tolist()
    labels = [[best[0], "x"], ["x"], best[2], ()]
    assert fitted.score(TEST_TEXTS[:4], labels) == 0.5
    assert fitted.score(TEST_TEXTS[:4], labels, sample_weight=[1, 1, 2, 0]) == 0.75
    with pytest.raises(ValueError, match="`labels` must have one entry for each of 4 texts, got 3"):
        fitted.score(TEST_TEXTS[:4], best[:3])


@pytest.mark.parametrize("calibrated", [False, True])
def test_contributions_add_up_to_the_score(fitted, calibrated):
    clf = TextClassifier()
    clf._set_model(fitted._fitted)
    if calibrated:
        clf.calibrate(TEST_TEXTS, TEST_LABELS)
    text = "apple and zebra __label__x hammer drill\nsaw"
    scores, probabilities = clf.decision_function([text])[0], clf.predict_proba([text])[0]
    assert clf.explain(text).label == clf.predict([text])[0]
    for column, label in enumerate(clf.classes_):
        why = clf.explain(text, label)
        assert why.label == label
        assert sum(found.value for found in why.contributions) + why.offset == pytest.approx(why.score)
        assert sum(why.token_values) + why.offset == pytest.approx(why.score)
        assert why.probability == pytest.approx(probabilities[column])
        if clf.loss != "hs" and fitted.loss != "hs":
            assert why.score == pytest.approx(scores[column], rel=1e-4, abs=1e-5)
        if calibrated and fitted.loss in {"ova", "ns"}:
            assert why.offset
    assert why.tokens == ("apple", "and", "zebra", "__label__x", "hammer", "drill", "saw", "</s>")
    assert why.token_values[3] == pytest.approx(0, abs=abs(why.score) + 1)  # it has part in the n-gram around it only
    kinds = {(found.kind, found.text) for found in why.contributions}
    assert {("word", "apple"), ("word", "</s>"), ("ngram", "saw </s>"), ("subword", "<ap")} <= kinds
    assert ("ngram", "zebra hammer") in kinds
    assert ("word", "zebra") not in kinds


def test_each_contribution_is_what_the_score_loses_without_it():
    clf = small_classifier(epochs=3).fit(TEXTS, LABELS)
    text = "apple hammer and apple"
    why = clf.explain(text, "fruit")
    stored = clf._fitted
    without = stored.input_vectors.copy()
    without[stored.features.vocabulary.id_of("apple")] = 0
    clf._set_model(replace(stored, input_vectors=without))
    parts = {}
    for found in why.contributions:
        parts[found.text] = parts.get(found.text, 0) + found.value
    assert why.score - clf.explain(text, "fruit").score == pytest.approx(parts["apple"], rel=1e-5)
    assert parts["apple"] > 0 > parts["hammer"]


def test_hierarchical_softmax_explains_the_log_odds_of_two_labels(two_labels):
    keep = [label != "birds" for label in LABELS]
    data = [[x for x, kept in zip(values, keep, strict=True) if kept] for values in (TEXTS, LABELS)]
    clf = small_classifier(loss="hs", epochs=3).fit(*data)
    p = clf.predict_proba(TEST_TEXTS[:1])[0, 0]
    why = clf.explain(TEST_TEXTS[0], clf.classes_[0])
    assert why.score == pytest.approx(np.log(p / (1 - p)), rel=1e-4)


def test_explanations_of_folded_and_quantized_models(two_labels):
    text = TEST_TEXTS[0]
    why = two_labels.explain(text, "tools")
    for change, tolerance in ((lambda clf: clf.fold(), 1e-5), (lambda clf: clf.quantize(method="int8"), 0.05)):
        clf = TextClassifier()
        clf._set_model(two_labels._fitted)
        change(clf)
        assert clf.explain(text, "tools").score == pytest.approx(why.score, abs=tolerance)
        assert clf.keywords("tools", k=1)[0].text == two_labels.keywords("tools", k=1)[0].text


def test_explain_an_empty_text(fitted):
    why = fitted.explain("")
    assert why.tokens == ("</s>",)
    assert [found.text for found in why.contributions] == ["</s>"]


@pytest.mark.parametrize("loss", LOSSES)
def test_keywords(loss):
    clf = small_classifier(loss=loss, word_ngrams=2, epochs=20).fit(*one_topic_texts())
    for label, words in TOPICS.items():
        assert {keyword.text for keyword in clf.keywords(label, k=5)} == set(words)
        with_ngrams = clf.keywords(label, k=50, texts=TEST_TEXTS)
        assert {keyword.kind for keyword in with_ngrams} == {"word", "ngram"}
        weights = [keyword.weight for keyword in with_ngrams]
        assert weights == sorted(weights, reverse=True)


@pytest.mark.parametrize(
    ("ask", "error", "message"),
    [
        (lambda clf: clf.predict("apple"), TypeError, "`texts` must be .* single str"),
        (lambda clf: clf.predict(["apple", None]), TypeError, "`texts` must hold only str"),
        (lambda clf: clf.predict(3), TypeError, "`texts` must be"),
        (lambda clf: clf.top(["apple"], k=0), ValueError, "`k` must be >= 1, got 0"),
        (lambda clf: clf.top(["apple"], threshold=2), ValueError, "`threshold` must be between 0 and 1, got 2"),
        (lambda clf: clf.predict_multilabel(["x"], threshold=-1), ValueError, "`threshold` must be between"),
        (lambda clf: clf.explain(["apple"]), TypeError, "`text` must be one text, a str, got list"),
        (
            lambda clf: clf.explain("apple", "fruits"),
            KeyError,
            "one of the 3 labels, got 'fruits'; did you mean 'fruit'",
        ),
        (lambda clf: clf.keywords("zzz"), KeyError, "one of the 3 labels, got 'zzz'; see `labels_`"),
        (lambda clf: clf.keywords("fruit", k=0), ValueError, "`k` must be >= 1"),
        (lambda clf: clf.keywords("fruit", texts="apple"), TypeError, "`texts` must be"),
        (lambda clf: clf.evaluate(["apple"], ["fruit", "tools"]), ValueError, "one entry for each text"),
        (lambda clf: clf.evaluate([], []), ValueError, "no document to evaluate"),
        (lambda clf: clf.calibrate(["apple"], ["unheard"]), ValueError, "`labels` must have a label that the model"),
    ],
)
def test_bad_questions(fitted, ask, error, message):
    with pytest.raises(error, match=message):
        ask(fitted)


def test_calibration_improves_the_log_loss_and_is_kept_in_files(fitted, tmp_path):
    clf = TextClassifier()
    sharp = replace(fitted._fitted, output_vectors=fitted._fitted.output_vectors * 5)
    clf._set_model(sharp)
    before = clf.evaluate(TEST_TEXTS, TEST_LABELS).log_loss
    assert clf.calibration_ is None
    assert clf.calibrate(*one_topic_texts(300, seed=7, noise=6)) is clf
    assert clf.calibration_.thresholds.shape == (3,)
    after = clf.evaluate(TEST_TEXTS, TEST_LABELS).log_loss
    assert after < before
    again = clf.calibration_.scale.copy()
    clf.calibrate(*one_topic_texts(300, seed=7, noise=6))  # of the raw scores, not of the calibrated ones
    np.testing.assert_array_equal(clf.calibration_.scale, again)
    clf.save(tmp_path / "calibrated.textspace")
    loaded = textspace.load(tmp_path / "calibrated.textspace")
    np.testing.assert_allclose(loaded.predict_proba(TEST_TEXTS), clf.predict_proba(TEST_TEXTS), rtol=1e-6)
    assert loaded.predict_multilabel(TEST_TEXTS) == clf.predict_multilabel(TEST_TEXTS)
    clf.set_params(**{"dim": 10, "loss": fitted.loss, **OPTIONS, "n_buckets": 1000}).partial_fit(TEXTS, LABELS)
    assert clf.calibration_ is None


def test_set_params_of_threads_counts_at_once(fitted):
    clf = TextClassifier(n_threads=1)
    clf._set_model(fitted._fitted)
    before = clf.predict_proba(TEST_TEXTS)
    clf.set_params(n_threads=2)
    np.testing.assert_allclose(clf.predict_proba(TEST_TEXTS), before, rtol=1e-6)
    with pytest.raises(ValueError, match="`n_threads` must be >= 1"):
        clf.set_params(n_threads=0).predict(TEST_TEXTS)


def test_quantize(tmp_path):
    texts, labels = one_topic_texts(600, noise=6)
    for method in ("product", "int8", "float16"):
        clf = small_classifier(word_ngrams=2, dim=16).fit(texts, labels)
        before = clf.score(TEST_TEXTS, TEST_LABELS)
        assert clf.quantize(method=method) is clf
        assert clf.score(TEST_TEXTS, TEST_LABELS) > before - 0.1
        with pytest.raises(ValueError, match="quantized"):
            clf.partial_fit(texts, labels)
        with pytest.raises(ValueError, match="quantized"):
            clf.quantize()
    clf = small_classifier(word_ngrams=2, dim=16).fit(texts, labels)
    clf.quantize(texts, labels, cutoff=60, qnorm=True, epochs=5)
    assert clf._fitted.features.n_rows == 60
    assert clf.score(TEST_TEXTS, TEST_LABELS) > before - 0.1
    clf.save(tmp_path / "small.ftz")
    loaded = textspace.load(tmp_path / "small.ftz")
    np.testing.assert_allclose(loaded.predict_proba(TEST_TEXTS), clf.predict_proba(TEST_TEXTS), atol=1e-5)


def test_a_folded_model_predicts_the_same(two_labels, tmp_path):
    clf = TextClassifier()
    clf._set_model(two_labels._fitted)
    assert clf.fold() is clf
    np.testing.assert_allclose(clf.predict_proba(TEST_TEXTS), two_labels.predict_proba(TEST_TEXTS), atol=1e-5)
    clf.save(tmp_path / "folded.textspace")
    loaded = textspace.load(tmp_path / "folded.textspace")
    np.testing.assert_array_equal(loaded.predict(TEST_TEXTS), two_labels.predict(TEST_TEXTS))
    with pytest.raises(ValueError, match="folded"):
        loaded.partial_fit(TEST_TEXTS, TEST_LABELS)


def test_fasttexts_language_identifier(shared):
    clf = textspace.load(shared / "data" / "models" / "lid.176.ftz")
    texts = ["Wie spät ist es denn schon?", "Où est la bibliothèque ?", "The weather is fine today."]
    assert clf.predict(texts).tolist() == ["de", "fr", "en"]
    why = clf.explain(texts[0])
    assert why.label == "de"
    assert why.probability > 0.5
    assert sum(found.value for found in why.contributions) == pytest.approx(why.score)
    assert len(clf.keywords("de", k=3)) == 3
