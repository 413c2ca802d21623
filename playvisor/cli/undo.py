# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""`playvisor runs diff` and `playvisor runs undo`: show what a run changed, and undo it."""

from __future__ import annotations

from mcp_bridge import catalogue
from mcp_bridge.errors import UsageError
from mcp_bridge.evidence import events
from mcp_bridge.evidence.undo import find_missed_guests, plan_undo
from mcp_bridge.ledger import artifacts
from mcp_bridge.ledger.records import RunRow
from mcp_bridge.ledger.store import Ledger
from mcp_bridge.run.factory import make_bridge
from mcp_bridge.settings import load_settings
from playvisor.cli import console, results
from playvisor.cli.call import get_exit_status, make_request, run_interruptibly
from playvisor.cli.output import Output, print_document
from playvisor.cli.runs import open_ledger


def show_diff(run_id: str, *, output: Output) -> None:
    """Print what a run changed; for a plan that was not applied, what it would have changed."""
    ledger = open_ledger()
    row = ledger.find(run_id)
    returned = _read_module_result(ledger, row)
    applied = returned.phase == "apply"
    if applied and returned.result is None and row.changed:
        raise _make_unknown_error(row)
    diff = (returned.result or {}).get("diff") or {}
    if output.is_document:
        print_document({"run_id": row.run_id, "applied": applied, "diff": diff}, output)
        return
    if diff.get("before") == diff.get("after"):
        console.get_stderr().print("It changed nothing.")
        return
    if not applied:
        console.get_stderr().print("It was planned, but not applied.")
    results.show_diff(diff)


def undo_run(run_id: str, *, check: bool, output: Output) -> int:
    """Undo a run as far as possible; returns the exit status, 1 when something can't be undone.

    Each call is a run like any other, with its own plan, policy, approval and evidence.
    """
    settings = load_settings()
    ledger = Ledger(settings.state_dir, settings.ledger_url)
    row = ledger.find(run_id)
    returned = _read_module_result(ledger, row)
    if returned.phase == "apply" and returned.result is None and row.changed:
        raise _make_unknown_error(row)
    inverse_calls = plan_undo(row.tool, row.arguments, returned.result or {})
    if returned.phase != "apply" or not (inverse_calls.calls or inverse_calls.irreversible):
        raise UsageError(
            f"Run {row.run_id[:8]} changed nothing that can be undone.",
            "`playvisor runs diff ID` shows what a run did.",
        )
    bridge = make_bridge(settings)
    bridge.authority.require_cluster(row.cluster, f"Run {row.run_id[:8]}")
    undone, not_undone = [], list(inverse_calls.irreversible)
    for tool, arguments in inverse_calls.calls:
        request = make_request(settings, tool, arguments, check=check)
        undone.append(run_interruptibly(bridge, request, quiet=output.is_quiet))
        not_undone += find_missed_guests(arguments, undone[-1].data)
        if not output.is_document:
            results.show(undone[-1])
    for reason in not_undone:
        console.get_stderr().print(f"Not undone. {reason}")
    if output.is_document:
        print_document({"undone": [result.as_dict() for result in undone], "left": not_undone}, output)
    # A change that was not undone is no success.
    return max([*(get_exit_status(result) for result in undone), 1 if not_undone else 0])


def _make_unknown_error(row: RunRow) -> UsageError:
    return UsageError(
        f"What run {row.run_id[:8]} ({row.tool}) changed is not known: its module's result is missing.",
        f"`playvisor runs trace {row.run_id[:8]}` shows what it sent; check the guests.",
    )


def _read_module_result(ledger: Ledger, row: RunRow) -> events.LastResult:
    """The last result of a run's module, with its phase. Raises UsageError when artifacts are missing or changed."""
    tool = catalogue.load().get(row.tool)
    folder = ledger.folder(row.run_id)
    if tool is None or not folder.is_dir() or not row.artifacts_sha256:
        raise UsageError(
            f"What run {row.run_id[:8]} ({row.tool}) changed is not known: it has no artifacts here.",
            "A run of another host has its artifacts there; a refused request has none.",
        )
    if artifacts.find_differences(folder, row.artifacts_sha256):
        raise UsageError(
            f"The artifacts of run {row.run_id[:8]} do not match the ledger.",
            "`playvisor runs verify` says what differs.",
        )
    return events.find_last_result(folder, tool.action)
