# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run that has ended has come to for a fleet, which is recorded with its end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcp_bridge.authority import Authority
from mcp_bridge.authority.cluster import UnknownCluster
from mcp_bridge.catalogue import Tool
from mcp_bridge.evidence.events import find_result
from mcp_bridge.evidence.fleets import TOOLS, FleetRun, describe_change
from mcp_bridge.result import Result
from mcp_bridge.run.ending import BrokenOff, Crashed, Ending, NotApplied
from mcp_bridge.run.request import Request

if TYPE_CHECKING:
    from mcp_bridge.ledger.records import FleetChange


def describe_fleet_change(
    authority: Authority, tool: Tool, request: Request, ending: Ending, result: Result
) -> FleetChange | None:
    """What the ledger is to know; None for a run that only planned, or sent nothing of what was to be done."""
    document = request.arguments.get("fleet")
    if tool.name not in TOOLS or request.plan_digest is None or not isinstance(document, dict):
        return None
    run_id = result.run_id
    cluster = authority.ledger.find_admitted_cluster(run_id)
    if isinstance(ending, NotApplied):
        cluster = _identify_cluster(authority) if result.status == "ok" else ""
    if not cluster:
        return None
    folder = authority.ledger.folder(run_id)
    planned = find_result(folder, "plan", tool.action)
    requests = ending.requests if isinstance(ending, BrokenOff | Crashed) else ()
    applied = None if requests else find_result(folder, "apply", tool.action)
    if planned is None:
        return None
    who, outcome = request.caller.identity, result.status
    return describe_change(FleetRun(tool.name, run_id, cluster, who, outcome, document, planned, applied, requests))


def _identify_cluster(authority: Authority) -> str:
    try:
        return authority.identify_cluster()
    except UnknownCluster:
        return ""
