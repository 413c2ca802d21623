# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""`playvisor approvals`."""

from __future__ import annotations

from typing import Annotated

import typer

from playvisor.cli.options import PlanId, with_output
from playvisor.cli.output import TABLE, Output

group = typer.Typer(rich_markup_mode=None, help="Approve or deny plans that wait for approval.", no_args_is_help=True)


@group.command("list")
@with_output(rows=True)
def approvals_list(
    everything: Annotated[bool, typer.Option("--all", help="List the newest plans in any state.")] = False,
    output: Output = TABLE,
) -> None:
    """List the plans that wait for approval, oldest first."""
    from playvisor.cli.approvals import list_plans

    list_plans(everything=everything, output=output)


@group.command("show")
@with_output(rows=False)
def approvals_show(plan_id: PlanId, output: Output = TABLE) -> None:
    """Show a plan in full: the API requests it would send, what they would change, and why it is held."""
    from playvisor.cli.approvals import show_plan

    show_plan(plan_id, output=output)


@group.command("approve")
@with_output(rows=False)
def approvals_approve(
    plan_id: PlanId,
    sure: Annotated[bool, typer.Option("--yes", help="Approve without being asked.")] = False,
    digest: Annotated[
        str | None,
        typer.Option(
            metavar="DIGEST", help="Approve without being asked the plan whose digest begins so, and no other."
        ),
    ] = None,
    output: Output = TABLE,
) -> None:
    """Show a plan and approve it. Whoever asked for it may then apply exactly this plan, once, until it expires.

    On a terminal you are asked. Elsewhere, --digest or --yes is needed.
    """
    from playvisor.cli.approvals import decide

    decide(plan_id, approve=True, output=output, sure=sure, digest=digest)


@group.command("open")
@with_output(rows=False)
def approvals_open(plan_id: PlanId, output: Output = TABLE) -> None:
    """Print the link of the page on which a plan is decided on, for a browser on any device.

    PLAYVISOR_WEB_URL says where `playvisor web` is reached. Whoever opens the page signs in there, and sees the plan as
    Playvisor made it.
    """
    from playvisor.cli.approvals import print_link

    print_link(plan_id, output=output)


@group.command("deny")
@with_output(rows=False)
def approvals_deny(plan_id: PlanId, output: Output = TABLE) -> None:
    """Deny a plan."""
    from playvisor.cli.approvals import decide

    decide(plan_id, approve=False, output=output)
