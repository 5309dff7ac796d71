"""`tune`: the best classifier that is found in a given time."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from textspace._validation import check_choice, check_float, check_int, check_random_state, reject
from textspace.classifier import TextClassifier
from textspace.errors import TrainingDivergedError
from textspace.evaluation.metric_name import MetricName
from textspace.training.callbacks import Callback, TrainingProgress
from textspace.tuning.model_size import ModelTooLargeError, parse_size, require_possible, shrink
from textspace.tuning.search_space import SEARCHED, check_searched, first_choice, suggested
from textspace.tuning.study import open_study, quiet_optuna

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

TENTHS = 10
OF_NO_EFFECT = {"metric", "n_threads", "memory_budget", "random_state"}  # on what a trial's value says

Outcome = Literal["done", "pruned", "diverged", "too large", "out of memory", "out of time", "interrupted"]


@dataclass(frozen=True, slots=True)
class Trial:
    """One choice of hyperparameters, and what came of it.

    Attributes
    ----------
    number : int
        From 0, in the order of the trials.
    parameters : dict
        What was chosen.
    value : float
        The metric on the validation set; NaN if the trial did not come to its end.
    outcome : str
        "done", or why it did not come to its end: "pruned" (worse than others at the same stage), "diverged", "too
        large", "out of memory", "out of time", "interrupted".
    seconds : float
        How long it took.

    Examples
    --------
    >>> Trial(0, {"epochs": 5}, 0.91, "done", 1.5).value
    0.91
    """

    number: int
    parameters: dict[str, Any]
    value: float
    outcome: str
    seconds: float


@dataclass(frozen=True, slots=True, repr=False)
class Tuned:
    """What a search found.

    Attributes
    ----------
    classifier : TextClassifier
        The best one, trained; quantized if its size was bounded.
    metric : str
        What was searched for.
    value : float
        Of the best one, on the validation set.
    parameters : dict
        Those of the best one that were searched.
    trials : tuple of Trial
        All trials, those of earlier searches in the same storage too.
    """

    classifier: TextClassifier
    metric: str
    value: float
    parameters: dict[str, Any]
    trials: tuple[Trial, ...]

    def table(self) -> str:
        """Return all trials as lines of text, the best first.

        Returns
        -------
        str
            A header and a line for each trial.
        """
        sign = -1 if MetricName.parse(self.metric).greater_is_better else 1
        ranked = sorted(self.trials, key=lambda trial: math.inf if math.isnan(trial.value) else sign * trial.value)
        lines = [f"{self.metric:>10}  {'seconds':>7}  trial  parameters"]
        for trial in ranked:
            value = trial.outcome if math.isnan(trial.value) else f"{trial.value:.4f}"
            lines.append(f"{value:>10}  {trial.seconds:7.1f}  {trial.number:5}  {shown_parameters(trial.parameters)}")
        return "\n".join(lines)

    def __repr__(self) -> str:
        return f"Tuned({self.metric}={self.value:.4f}, {len(self.trials)} trials, {shown_parameters(self.parameters)})"


def shown_parameters(parameters: dict[str, Any]) -> str:
    """Write parameters in a line."""
    return ", ".join(f"{name}={v:.3g}" if isinstance(v, float) else f"{name}={v}" for name, v in parameters.items())


def tune(
    train: Any,
    validation: Any,
    *,
    classifier: TextClassifier | None = None,
    metric: str = "f1",
    budget: float = 300.0,
    k: int = 1,
    model_size: int | str | None = None,
    search: Sequence[str] = SEARCHED,
    n_trials: int | None = None,
    storage: str | os.PathLike[str] | None = None,
    random_state: int | None = 0,
    on_trial: Callable[[Trial], object] | None = None,
    on_interrupt: Literal["raise", "keep"] = "raise",
) -> Tuned:
    """Search for good hyperparameters of a text classifier.

    Parameters
    ----------
    train : str, Path, or (texts, labels)
        Labelled texts to train on: a file of fastText's lines, or texts and their labels.
    validation : str, Path, or (texts, labels)
        Labelled texts to judge by, which are not trained on.
    classifier : TextClassifier, optional
        Parameters that are not searched, and where the search begins; it is not changed. None: fastText's defaults.
    metric : str
        What to search for: "f1", "f1:LABEL", "macro_f1", "precision_at_recall:0.9", or another that `Metrics.value`
        takes.
    budget : float
        Seconds. A trial that is not done by then is given up.
    k : int
        Labels to predict for a text.
    model_size : int or str, optional
        Bytes that the model's file may have ("2M": 2,000,000): models are pruned to fit, trained further and quantized.
    search : sequence of str
        Parameters to search, out of "epochs", "learning_rate", "dim", "word_ngrams", "min_n" (and with it "max_n"),
        "n_buckets", "dsub" (with `model_size`).
    n_trials : int, optional
        Stop after so many trials, too.
    storage : str or os.PathLike, optional
        A file that every trial is written to: a search that finds it goes on from there.
    random_state : int, optional
        Seed of the search.
    on_trial : callable, optional
        Called with each `Trial` when it ends.
    on_interrupt : {"raise", "keep"}
        What Ctrl-C does: "raise" KeyboardInterrupt, or "keep" what was found so far, if anything.

    Returns
    -------
    Tuned
        The best classifier, trained, and all trials.

    Raises
    ------
    MissingPackageError
        When Optuna is not installed.
    ValueError, TypeError
        When a parameter breaks its rule, or no trial came to its end.

    Notes
    -----
    The bounds are fastText's: 1 to 100 epochs, learning rates from 0.01 to 5, 1 to 1000 dimensions, n-grams of 1 to 5
    words and of 2 to 6 characters, 10^4 to 10^7 buckets. The first trial has the given parameters, the next few are
    drawn at random, then Optuna's tree-structured Parzen estimator chooses. After each epoch the metric on the
    validation set is compared with that of other trials at the same tenth of their training; what is below their
    median is given up. The classifier of the best trial is kept, not trained again, unless that trial was of an
    earlier search.

    Examples
    --------
    >>> found = tune("train.txt", "valid.txt", budget=600, model_size="2M")  # doctest: +SKIP
    >>> found.classifier.save("small.ftz")  # doctest: +SKIP
    """
    check_choice("on_interrupt", on_interrupt, ("raise", "keep"))
    setting = _Setting(
        train=_pair("train", train),
        validation=_pair("validation", validation),
        classifier=TextClassifier() if classifier is None else _checked(classifier),
        metric=metric,
        k=check_int("k", k, at_least=1),
        model_size=None if model_size is None else parse_size(model_size),
        search=check_searched(search),
        deadline=time.monotonic() + check_float("budget", budget, above=0),
    )
    limit = math.inf if n_trials is None else check_int("n_trials", n_trials, at_least=1)
    with quiet_optuna() as optuna:
        study = open_study(
            optuna,
            maximize=MetricName.parse(metric).greater_is_better,
            storage=storage,
            seed=check_random_state(random_state),
            settings=setting.to_store(),
        )
        searching = _Searching(optuna, study, setting)
        n_done = 0
        try:
            while n_done < limit and time.monotonic() < setting.deadline:
                trial = searching.next_trial()
                n_done += 1
                if on_trial is not None:
                    on_trial(trial)
        except KeyboardInterrupt:
            if on_interrupt == "raise" or not searching.found_any():
                raise
        return searching.result(budget)


@dataclass(frozen=True, slots=True)
class _Setting:
    """What all trials have in common."""

    train: tuple[Any, Any]
    validation: tuple[Any, Any]
    classifier: TextClassifier
    metric: str
    k: int
    model_size: int | None
    search: tuple[str, ...]
    deadline: float

    def to_store(self) -> dict[str, Any]:
        given = self.classifier.get_params()
        kept = {name: value for name, value in given.items() if name not in {*self.search, *OF_NO_EFFECT}}
        shown = {name: repr(value) for name, value in kept.items() if name != "max_n" or "min_n" not in self.search}
        return {"metric": self.metric, "k": self.k, "model_size": self.model_size, "search": list(self.search), **shown}


class _GivenUpError(Exception):
    """Leaves a training that need not go on."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome)
        self.outcome: Outcome = outcome


