"""The search for hyperparameters: what it finds, keeps, gives up, and resumes."""

import math
import random
import sys
import time
from pathlib import Path

import pytest

from textspace import TextClassifier
from textspace.errors import TrainingDivergedError
from textspace.tuning import Trial, Tuned, tune
from textspace.tuning.model_size import ModelTooLargeError, file_size, parse_size, shrink
from textspace.tuning.search_space import SEARCHED, check_searched, first_choice

optuna = pytest.importorskip("optuna")

Labelled = tuple[list[str], list[str]]
QUICK = TextClassifier(dim=8, epochs=2, learning_rate=0.5, n_threads=1)
FAST = ("epochs", "learning_rate")


def labelled(n: int, seed: int) -> Labelled:
    """Texts whose second word alone tells the label, among words that tell nothing."""
    draw = random.Random(seed)
    labels = [draw.choice("ab") for _ in range(n)]
    noise = [f"w{i}" for i in range(400)]
    return [f"{draw.choice(noise)} {label}{draw.randrange(40)} {draw.choice(noise)}" for label in labels], labels


@pytest.fixture(scope="module")
def texts() -> Labelled:
    return labelled(300, seed=0)


@pytest.fixture(scope="module")
def held_out() -> Labelled:
    return labelled(100, seed=1)


@pytest.fixture(scope="module")
def found(texts: Labelled, held_out: Labelled) -> Tuned:
    return tune(texts, held_out, classifier=QUICK, metric="accuracy", search=FAST, n_trials=8, budget=60)


def test_the_best_trial_is_kept_as_it_was(found: Tuned, held_out: Labelled) -> None:
    assert len(found.trials) == 8
    done = [trial for trial in found.trials if trial.outcome == "done"]
    assert found.value == max(trial.value for trial in done)
    assert found.classifier.evaluate(*held_out).accuracy == found.value
    assert found.classifier.epochs == found.parameters["epochs"]
    assert found.classifier.dim == QUICK.dim
    assert found.value > 0.8


def test_the_first_trial_has_the_given_parameters(found: Tuned) -> None:
    assert found.trials[0].parameters == {"epochs": 2, "learning_rate": 0.5}
    assert QUICK.get_params()["epochs"] == 2


def test_bad_trials_are_given_up_early(texts: Labelled, held_out: Labelled) -> None:
    seen: list[Trial] = []
    tune(
        texts, held_out, classifier=QUICK, metric="accuracy", search=FAST, n_trials=25, budget=100, on_trial=seen.append
    )
    assert [trial.number for trial in seen] == list(range(25))
    pruned = [trial for trial in seen if trial.outcome == "pruned"]
    assert pruned
    assert all(math.isnan(trial.value) for trial in pruned)


def test_divergence_is_told_after_the_epoch_it_happens_in(texts: Labelled, held_out: Labelled) -> None:
    clf = TextClassifier(dim=8, epochs=100, learning_rate=1e30, n_threads=1)
    with pytest.raises(TrainingDivergedError, match="learning_rate"):
        clf.fit(*texts, validation=held_out)


def test_the_table_has_the_best_first(found: Tuned) -> None:
    header, *rows = found.table().splitlines()
    assert header.split() == ["accuracy", "seconds", "trial", "parameters"]
    assert len(rows) == 8
    assert rows[0].split()[0] == f"{found.value:.4f}"
    assert "epochs=" in rows[0]
    assert repr(found).startswith(f"Tuned(accuracy={found.value:.4f}, 8 trials")


def test_a_search_is_resumed(texts: Labelled, held_out: Labelled, tmp_path: Path) -> None:
    given = {
        "classifier": QUICK,
        "metric": "accuracy",
        "search": FAST,
        "budget": 60,
        "storage": tmp_path / "search.log",
    }
    first = tune(texts, held_out, n_trials=3, **given)
    second = tune(texts, held_out, n_trials=2, **given)
    assert [trial.parameters for trial in second.trials[:3]] == [trial.parameters for trial in first.trials]
    assert len(second.trials) == 5
    assert second.value >= first.value
    # One thread is reproducible: a best trial of the first search, trained again, is what it was.
    assert second.classifier.evaluate(*held_out).accuracy == second.value
    with pytest.raises(ValueError, match=r"`storage`.*same metric"):
        tune(texts, held_out, **given | {"metric": "f1"})


