"""One contract for all estimators: parameters, fit, save, load, pickle, clone, empty input, unseen words, NaN."""

import copy
import inspect
import pickle
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import textspace
from textspace import NotFittedError, TextClassifier, TrainingDivergedError, WordVectors

TEXTS = ["the cat sat on the mat with a rat", "a dog lay on the rug by the door"] * 20
ODD_TEXTS = ["zebra quagga", "", " \t\0", "\ud800 \udcff", "x" * 10_000, "çà 寿司 🦓"]


@dataclass
class Case:
    make: Any  # an estimator with parameters that suit TEXTS
    data: Any  # from texts to the arguments of fit
    output: Any  # what a fitted one says of texts: an array with a row for each text
    no_words: list  # texts that cannot be learned from
    bad_parameter: dict


CASES = [
    pytest.param(
        Case(
            make=lambda **changed: WordVectors(
                **{"dim": 8, "min_count": 1, "n_buckets": 1000, "subsample": 0, "n_threads": 1} | changed
            ),
            data=lambda texts: (texts,),
            output=lambda model, texts: model.embed(texts),
            no_words=[[], [""], ["", "  "]],
            bad_parameter={"dim": 0},
        ),
        id="WordVectors",
    ),
    pytest.param(
        Case(
            make=lambda **changed: TextClassifier(
                **{"dim": 8, "n_buckets": 1000, "word_ngrams": 2, "max_n": 3, "n_threads": 1} | changed
            ),
            data=lambda texts: (texts, [("feline", "canine")[place % 2] for place in range(len(texts))]),
            output=lambda model, texts: model.predict_proba(texts),
            no_words=[[]],
            bad_parameter={"dim": 0},
        ),
        id="TextClassifier",
    ),
]


@pytest.fixture(params=CASES)
def case(request):
    return request.param


@pytest.fixture
def fitted(case):
    return case.make().fit(*case.data(TEXTS))


def test_parameters_are_stored_untouched_and_checked_in_fit(case):
    estimator_class = type(case.make())
    names = list(inspect.signature(estimator_class).parameters)
    assert list(case.make().get_params()) == names
    markers = {name: object() for name in names}
    estimator = estimator_class(**markers)
    assert all(estimator.get_params()[name] is marker for name, marker in markers.items())
    broken = case.make(**case.bad_parameter)
    with pytest.raises(ValueError, match="must be"):
        broken.fit(*case.data(TEXTS))


def test_set_params(case):
    estimator = case.make()
    assert estimator.set_params(dim=5, epochs=2) is estimator
    assert (estimator.dim, estimator.epochs) == (5, 2)
    with pytest.raises(ValueError, match=r"has no parameter 'dims'; it has .*dim"):
        estimator.set_params(epochs=9, dims=3)
    assert estimator.epochs == 2


def test_repr_shows_what_is_not_default(case):
    estimator_class = type(case.make())
    assert repr(estimator_class()) == f"{estimator_class.__name__}()"
    assert repr(estimator_class(epochs=3)) == f"{estimator_class.__name__}(epochs=3)"
    clone = eval(repr(case.make()), {estimator_class.__name__: estimator_class})
    assert clone.get_params() == case.make().get_params()


def test_fit_returns_the_estimator_and_leaves_its_parameters_alone(case):
    estimator = case.make()
    before = estimator.get_params()
    assert estimator.fit(*case.data(TEXTS)) is estimator
    assert estimator.get_params() == before
    assert estimator.history_
    assert not estimator.interrupted_


def test_one_thread_and_one_seed_give_the_same_bytes(case):
    outputs = [case.output(case.make(random_state=seed).fit(*case.data(TEXTS)), TEXTS[:2]) for seed in (3, 3, 4)]
    np.testing.assert_array_equal(outputs[0], outputs[1])
    assert (outputs[0] != outputs[2]).any()


def test_many_threads(case):
    output = case.output(case.make(n_threads=4).fit(*case.data(TEXTS)), TEXTS)
    assert np.isfinite(output).all()
    assert output.any()


