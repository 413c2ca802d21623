# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""`playvisor policy`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from playvisor.cli.options import Json

group = typer.Typer(help="Show what the policy allows, and test it.", no_args_is_help=True)


@group.command("check")
def policy_check(
    file: Annotated[Path | None, typer.Argument(help="Cedar file. Default: the policy in use.")] = None,
    as_json: Json = False,
) -> None:
    """Check a policy's syntax and the tools and attributes that it names, and list its rules."""
    from playvisor.cli.policy import check_policy

    raise typer.Exit(check_policy(file, as_json=as_json))


@group.command("explain")
def policy_explain(
    tool: Annotated[str, typer.Argument(help="Name of a tool that changes something, such as stop_guest.")],
    client: Annotated[str, typer.Option(help="Name of the client that asks.")] = "somebody",
    person: Annotated[
        bool, typer.Option("--person", help="A person at the command line asks, not an AI client.")
    ] = False,
    vmid: Annotated[int, typer.Option(min=100, help="The guest's id.")] = 100,
    name: Annotated[str, typer.Option(help="The guest's name.")] = "",
    node: Annotated[str, typer.Option(help="The guest's node.")] = "",
    pool: Annotated[str, typer.Option(help="The guest's pool.")] = "",
    tag: Annotated[list[str] | None, typer.Option(help="Tag of the guest; may be repeated.")] = None,
    protected: Annotated[bool, typer.Option("--protected", help="The guest's protection flag is set.")] = False,
    targets: Annotated[int, typer.Option(min=1, help="Number of such guests that the call touches.")] = 1,
    as_json: Json = False,
) -> None:
    """Show how the policy in use decides about a tool, with and without an approval, and by which rules."""
    from playvisor.cli.policy import explain_decision

    guest = {"vmid": vmid, "name": name, "node": node, "pool": pool, "tags": tuple(tag or ()), "protected": protected}
    kind = "person" if person else "client"
    raise typer.Exit(explain_decision(tool, guest, asker=client, kind=kind, targets=targets, as_json=as_json))


@group.command("test")
def policy_test(
    file: Annotated[Path, typer.Argument(help="YAML file with a list of cases.")], as_json: Json = False
) -> None:
    """Test the policy in use with the cases in a file. Exit status 1 if a decision is not the expected one."""
    from playvisor.cli.policy import run_cases

    raise typer.Exit(run_cases(file, as_json=as_json))