def test_the_metric_may_be_a_loss(texts: Labelled, held_out: Labelled) -> None:
    found = tune(texts, held_out, classifier=QUICK, metric="log_loss", search=FAST, n_trials=6, budget=60)
    assert found.value == min(trial.value for trial in found.trials if not math.isnan(trial.value))
    assert found.classifier.evaluate(*held_out).log_loss == pytest.approx(found.value)


def test_files_are_taken_as_well(texts: Labelled, held_out: Labelled, tmp_path: Path) -> None:
    for name, (lines, labels) in (("train.txt", texts), ("valid.txt", held_out)):
        rows = [f"__label__{label} {line}\n" for line, label in zip(lines, labels, strict=True)]
        (tmp_path / name).write_text("".join(rows), encoding="utf-8")
    found = tune(tmp_path / "train.txt", tmp_path / "valid.txt", classifier=QUICK, search=FAST, n_trials=1, budget=60)
    assert found.metric == "f1"
    assert found.classifier.evaluate(tmp_path / "valid.txt").f1 == found.value


def test_a_trial_that_fails_does_not_end_the_search(
    texts: Labelled, held_out: Labelled, monkeypatch: pytest.MonkeyPatch
) -> None:
    errors = iter([TrainingDivergedError("x"), MemoryError(), ModelTooLargeError("x")])
    fit = TextClassifier.fit

    def failing(self: TextClassifier, *args: object, **options: object) -> TextClassifier:
        error = next(errors, None)
        if error is not None:
            raise error
        return fit(self, *args, **options)

    monkeypatch.setattr(TextClassifier, "fit", failing)
    found = tune(texts, held_out, classifier=QUICK, search=FAST, n_trials=4, budget=60)
    assert [trial.outcome for trial in found.trials] == ["diverged", "out of memory", "too large", "done"]


def test_time_is_bounded(texts: Labelled, held_out: Labelled) -> None:
    began = time.monotonic()
    slow = TextClassifier(dim=8, epochs=1_000_000, n_threads=1)
    with pytest.raises(ValueError, match=r"`budget` must be enough.*out of time"):
        tune(texts, held_out, classifier=slow, search=["dim"], budget=0.5)
    assert time.monotonic() - began < 20


def test_ctrl_c_keeps_what_was_found(texts: Labelled, held_out: Labelled) -> None:
    def interrupt(trial: Trial) -> None:
        if trial.number == 1:
            raise KeyboardInterrupt

    given = {"classifier": QUICK, "search": FAST, "budget": 60, "on_trial": interrupt}
    found = tune(texts, held_out, on_interrupt="keep", **given)
    assert len(found.trials) == 2
    with pytest.raises(KeyboardInterrupt):
        tune(texts, held_out, **given)


def test_optuna_stays_as_it_was_and_writes_nothing(
    texts: Labelled, held_out: Labelled, capfd: pytest.CaptureFixture[str]
) -> None:
    before = optuna.logging.get_verbosity()
    tune(texts, held_out, classifier=QUICK, search=FAST, n_trials=1, budget=60)
    assert optuna.logging.get_verbosity() == before
    assert capfd.readouterr() == ("", "")


