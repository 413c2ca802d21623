# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""`playvisor runs diff` and `playvisor runs undo`: what a run has changed, and taking that back."""

from __future__ import annotations

from mcp_bridge import catalogue
from mcp_bridge.errors import UsageError
from mcp_bridge.evidence import events
from mcp_bridge.evidence.undo import find_missed_guests, plan_undo
from mcp_bridge.ledger import artifacts
from mcp_bridge.ledger.store import Ledger, Row
from mcp_bridge.run.factory import make_bridge
from mcp_bridge.settings import load_settings
from playvisor.cli import console, results
from playvisor.cli.call import exit_status, make_request, run_interruptibly
from playvisor.cli.runs import open_ledger


def show_diff(run_id: str, *, as_json: bool) -> None:
    """Before and after of a run; of a plan that was not applied, what it would have changed."""
    ledger = open_ledger()
    row = ledger.find(run_id)
    found = _found(ledger, row)
    applied = found.phase == "apply"
    if applied and found.result is None and row["changed"]:
        raise _not_known(row)
    diff = (found.result or {}).get("diff") or {}
    if as_json:
        console.print_json({"run_id": row["run_id"], "applied": applied, "diff": diff})
        return
    if diff.get("before") == diff.get("after"):
        console.err().print("It changed nothing.")
        return
    if not applied:
        console.err().print("It was planned, and not applied.")
    results.show_diff(diff)


def undo_run(run_id: str, *, check: bool, as_json: bool) -> int:
    """Take a run back, as far as that is possible; returns the exit status.

    Each call is a run like any other, with its own plan, policy, approval and evidence.
    """
    settings = load_settings()
    ledger = Ledger(settings.state_dir, settings.ledger_url)
    row = ledger.find(run_id)
    found = _found(ledger, row)
    if found.phase == "apply" and found.result is None and row["changed"]:
        raise _not_known(row)
    undoing = plan_undo(row["tool"], row["arguments"], found.result or {})
    if found.phase != "apply" or not (undoing.calls or undoing.irreversible):
        raise UsageError(
            f"Run {row['run_id'][:8]} changed nothing that could be taken back.",
            "`playvisor runs diff ID` shows what a run did.",
        )
    bridge = make_bridge(settings)
    done, left = [], list(undoing.irreversible)
    for tool, arguments in undoing.calls:
        asked = make_request(settings, tool, arguments, check=check)
        done.append(run_interruptibly(bridge, asked, quiet=as_json))
        left += find_missed_guests(arguments, done[-1].data)
        if not as_json:
            results.show(done[-1])
    for reason in left:
        console.err().print(f"Not taken back. {reason}")
    if as_json:
        console.print_json({"undone": [one.as_dict() for one in done], "left": left})
    # What is left is no success either.
    return max([*(exit_status(one) for one in done), 1 if left else 0])


def _not_known(row: Row) -> UsageError:
    return UsageError(
        f"What run {row['run_id'][:8]} ({row['tool']}) changed is not known: its module's result is not there.",
        f"`playvisor runs trace {row['run_id'][:8]}` shows what it had sent; look at the guests.",
    )


def _found(ledger: Ledger, row: Row) -> events.LastResult:
    """What the module of a run returned last, and in which phase. Raises UsageError when there are no artifacts."""
    tool = catalogue.load().get(row["tool"])
    folder = ledger.folder(row["run_id"])
    if tool is None or not folder.is_dir() or not row["artifacts_sha256"]:
        raise UsageError(
            f"What run {row['run_id'][:8]} ({row['tool']}) changed is not known: it has no artifacts here.",
            "Those of another host are there, and a request that was refused has none.",
        )
    if artifacts.find_differences(folder, row["artifacts_sha256"]):
        raise UsageError(
            f"The artifacts of run {row['run_id'][:8]} are not as they were written.",
            "`playvisor runs verify` says what differs.",
        )
    return events.find_last_result(folder, tool.action)
