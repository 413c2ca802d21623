# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run changed, as its module returned it and its artifacts prove it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcp_bridge import catalogue
from mcp_bridge.errors import UsageError
from mcp_bridge.evidence.events import LastResult, find_last_result, find_result
from mcp_bridge.ledger import artifacts

if TYPE_CHECKING:
    from pathlib import Path

    from mcp_bridge.ledger.records import RunRow
    from mcp_bridge.ledger.store import Ledger


def read_changes(ledger: Ledger, row: RunRow) -> LastResult:
    """Return the last result of a run's module, with its phase.

    Raises UsageError when the run has not ended, when its artifacts are missing or changed, and when it was applied and
    what it changed is not known.
    """
    folder, action = _find_proven(ledger, row)
    returned = find_last_result(folder, action)
    if returned.phase == "apply" and returned.result is None and row.changed:
        raise UsageError(
            f"What {_name(row)} changed is not known: its module's result is missing.",
            f"`playvisor runs trace {row.run_id[:8]}` shows what it sent; check the guests.",
        )
    return returned


def read_phase_result(ledger: Ledger, row: RunRow, phase: str) -> dict[str, Any] | None:
    """Return what a run's module returned in a phase; None when it is nothing or was lost.

    Raises UsageError when the run has not ended, and when its artifacts are missing or changed.
    """
    folder, action = _find_proven(ledger, row)
    return find_result(folder, phase, action)


def _find_proven(ledger: Ledger, row: RunRow) -> tuple[Path, str]:
    """The folder of a run whose artifacts are as they were sealed, and the name of its module."""
    if row.outcome is None:
        name = _name(row)
        raise UsageError(f"R{name[1:]} has not ended.", f"`playvisor runs wait {row.run_id[:8]}` waits for it.")
    tool = catalogue.load().get(row.tool)
    folder = ledger.folder(row.run_id)
    if tool is None or not folder.is_dir() or not row.artifacts_sha256:
        raise UsageError(
            f"What {_name(row)} changed is not known: it has no artifacts here.",
            "A run of another host has its artifacts there; a refused request has none.",
        )
    if artifacts.find_differences(folder, row.artifacts_sha256):
        raise UsageError(
            f"The artifacts of run {row.run_id[:8]} do not match the ledger.",
            "`playvisor runs verify` says what differs.",
        )
    return folder, tool.action


def _name(row: RunRow) -> str:
    return f"run {row.run_id[:8]} ({row.tool})"