def test_without_optuna_the_error_says_how_to_install_it(
    texts: Labelled, held_out: Labelled, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(ImportError, match=r"pip install 'textspace\[tune\]'"):
        tune(texts, held_out)


def test_the_whole_space_is_searched(texts: Labelled, held_out: Labelled) -> None:
    clf = TextClassifier(word_ngrams=2, n_threads=1)
    found = tune(texts, held_out, classifier=clf, n_trials=5, budget=60, random_state=3)
    assert set(found.trials[0].parameters) == {*SEARCHED} - {"dsub"}
    tried = [trial.parameters for trial in found.trials]
    assert len({parameters["dim"] for parameters in tried}) > 2
    assert all(1 <= parameters["epochs"] <= 100 for parameters in tried)


@pytest.mark.parametrize(
    ("given", "size"), [("2M", 2_000_000), ("1.5k", 1500), ("10 kB", 10_000), (77, 77), ("1G", 10**9)]
)
def test_sizes(given: str | int, size: int) -> None:
    assert parse_size(given) == size


@pytest.mark.parametrize("given", ["", "M", "2T", "-1", 0, "1e6"])
def test_other_sizes_are_refused(given: str | int) -> None:
    with pytest.raises(ValueError, match="`model_size` must"):
        parse_size(given)


def test_models_are_made_as_small_as_asked(texts: Labelled, held_out: Labelled) -> None:
    clf = TextClassifier(dim=16, word_ngrams=2, epochs=10, learning_rate=0.5, n_threads=1).fit(*texts)
    small = shrink(clf, 30_000, dsub=2, source=texts[0], labels=texts[1])
    assert file_size(small) <= 30_000
    assert small.evaluate(*held_out).accuracy > 0.8
    assert len(clf.vocabulary_) > len(small.vocabulary_)
    with pytest.raises(ModelTooLargeError, match="fewer than 256"):
        shrink(clf, 20_000, dsub=2, source=texts[0], labels=texts[1])


def test_the_size_may_be_bounded(texts: Labelled, held_out: Labelled) -> None:
    clf = TextClassifier(dim=16, word_ngrams=2, epochs=10, learning_rate=0.5, n_threads=1)
    found = tune(texts, held_out, classifier=clf, search=["epochs", "dsub"], n_trials=2, budget=100, model_size="30k")
    assert file_size(found.classifier) <= 30_000
    assert "dsub" in found.parameters


def test_what_cannot_fit_is_not_trained(texts: Labelled, held_out: Labelled, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(TextClassifier, "fit", lambda *_, **__: pytest.fail("trained in vain"))
    with pytest.raises(ValueError, match=r"`model_size` must be enough .* got 5000; allow more"):
        tune(texts, held_out, classifier=QUICK, search=["epochs"], n_trials=1, budget=60, model_size=5000)


@pytest.mark.parametrize("search", ["epochs", [], ["loss"], ["epochs", "max_n"]])
def test_other_parameters_are_not_searched(search: object) -> None:
    with pytest.raises(ValueError, match="`search` must"):
        check_searched(search)


def test_the_first_choice_is_within_the_bounds() -> None:
    given = TextClassifier(epochs=500, learning_rate=0.001, min_n=4, max_n=6).get_params()
    assert first_choice(given, SEARCHED) == {
        "epochs": 100, "learning_rate": 0.01, "dim": 100, "word_ngrams": 1, "min_n": 0, "n_buckets": 2_000_000,
        "dsub": 2,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"validation": 0.2}, TypeError, r"`validation` must be a path or a tuple \(texts, labels\), got float"),
        ({"train": [["a"], ["b"]]}, TypeError, r"`train` must be a path or a tuple \(texts, labels\), got list"),
        ({"classifier": "fast"}, TypeError, "`classifier` must be a TextClassifier, got str"),
    ],
)
def test_what_cannot_be_searched_with(
    texts: Labelled, held_out: Labelled, arguments: dict[str, object], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        tune(**{"train": texts, "validation": held_out, "budget": 5} | arguments)


def test_texts_may_be_readable_once_only(texts: Labelled, held_out: Labelled) -> None:
    once = iter(texts[0]), iter(texts[1])
    found = tune(once, (iter(held_out[0]), held_out[1]), classifier=QUICK, search=FAST, n_trials=2, budget=60)
    assert [trial.outcome for trial in found.trials] == ["done", "done"]


def test_another_file_is_no_storage(texts: Labelled, held_out: Labelled, tmp_path: Path) -> None:
    (tmp_path / "texts.txt").write_text("some text\n")
    with pytest.raises(ValueError, match=r"`storage` must be the file of a search, or a new one, got .*texts.txt"):
        tune(texts, held_out, budget=5, storage=tmp_path / "texts.txt")
    assert (tmp_path / "texts.txt").read_text() == "some text\n"
