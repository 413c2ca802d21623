# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run changed, as its module returned it and its artifacts prove it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcp_bridge import catalogue
from mcp_bridge.errors import UsageError
from mcp_bridge.evidence.events import LastResult, find_last_result
from mcp_bridge.ledger import artifacts

if TYPE_CHECKING:
    from mcp_bridge.ledger.records import RunRow
    from mcp_bridge.ledger.store import Ledger


def read_changes(ledger: Ledger, row: RunRow) -> LastResult:
    """Return the last result of a run's module, with its phase.

    Raises UsageError when the run has not ended, when its artifacts are missing or changed, and when it was applied and
    what it changed is not known.
    """
    name = f"run {row.run_id[:8]} ({row.tool})"
    if row.outcome is None:
        raise UsageError(f"R{name[1:]} has not ended.", f"`playvisor runs wait {row.run_id[:8]}` waits for it.")
    tool = catalogue.load().get(row.tool)
    folder = ledger.folder(row.run_id)
    if tool is None or not folder.is_dir() or not row.artifacts_sha256:
        raise UsageError(
            f"What {name} changed is not known: it has no artifacts here.",
            "A run of another host has its artifacts there; a refused request has none.",
        )
    if artifacts.find_differences(folder, row.artifacts_sha256):
        raise UsageError(
            f"The artifacts of run {row.run_id[:8]} do not match the ledger.",
            "`playvisor runs verify` says what differs.",
        )
    returned = find_last_result(folder, tool.action)
    if returned.phase == "apply" and returned.result is None and row.changed:
        raise UsageError(
            f"What {name} changed is not known: its module's result is missing.",
            f"`playvisor runs trace {row.run_id[:8]}` shows what it sent; check the guests.",
        )
    return returned
