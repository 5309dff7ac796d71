"""The commands put together, and what the user sees of an error."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path

import click

from textspace.cli.group import Group
from textspace.errors import TextspaceError

# What the library raises on purpose. Anything else is a defect, whose traceback belongs in a report.
EXPECTED_ERRORS = (TextspaceError, ValueError, TypeError, KeyError, OSError, MemoryError)


def show_version(ctx: click.Context, parameter: click.Parameter, wanted: bool) -> None:  # noqa: ARG001 - click's call
    """Print the version and the instruction set in use, and end."""
    if wanted:
        from importlib.metadata import version

        from textspace import _core

        click.echo(f"textspace {version('textspace')} ({_core.isa()})")
        ctx.exit()


app = Group(
    "textspace",
    help="Words, texts and tags in one space: word vectors trained and used on ordinary CPUs.",
    modules={"demo": "demo", "convert": "convert"},
    params=[
        click.Option(
            ["--version"],
            is_flag=True,
            is_eager=True,
            expose_value=False,
            callback=show_version,
            help="Show the version and end.",
        ),
        click.Option(["--debug"], is_flag=True, expose_value=False, help="Show the traceback of an error."),
    ],
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120},
)
app.add_command(
    Group(
        "vectors",
        help="Train word vectors and use them.",
        modules={
            "train": "train_vectors",
            "nearest": "query_vectors",
            "analogy": "query_vectors",
            "evaluate": "evaluate_vectors",
            "export": "export_vectors",
        },
    )
)
app.add_command(
    Group(
        "classifier",
        help="Train text classifiers and use them.",
        modules={
            "train": "train_classifier",
            "predict": "predict_classifier",
            "evaluate": "evaluate_classifier",
            "explain": "explain_classifier",
            "quantize": "quantize_classifier",
            "tune": "tune_classifier",
        },
    )
)
app.add_command(
    Group(
        "tags",
        help="Train models that rank tags for texts, and use them.",
        modules={"train": "train_tags", "rank": "rank_tags", "evaluate": "rank_tags", "recommend": "rank_tags"},
    )
)


def main() -> None:
    """Run the command line: exit status 0, 1 after an error, 2 after a wrong call, 130 after Ctrl-C."""
    _prepare_streams()
    arguments = sys.argv[1:]
    debug = "--debug" in arguments  # wherever it stands: one adds it to the end of a line that has failed
    try:
        app.main(args=[argument for argument in arguments if argument != "--debug"], prog_name="textspace")
    except EXPECTED_ERRORS as error:
        if debug:
            raise
        click.echo(f"textspace: {message_of(error)}", err=True)
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
