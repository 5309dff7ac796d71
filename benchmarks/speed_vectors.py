"""Training speed of word vectors against the C++ fastText and gensim, equal parameters and threads."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from corpora import in_lines, prefix, wikipedia
from measure import in_turn, medians
from programs import Task, model_path, train_fasttext, train_gensim, train_textspace
from results import Scale, Section

Trainer = Callable[[Task, Path], dict[str, float]]
PROGRAMS: dict[str, tuple[Trainer, str]] = {
    "textspace": (train_textspace, "speed.textspace"),
    "fastText": (train_fasttext, "speed.bin"),
    "gensim": (train_gensim, "speed.gensim"),
}


def measure(scale: Scale) -> Section:
    """Measure every case; the bars are those of the project's first issue."""
    text = prefix(wikipedia("en"), scale.speed_megabytes)
    lines = in_lines(text)
    section = Section(
        "Training speed",
        f"{text.name} ({text.stat().st_size / 1e6:.0f} MB), one epoch, medians of {scale.rounds} alternating rounds. "
        "Words a second are those each program reports of its training phase (words of the vocabulary, all threads); "
        "wall is the whole process, reading, counting and saving included. "
        "With so few threads fastText leaves most of its input matrix uninitialized, which saves it that time. "
        f"Without subwords the text is cut in lines ({lines.name}), which gensim needs to use several threads.",
        ("case", "program", "words/s", "ratio", "wall s", "ratio", "CPU s", "peak MB"),
    )
    for n_threads in (1, 2):
        suffix = f"{n_threads} thread{'s' if n_threads > 1 else ''}"
        compare(section, scale, f"skip-gram, dim 100, {suffix}", Task(text, n_threads=n_threads), {"fastText": 10})
        compare(
            section, scale, f"skip-gram, dim 300, {suffix}", Task(text, dim=300, n_threads=n_threads), {"fastText": 8}
        )
        compare(section, scale, f"CBOW, dim 100, {suffix}", Task(text, "cbow", n_threads=n_threads), {"fastText": 8})
        without = Task(lines, max_n=0, n_threads=n_threads)
        compare(section, scale, f"skip-gram without subwords, {suffix}", without, {"fastText": 5, "gensim": 5})
    return section


def compare(section: Section, scale: Scale, case: str, task: Task, bars: dict[str, float]) -> None:
    """Run one task with textspace and the peers that have a bar, in turn."""
    print(case, flush=True)
    programs = {
        name: partial(train, trainer, task, file)
        for name, (trainer, file) in PROGRAMS.items()
        if name == "textspace" or name in bars
    }
    runs = in_turn(programs, rounds=scale.rounds)
    for _, file in PROGRAMS.values():
        model_path(file)
    section.raw[case] = runs
    ours = medians(runs["textspace"])
    for name in runs:
        theirs = medians(runs[name])
        speed, wall = (
            ours["words_per_second"] / theirs["words_per_second"],
            theirs["wall_seconds"] / ours["wall_seconds"],
        )
        section.rows.append(
            (
                *(case, name, f"{theirs['words_per_second']:,.0f}", f"{speed:.1f}x", f"{theirs['wall_seconds']:.1f}"),
                *(f"{wall:.1f}x", f"{theirs['cpu_seconds']:.1f}", f"{theirs['peak_mb']:.0f}"),
            )
        )
        if name in bars:
            section.at_least(f"{case}: words/s against {name}", speed, bars[name])


def train(trainer: Trainer, task: Task, file: str) -> dict[str, float]:
    """Train into a file that no earlier run left."""
    return trainer(task, model_path(file))
