# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Arguments and options that several commands share."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Annotated, Any

import typer

from playvisor.cli.output import Format, Output

Json = Annotated[bool, typer.Option("--json", help="The same as -o json.")]
Check = Annotated[bool, typer.Option("--check", help="Only show the plan; change nothing.")]
RunId = Annotated[str, typer.Argument(metavar="ID", help="Id of the run; its first characters are enough.")]
PlanId = Annotated[str, typer.Argument(metavar="ID", help="Id of the plan; its first characters are enough.")]

_FORMAT = "Print as table, wide (all columns), json, yaml, csv (raw values) or name (one id on each line)."
_OUTPUT = (
    (
        "format_",
        Annotated[Format, typer.Option("--output", "-o", metavar="FORMAT", help=_FORMAT, show_default=False)],
        "table",
    ),
    ("as_json", Json, False),
    ("columns", Annotated[str | None, typer.Option(metavar="NAME,…", help="Show these columns.")], None),
    (
        "sort",
        Annotated[str | None, typer.Option(metavar="NAME", help="Sort by this column; -NAME is the other way.")],
        None,
    ),
    ("no_headers", Annotated[bool, typer.Option("--no-headers", help="Leave out headings.")], False),
)
_DOCUMENT_FORMAT = "Print as table, json or yaml."


def list_output_parameters(*, rows: bool) -> list[inspect.Parameter]:
    """The options that say how to print; those about rows only for commands that print some."""
    parameters = [make_keyword(*option) for option in _OUTPUT]
    return parameters if rows else parameters[:2]


def make_output(values: dict[str, Any]) -> Output:
    """Take the values of those options out of a command's values."""
    chosen = values.pop("format_", "table")
    return Output(
        format="json" if values.pop("as_json", False) else chosen,
        columns=tuple(name.strip() for name in (values.pop("columns", None) or "").split(",") if name.strip()),
        sort=values.pop("sort", None) or "",
        headers=not values.pop("no_headers", False),
    )


def with_output(*, rows: bool) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command the options that say how to print, as its parameter `output`."""

    def decorate(function: Callable[..., None]) -> Callable[..., None]:
        own = [
            parameter
            for name, parameter in inspect.signature(function, eval_str=True).parameters.items()
            if name != "output"
        ]
        return make_command(function, [*own, *list_output_parameters(rows=rows)])

    return decorate


def make_command(function: Callable[..., None], parameters: list[inspect.Parameter]) -> Callable[..., None]:
    """The function that typer makes a command from: it has these parameters, and hands on `output` in place of some."""

    def run(**values: Any) -> None:
        output = make_output(values)
        function(**values, output=output)

    run.__doc__ = function.__doc__
    run.__name__ = function.__name__
    keywords = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in parameters]
    # Typer reads both of them.
    run.__signature__ = inspect.Signature(keywords)  # type: ignore[attr-defined]
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in keywords}
    return run


def make_keyword(name: str, annotation: Any, default: Any) -> inspect.Parameter:
    """A parameter of a command, as typer reads it."""
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation, default=default)
