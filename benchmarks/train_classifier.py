"""Training of text classifiers, from a text to a saved model, against the C++ fastText."""

from functools import partial

from classifier_programs import SETTINGS, ClassifierTask, describe, task, train_fasttext, train_textspace
from measure import in_turn, medians
from programs import model_path
from results import Scale, Section

BAR = 4


def measure(scale: Scale) -> Section:
    """Every set with both programs in turn."""
    rounds = scale.rounds + 1  # of two, the mean would be what the first one's memory cost
    section = Section(
        "Training of classifiers",
        f"2 threads, medians of {rounds} alternating rounds. Wall is the whole process, from the text to the "
        "saved model; words a second are those each program reports of its training phase. fastText writes .bin and "
        ".vec, as it always does, with all its buckets (2 million; debtags: 200,000); textspace writes .textspace. "
        "With two threads fastText leaves most of its input matrix uninitialized, which saves it that time.",
        ("set and settings", "program", "wall s", "ratio", "words/s", "ratio", "CPU s", "peak MB", "ratio"),
    )
    for name in SETTINGS:
        compare(section, name, task(name, scale.n_documents), rounds=rounds)
    return section


def compare(section: Section, name: str, task: ClassifierTask, *, rounds: int) -> None:
    """Rows of both programs, and the bar of the wall time."""
    case = f"{name}: {describe(task)}"
    print(case, flush=True)
    runs = in_turn(
        {
            "textspace": partial(train, task, "classifier.textspace"),
            "fastText": partial(train, task, "classifier.bin"),
        },
        rounds=rounds,
    )
    model_path("classifier.textspace"), model_path("classifier.bin")
    section.raw[case] = runs
    ours = medians(runs["textspace"])
    for program in runs:
        theirs = medians(runs[program])
        wall = theirs["wall_seconds"] / ours["wall_seconds"]
        speed = ours["words_per_second"] / theirs["words_per_second"]
        section.rows.append(
            (
                *(case, program, f"{theirs['wall_seconds']:.2f}", f"{wall:.1f}x"),
                *(f"{theirs['words_per_second']:,.0f}", f"{speed:.1f}x", f"{theirs['cpu_seconds']:.1f}"),
                *(f"{theirs['peak_mb']:.0f}", f"{theirs['peak_mb'] / ours['peak_mb']:.1f}x"),
            )
        )
        if program == "fastText":
            section.at_least(f"{name}: training, text to saved model, against fastText", wall, BAR)


def train(task: ClassifierTask, file: str) -> dict[str, float]:
    """Train into a file that no earlier run left."""
    trainer = train_fasttext if file.endswith(".bin") else train_textspace
    return trainer(task, model_path(file))
