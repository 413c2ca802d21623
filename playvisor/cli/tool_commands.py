# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The catalogue's tools as commands of their own, made from their input schemas: `playvisor guest stop --tag web`."""

from __future__ import annotations

import inspect
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Annotated, Any, Literal

import typer

from mcp_bridge.catalogue import Tool
from mcp_bridge.catalogue.commands import list_commands, split_name
from mcp_bridge.catalogue.docs import read_module_docs
from mcp_bridge.errors import UsageError
from playvisor.cli import speech
from playvisor.cli.arguments import GUESTS, ToolArgument, collect_arguments, list_arguments
from playvisor.cli.completion import make_completer
from playvisor.cli.options import Check, list_output_parameters, make_command, make_keyword
from playvisor.cli.output import Output

# What needs other words than for models.
_OWN_WORDS = {"wait": "Wait for the end. With --no-wait it goes on in the background."}
_SCALARS: dict[str, type] = {"string": str, "integer": int, "number": float}

Watch = Annotated[bool, typer.Option("--watch", "-w", help="Repeat until Ctrl-C.")]
Every = Annotated[float, typer.Option(metavar="SECONDS", min=0.5, help="Seconds between repetitions with --watch.")]


def make_group(noun: str, only: str | None = None) -> typer.Typer:
    """The commands of one noun, or the only one that is wanted, if there is such a one."""
    tools = list_commands()[noun]
    group = typer.Typer(rich_markup_mode=None, help=f"{', '.join(tools)}.", no_args_is_help=True)
    for verb, tool in {only: tools[only]}.items() if only in tools else tools.items():
        flags = list_flags(tool)
        text = speech.describe(tool.description, flags)
        epilog = f"Example: {render_example(tool)}"
        group.command(verb, short_help=f"{tool.title}.", help=text, epilog=epilog)(_make_function(tool))
    return group


def _make_missing_error(tool: Tool, takes: Mapping[str, ToolArgument]) -> UsageError:
    """The error of a command that does not say which guests are meant; it names some."""
    from playvisor.cli.completion import describe_candidates

    flags = " or ".join(
        argument.flag or "" for argument in takes.values() if argument.path[0] == "guests" and argument.flag
    )
    ways = f"Name them by id, name or pattern{f', or choose them with {flags}' if flags else ''}."
    command = " ".join(split_name(tool))
    return UsageError(
        f"Which guests are meant is not said: `playvisor {command} GUEST`.", f"{ways} {describe_candidates('guests')}"
    )


def list_flags(tool: Tool) -> dict[str, str]:
    """The flags of a tool's options by their names."""
    return {argument.path[-1]: argument.flag for argument in list_arguments(tool) if argument.flag}


def render_example(tool: Tool) -> str:
    """The command line of the tool's documented example."""
    line = ["playvisor", *split_name(tool)]
    for argument in list_arguments(tool):
        line += argument.render_words(tool.example)
    return shlex.join(line)


def _make_function(tool: Tool) -> Callable[..., None]:
    """The function that typer makes the command from, by its signature."""
    takes = {argument.python_name: argument for argument in list_arguments(tool)}

    def run(*, output: Output, check: bool = False, watch: bool = False, every: float = 0, **values: Any) -> None:
        from playvisor.cli import call

        arguments = collect_arguments((takes[name], value) for name, value in values.items())
        if tool.needs_one_of and all(arguments.get(name) in (None, "", {}) for name in tool.needs_one_of):
            raise _make_missing_error(tool, takes)
        if watch:
            raise typer.Exit(call.watch_tool(tool.name, arguments, every=every, output=output))
        speak = partial(speech.speak, flags=flags)
        raise typer.Exit(call.call_with_arguments(tool.name, arguments, check=check, output=output, speak=speak))

    flags = list_flags(tool)
    parameters = [_make_parameter(argument, _find_text(tool, argument), flags) for argument in takes.values()]
    return make_command(run, [*parameters, *_make_mode_parameters(tool), *list_output_parameters(rows=True)])


def _find_text(tool: Tool, argument: ToolArgument) -> str | Sequence[str]:
    """An argument's description with Ansible's markup, or that of its schema where it is no option of the module."""
    if argument.path[-1] in _OWN_WORDS:
        return _OWN_WORDS[argument.path[-1]]
    option: Mapping[str, Any] = {"suboptions": read_module_docs(tool.module).options}
    for name in argument.path:
        option = (option.get("suboptions") or {}).get(name, {})
    text: str | Sequence[str] = argument.schema.get("description", "")
    return text if argument.path == GUESTS else option.get("description", text)


def _make_mode_parameters(tool: Tool) -> Iterator[inspect.Parameter]:
    """The options that say how to run the tool."""
    if tool.writes:
        yield make_keyword("check", Check, False)
    else:
        yield make_keyword("watch", Watch, False)
        yield make_keyword("every", Every, 2.0)


def _make_parameter(argument: ToolArgument, text: str | Sequence[str], flags: dict[str, str]) -> inspect.Parameter:
    kind, limits = _get_type(argument)
    description = speech.describe_option(text, flags)
    if choices := argument.schema.get("enum"):
        description = f"{description} One of: {', '.join(map(str, choices))}."
    if argument.schema.get("default") not in (None, [], {}):
        description = f"{description} Default: {argument.render_default()}."
    settings: dict[str, Any] = {
        "metavar": argument.metavar,
        "help": description,
        "autocompletion": make_completer(argument.path[-1]),
        **limits,
    }
    if argument.flag is None:
        declared = typer.Argument(**settings)
        return make_keyword(
            argument.python_name,
            Annotated[list[str] | None if argument.may_be_several else kind, declared],
            _get_default(argument),
        )
    is_switch = argument.schema["type"] == "boolean"
    declared_flag = f"{argument.flag}/--no-{argument.flag[2:]}" if is_switch else argument.flag
    option = typer.Option(declared_flag, show_default=False, **settings)
    return make_keyword(
        argument.python_name, Annotated[kind if argument.required else kind | None, option], _get_default(argument)
    )


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
