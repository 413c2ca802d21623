# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""`playvisor runs`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from mcp_bridge.ledger.periods import EXAMPLES
from playvisor.cli.options import Check, RunId, with_output
from playvisor.cli.output import TABLE, Output

Since = Annotated[str | None, typer.Option(metavar="TIME", help=f"Only runs since then: {EXAMPLES}.")]
Until = Annotated[str | None, typer.Option(metavar="TIME", help="Only runs until then, given like --since.")]

group = typer.Typer(rich_markup_mode=None, help="Show, verify and undo what was done.", no_args_is_help=True)


@group.command("list")
@with_output(rows=True)
def runs_list(
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="Show at most this many.")] = 20,
    tool: Annotated[str | None, typer.Option(help="Only runs of this tool.")] = None,
    client: Annotated[str | None, typer.Option(help="Only runs of this client, such as playvisor-cli.")] = None,
    user: Annotated[str | None, typer.Option(help="Only runs of this local user.")] = None,
    outcome: Annotated[
        str | None, typer.Option(help="Only runs with this outcome: ok, planned, held, failed …")
    ] = None,
    guest: Annotated[str | None, typer.Option(help="Only runs that name this guest, by vmid or name.")] = None,
    changed: Annotated[
        bool | None, typer.Option("--changed/--unchanged", help="Only runs that changed something, or nothing.")
    ] = None,
    since: Since = None,
    until: Until = None,
    output: Output = TABLE,
) -> None:
    """List runs, newest first."""
    from playvisor.cli.runs import list_runs

    wanted: dict[str, str | None] = {
        "tool": tool,
        "client_name": client,
        "local_user": user,
        "outcome": outcome,
        "guest": guest,
    }
    wanted |= {"since": since, "until": until}
    list_runs(limit, wanted, changed=changed, output=output)


@group.command("acts")
@with_output(rows=True)
def runs_acts(
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="Show at most this many.")] = 20,
    kind: Annotated[
        str | None, typer.Option(help="Only acts of this kind, such as plan_approved, frozen or login_refused.")
    ] = None,
    output: Output = TABLE,
) -> None:
    """List what was done with authority besides runs, newest first: approvals, freezes, tokens, log-ins refused …"""
    from playvisor.cli.runs import list_acts

    list_acts(limit, kind, output=output)


@group.command("export")
def runs_export(
    run_ids: Annotated[
        list[str] | None, typer.Argument(metavar="ID", help="Ids of the runs, in the order to write them.")
    ] = None,
    client: Annotated[str | None, typer.Option(help="Write all runs of this client, oldest first.")] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="File to write. Default: stdout.")] = None,
) -> None:
    """Write runs as a playbook that repeats them with plain ansible-playbook. It prompts for secrets."""
    from playvisor.cli.runs import export_runs

    export_runs(run_ids or [], client, output)


@group.command("show")
@with_output(rows=False)
def runs_show(run_id: RunId, output: Output = TABLE) -> None:
    """Show everything that the ledger knows about a run."""
    from playvisor.cli.runs import show_run

    show_run(run_id, output=output)


@group.command("wait")
@with_output(rows=False)
def runs_wait(
    run_id: RunId,
    timeout: Annotated[int, typer.Option(min=1, max=3600, help="Longest time to wait, in seconds.")] = 3600,
    output: Output = TABLE,
) -> None:
    """Wait until a run has ended, in whichever process. The exit status is that of the run."""
    from playvisor.cli.waiting import wait_run

    raise typer.Exit(wait_run(run_id, timeout, output=output))


@group.command("cancel")
@with_output(rows=False)
def runs_cancel(
    run_id: RunId,
    stop_tasks: Annotated[
        bool, typer.Option("--stop-tasks", help="Also stop its tasks in Proxmox VE; otherwise they go on.")
    ] = False,
    output: Output = TABLE,
) -> None:
    """Cancel a run, in whichever process, and show what it had done by then."""
    from playvisor.cli.waiting import cancel_run

    raise typer.Exit(cancel_run(run_id, stop_tasks=stop_tasks, output=output))


@group.command("events")
@with_output(rows=True)
def runs_events(run_id: RunId, output: Output = TABLE) -> None:
    """Show what Ansible reported during a run."""
    from playvisor.cli.runs import show_events

    show_events(run_id, output=output)


@group.command("trace")
@with_output(rows=True)
def runs_trace(run_id: RunId, output: Output = TABLE) -> None:
    """Show every request that a run sent to the cluster's API, or tried to."""
    from playvisor.cli.runs import show_trace

    show_trace(run_id, output=output)


@group.command("diff")
@with_output(rows=False)
def runs_diff(run_id: RunId, output: Output = TABLE) -> None:
    """Show what a run changed: before and after."""
    from playvisor.cli.undo import show_diff

    show_diff(run_id, output=output)


@group.command("undo")
@with_output(rows=False)
def runs_undo(
    run_id: RunId,
    check: Check = False,
    output: Output = TABLE,
) -> None:
    """Undo what a run changed, by new runs. Says what can't be undone."""
    from playvisor.cli.undo import undo_run

    raise typer.Exit(undo_run(run_id, check=check, output=output))


@group.command("verify")
@with_output(rows=False)
def runs_verify(output: Output = TABLE) -> None:
    """Prove offline that nobody changed the ledger or an artifact. Exit status 1 if somebody did."""
    from playvisor.cli.runs import verify_runs

    raise typer.Exit(verify_runs(output=output))


@group.command("prune")
@with_output(rows=False)
def runs_prune(
    before: Annotated[datetime | None, typer.Option(help="Remove runs from before this local time.")] = None,
    keep_days: Annotated[int | None, typer.Option(min=0, help="Remove runs older than this many days.")] = None,
    yes: Annotated[
        bool, typer.Option("--yes", help="Remove them. Without it, only say what would be removed.")
    ] = False,
    output: Output = TABLE,
) -> None:
    """Remove old runs and their artifacts, after verifying them. What remains can still be verified."""
    from playvisor.cli.prune import prune_runs

    prune_runs(before, keep_days, yes=yes, output=output)
