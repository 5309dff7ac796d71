"""One command from a text to a saved model: wall time and peak memory against fastText's."""

from dataclasses import replace

from corpora import prefix, wikipedia
from measure import in_turn, medians
from programs import Task, model_path, train_fasttext, train_textspace
from results import Scale, Section


def measure(scale: Scale) -> Section:
    """Five epochs for the time; one epoch on the whole text for the memory, which the epochs do not change."""
    text = wikipedia("en")
    timed = Task(prefix(text, scale.speed_megabytes), epochs=5, n_threads=2)
    weighed = Task(prefix(text, scale.quality_megabytes), epochs=1, n_threads=2)
    section = Section(
        "From text to saved model",
        "skip-gram with subwords, dim 100, 2 threads, default parameters. fastText writes .bin and .vec, as it always "
        "does; textspace writes .textspace.",
        ("task", "program", "wall s", "ratio", "peak MB", "ratio"),
    )
    seconds = compare(section, timed, rounds=scale.rounds)["wall_seconds"]
    section.at_least(f"wall time, {timed.text.name}, {timed.epochs} epochs", 1 / seconds, 6)
    memory = compare(section, weighed, rounds=1)["peak_mb"]
    section.at_most(f"peak memory, {weighed.text.name}", memory, 0.5)
    return section


def compare(section: Section, task: Task, *, rounds: int) -> dict[str, float]:
    """Run a task with both in turn, and return textspace's share of fastText's figures."""
    case = f"{task.text.name}, {task.epochs} epochs"
    print(case, flush=True)
    runs = in_turn(
        {
            "textspace": lambda: train_textspace(task, model_path("whole.textspace")),
            "fastText": lambda: train_fasttext(replace(task), model_path("whole.bin")),
        },
        rounds=rounds,
    )
    model_path("whole.textspace"), model_path("whole.bin")
    section.raw[case] = runs
    ours, theirs = medians(runs["textspace"]), medians(runs["fastText"])
    for name, figures in (("textspace", ours), ("fastText", theirs)):
        wall, peak = theirs["wall_seconds"] / figures["wall_seconds"], figures["peak_mb"] / theirs["peak_mb"]
        section.rows.append(
            (case, name, f"{figures['wall_seconds']:.1f}", f"{wall:.1f}x", f"{figures['peak_mb']:.0f}", f"{peak:.2f}x")
        )
    return {key: ours[key] / theirs[key] for key in ours}