class _Watcher(Callback):
    """Gives a training up when it is late, or worse than others were."""

    def __init__(self, trial: Any, epochs: int, deadline: float) -> None:
        self._trial, self._epochs, self._deadline = trial, epochs, deadline
        self._tenth = 0

    def on_progress(self, progress: TrainingProgress) -> None:  # noqa: ARG002 - a callback's signature
        if time.monotonic() > self._deadline:
            raise _GivenUpError("out of time")

    def on_epoch(self, epoch: int, value: float) -> None:
        tenth = epoch * TENTHS // self._epochs
        if self._tenth < tenth < TENTHS and not math.isnan(value):
            self._tenth = tenth
            self._trial.report(value, tenth)
            if self._trial.should_prune():
                raise _GivenUpError("pruned")


class _Searching:
    """Makes trials and remembers the best."""

    def __init__(self, optuna: Any, study: Any, setting: _Setting) -> None:
        self._optuna, self._study, self._setting = optuna, study, setting
        self._best: tuple[int, TextClassifier] | None = None
        if not study.trials:
            study.enqueue_trial(first_choice(setting.classifier.get_params(), setting.search))

    def next_trial(self) -> Trial:
        """Choose parameters, train and judge."""
        began, trial = time.monotonic(), self._study.ask()
        value, outcome = math.nan, "interrupted"
        try:
            clf = self._trained(trial)
            value = clf.evaluate(*self._setting.validation, k=self._setting.k).value(self._setting.metric)
            outcome = "diverged" if math.isnan(value) else "done"
            self._keep(trial.number, clf, value)
        except _GivenUpError as given_up:
            outcome = given_up.outcome
        except TrainingDivergedError:
            outcome = "diverged"
        except ModelTooLargeError:
            outcome = "too large"
        except MemoryError:
            outcome = "out of memory"
        finally:
            trial.set_user_attr("outcome", outcome)
            trial.set_user_attr("seconds", time.monotonic() - began)
            states = self._optuna.trial.TrialState
            if outcome == "done":
                self._study.tell(trial, value)
            else:
                self._study.tell(trial, state=states.PRUNED if outcome == "pruned" else states.FAIL)
        return _record(self._study.trials[trial.number])

    def found_any(self) -> bool:
        """Whether a trial came to its end."""
        return any(trial.value is not None for trial in self._study.trials if trial.state.name == "COMPLETE")

    def result(self, budget: float) -> Tuned:
        """Return the best."""
        trials = tuple(map(_record, self._study.trials))
        if not self.found_any():
            if trials and all(trial.outcome == "too large" for trial in trials):
                reject("model_size", "be enough for one model at least", self._setting.model_size, "allow more bytes")
            seen = ", ".join(sorted({trial.outcome for trial in trials})) or "no trial was begun"
            raise ValueError(f"`budget` must be enough for one trial at least, got {budget:g} seconds: {seen}")
        best = self._study.best_trial
        if self._best is None or self._best[0] != best.number:
            clf = self._trained(best, watched=False)
        else:
            clf = self._best[1]
        return Tuned(clf, self._setting.metric, float(best.value), dict(best.params), trials)

    def _trained(self, trial: Any, *, watched: bool = True) -> TextClassifier:
        """Train with a trial's parameters; quantize if the size is bounded."""
        setting = self._setting
        given = setting.classifier.get_params()
        chosen = suggested(trial, given, setting.search, quantized=setting.model_size is not None)
        dsub = chosen.pop("dsub")
        clf = TextClassifier(**chosen | {"metric": setting.metric})
        if setting.model_size is not None:
            require_possible(clf.dim, setting.model_size)
        callbacks = [_Watcher(trial, clf.epochs, setting.deadline)] if watched else []
        clf.fit(*setting.train, validation=_as_given(setting.validation), callbacks=callbacks)
        if setting.model_size is None:
            return clf
        source, labels = setting.train
        return shrink(clf, setting.model_size, dsub=dsub, source=source, labels=labels)

    def _keep(self, number: int, clf: TextClassifier, value: float) -> None:
        completed = [trial.value for trial in self._study.trials if trial.state.name == "COMPLETE"]
        sign = 1 if MetricName.parse(self._setting.metric).greater_is_better else -1
        if not math.isnan(value) and all(sign * value > sign * other for other in completed):
            self._best = number, clf


def _record(trial: Any) -> Trial:
    attributes = trial.user_attrs
    value = trial.value if trial.state.name == "COMPLETE" else None
    return Trial(
        trial.number,
        dict(trial.params),
        math.nan if value is None else float(value),
        attributes.get("outcome", "interrupted"),
        attributes.get("seconds", math.nan),
    )


def _checked(classifier: object) -> TextClassifier:
    if not isinstance(classifier, TextClassifier):
        raise TypeError(f"`classifier` must be a TextClassifier, got {type(classifier).__name__}")
    return classifier


def _pair(name: str, labelled: Any) -> tuple[Any, Any]:
    """Texts and labels, or a file and None; what can be read once only as a list."""
    if isinstance(labelled, str | os.PathLike):
        return labelled, None
    if not isinstance(labelled, tuple) or len(labelled) != 2:
        raise TypeError(f"`{name}` must be a path or a tuple (texts, labels), got {type(labelled).__name__}")
    texts, labels = (list(part) if isinstance(part, Iterator) else part for part in labelled)
    return texts, labels


def _as_given(pair: tuple[Any, Any]) -> Any:
    return pair[0] if pair[1] is None else pair
