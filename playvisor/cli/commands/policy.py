# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""`playvisor policy`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from playvisor.cli.options import with_output
from playvisor.cli.output import TABLE, Output

group = typer.Typer(rich_markup_mode=None, help="Show what the policy allows, and test it.", no_args_is_help=True)


@group.command("check")
@with_output(rows=True)
def policy_check(
    file: Annotated[Path | None, typer.Argument(help="Cedar file. Default: the policy in use.")] = None,
    output: Output = TABLE,
) -> None:
    """Check a policy's syntax and the tools and attributes that it names, and list its rules."""
    from playvisor.cli.policy import check_policy

    raise typer.Exit(check_policy(file, output=output))


@group.command("explain")
@with_output(rows=True)
def policy_explain(
    tool: Annotated[str, typer.Argument(help="Name of a tool that changes something, such as stop_guest.")],
    options: Annotated[
        list[str] | None, typer.Argument(metavar="OPTION=VALUE", help="Options of the tool, such as mode=stop.")
    ] = None,
    effect: Annotated[
        list[str] | None, typer.Option(help="What the plan does, instead of options; may be repeated.")
    ] = None,
    client: Annotated[
        str, typer.Option(help="Who asks: a user of this machine, token:NAME, oauth:SUBJECT or anonymous.")
    ] = "somebody",
    label: Annotated[str, typer.Option(help="The name that the client gives itself.")] = "",
    role: Annotated[list[str] | None, typer.Option(help="Role of who asks; may be repeated.")] = None,
    person: Annotated[
        bool, typer.Option("--person", help="A person at the command line asks, not an AI client.")
    ] = False,
    vmid: Annotated[int, typer.Option(min=100, help="The guest's id.")] = 100,
    name: Annotated[str, typer.Option(help="The guest's name.")] = "",
    node: Annotated[str, typer.Option(help="The guest's node.")] = "",
    pool: Annotated[str, typer.Option(help="The guest's pool.")] = "",
    tag: Annotated[list[str] | None, typer.Option(help="Tag of the guest; may be repeated.")] = None,
    container: Annotated[bool, typer.Option("--container", help="The guest is a container.")] = False,
    stopped: Annotated[bool, typer.Option("--stopped", help="The guest is stopped; otherwise it runs.")] = False,
    template: Annotated[bool, typer.Option("--template", help="The guest is a template.")] = False,
    protected: Annotated[bool, typer.Option("--protected", help="The guest's protection flag is set.")] = False,
    unknown: Annotated[bool, typer.Option("--unknown", help="The guest's configuration can't be read.")] = False,
    config: Annotated[
        list[str] | None, typer.Option(help="KEY=VALUE of the guest's configuration now; may be repeated.")
    ] = None,
    targets: Annotated[int, typer.Option(min=1, help="Number of such guests that the call touches.")] = 1,
    recent: Annotated[
        int, typer.Option(min=0, help="Number of guests that the asker's calls touched within ten minutes.")
    ] = 0,
    passkeys: Annotated[
        bool, typer.Option("--passkeys", help="As if somebody who may approve plans had a passkey.")
    ] = False,
    output: Output = TABLE,
) -> None:
    """Show what a call does and how the policy in use decides, with and without an approval, and by which rules."""
    from mcp_bridge.policy.explanation import Explanation
    from playvisor.cli.policy import explain_decision

    guest = {
        "vmid": vmid,
        "name": name,
        "node": node,
        "pool": pool,
        "tags": tuple(tag or ()),
        "type": "lxc" if container else "qemu",
        "status": "stopped" if stopped or template else "running",
        "protected": protected,
        "template": template,
        "known": not unknown,
    }
    asked = Explanation(
        tool,
        options or (),
        effect or (),
        guest,
        config or (),
        targets,
        recent,
        client,
        "person" if person else "client",
        label,
        role or (),
        passkeys,
    )
    raise typer.Exit(explain_decision(asked, output=output))


@group.command("test")
@with_output(rows=True)
def policy_test(
    file: Annotated[Path, typer.Argument(help="YAML file with a list of cases.")], output: Output = TABLE
) -> None:
    """Test the policy in use with the cases in a file. Exit status 1 if a decision is not the expected one."""
    from playvisor.cli.policy import run_cases

    raise typer.Exit(run_cases(file, output=output))
