# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The catalogue's tools as commands of their own, made from their input schemas: `playvisor guest stop --tag web`."""

from __future__ import annotations

import inspect
import re
import shlex
from collections.abc import Callable, Iterator
from typing import Annotated, Any, Literal

import typer

from mcp_bridge.catalogue import Tool
from mcp_bridge.catalogue.commands import list_commands, split_name
from playvisor.cli.arguments import ToolArgument, collect_arguments, list_arguments
from playvisor.cli.completion import make_completer
from playvisor.cli.options import Check, Json

_SCALARS: dict[str, type] = {"string": str, "integer": int, "number": float}
# What rich takes for markup, and leaves out of a help text.
_MARKUP = re.compile(r"(\[[a-z#/@])")

Watch = Annotated[bool, typer.Option("--watch", "-w", help="Repeat until Ctrl-C.")]
Every = Annotated[float, typer.Option(metavar="SECONDS", min=0.5, help="Seconds between repetitions with --watch.")]


def make_group(noun: str) -> typer.Typer:
    """The commands of one noun."""
    group = typer.Typer(help=f"{', '.join(list_commands()[noun])}.", no_args_is_help=True)
    for verb, tool in list_commands()[noun].items():
        text = _escape_markup(tool.description)
        epilog = _escape_markup(f"Example: {render_example(tool)}")
        group.command(verb, short_help=f"{tool.title}.", help=text, epilog=epilog)(_make_function(tool))
    return group


def render_example(tool: Tool) -> str:
    """The command line of the tool's documented example."""
    line = ["playvisor", *split_name(tool)]
    for argument in list_arguments(tool):
        line += argument.render_words(tool.example)
    return shlex.join(line)


def _make_function(tool: Tool) -> Callable[..., None]:
    """The function that typer makes the command from, by its signature."""
    takes = {argument.python_name: argument for argument in list_arguments(tool)}

    def run(*, as_json: bool, check: bool = False, watch: bool = False, every: float = 0, **values: Any) -> None:
        from playvisor.cli import call

        arguments = collect_arguments((takes[name], value) for name, value in values.items())
        if watch:
            raise typer.Exit(call.watch_tool(tool.name, arguments, every=every, as_json=as_json))
        raise typer.Exit(call.call_with_arguments(tool.name, arguments, check=check, as_json=as_json))

    parameters = [*map(_make_parameter, takes.values()), *_make_mode_parameters(tool)]
    # Typer reads both of them.
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return run


def _make_mode_parameters(tool: Tool) -> Iterator[inspect.Parameter]:
    """The options that say how to run the tool and how to print its result."""
    if tool.writes:
        yield _make_keyword("check", Check, False)
    else:
        yield _make_keyword("watch", Watch, False)
        yield _make_keyword("every", Every, 2.0)
    yield _make_keyword("as_json", Json, False)


def _make_parameter(argument: ToolArgument) -> inspect.Parameter:
    kind, limits = _get_type(argument)
    description = argument.schema.get("description", "")
    if argument.schema.get("default") not in (None, [], {}):
        description = f"{description} Default: {argument.render_default()}."
    settings: dict[str, Any] = {
        "metavar": argument.metavar,
        "help": _escape_markup(description),
        "autocompletion": make_completer(argument.path[-1]),
        **limits,
    }
    if argument.flag is None:
        declared = typer.Argument(**settings)
        return _make_keyword(
            argument.python_name,
            Annotated[list[str] | None if argument.may_be_several else kind, declared],
            _get_default(argument),
        )
    flags = f"{argument.flag}/--no-{argument.flag[2:]}" if argument.schema["type"] == "boolean" else argument.flag
    option = typer.Option(flags, show_default=False, **settings)
    return _make_keyword(
        argument.python_name, Annotated[kind if argument.required else kind | None, option], _get_default(argument)
    )


def _escape_markup(text: str) -> str:
    return _MARKUP.sub(r"\\\1", text)


def _get_default(argument: ToolArgument) -> Any:
    return inspect.Parameter.empty if argument.required else None


def _get_type(argument: ToolArgument) -> tuple[Any, dict[str, Any]]:
    """The Python type that typer reads, and the limits of the values."""
    schema = argument.schema
    if schema["type"] in ("array", "object"):
        return list[str], {}
    if schema["type"] == "boolean":
        return bool, {}
    if schema["type"] == "string" and schema.get("enum"):
        return Literal[tuple(schema["enum"])], {}
    limits = {"min": schema.get("minimum"), "max": schema.get("maximum")}
    return _SCALARS[schema["type"]], {name: limit for name, limit in limits.items() if limit is not None}


def _make_keyword(name: str, annotation: Any, default: Any) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation, default=default)
