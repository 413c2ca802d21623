# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""`playvisor runs diff` and `playvisor runs undo`: show what a run changed, and undo it."""

from __future__ import annotations

from dataclasses import replace

from mcp_bridge.evidence.changes import read_changes
from mcp_bridge.evidence.undo import Inverse
from mcp_bridge.result import Result
from mcp_bridge.run.factory import make_bridge
from mcp_bridge.run.tools.undo import carry_out, find_undo
from mcp_bridge.settings import load_settings
from playvisor.cli import console, results
from playvisor.cli.call import get_exit_status, make_request, run_interruptibly
from playvisor.cli.output import Output, print_document
from playvisor.cli.runs import open_ledger


def show_diff(run_id: str, *, output: Output) -> None:
    """Print what a run changed; for a plan that was not applied, what it would have changed."""
    ledger = open_ledger()
    row = ledger.find(run_id)
    returned = read_changes(ledger, row)
    applied = returned.phase == "apply"
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
    bridge = make_bridge(settings)

    def call(inverse: Inverse) -> Result:
        request = make_request(settings, inverse.tool, inverse.arguments, check=check)
        return run_interruptibly(bridge, replace(request, as_left=inverse.changed), quiet=output.is_quiet)

    undone, not_undone = carry_out(find_undo(bridge, bridge.ledger.find(run_id)), call)
    for result in undone:
        if not output.is_document:
            results.show(result)
    for reason in not_undone:
        console.get_stderr().print(f"Not undone. {reason}")
    if output.is_document:
        print_document({"undone": [result.as_dict() for result in undone], "left": not_undone}, output)
    # A change that was not undone is no success.
    return max([*(get_exit_status(result) for result in undone), 1 if not_undone else 0])
