"""The commands put together, and what the user sees of an error."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from textspace.cli import classifier, tags, vectors
from textspace.cli.convert import convert
from textspace.cli.demo import demo
from textspace.errors import TextspaceError

# What the library raises on purpose. Anything else is a defect, whose traceback belongs in a report.
EXPECTED_ERRORS = (TextspaceError, ValueError, TypeError, KeyError, OSError, MemoryError)

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(demo)
app.add_typer(vectors.app, name="vectors")
app.add_typer(classifier.app, name="classifier")
app.add_typer(tags.app, name="tags")
app.command()(convert)


def show_version(wanted: bool) -> None:
    """Print the version and the instruction set in use, and end."""
    if wanted:
        from importlib.metadata import version

        from textspace import _core

        typer.echo(f"textspace {version('textspace')} ({_core.isa()})")
        raise typer.Exit


@app.callback()
def textspace(
    version: Annotated[
        bool, typer.Option("--version", callback=show_version, is_eager=True, help="Show the version and end.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
) -> None:
    """Words, texts and tags in one space: word vectors trained and used on ordinary CPUs."""


def main() -> None:
    """Run the command line: exit status 0, 1 after an error, 2 after a wrong call, 130 after Ctrl-C."""
    _prepare_streams()
    arguments = sys.argv[1:]
    debug = "--debug" in arguments  # wherever it stands: one adds it to the end of a line that has failed
    try:
        app(args=[argument for argument in arguments if argument != "--debug"], prog_name="textspace")
    except EXPECTED_ERRORS as error:
        if debug:
            raise
        typer.echo(f"textspace: {message_of(error)}", err=True)
        sys.exit(1)


def _prepare_streams() -> None:
    """Escape what the encoding of a terminal or pipe lacks, rather than fail; let streams that are closed be empty."""
    for name in ("stdin", "stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            mode = "r" if name == "stdin" else "w"
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115 - open to the end
        elif isinstance(stream, io.TextIOWrapper) and name != "stdin":
            stream.reconfigure(errors="backslashreplace")


def message_of(error: BaseException) -> str:
    """Say in one line what happened."""
    if isinstance(error, MemoryError):
        return f"not enough memory: {error}" if str(error) else "not enough memory"
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename is not None else error.strerror
    if isinstance(error, KeyError) and error.args:
        return str(error.args[0])  # str() of a KeyError is the repr of its message
    return " ".join(str(error).split()) or type(error).__name__
