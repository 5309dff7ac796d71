"""Prediction from a list of str against fastText and its faster forks: many texts a call, and one."""

import json
import sys
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from classifier_programs import ClassifierTask, fasttext_model, task
from corpora import CACHE, ROOT
from documents import MODELS, long_texts, short_texts, with_many_labels
from measure import in_turn, medians, run
from results import Scale, Section

SCRIPT = ROOT / "benchmarks" / "predict_with.py"
TURBO = ROOT / "benchmarks" / ".venv" / "turbo" / "bin" / "python"
N_PASSES = 5
LABELS = CACHE / "labels"


@dataclass(frozen=True)
class Case:
    """A model, texts, and the bars by library: how many times as many texts a second, one thread each."""

    name: str
    model: Path
    texts: Path
    bars: dict[str, float] = field(default_factory=dict)


def cases(scale: Scale) -> list[Case]:
    """The model shapes that people use fastText for."""
    quick = scale.name == "quick"
    quality = fasttext_model(f"quality{'-quick' * quick}", task("imdb", 2000 if quick else None))
    # A rate at which a model of so many labels learns something in so short a time.
    labels = ClassifierTask(
        with_many_labels(2000 if quick else 10_000),
        dim=256, epochs=10 if quick else 5, learning_rate=20.0, min_n=2, max_n=5,
        n_buckets=100_000 if quick else 1_000_000,
    )  # fmt: skip
    many = fasttext_model(f"many-labels{'-quick' * quick}", labels)
    short = short_texts(2000 if quick else 20_000)
    return [
        Case("two classes, bigrams, dim 100, 5 kB", quality, long_texts(300 if quick else 3000),
             {"fasttext": 15, "fasttext-new": 4}),
        Case("lid.176.ftz, 100 B", MODELS / "lid.176.ftz", short, {"fasttext": 4, "fasttext-new": 2}),
        Case("1,500 labels, dim 256, 100 B", many, short_texts(500 if quick else 5000),
             {"fasttext": 5, "fasttext-turbo": 1.5}),
    ]  # fmt: skip


def measure(scale: Scale) -> Section:
    """Run the cases; every run is a fresh process that opens the model and warms up first."""
    section = Section(
        "Prediction",
        "The same model file, which fastText wrote, in every library; from a list of str to labels. Median of "
        f"{N_PASSES} calls in a process that has seen all texts once, medians of {scale.rounds} alternating rounds. "
        "fastText is compiled with -O3 -march=native, which an ordinary installation is not; the forks are their "
        "wheels. Opening includes the first prediction. One text: the median call, a different text each time; "
        "fastText's is the faster of `predict([text])` and the call inside `predict(text)`, which fails under NumPy 2.",
        ("model and texts", "library", "threads", "texts/s", "MB/s", "ratio", "opening, s", "peak MB"),
    )
    found = cases(scale)
    for case in found:
        compare(section, scale, case)
    for case in found[1:]:
        compare_single(section, scale, case)
    return section


def compare(section: Section, scale: Scale, case: Case) -> None:
    """Whole lists: each library on one thread, textspace on two as well."""
    print(case.name, flush=True)
    runs = {f"{library}, 1": partial(predict, library, case) for library in ("textspace", *case.bars)}
    runs["textspace, 2"] = partial(predict, "textspace", case, n_threads=2)
    measured = in_turn(runs, rounds=scale.rounds)
    section.raw[case.name] = measured
    check_labels(case)
    ours = medians(measured["textspace, 1"])["texts_per_second"]
    megabytes = case.texts.stat().st_size / 1e6
    for name, rounds in measured.items():
        figures = medians(rounds)
        library, _, n_threads = name.partition(", ")
        ratio = ours / figures["texts_per_second"]
        section.rows.append(
            (
                *(case.name, library, n_threads, f"{figures['texts_per_second']:,.0f}"),
                *(f"{megabytes / figures['seconds']:.1f}", f"{ratio:.2f}x"),
                *(f"{figures['open_seconds']:.2f}", f"{figures['peak_mb']:.0f}"),
            )
        )
        if library in case.bars:
            section.at_least(f"{case.name}: texts/s against {library}", ratio, case.bars[library])
        if n_threads == "2":
            section.at_least(f"{case.name}: two threads against one", 1 / ratio, 1.8)


def compare_single(section: Section, scale: Scale, case: Case) -> None:
    """One text a call."""
    libraries = ("textspace", "fasttext", "fasttext-core", *(set(case.bars) - {"fasttext"}))
    name = f"{case.name}, one a call"
    print(name, flush=True)
    measured = in_turn(
        {library: partial(predict, library, case, mode="single") for library in libraries}, rounds=scale.rounds
    )
    section.raw[name] = measured
    microseconds = {library: 1e6 * medians(rounds)["seconds"] for library, rounds in measured.items()}
    microseconds["fasttext"] = min(microseconds["fasttext"], microseconds.pop("fasttext-core"))
    for library, latency in microseconds.items():
        ratio = latency / microseconds["textspace"]
        section.rows.append((name, library, "1", f"{1e6 / latency:,.0f}", "", f"{ratio:.2f}x", "", ""))
    latency = microseconds["textspace"] / microseconds["fasttext"]
    section.at_most(f"{name}: latency against fastText", latency, 1)


def predict(library: str, case: Case, *, n_threads: int = 1, mode: str = "batch") -> dict[str, float]:
    """Predict in a fresh process; the labels are kept beside."""
    python = str(TURBO) if library == "fasttext-turbo" else sys.executable
    n_passes = "1" if mode == "single" else str(N_PASSES)
    measurement = run([python, SCRIPT, library, case.model, case.texts, str(n_threads), n_passes, mode])
    found = json.loads(measurement.output.splitlines()[-1])
    LABELS.mkdir(exist_ok=True)
    LABELS.joinpath(f"{library}.json").write_text(json.dumps(found["labels"]), encoding="utf-8")
    return {
        "texts_per_second": found["n_texts"] / found["seconds"],
        "seconds": found["seconds"],
        "open_seconds": found["open_seconds"],
        "peak_mb": measurement.peak_bytes / 1e6,
    }


def check_labels(case: Case) -> None:
    """Raise where a library predicts something else: its speed would mean nothing."""
    labels = {
        library: json.loads(LABELS.joinpath(f"{library}.json").read_text(encoding="utf-8"))
        for library in ("textspace", *case.bars)
    }
    for library, theirs in labels.items():
        same = sum(a == b for a, b in zip(labels["textspace"], theirs, strict=True)) / len(theirs)
        if same < 0.99:
            raise RuntimeError(f"{case.name}: {library} and textspace give the same label to only {same:.1%} of texts")
