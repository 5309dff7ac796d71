"""Ranking 100,000 tags: `TagSpace.rank`, exact and by its index, against NumPy, one thread each."""

import json
import sys
from collections.abc import Callable
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np

from corpora import CACHE, ROOT, replacing, wikipedia
from measure import in_turn, medians, run
from results import Scale, Section
from textspace import WordVectors
from textspace.formats import StoredTagSpace, write_tagspace
from textspace.search.approximate import N_PROBES
from textspace.text.features import TextFeatures

N_TAGS = 100_000
N_TEXTS = 10_000
WORDS_PER_TEXT = 12
PROGRAMS = {
    "NumPy": "numpy",
    "textspace, exact": "exact",
    f"textspace, index, clusters probed: {N_PROBES}": "approximate",
    f"textspace, index, clusters probed: {N_PROBES // 2}": "approximate",
}


def measure(scale: Scale) -> Section:
    """Rank with all programs in turn; the bars are those of the project's issue on tags."""
    n_texts = scale.n_documents or N_TEXTS
    model, texts = tag_model(), some_texts(n_texts)
    section = Section(
        "Ranking very many tags",
        f"The best 10 of {N_TAGS:,} tags for {n_texts:,} texts of {WORDS_PER_TEXT} words, one thread, medians of "
        f"{scale.rounds} alternating rounds, CPU time. The vectors are real: those of 128 components of "
        "the English text (CBOW): a text is the mean of its words' vectors, and the output vectors of the most "
        "frequent words are the tags; inner products. textspace starts from the texts; NumPy's matmul and "
        "argpartition (blocks of 250 texts) are given their vectors. The building of the index "
        "is not counted.",
        ("program", "texts/s", "against NumPy", "against exact", "recall@10", "building s"),
    )
    programs: dict[str, Callable[[], dict[str, float]]] = {
        name: partial(rank, program, model, texts, n_probes=name.rpartition(" ")[2])
        for name, program in PROGRAMS.items()
    }
    runs = in_turn(programs, rounds=scale.rounds)
    section.raw["runs"] = runs
    seconds = {name: medians(runs[name])["cpu_seconds"] for name in PROGRAMS}
    numpy, exact, index, _ = (seconds[name] for name in PROGRAMS)
    default = list(PROGRAMS)[2]
    for name, cost in seconds.items():
        figures = medians(runs[name])
        section.rows.append(
            (
                *(name, f"{n_texts / cost:,.0f}", f"{numpy / cost:.1f}x", f"{exact / cost:.1f}x"),
                f"{figures['recall']:.3f}" if "recall" in figures else "",
                f"{figures['build_seconds']:.1f}" if "build_seconds" in figures else "",
            )
        )
    section.at_least("exact ranking against NumPy, per core", numpy / exact, 5)
    section.at_least("recall@10 of the index", medians(runs[default])["recall"], 0.95, unit="")
    section.at_least("ranking by the index against exact", exact / index, 10)
    return section


def rank(program: str, model: Path, texts: Path, *, n_probes: str) -> dict[str, float]:
    """Rank in a fresh process."""
    measurement = run([sys.executable, ROOT / "benchmarks" / "rank_with.py", program, model, texts, n_probes])
    figures: dict[str, float] = json.loads(measurement.output.splitlines()[-1])
    return figures


def tag_model() -> Path:
    """A bag whose words and tags are the vectors of English words as context and as centre; made once."""
    path = CACHE / f"tags-{N_TAGS}.textspace"
    if path.is_file():
        return path
    wv = WordVectors(objective="cbow", dim=128, min_count=2, max_n=0, epochs=1, random_state=1)
    wv.fit(wikipedia("en"))
    tags = wv.vocabulary_.words[:N_TAGS]
    assert wv.output_vectors_ is not None
    if len(tags) < N_TAGS:
        raise ValueError(f"the text has only {len(tags)} words")
    nothing = np.empty(0, np.int32)
    write_tagspace(
        path,
        StoredTagSpace(
            features=TextFeatures(wv.vocabulary_, buckets=nothing, bucket_rows=nothing, skip_missing=True),
            tags=tuple(tags),
            tag_counts=wv.vocabulary_.counts[:N_TAGS],
            word_vectors=np.asarray(wv.vectors, np.float32),
            tag_vectors=np.asarray(wv.output_vectors_[:N_TAGS], np.float32),
            similarity="dot",
            loss="hinge",
            parameters={"preset": "starspace", "encoder": "bag", "dim": 128, "similarity": "dot", "loss": "hinge",
                        "idf": False, "tag_bias": False, "linear": False, "folding": "whitespace"},
        ),
    )  # fmt: skip
    return path


def some_texts(n_texts: int) -> Path:
    """Runs of words from the same text, far from each other."""
    path = CACHE / f"tag-texts-{n_texts}.txt"
    if not path.is_file():
        words = wikipedia("en").read_bytes().split()
        step = len(words) // n_texts
        runs = (words[begin : begin + WORDS_PER_TEXT] for begin in range(0, len(words), step))
        with replacing(path) as target:
            target.writelines(b" ".join(part) + b"\n" for part in islice(runs, n_texts))
    return path
