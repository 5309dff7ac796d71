"""A group of commands, each of which is loaded when it is called."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import click

from textspace.cli.command import Command


class Group(click.Group):
    """Commands in the order they are given.

    Parameters
    ----------
    name : str
        The word that is typed before theirs.
    help : str
        What they are for.
    modules : dict
        For each command the module of this package in which the function of its name is.
    **attributes
        As click has them.
    """

    def __init__(self, name: str, *, help: str, modules: dict[str, str], **attributes: Any) -> None:  # noqa: A002
        # What stands here for a command is its name, for click's suggestions after a slip.
        super().__init__(name, {verb: click.Command(verb) for verb in modules}, help=help, **attributes)
        self._modules = modules

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """The names; click would sort them."""
        return list(self.commands)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a name."""
        if cmd_name not in self._modules:
            return super().get_command(ctx, cmd_name)
        return Command(getattr(import_module(f"textspace.cli.{self._modules[cmd_name]}"), cmd_name))

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Show the help when nothing is asked for, a wrong call: click's versions disagree on the stream and status."""
        if not args and not ctx.resilient_parsing:
            click.echo(ctx.get_help())
            ctx.exit(2)
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> None:
        """Run a command; Ctrl-C ends it with the status that shells know."""
        try:
            super().invoke(ctx)
        except KeyboardInterrupt:
            raise click.exceptions.Exit(130) from None
