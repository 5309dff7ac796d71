"""Ranking tags: the default and every preset against tf-idf with one linear model a tag, and against fastText."""

import hashlib
import json
import sys
from dataclasses import replace
from pathlib import Path
from statistics import mean
from typing import Any

from classifier_programs import ClassifierTask, train_fasttext
from corpora import CACHE, ROOT
from documents import labelled, validation_split
from measure import run
from programs import code_version, model_path
from results import Scale, Section

SCORE = ROOT / "benchmarks" / "score_tags.py"
# LogisticRegression takes ten times as long and is worse: held out, 65.8 % of cooking's best tags in place of 69.5.
COSTS = (0.25, 0.5, 1.0)
FASTTEXT = ClassifierTask(Path(), dim=50, epochs=25, word_ngrams=2, n_buckets=200_000)
LOSSES = {"fastText, one-vs-all": ("ova", 0.5), "fastText, softmax": ("softmax", 1.0)}
PRESETS: dict[str, dict[str, Any]] = {
    "textspace, paper": {"preset": "paper"},
    "textspace, paper, random start": {"preset": "paper", "options": {"initialization": "random"}},
    "textspace, tensorflow": {"preset": "tensorflow"},
    "textspace, paddle": {"preset": "paddle"},
    "textspace, starspace": {"preset": "starspace"},
}
TREES = {"napkinXC, label tree": "PLT", "napkinXC, one-vs-rest": "BR"}
DEFAULT = "textspace, default"
SVC = "scikit-learn, LinearSVC"
Figures = dict[str, float]


def measure(scale: Scale) -> Section:
    """Train everything on both sets, one program after another."""
    section = Section(
        "Ranking tags",
        f"In % of the test texts, as means over the texts; pooled recall is over all tags of all texts, as fastText "
        f"counts. textspace's default is the mean of the seeds {', '.join(map(str, scale.seeds))}; other lines are one "
        "run. scikit-learn: tf-idf of words and pairs, one linear model a tag, C chosen by P@1 on a tenth of the "
        "training texts. napkinXC: the same tf-idf, its defaults, 2 threads. fastText: words and pairs, dim 50, 25 "
        "epochs; its scores are of 10 threads, since with fewer it leaves most of its input matrix uninitialized. "
        "Seconds of training, reading the texts included: textspace and fastText with 2 threads, scikit-learn with the "
        "one it uses.",
        ("set", "method", "P@1", "R@10", "R@10, pooled", "training, s"),
    )
    for name in ("cooking", "debtags"):
        figures = figures_of(name, scale)
        section.raw[name] = figures
        for method, found in figures.items():
            numbers = (f"{found[key]:.1f}" for key in ("P@1", "R@10", "R@10, pooled", "seconds"))
            section.rows.append((name, method, *numbers))
        compare(section, name, figures)
    return section


def compare(section: Section, name: str, figures: dict[str, Figures]) -> None:
    """The bars of one set: above scikit-learn, and quicker than both peers."""
    ours = figures[DEFAULT]
    for score in ("P@1", "R@10"):
        bar = round(figures[SVC][score], 2)
        section.at_least(f"{name}: {score} against tf-idf one-vs-rest", ours[score], bar, unit=" %")
    theirs = figures["fastText, one-vs-all"]["seconds"]
    section.at_most(f"{name}: training time against fastText one-vs-all", ours["seconds"] / theirs, 1)
    if name == "debtags":
        section.at_least(f"{name}: training speed against LinearSVC", figures[SVC]["seconds"] / ours["seconds"], 20)


def figures_of(name: str, scale: Scale) -> dict[str, Figures]:
    """The scores and the seconds of every method."""
    train, test = labelled(name, "train", n_documents=scale.n_documents), labelled(name, "test")
    runs = [ours({"random_state": seed}, train, test) for seed in scale.seeds]
    found = {DEFAULT: {key: mean(figures[key] for figures in runs) for key in runs[0]}}
    for method, settings in PRESETS.items():
        found[method] = ours(settings, train, test)
    cost = COSTS[-1]
    if scale.n_documents is None:
        kept = validation_split(name)
        by_cost = {cost: scored("scikit-learn", {"C": cost}, *kept)["P@1"] for cost in COSTS}
        cost = max(by_cost, key=lambda cost: by_cost[cost])
    found[SVC] = scored("scikit-learn", {"C": cost}, train, test)
    for method, model in TREES.items():
        found[method] = scored("napkinXC", {"model": model}, train, test)
    for method, (loss, rate) in LOSSES.items():
        found[method] = fasttext(replace(FASTTEXT, text=train, loss=loss, learning_rate=rate), test)
    return found


def ours(settings: dict[str, Any], train: Path, test: Path) -> Figures:
    """One model of this version of the code."""
    return scored("textspace", {"n_threads": 2, **settings}, train, test)


def scored(program: str, settings: dict[str, Any], train: Path, test: Path) -> Figures:
    """The figures of one model; training is skipped when the same one was scored before."""
    version = code_version() if program == "textspace" else "peer"
    key = hashlib.sha256(json.dumps([settings, test.name], sort_keys=True).encode()).hexdigest()[:8]
    cached = CACHE / "scores" / f"tags-{program}-{version}-{train.stem}-{key}.json"
    if not cached.is_file():
        print(f"  {program}: {train.stem}, {settings}", flush=True)
        keep(cached, run([sys.executable, SCORE, program, json.dumps(settings), train, test]).output.splitlines()[-1])
    return json.loads(cached.read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def fasttext(task: ClassifierTask, test: Path) -> Figures:
    """Train fastText twice: with 2 threads for the time, with 10 for the scores."""
    cached = CACHE / "scores" / f"tags-fastText-{task.text.stem}-{task.loss}.json"
    if not cached.is_file():
        print(f"  fastText: {task.text.stem}, {task.loss}", flush=True)
        model = model_path("tags.bin")
        seconds = train_fasttext(task, model)["wall_seconds"]
        train_fasttext(replace(task, n_threads=10), model)
        found = json.loads(run([sys.executable, SCORE, "fastText", "{}", model, test]).output.splitlines()[-1])
        model.unlink()
        keep(cached, json.dumps(found | {"seconds": seconds}))
    return json.loads(cached.read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def keep(path: Path, text: str) -> None:
    """Write a file of the cache."""
    path.parent.mkdir(exist_ok=True, parents=True)
    path.write_text(text, encoding="utf-8")
