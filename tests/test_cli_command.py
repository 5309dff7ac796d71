"""Commands made from annotated functions."""

from pathlib import Path
from typing import Annotated, Literal

import click
import pytest
from click.testing import CliRunner

from textspace.cli.command import Argument, Command, Option

Given = dict[str, object]
given: Given = {}


def paint(
    wall: Annotated[Path, Argument(help="What to paint.")],
    others: Annotated[tuple[Path, ...], Argument(help="More of them.")] = (),
    color: Annotated[Literal["red", "blue"], Option("-c", "--color", help="Of the paint.")] = "red",
    under_coat: Annotated[Literal["white"] | None, Option(help="Below it.", show_default="none")] = None,
    n_coats: Annotated[int, Option(type=click.IntRange(min=1), help="How many.")] = 2,
    share: Annotated[float | None, Option(help="Of the wall.")] = None,
    tool: Annotated[tuple[str, ...], Option("--with", help="Brushes.")] = (),
    dry: Annotated[bool, Option(help="Wait.")] = False,
    tidy: Annotated[bool, Option("--tidy/--no-tidy", help="Clean up.")] = True,
) -> None:
    """Paint walls."""
    given.update(locals())


def sign(name: Annotated[str | None, Argument(help="Whose.")] = None) -> None:
    """Sign a wall."""
    given.update(name=name)


def price(
    coats: Annotated[tuple[int, ...], Argument(help="Of each wall.")], *, of: Annotated[str, Option(help="Whose.")]
) -> None:
    """Say what it costs."""
    given.update(coats=coats, of=of)


def called(function: object, *arguments: str) -> tuple[int, str, Given]:
    given.clear()
    outcome = CliRunner().invoke(Command(function), list(arguments))
    return outcome.exit_code, outcome.output, dict(given)


def test_what_is_not_given_is_the_default() -> None:
    status, _, found = called(paint, "north")
    assert status == 0
    assert found == {
        "wall": Path("north"), "others": (), "color": "red", "under_coat": None, "n_coats": 2, "share": None,
        "tool": (), "dry": False, "tidy": True,
    }  # fmt: skip


def test_values_have_the_types_of_the_parameters() -> None:
    line = "north south west -c blue --under-coat white --n-coats 3 --share 0.5 --with a --with b --dry --no-tidy"
    status, _, found = called(paint, *line.split())
    assert status == 0
    assert found == {
        "wall": Path("north"), "others": (Path("south"), Path("west")), "color": "blue", "under_coat": "white",
        "n_coats": 3, "share": 0.5, "tool": ("a", "b"), "dry": True, "tidy": False,
    }  # fmt: skip
    assert called(price, "1", "2", "--of", "Ann")[2] == {"coats": (1, 2), "of": "Ann"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "Missing argument 'WALL'"),
        (("north", "--color", "green"), "'green' is not one of 'red', 'blue'"),
        (("north", "--n-coats", "0"), "0 is not in the range x>=1"),
        (("north", "--share", "half"), "'half' is not a valid float"),
        (("north", "--no-dry"), "No such option"),
    ],
)
def test_wrong_calls_are_refused(arguments: tuple[str, ...], message: str) -> None:
    status, output, found = called(paint, *arguments)
    assert status == 2
    assert message in output
    assert found == {}


def test_only_parameters_without_a_default_are_required() -> None:
    assert called(sign)[2] == {"name": None}
    assert called(sign, "Ann")[2] == {"name": "Ann"}
    assert called(price, "--of", "Ann")[0] == 2
    assert "Missing option '--of'" in called(price, "1")[1]


def test_help_tells_of_arguments_options_and_defaults() -> None:
    text = " ".join(called(paint, "--help")[1].split())
    for shown in (
        "paint [OPTIONS] WALL [OTHERS]... Paint walls.",
        "Arguments: WALL What to paint. OTHERS More of them. Options:",
        "-c, --color [red|blue] Of the paint. [default: red]",
        "--under-coat [white] Below it. [default: (none)]",
        "How many. [default: 2; x>=1]",
        "--share FLOAT Of the wall. --with TEXT Brushes. --dry Wait. --tidy / --no-tidy Clean up. [default: tidy]",
    ):
        assert shown in text
    assert "--of TEXT Whose. [required]" in " ".join(called(price, "--help")[1].split())
