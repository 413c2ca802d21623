# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What drains of a node moved where, from the ledger, so that return_node brings it back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from mcp_bridge.errors import UsageError
from mcp_bridge.evidence.changes import read_phase_result
from mcp_bridge.ledger.records import RunRow
from mcp_bridge.result import Failure, Result
from mcp_bridge.run.engine import Engine
from mcp_bridge.run.request import Request
from mcp_bridge.run.tools.results import failed_result

TOOL = "return_node"
_DRAIN = "drain_node"
# How many runs of a node are looked through for each of the two tools.
_MOST_RUNS = 50


def with_moved_guests(engine: Engine, request: Request) -> Request | Result:
    """The request with the guests that the last drain moved, unless it names them; or why there are none.

    Raises UnknownCluster when it can't be told which cluster this is.
    """
    node = request.arguments.get("return_to")
    if request.tool != TOOL or not isinstance(node, str) or request.arguments.get("moved") is not None:
        return request
    if request.mode == "read" or (request.offered is not None and TOOL not in request.offered):
        # It is refused.
        return request
    try:
        drains = _find_drains(engine, node)
        moved = {vmid: guest for run in reversed(drains) for vmid, guest in _read_moved(engine, run).items()}
    except UsageError as error:
        return failed_result(request, Failure(code="unsupported", message=error.message, hint=error.hint))
    if not drains:
        return failed_result(
            request,
            Failure(
                code="not_found",
                message=f"No drain of node {node} is known here whose guests are not back. Nothing was changed.",
                hint="list_runs with tool=drain_node shows drains. Name the guests in moved, or use migrate_guest.",
            ),
        )
    same: dict[str, Any] = {
        name: drains[0].arguments[name] for name in ("with_local_disks", "restart") if name in drains[0].arguments
    }
    return replace(request, arguments={**same, **request.arguments, "moved": [moved[vmid] for vmid in sorted(moved)]})


def _find_drains(engine: Engine, node: str) -> list[RunRow]:
    """The last drain of a node that changed something, and those right before it that failed, newest first.

    None where a return has brought all of it back.
    """
    runs = [
        run
        for tool, option in ((_DRAIN, "drain"), (TOOL, "return_to"))
        for run in engine.ledger.recent(_MOST_RUNS, tool=tool, guest=node)
        if run.changed and run.arguments.get(option) == node
    ]
    cluster = engine.authority.identify_cluster() if runs else None
    drains: list[RunRow] = []
    for run in sorted(runs, key=lambda run: run.opened_at, reverse=True):
        if run.cluster != cluster or (run.tool == TOOL and run.outcome != "ok"):
            continue
        if run.tool == TOOL or (drains and run.outcome == "ok"):
            break
        drains.append(run)
    return drains


def _read_moved(engine: Engine, run: RunRow) -> dict[int, dict[str, Any]]:
    """The guests that a drain was to move, each with the node where it came to, or was to come to."""
    moved = {}
    for phase in ("plan", "apply"):
        for guest in (read_phase_result(engine.ledger, run, phase) or {}).get("guests") or ():
            node = (guest.get("after") or {}).get("node")
            if guest.get("changed") and node:
                moved[guest["vmid"]] = {"vmid": guest["vmid"], "name": guest["name"], "node": node}
    return moved
