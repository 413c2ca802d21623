# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""`playvisor runs prune`: remove old runs, and record that."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

from mcp_bridge import collection, version
from mcp_bridge.errors import UsageError
from mcp_bridge.ledger.records import Opening, Who
from mcp_bridge.ledger.verify import PRUNING
from mcp_bridge.run.factory import make_authority
from mcp_bridge.run.recovery.interrupted import close_interrupted
from mcp_bridge.settings import load_settings
from mcp_bridge.system.identity import format_timestamp, local_user
from playvisor.cli import console
from playvisor.cli.call import CLIENT
from playvisor.cli.output import Output, print_document


def _make_who() -> Who:
    return Who(CLIENT, version(), asker=local_user(), asker_kind="person")


def prune_runs(before: datetime | None, keep_days: int | None, *, yes: bool, output: Output) -> None:
    """Remove the runs that were opened before a time; without `yes`, only say how many these are."""
    if (before is None) == (keep_days is None):
        raise UsageError("It is not clear which runs are old.", "Give either --before DATE or --keep-days N.")
    oldest = before.astimezone(UTC) if before else datetime.now(UTC) - timedelta(days=keep_days or 0)
    authority = make_authority(load_settings())
    close_interrupted(authority)
    removal = authority.find_removable(format_timestamp(oldest), load_settings().keep_days_min)
    if removal and yes:
        opening = Opening(str(uuid.uuid4()), PRUNING, {}, "apply", _make_who(), collection.version())
        authority.prune(removal, opening)
    if output.is_document:
        counts = {
            "runs": removal.runs if removal else 0,
            "before": format_timestamp(oldest),
            "kept": removal.kept_runs if removal else 0,
        }
        print_document({"removed": bool(removal and yes), **counts}, output)
        return
    if removal is None:
        console.get_stderr().print(f"No run is older than {oldest.astimezone():%Y-%m-%d %H:%M:%S}.")
        return
    what = f"{removal.runs} verified runs from before {oldest.astimezone():%Y-%m-%d %H:%M:%S} and their artifacts"
    if removal.kept_runs:
        what += f"; {removal.kept_runs} more ended later or have not ended, and stay"
    console.get_stderr().print(f"Removed {what}." if yes else f"It would remove {what}. Add --yes to do it.")
