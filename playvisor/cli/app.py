# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tree of commands and their help. What a command needs is imported when it runs: every other one starts fast."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable
from typing import Annotated

import typer

from mcp_bridge import version
from mcp_bridge.settings import profiles
from playvisor.cli.options import Check, Json, PlanId

GROUPS = ("approvals", "mcp", "policy", "profile", "runs", "sim", "tokens", "tools")
"""Groups of commands that are not the catalogue's."""

_HELP = "Operate Proxmox VE: every action a playbook run, previewed, recorded and verifiable."
_CATALOGUE_PANEL = "Operate the cluster"
_OWN_PANEL = "Playvisor"


def make_app(only: str | None = None) -> typer.Typer:
    """The whole tree; or, since that takes a while, as much as a command line with this first word needs."""
    app = typer.Typer(
        name="playvisor",
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
    if only not in top_level():
        _add_nouns(app, only)
    for name, function in _COMMANDS.items():
        app.command(name, rich_help_panel=_OWN_PANEL)(function)
    for name in [only] if only in GROUPS else () if only in _COMMANDS else GROUPS:
        group = importlib.import_module(f"playvisor.cli.commands.{name}").group
        app.add_typer(group, name=name, rich_help_panel=_OWN_PANEL)
    return app


def _add_nouns(app: typer.Typer, only: str | None) -> None:
    from mcp_bridge.catalogue.commands import list_commands
    from playvisor.cli import tool_commands

    for noun in [only] if only in list_commands() else list_commands():
        app.add_typer(tool_commands.make_group(noun), name=noun, rich_help_panel=_CATALOGUE_PANEL)


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"playvisor {version()}")
        raise typer.Exit


def playvisor(
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
    profile: Annotated[
        str | None, typer.Option(help="Cluster to use, by its name in `playvisor profile list`.")
    ] = None,
) -> None:
    """Operate Proxmox VE: every action a playbook run, previewed, recorded and verifiable."""
    if profile:
        os.environ[profiles.VARIABLE] = profile


def call(
    tool: Annotated[str, typer.Argument(help="Name of the tool; `playvisor tools list` shows them.")],
    arguments: Annotated[
        list[str] | None,
        typer.Argument(metavar="[NAME=VALUE]...", help="Arguments, such as name=web-01 or guests.tags=web,prod."),
    ] = None,
    check: Check = False,
    as_json: Json = False,
) -> None:
    """Call a tool by its name, with arguments as an AI client gives them.

    Lists are written a,b or repeated; a dot leads into an object; JSON works everywhere:
    playvisor call list_guests guests.tags=web guests.status=running
    """
    from playvisor.cli.call import call_tool

    raise typer.Exit(call_tool(tool, arguments or [], check=check, as_json=as_json))


def apply_plan(plan_id: PlanId, as_json: Json = False) -> None:
    """Apply a kept plan: exactly that one, once, or it is refused as drifted."""
    from playvisor.cli.call import call_with

    raise typer.Exit(call_with("apply_plan", {"plan_id": plan_id}, as_json=as_json))


def freeze(
    why: Annotated[str, typer.Argument(metavar="[WHY]", help="For whoever is stopped by it.")] = "",
    as_json: Json = False,
) -> None:
    """Stop all changes at once, for every client of this state directory, until thawed."""
    from playvisor.cli.approvals import freeze as do_freeze

    do_freeze(why, as_json=as_json)


def thaw(as_json: Json = False) -> None:
    """End a freeze."""
    from playvisor.cli.approvals import thaw as do_thaw

    do_thaw(as_json=as_json)


def serve() -> None:
    """Make commands of this user faster, until stopped: each is run by a fork of a process that has everything loaded.

    A running `playvisor mcp` does so, too. Commands run as they would otherwise: with their own arguments, environment
    and terminal.
    """
    from playvisor.cli.serve import serve_commands

    serve_commands()


def doctor(as_json: Json = False) -> None:
    """Check the set-up: is the cluster reachable, as whom, with which privileges, what is missing, how to fix it."""
    from playvisor.cli.doctor import examine

    raise typer.Exit(examine(as_json=as_json))


def demo() -> None:
    """See the whole path work on a simulated cluster, in under a minute; it leaves nothing behind."""
    from playvisor.cli.demo import run_demo

    raise typer.Exit(run_demo())


_COMMANDS: dict[str, Callable[..., None]] = {
    "call": call,
    "apply": apply_plan,
    "freeze": freeze,
    "thaw": thaw,
    "serve": serve,
    "doctor": doctor,
    "demo": demo,
}


def top_level() -> set[str]:
    """The words that a tool's noun can't be."""
    return {*GROUPS, *_COMMANDS}
