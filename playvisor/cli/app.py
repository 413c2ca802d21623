# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tree of commands and their help. A command imports what it needs when it runs, so that the others start fast."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Sequence
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from mcp_bridge import version
from mcp_bridge.settings import profiles
from playvisor.cli.options import Check, PlanId, with_output
from playvisor.cli.output import TABLE, Output

GROUPS = (
    *("approvals", "fleet", "history", "mcp", "passkeys", "policy", "profile", "runs", "sim", "tokens", "tools", "web"),
)
"""Groups of commands that are not made from the catalogue."""

_HELP = "Operate Proxmox VE through Ansible playbooks: preview every change, and keep a record that can be verified."
_CATALOGUE_PANEL = "Operate the cluster"
_OWN_PANEL = "Playvisor"


class PanelGroup(TyperGroup):
    """The whole tree's help: its commands in two parts, those about the cluster first."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the commands of each part with what they do."""
        del ctx
        commands: dict[str, Any] = dict(self.commands)
        for panel in (_CATALOGUE_PANEL, _OWN_PANEL):
            inside = {name: command for name, command in commands.items() if command.rich_help_panel == panel}
            if inside:
                with formatter.section(panel):
                    formatter.write_dl([(name, command.get_short_help_str(200)) for name, command in inside.items()])


def make_app(words: Sequence[str] = ()) -> typer.Typer:
    """The whole tree of commands, or, because that takes a while, the part of it that begins with these words."""
    only = words[0] if words else None
    app = typer.Typer(
        name="playvisor",
        cls=PanelGroup,
        # Boxes leave too little room for the text of options, and cut what is long.
        rich_markup_mode=None,
        help=_HELP,
        epilog=(
            "Exit status: 0 done, 1 the run failed, 2 bad usage or argument, 3 refused or waiting for approval, "
            "4 cluster unreachable or login refused."
        ),
        no_args_is_help=True,
        add_completion=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(playvisor)
    if only not in list_own_commands():
        _add_tool_commands(app, words)
    for name, function in _COMMANDS.items():
        app.command(name, rich_help_panel=_OWN_PANEL)(function)
    for name in [only] if only in GROUPS else () if only in _COMMANDS else GROUPS:
        group = importlib.import_module(f"playvisor.cli.commands.{name}").group
        app.add_typer(group, name=name, rich_help_panel=_OWN_PANEL)
    return app


def _add_tool_commands(app: typer.Typer, words: Sequence[str]) -> None:
    from mcp_bridge.catalogue.commands import list_commands
    from playvisor.cli import tool_commands

    noun, verb = (*words[:2], None, None)[:2]
    for name in [noun] if noun in list_commands() else list_commands():
        app.add_typer(tool_commands.make_group(name, verb), name=name, rich_help_panel=_CATALOGUE_PANEL)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"playvisor {version()}")
        raise typer.Exit


def playvisor(
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
    profile: Annotated[
        str | None, typer.Option(help="Profile of the cluster to use, as in `playvisor profile list`.")
    ] = None,
) -> None:
    """Apply the options that every command has."""
    if profile:
        os.environ[profiles.VARIABLE] = profile


@with_output(rows=True)
def call(
    tool: Annotated[str, typer.Argument(help="Name of the tool; `playvisor tools list` shows them.")],
    arguments: Annotated[
        list[str] | None,
        typer.Argument(metavar="NAME=VALUE", help="Arguments, such as name=web-01 or guests.tags=web,prod."),
    ] = None,
    check: Check = False,
    output: Output = TABLE,
) -> None:
    """Call a tool by its name, with the arguments that an AI client would use.

    Write a list as a,b or repeat its name; write a part of an object with a dot.
    Every value can also be JSON. An example:
    playvisor call list_guests guests.tags=web guests.status=running
    """
    from playvisor.cli.call import call_with_words

    raise typer.Exit(call_with_words(tool, arguments or [], check=check, output=output))


@with_output(rows=False)
def apply_plan(plan_id: PlanId, output: Output = TABLE) -> None:
    """Apply a saved plan, exactly as it is and only once. It is refused if the plan would be different by now."""
    from playvisor.cli.call import call_with_arguments

    raise typer.Exit(call_with_arguments("apply_plan", {"plan_id": plan_id}, output=output))


@with_output(rows=False)
def freeze(
    why: Annotated[str, typer.Argument(metavar="WHY", help="Reason, shown to those whose changes are refused.")] = "",
    output: Output = TABLE,
) -> None:
    """Refuse all changes from now on, by every client of this state directory, until `playvisor thaw`."""
    from playvisor.cli.approvals import freeze as do_freeze

    do_freeze(why, output=output)


@with_output(rows=False)
def thaw(output: Output = TABLE) -> None:
    """End a freeze: allow changes again."""
    from playvisor.cli.approvals import thaw as do_thaw

    do_thaw(output=output)


@with_output(rows=True)
def query(
    sql: Annotated[
        str, typer.Argument(metavar="SQL", help="One SELECT, such as 'select name, status from guests'.")
    ] = "",
    views: Annotated[bool, typer.Option("--views", help="Show the views that it can read, and their columns.")] = False,
    limit: Annotated[
        int, typer.Option("--limit", "-n", min=1, max=100_000, help="Show at most this many rows.")
    ] = 1000,
    output: Output = TABLE,
) -> None:
    """Ask the history of the cluster a question in SQL. It only reads."""
    from playvisor.cli.history import query as do_query

    do_query(sql, views=views, limit=limit, output=output)


def serve(
    idle: Annotated[
        int | None, typer.Option(min=1, metavar="SECONDS", help="End after so long without a command. Default: never.")
    ] = None,
) -> None:
    """Make the commands of this user faster, until stopped, by keeping a process with Ansible loaded.

    Each command runs in a fork of that process, with its own arguments,
    environment and terminal. A running `playvisor mcp` does the same. With
    PLAYVISOR_SERVE=auto, commands start it themselves, and it ends after five
    idle minutes.
    """
    from playvisor.cli.serve import serve_commands

    serve_commands(idle)


@with_output(rows=False)
def doctor(output: Output = TABLE) -> None:
    """Check the setup: connection, login and privileges. Says what is missing and how to fix it."""
    from playvisor.cli.doctor import examine

    raise typer.Exit(examine(output=output))


def demo() -> None:
    """Show how everything works, on a simulated cluster, in under a minute. It leaves nothing behind."""
    from playvisor.cli.demo import run_demo

    raise typer.Exit(run_demo())


_COMMANDS: dict[str, Callable[..., None]] = {
    "call": call,
    "apply": apply_plan,
    "freeze": freeze,
    "thaw": thaw,
    "query": query,
    "serve": serve,
    "doctor": doctor,
    "demo": demo,
}


def list_own_commands() -> set[str]:
    """The commands and groups that are not made from the catalogue: no tool's noun may be one of them."""
    return {*GROUPS, *_COMMANDS}
