"""``textspace vectors evaluate``: how good vectors are on test sets of similarity and analogies."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import click

from textspace.cli import options
from textspace.cli.command import Option
from textspace.cli.query_vectors import open_vectors

if TYPE_CHECKING:
    from textspace.evaluation import AnalogyResult, AnalogyScore, SimilarityResult


def evaluate(
    model: options.Model,
    similarity: Annotated[
        tuple[Path, ...], Option(help="A file of lines `word word score`; may be given several times.")
    ] = (),
    analogies: Annotated[
        tuple[Path, ...],
        Option(help="A file of lines `a b c d` and `: section`; may be given several times."),
    ] = (),
    method: Annotated[Literal["3cosadd", "3cosmul"], Option(help="How analogies are answered.")] = "3cosadd",
    restrict_vocabulary: Annotated[
        int | None,
        Option(
            help="Analogies: only this many of the most frequent words.", type=click.IntRange(min=1), show_default="all"
        ),
    ] = None,
    case: Annotated[
        Literal["fold", "keep", "lower"],
        Option(help="Words of the sets as they are (keep), lower-cased (lower), or if only that is known (fold)."),
    ] = "fold",
    as_json: options.AsJson = False,
) -> None:
    """Compare vectors with people's judgements of similarity, and let them answer analogies."""
    if not similarity and not analogies:
        raise click.BadParameter("give a test set with --similarity or --analogies")
    wv = open_vectors(model)
    agreements = [(path, wv.evaluate(similarity=path, case=case).similarity) for path in similarity]
    answers = [
        (path, wv.evaluate(analogies=path, method=method, restrict_vocabulary=restrict_vocabulary, case=case).analogies)
        for path in analogies
    ]
    agreed = [similarity_record(path, result) for path, result in agreements if result is not None]
    answered = [analogies_record(path, result) for path, result in answers if result is not None]
    if as_json:
        click.echo(json.dumps({"similarity": agreed, "analogies": answered}))
    else:
        show_similarity(agreed)
        show_analogies(answered)


Record = dict[str, object]


def similarity_record(path: Path, result: SimilarityResult) -> Record:
    """The figures of one similarity set: over all pairs, and over those whose words are in the vocabulary."""
    return {
        "file": str(path),
        "spearman": number_or_none(result.spearman_all),
        "spearman_in_vocabulary": number_or_none(result.spearman_in_vocabulary),
        "n_pairs": result.n_pairs,
        "n_in_vocabulary": result.n_in_vocabulary,
        "n_out_of_vocabulary": result.n_out_of_vocabulary,
        "n_without_vector": result.n_without_vector,
    }


def analogies_record(path: Path, result: AnalogyResult) -> Record:
    """The figures of one set of analogies, in all, by kind and by section."""
    return {
        "file": str(path),
        "total": score_record(result.total),
        "semantic": score_record(result.semantic),
        "syntactic": score_record(result.syntactic),
        "sections": [score_record(section) for section in result.sections],
    }


def score_record(score: AnalogyScore | None) -> Record | None:
    """Accuracy among the questions whose words are known, and among all, where the others count as wrong."""
    if score is None:
        return None
    return {
        "name": score.name,
        "accuracy": number_or_none(score.accuracy),
        "accuracy_of_all": score.n_correct / score.n_questions if score.n_questions else None,
        "n_correct": score.n_correct,
        "n_answered": score.n_answered,
        "n_questions": score.n_questions,
    }


def number_or_none(number: float) -> float | None:
    """The number, or None for NaN, which JSON does not have."""
    return number if number == number else None  # noqa: PLR0124


def show_similarity(records: list[Record]) -> None:
    """A line for each set of pairs."""
    if records:
        click.echo("Spearman's correlation   all pairs   in vocabulary   pairs (in vocabulary, by n-grams, no vector)")
    for record in records:
        counts = f"{record['n_in_vocabulary']}, {record['n_out_of_vocabulary']}, {record['n_without_vector']}"
        click.echo(
            f"  {Path(str(record['file'])).name:22} {shown(record['spearman'])} "
            f"{shown(record['spearman_in_vocabulary']):>15}   {record['n_pairs']} ({counts})"
        )


def show_analogies(records: list[Record]) -> None:
    """A line for each section, kind and sum of each set of questions."""
    for record in records:
        click.echo(f"Analogies: {Path(str(record['file'])).name}")
        click.echo("                                 of answered   of all   answered of all")
        sections = record["sections"]
        assert isinstance(sections, list)
        for score in (*sections, record["semantic"], record["syntactic"], record["total"]):
            if score is not None:
                click.echo(
                    f"  {score['name']:30} {shown(score['accuracy'])} {shown(score['accuracy_of_all'])}"
                    f"   {score['n_answered']} of {score['n_questions']}"
                )


def shown(figure: object) -> str:
    """A figure with three digits in a column; a dash where there is none."""
    return f"{figure:9.3f}" if isinstance(figure, float) else f"{'-':>9}"
