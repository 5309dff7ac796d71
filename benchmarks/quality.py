"""Quality of the vectors against fastText's: similarity and analogy sets, several seeds, 1 and 5 epochs."""

import json
from pathlib import Path
from statistics import mean

from corpora import CACHE, SIMILARITY, prefix, wikipedia
from measure import run
from programs import TEXTSPACE, Task, code_version, model_path, train_fasttext, train_textspace
from results import Bar, Scale, Section

SETS = {
    "en": (("en-ws353.txt", "en-mturk771.txt", "en-simlex999.txt"), "en-google-analogies.txt"),
    "de": (("de-gur65.txt", "de-zg222.txt"), "de-syntactic-analogies.txt"),
}
TRAINERS = {"textspace": (train_textspace, ".textspace", 2), "fastText": (train_fasttext, ".bin", 10)}
Scores = dict[str, float]


def measure(scale: Scale) -> Section:
    """Train every model (or take its scores from the cache), score it, compare the means over the seeds."""
    section = Section(
        "Quality of the vectors",
        f"skip-gram with subwords, dim 100, default parameters, seeds {', '.join(map(str, scale.seeds))}. "
        "Similarity: Spearman's correlation x 100 over all pairs (words outside the vocabulary through their n-grams); "
        "analogies: 3CosAdd accuracy in % of the questions whose words are known. Both are scored by textspace from "
        "their model files. fastText trains with 10 threads: with fewer it leaves most of its input matrix "
        "uninitialized. Its spread is the largest minus the smallest score of its seeds. Bar: below fastText's mean by "
        "no more than that spread on any set, and above it in the mean over all sets.",
        ("text, epochs", "set", "textspace", "fastText", "difference", "fastText's spread"),
    )
    for epochs in scale.epochs:
        for language in SETS:
            scores = {name: [scored(name, language, epochs, seed, scale) for seed in scale.seeds] for name in TRAINERS}
            section.raw[f"{language} {epochs}"] = scores
            compare(section, f"{language}wiki, {epochs}", scores["textspace"], scores["fastText"])
    differences = [float(row[4]) for row in section.rows]
    section.at_least("mean of the differences over all sets and epochs", mean(differences), 0, unit=" points")
    return section


def compare(section: Section, case: str, ours: list[Scores], theirs: list[Scores]) -> None:
    """A row and a bar for each test set."""
    for name in ours[0]:
        our_mean, their_mean = mean(scores[name] for scores in ours), mean(scores[name] for scores in theirs)
        spread = max(scores[name] for scores in theirs) - min(scores[name] for scores in theirs)
        difference = our_mean - their_mean
        section.rows.append((case, name, f"{our_mean:.1f}", f"{their_mean:.1f}", f"{difference:+.2f}", f"{spread:.1f}"))
        section.bars.append(
            Bar(f"{name}, {case} epochs", f">= -{spread:.1f}", f"{difference:+.1f} points", difference >= -spread)
        )


def scored(program: str, language: str, epochs: int, seed: int, scale: Scale) -> Scores:
    """The scores of one model; training is skipped when the same one was scored before."""
    trainer, suffix, n_threads = TRAINERS[program]
    text = prefix(wikipedia(language), scale.quality_megabytes)
    version = code_version() if program == "textspace" else "0.9.3"
    cached = CACHE / "scores" / f"{program}-{version}-{text.stem}-{epochs}-{seed}.json"
    if not cached.is_file():
        print(f"  {program}: {text.name}, {epochs} epochs, seed {seed}", flush=True)
        model = model_path(f"quality{suffix}")
        trainer(Task(text, epochs=epochs, n_threads=n_threads, seed=seed), model)
        cached.parent.mkdir(exist_ok=True)
        cached.write_text(json.dumps(scores_of(model, language)), encoding="utf-8")
        model.unlink()
    return json.loads(cached.read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def scores_of(model: Path, language: str) -> Scores:
    """Scores in percent by test set; analogies also by kind where the set has both."""
    similarity, analogies = SETS[language]
    command: list[str | Path] = [TEXTSPACE, "vectors", "evaluate", model, "--json"]
    command += ["--analogies", SIMILARITY / analogies]
    command += ["--case", "lower"] if language == "en" else []
    for name in similarity:
        command += ["--similarity", SIMILARITY / name]
    found = json.loads(run(command).output.splitlines()[-1])
    scores = {Path(entry["file"]).stem: 100 * entry["spearman"] for entry in found["similarity"]}
    for entry in found["analogies"]:
        kinds = ("semantic", "syntactic") if entry["semantic"] else ("total",)
        scores |= {f"{Path(entry['file']).stem}, {kind}": 100 * entry[kind]["accuracy"] for kind in kinds}
    return scores