def test_unfitted_estimators_say_so(case, tmp_path):
    estimator = case.make()
    for action in (lambda: case.output(estimator, TEXTS), lambda: estimator.save(tmp_path / "x.textspace")):
        with pytest.raises(NotFittedError, match=r"not trained yet; call fit\(\w+(, labels)?\) first"):
            action()
    assert not hasattr(estimator, "vocabulary_")
    assert not hasattr(estimator, "history_")
    assert not list(tmp_path.iterdir())


def test_save_and_load(case, fitted, tmp_path):
    path = tmp_path / "model.textspace"
    fitted.save(path)
    for mmap in (True, False):
        loaded = textspace.load(path, mmap=mmap)
        assert type(loaded) is type(fitted)
        np.testing.assert_array_equal(case.output(loaded, TEXTS), case.output(fitted, TEXTS))
        expected = fitted.get_params() | {"n_threads": None}  # belongs to the machine, not to the model
        assert loaded.get_params() == expected
    again = tmp_path / "again.textspace"
    loaded.save(again)
    assert again.read_bytes() == path.read_bytes()


@pytest.mark.parametrize(
    "copied", [lambda model: pickle.loads(pickle.dumps(model)), copy.deepcopy], ids=["pickle", "deepcopy"]
)
def test_copies_are_whole(case, fitted, copied):
    expected = case.output(fitted, TEXTS)
    twin = copied(fitted)
    np.testing.assert_array_equal(case.output(twin, TEXTS), expected)
    assert twin.get_params() == fitted.get_params()
    assert twin.history_ == fitted.history_
    twin.fit(*case.data(TEXTS[:2][::-1] * 9))
    np.testing.assert_array_equal(case.output(fitted, TEXTS), expected)


def test_a_loaded_model_can_be_pickled(case, fitted, tmp_path):
    fitted.save(tmp_path / "model.textspace")
    loaded = textspace.load(tmp_path / "model.textspace")
    twin = pickle.loads(pickle.dumps(loaded))
    np.testing.assert_array_equal(case.output(twin, TEXTS), case.output(fitted, TEXTS))


def test_scikit_learn_clones_it(case, fitted):
    base = pytest.importorskip("sklearn.base")
    clone = base.clone(fitted)
    assert clone.get_params() == fitted.get_params()
    assert not hasattr(clone, "vocabulary_")
    if "tokenizer" in fitted.get_params():
        base.clone(case.make(tokenizer=str.split))


def test_a_corpus_without_words_is_refused(case):
    for empty in case.no_words:
        estimator = case.make()
        with pytest.raises(
            ValueError, match=r"has no word that occurs|at least 2 different words|no label occurs|at least one text"
        ):
            estimator.fit(*case.data(empty))
        assert not hasattr(estimator, "vocabulary_")


def test_an_empty_file_is_refused(case, tmp_path):
    (tmp_path / "empty.txt").write_bytes(b"")
    with pytest.raises(ValueError, match=r"has no word that occurs|no label occurs|at least one text"):
        case.make().fit(tmp_path / "empty.txt")


def test_no_texts_give_no_rows(case, fitted):
    assert case.output(fitted, []).shape == (0, case.output(fitted, ["cat"]).shape[1])


def test_unseen_and_odd_texts(case, fitted):
    output = case.output(fitted, ODD_TEXTS)
    assert output.shape[0] == len(ODD_TEXTS)
    assert np.isfinite(output).all()
    np.testing.assert_array_equal(output[1], output[2])  # white space says nothing


def test_a_lone_text_is_refused(case, fitted):
    with pytest.raises(TypeError, match=r"`texts` must be .* single str; pass \[texts?\]"):
        case.output(fitted, "the cat")


def test_divergence_is_reported_and_never_kept(case, fitted, tmp_path):
    before = case.output(fitted, TEXTS)
    fitted.set_params(learning_rate=1e30, epochs=50)
    with pytest.raises(TrainingDivergedError, match=r"lower `learning_rate`, got 1e\+30"):
        fitted.fit(*case.data(TEXTS))
    np.testing.assert_array_equal(case.output(fitted, TEXTS), before)
    estimator = case.make(learning_rate=1e30, epochs=50)
    with pytest.raises(TrainingDivergedError):
        estimator.fit(*case.data(TEXTS))
    with pytest.raises(NotFittedError):
        estimator.save(tmp_path / "x.textspace")
