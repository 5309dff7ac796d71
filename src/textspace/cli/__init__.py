"""The `textspace` command: a verb a job, each in the module of its name."""

from textspace.cli.app import main

__all__ = ["main"]
