"""A command from a function, whose annotated signature says its arguments and options.

With click's decorators every parameter would be said twice: in a decorator, with its default, and in the signature,
with its type; commands that train have 25. Here it is said once, ``dim: Annotated[int, Option(help="...")] = 100``:
a signature reads like the estimator's, and an option of several commands is a name for its annotation.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import click


class Option:
    """An option of the parameter's name, type and default; names and attributes that are given take their place."""

    def __init__(self, *names: str, **attributes: Any) -> None:
        self.names = names
        self.attributes = attributes

    def for_click(self, name: str, attributes: dict[str, Any]) -> click.Parameter:
        """The option as click has it."""
        names = self.names or (f"--{name.replace('_', '-')}",)
        return click.Option([name, *names], **{"show_default": True, **attributes, **self.attributes})


class Argument:
    """An argument of the parameter's name, type and default."""

    def __init__(self, *, help: str) -> None:  # noqa: A002 - click's name for it
        self.help = help

    def for_click(self, name: str, attributes: dict[str, Any]) -> click.Parameter:
        """The argument as click has it, which says another way that there may be several."""
        if attributes.pop("multiple", False):
            attributes["nargs"] = -1
            attributes.pop("default", None)
        return click.Argument([name], **attributes)


class Command(click.Command):
    """A command that calls a function, and is named and described as it."""

    def __init__(self, function: Callable[..., None]) -> None:
        parameters = list(inspect.signature(function, eval_str=True).parameters.values())
        declared = {p.name: p.annotation.__metadata__[0] for p in parameters}
        self._helps = {name: given.help for name, given in declared.items() if isinstance(given, Argument)}
        super().__init__(
            function.__name__,
            callback=function,
            help=inspect.getdoc(function),
            short_help=inspect.getdoc(function),  # a group's help would cut it off
            params=[declared[p.name].for_click(p.name, attributes_of(p)) for p in parameters],
        )

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write what the arguments are, which click before 8.5 leaves out, and the options."""
        if self._helps:
            with formatter.section("Arguments"):
                formatter.write_dl([(name.upper(), text) for name, text in self._helps.items()])
        super().format_options(ctx, formatter)


def attributes_of(parameter: inspect.Parameter) -> dict[str, Any]:
    """Type and default of an annotated parameter: a tuple has any number of values, ``T | None`` is a T or nothing."""
    attributes: dict[str, Any] = {"required": True}
    if parameter.default is not parameter.empty:
        attributes = {"required": False, "default": parameter.default}
    hint = get_args(parameter.annotation)[0]
    if type(None) in get_args(hint):
        hint = next(part for part in get_args(hint) if part is not type(None))
    if get_origin(hint) is tuple:
        attributes["multiple"] = True
        hint = get_args(hint)[0]
    if hint is bool:
        attributes["is_flag"] = True
    elif get_origin(hint) is Literal:
        attributes["type"] = click.Choice(get_args(hint))
    else:
        attributes["type"] = click.Path(path_type=Path) if hint is Path else hint
    return attributes
