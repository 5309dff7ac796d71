"""Accuracy of classifiers on held-out documents against fastText's, several seeds."""

import hashlib
import json
import sys
from dataclasses import replace
from statistics import mean

from classifier_programs import (
    ONLY_ACCURACY,
    OWN_RATES,
    SETTINGS,
    ClassifierTask,
    describe,
    task,
    train_fasttext,
    train_textspace,
)
from corpora import CACHE, ROOT
from documents import labelled
from measure import run
from programs import code_version, model_path
from results import Bar, Scale, Section

SCORE = ROOT / "benchmarks" / "score_classifier.py"
SCORE_SKLEARN = ROOT / "benchmarks" / "score_sklearn.py"
TRAINERS = {"textspace": (train_textspace, ".textspace", 2), "fastText": (train_fasttext, ".bin", 10)}
SEVERAL_LABELS = ("debtags", "cooking")
WITH_SKLEARN = ("imdb", "20newsgroups", "trec", "langid")
Scores = dict[str, float]


def measure(scale: Scale) -> Section:
    """Train every model (or take its scores from the cache), score it, compare the means over the seeds."""
    section = Section(
        "Accuracy of classifiers",
        f"P@1 in % of the test documents, seeds {', '.join(map(str, scale.seeds))}; for debtags and cooking also the "
        "recall of their tags among the ten best, over all tags and as the mean of each document's. The settings are "
        "fastText's own or were chosen with fastText on a tenth of the training documents (`choose_settings.py`), "
        "never on the test set; with several labels a document textspace has learning rates of its own, chosen in the "
        "same way on the same tenth. "
        "fastText trains with 10 threads: with fewer it leaves most of its input matrix uninitialized. Its spread is "
        "the largest minus the smallest of its seeds. Bar: below fastText's mean by no more than that spread; with "
        "several labels a document, P@1 above it. scikit-learn, for orientation: tf-idf of the same n-grams and "
        "logistic regression.",
        ("set and settings", "score", "textspace", "fastText", "difference", "fastText's spread", "scikit-learn"),
    )
    for name, settings in tasks(scale).items():
        scores = {
            program: [scored(program, name, replace(chosen, seed=seed)) for seed in scale.seeds]
            for program, chosen in (("textspace", own(name, settings)), ("fastText", settings))
        }
        section.raw[name] = scores
        orientation = sklearn_scores(name, scale) if name in WITH_SKLEARN else {}
        case = describe(settings) + (f" (textspace: {OWN_RATES[name]:g})" if name in OWN_RATES else "")
        compare(section, name, case, scores, orientation)
    return section


def tasks(scale: Scale) -> dict[str, ClassifierTask]:
    """The settings of the training measurement; documents with several labels by one softmax as well."""
    found = {name: task(name, scale.n_documents) for name in (*SETTINGS, *ONLY_ACCURACY)}
    for name in SEVERAL_LABELS:
        found[f"{name} (softmax)"] = replace(found[name], loss="softmax", learning_rate=1.0)
    return found


def own(name: str, settings: ClassifierTask) -> ClassifierTask:
    """The settings with textspace's own learning rate, where it has one."""
    return replace(settings, learning_rate=OWN_RATES.get(name, settings.learning_rate))


def compare(section: Section, name: str, settings: str, scores: dict[str, list[Scores]], orientation: Scores) -> None:
    """A row and a bar for each score."""
    several = name.partition(" ")[0] in SEVERAL_LABELS
    for score in scores["textspace"][0]:
        ours, theirs = ([figures[score] for figures in scores[program]] for program in ("textspace", "fastText"))
        spread, difference = max(theirs) - min(theirs), mean(ours) - mean(theirs)
        section.rows.append(
            (
                *(f"{name}: {settings}", score, f"{mean(ours):.2f}", f"{mean(theirs):.2f}", f"{difference:+.2f}"),
                *(f"{spread:.2f}", f"{orientation[score]:.2f}" if score in orientation else "-"),
            )
        )
        if several and score == "P@1":
            bar = Bar(f"{name}: {score}", "> 0 points", f"{difference:+.2f} points", difference > 0)
        else:
            bar = Bar(f"{name}: {score}", f">= -{spread:.2f}", f"{difference:+.2f} points", difference >= -spread)
        section.bars.append(bar)


def scored(program: str, name: str, task: ClassifierTask) -> Scores:
    """The scores of one model; training is skipped when the same one was scored before."""
    trainer, suffix, n_threads = TRAINERS[program]
    version = code_version() if program == "textspace" else "0.9.3"
    settings = hashlib.sha256(repr((describe(task), task.n_buckets, task.text.name)).encode()).hexdigest()[:8]
    cached = CACHE / "scores" / f"{program}-{version}-{task.text.stem}-{settings}-{task.seed}.json"
    if not cached.is_file():
        print(f"  {program}: {name}, seed {task.seed}", flush=True)
        model = model_path(f"accuracy{suffix}")
        trainer(replace(task, n_threads=n_threads), model)
        test = labelled(name.partition(" ")[0], "test")
        measurement = run([sys.executable, SCORE, program, model, test])
        cached.parent.mkdir(exist_ok=True)
        cached.write_text(measurement.output.splitlines()[-1], encoding="utf-8")
        model.unlink()
    return json.loads(cached.read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def sklearn_scores(name: str, scale: Scale) -> Scores:
    """What scikit-learn reaches, from the cache or computed."""
    train = labelled(name, "train", n_documents=scale.n_documents)
    cached = CACHE / "scores" / f"sklearn-{train.stem}.json"
    if not cached.is_file():
        print(f"  scikit-learn: {name}", flush=True)
        measurement = run([sys.executable, SCORE_SKLEARN, train, labelled(name, "test"), str(SETTINGS[name].max_n)])
        cached.parent.mkdir(exist_ok=True)
        cached.write_text(measurement.output.splitlines()[-1], encoding="utf-8")
    return json.loads(cached.read_text(encoding="utf-8"))  # type: ignore[no-any-return]
