"""`TextClassifier` inside scikit-learn: tags, cross-validation, scorers, searches, pipelines."""

import subprocess
import sys

import numpy as np
import pytest

from small_classifiers import one_topic_texts, small_classifier
from textspace import WordVectors

sklearn = pytest.importorskip("sklearn")

from sklearn.base import clone, is_classifier  # noqa: E402
from sklearn.exceptions import NotFittedError  # noqa: E402
from sklearn.metrics import accuracy_score, get_scorer, log_loss, roc_auc_score  # noqa: E402
from sklearn.model_selection import GridSearchCV, cross_val_predict, cross_val_score  # noqa: E402
from sklearn.pipeline import Pipeline, make_pipeline  # noqa: E402
from sklearn.preprocessing import FunctionTransformer  # noqa: E402
from sklearn.utils.validation import check_is_fitted  # noqa: E402

TEXTS, LABELS = one_topic_texts(150, noise=3)
TEST_TEXTS, TEST_LABELS = one_topic_texts(90, seed=1, noise=3)


@pytest.fixture(scope="module")
def fitted():
    return small_classifier(epochs=3).fit(TEXTS, LABELS)


def test_it_is_a_classifier_and_knows_when_it_is_fitted(fitted):
    assert is_classifier(fitted)
    assert is_classifier(make_pipeline(fitted))
    check_is_fitted(fitted)
    with pytest.raises(NotFittedError):
        check_is_fitted(clone(fitted))


def test_cross_validation_stratifies():
    order = np.argsort(LABELS, kind="stable")  # without stratification a fold would lack a label
    texts, labels = [TEXTS[place] for place in order], [LABELS[place] for place in order]
    scores = cross_val_score(small_classifier(epochs=3), texts, labels, cv=3)
    assert scores.shape == (3,)
    assert scores.min() > 0.6


def test_predictions_of_folds():
    found = cross_val_predict(small_classifier(), TEXTS, LABELS, cv=3)
    assert accuracy_score(LABELS, found) > 0.8
    probabilities = cross_val_predict(small_classifier(), TEXTS, LABELS, cv=3, method="predict_proba")
    assert log_loss(LABELS, probabilities) < 1


def test_grid_search():
    search = GridSearchCV(small_classifier(), {"learning_rate": [1e-4, 0.5], "epochs": np.array([1, 5])}, cv=2)
    search.fit(TEXTS, LABELS)
    assert search.best_params_ == {"learning_rate": 0.5, "epochs": 5}
    assert search.score(TEST_TEXTS, TEST_LABELS) > 0.8
    assert search.best_estimator_.predict(TEST_TEXTS[:1]).shape == (1,)


def test_clones_keep_pretrained_vectors():
    wv = WordVectors(dim=10, min_count=1).fit(TEXTS)
    twin = clone(small_classifier(pretrained_vectors=wv))
    assert twin.pretrained_vectors is wv
    assert not hasattr(twin, "labels_")


def test_a_model_of_a_search_over_arrays_can_be_saved(tmp_path):
    clf = small_classifier(epochs=np.int64(2), learning_rate=np.float32(0.5)).fit(TEXTS, LABELS)
    clf.save(tmp_path / "model.textspace")


def test_pipeline(fitted):
    lower = FunctionTransformer(lambda texts: [text.lower() for text in texts])
    pipeline = Pipeline([("lower", lower), ("clf", small_classifier(epochs=3))]).fit(TEXTS, LABELS)
    shouted = [text.upper() for text in TEST_TEXTS]
    np.testing.assert_array_equal(pipeline.predict(shouted), fitted.predict(TEST_TEXTS))
    assert pipeline.score(shouted, TEST_LABELS) == fitted.score(TEST_TEXTS, TEST_LABELS)
    weights = np.ones(len(TEXTS))
    pipeline.set_params(clf__epochs=1).fit(TEXTS, LABELS, clf__sample_weight=weights)


def test_scorers_read_the_columns_rightly(fitted):
    probabilities = fitted.predict_proba(TEST_TEXTS)
    column = {label: place for place, label in enumerate(fitted.classes_)}
    own = -np.log([row[column[label]] for row, label in zip(probabilities, TEST_LABELS, strict=True)]).mean()
    assert -get_scorer("neg_log_loss")(fitted, TEST_TEXTS, TEST_LABELS) == pytest.approx(own, rel=1e-4)
    assert get_scorer("accuracy")(fitted, TEST_TEXTS, TEST_LABELS) == fitted.score(TEST_TEXTS, TEST_LABELS)
    assert get_scorer("roc_auc_ovr")(fitted, TEST_TEXTS, TEST_LABELS) > 0.9


@pytest.mark.parametrize("loss", ["softmax", "ova", "hs"])
def test_scorers_of_two_labels(loss):
    labels = [int(label == "birds") for label in LABELS]
    test_labels = [int(label == "birds") for label in TEST_LABELS]
    clf = small_classifier(loss=loss).fit(TEXTS, labels)
    expected = roc_auc_score(test_labels, clf.predict_proba(TEST_TEXTS)[:, 1])
    assert get_scorer("roc_auc")(clf, TEST_TEXTS, test_labels) == pytest.approx(expected, abs=0.02)
    assert expected > 0.9
    assert get_scorer("f1")(clf, TEST_TEXTS, test_labels) > 0.8


def test_the_estimator_does_not_import_scikit_learn():
    code = "import sys, textspace; textspace.TextClassifier().get_params(); print('sklearn' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout == "False\n"
