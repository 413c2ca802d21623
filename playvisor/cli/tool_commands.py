# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The catalogue's tools as commands of their own, made from their input schemas: `playvisor guest stop --tag web`."""

from __future__ import annotations

import inspect
import shlex
from collections.abc import Callable, Iterator
from typing import Annotated, Any, Literal

import typer

from mcp_bridge.catalogue import Tool
from mcp_bridge.catalogue.commands import list_commands, split_name
from playvisor.cli.arguments import Given, arguments_of, given_of
from playvisor.cli.completion import completer
from playvisor.cli.options import Check, Json

_SCALARS: dict[str, type] = {"string": str, "integer": int, "number": float}

Watch = Annotated[bool, typer.Option("--watch", "-w", help="Look again and again, until Ctrl-C.")]
Every = Annotated[float, typer.Option(metavar="SECONDS", min=0.5, help="How often to look, with --watch.")]


def make_group(noun: str) -> typer.Typer:
    """The commands of one noun."""
    group = typer.Typer(help=f"{', '.join(list_commands()[noun])}.", no_args_is_help=True)
    for verb, tool in list_commands()[noun].items():
        epilog = f"Example: {example(tool)}"
        group.command(verb, short_help=f"{tool.title}.", help=tool.description, epilog=epilog)(_function(tool))
    return group


def example(tool: Tool) -> str:
    """The command line of the tool's documented example."""
    line = ["playvisor", *split_name(tool)]
    for one in given_of(tool):
        line += one.written(tool.example)
    return shlex.join(line)


def _function(tool: Tool) -> Callable[..., None]:
    """What typer makes the command of: its signature says all."""
    takes = {one.parameter: one for one in given_of(tool)}

    def run(*, as_json: bool, check: bool = False, watch: bool = False, every: float = 0, **values: Any) -> None:
        from playvisor.cli import call

        arguments = arguments_of((takes[name], value) for name, value in values.items())
        if watch:
            raise typer.Exit(call.watch_with(tool.name, arguments, every=every, as_json=as_json))
        raise typer.Exit(call.call_with(tool.name, arguments, check=check, as_json=as_json))

    parameters = [*map(_parameter, takes.values()), *_ways(tool)]
    # Typer reads both.
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return run


def _ways(tool: Tool) -> Iterator[inspect.Parameter]:
    """How to run the tool, and how to show what comes of it."""
    if tool.writes:
        yield _keyword("check", Check, False)
    else:
        yield _keyword("watch", Watch, False)
        yield _keyword("every", Every, 2.0)
    yield _keyword("as_json", Json, False)


def _parameter(one: Given) -> inspect.Parameter:
    kind, limits = _type(one)
    about = one.schema.get("description", "")
    if one.schema.get("default") not in (None, [], {}):
        about = f"{about} [default: {one.schema['default']}]"
    how: dict[str, Any] = {"metavar": one.metavar, "help": about, "autocompletion": completer(one.path[-1]), **limits}
    if one.flag is None:
        made = typer.Argument(**how)
        return _keyword(one.parameter, Annotated[list[str] | None if one.several else kind, made], _default(one))
    flags = f"{one.flag}/--no-{one.flag[2:]}" if one.schema["type"] == "boolean" else one.flag
    option = typer.Option(flags, show_default=False, **how)
    return _keyword(one.parameter, Annotated[kind if one.required else kind | None, option], _default(one))


def _default(one: Given) -> Any:
    return inspect.Parameter.empty if one.required else None


def _type(one: Given) -> tuple[Any, dict[str, Any]]:
    """The Python type that typer reads, and the limits of its values."""
    schema = one.schema
    if schema["type"] in ("array", "object"):
        return list[str], {}
    if schema["type"] == "boolean":
        return bool, {}
    if schema["type"] == "string" and schema.get("enum"):
        return Literal[tuple(schema["enum"])], {}
    limits = {"min": schema.get("minimum"), "max": schema.get("maximum")}
    return _SCALARS[schema["type"]], {name: limit for name, limit in limits.items() if limit is not None}


def _keyword(name: str, annotation: Any, default: Any) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation, default=default)
