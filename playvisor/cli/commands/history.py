# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""`playvisor history`."""

from __future__ import annotations

from typing import Annotated

import typer

from mcp_bridge.ledger.periods import EXAMPLES
from playvisor.cli.options import with_output
from playvisor.cli.output import TABLE, Output

What = Annotated[str, typer.Argument(metavar="WHAT", help="Guest by name, vmid or pattern, or another object's name.")]
Whatever = Annotated[
    str | None, typer.Argument(metavar="WHAT", help="Guest by name, vmid or pattern, or another object's name.")
]
Kind = Annotated[str | None, typer.Option(help="Only objects of this kind, such as guest, storage, firewall or acl.")]
Until = Annotated[str | None, typer.Option(metavar="TIME", help="Only changes until then, given like --since.")]
Limit = Annotated[int, typer.Option("--limit", "-n", min=1, help="Show at most this many changes.")]

group = typer.Typer(
    rich_markup_mode=None, help="Show what the cluster was, what changed, and who did it.", no_args_is_help=True
)


@group.command("sync")
@with_output(rows=False)
def history_sync(
    full: Annotated[
        bool, typer.Option("--full", help="Read every guest in full again, not only those that may have changed.")
    ] = False,
    output: Output = TABLE,
) -> None:
    """Look at the cluster now, and keep what changed since the last look. It only reads.

    The first look reads everything, and goes on where it left off when it is
    interrupted. A running `playvisor mcp` or `playvisor serve` looks every five
    minutes (PLAYVISOR_HISTORY_SECONDS).
    """
    from playvisor.cli.history import sync

    raise typer.Exit(sync(full=full, output=output))


@group.command("who")
@with_output(rows=True)
def history_who(
    what: Whatever = None,
    since: Annotated[str, typer.Option(metavar="TIME", help=f"Changes since then: {EXAMPLES}.")] = "1d",
    until: Until = None,
    kind: Kind = None,
    user: Annotated[str | None, typer.Option(help="Only changes by this user, as in alice or root@pam.")] = None,
    limit: Limit = 50,
    output: Output = TABLE,
) -> None:
    """Show what changed, newest first, and who did it: a run of Playvisor, a task of Proxmox VE, or neither."""
    from playvisor.cli.history import list_changes

    list_changes(what, since=since, until=until, kind=kind, user=user, limit=limit, output=output)


@group.command("show")
@with_output(rows=False)
def history_show(
    what: What,
    at: Annotated[str, typer.Option(metavar="TIME", help=f"How it was then: {EXAMPLES}.")] = "now",
    since: Annotated[str | None, typer.Option(metavar="TIME", help="Also its changes since then, until --at.")] = None,
    kind: Kind = None,
    output: Output = TABLE,
) -> None:
    """Show a guest, or anything else of the cluster, as it was at any time."""
    from playvisor.cli.history import show_object

    show_object(what, at=at, since=since, kind=kind, output=output)


@group.command("diff")
@with_output(rows=True)
def history_diff(
    what: Whatever = None,
    start: Annotated[str, typer.Option("--from", metavar="TIME", help=f"The earlier time: {EXAMPLES}.")] = "1d",
    end: Annotated[str, typer.Option("--to", metavar="TIME", help="The later time.")] = "now",
    kind: Kind = None,
    output: Output = TABLE,
) -> None:
    """Show what is different between two times; what was changed and changed back is not."""
    from playvisor.cli.history import diff_times

    diff_times(what, start=start, end=end, kind=kind, output=output)


@group.command("prune")
@with_output(rows=False)
def history_prune(
    yes: Annotated[bool, typer.Option("--yes", help="Remove it. Without it, only say what would be removed.")] = False,
    output: Output = TABLE,
) -> None:
    """Remove what is older than the settings say. A server that looks does so once a day.

    Every version is kept for PLAYVISOR_HISTORY_DAYS (90), then one for each day
    and doer until PLAYVISOR_HISTORY_DAILY_DAYS (730); what still is stays.
    """
    from playvisor.cli.history import prune

    prune(yes=yes, output=output)
