# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The overview: the cluster at a glance, what runs, what waits, and the one queue of attention."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mcp_bridge.evidence.plan_view import make_plan_view
from mcp_bridge.ledger.records import RunRow
from mcp_bridge.run.visibility import may_see_plan
from playvisor.web.attention import (
    Matter,
    find_in_backups,
    find_in_drift,
    find_in_overview,
    find_in_plans,
    find_in_runs,
    sort_matters,
    sum_up_backups,
)
from playvisor.web.problems import describe_failure
from playvisor.web.rest.endpoints import Answer, Ask, Endpoint
from playvisor.web.rest.tools import read_cluster
from playvisor.web.tools import is_change

_RECENT = 12
# Of the newest runs, those that failed stand in the queue.
_LOOKED_AT = 100
_SINCE = "24h"
_MATTER = {
    "type": "object",
    "properties": {
        "kind": {"type": "string"},
        "weight": {"type": "string", "enum": ["critical", "decision", "warning", "note"]},
    },
    "required": ["kind", "weight"],
}
_MATTERS = {"type": "array", "items": _MATTER}
_OVERVIEW = {
    "type": "object",
    "properties": {
        "cluster": {"type": "object"},
        "nodes": {"type": "array", "items": {"type": "object"}},
        "guests": {"type": "object"},
        "storage": {"type": "array", "items": {"type": "object"}},
        "attention": _MATTERS,
        "running": {"type": "array", "items": {"type": "object"}},
        "recent": {"type": "array", "items": {"type": "object"}},
    },
}
_CHECKS = {
    "type": "object",
    "properties": {
        "attention": _MATTERS,
        "backups": {"type": "object"},
        "fleets": {"type": "array", "items": {"type": "object"}},
    },
}


def list_endpoints() -> list[Endpoint]:
    """The endpoints of the overview."""
    return [
        Endpoint(
            "GET",
            "/overview",
            "get_overview",
            "Show the cluster at a glance, what runs, and what needs attention",
            get_overview,
            returns={200: _OVERVIEW},
            group="overview",
        ),
        Endpoint(
            "GET",
            "/overview/checks",
            "get_checks",
            "Check what takes longer: backups, and the drift of fleets",
            get_checks,
            returns={200: _CHECKS},
            group="overview",
        ),
    ]


def get_overview(ask: Ask) -> Answer:
    """Answer with one read of the cluster, and what the ledger says."""
    bridge = ask.context.bridge
    overview = _read(ask, "cluster_overview", {})
    plans = [plan for plan in bridge.ledger.plans.list_held() if may_see_plan(plan, ask.caller.caller)]
    recent = bridge.ledger.recent(_LOOKED_AT, since=_SINCE)
    titles = {plan.plan_id: make_plan_view(plan).title for plan in plans}
    freeze = bridge.authority.read_freeze()
    changes = [row for row in recent if is_change(row.tool)]
    matters = [
        *([Matter("frozen", "critical", vars(freeze))] if freeze else []),
        *find_in_overview(overview),
        *find_in_plans(plans, titles),
        *find_in_runs(changes),
    ]
    data = {
        **{name: overview.get(name) for name in ("cluster", "nodes", "guests", "storage")},
        "attention": [matter.as_dict() for matter in sort_matters(matters)],
        "running": [_describe_run(row) for row in bridge.ledger.list_unclosed() if is_change(row.tool)],
        "recent": [_describe_run(row) for row in changes[:_RECENT]],
    }
    return Answer(bridge.redact(data))


def get_checks(ask: Ask) -> Answer:
    """Answer with what is missing in backups, and with what has drifted of each fleet."""
    bridge = ask.context.bridge
    backups = _read(ask, "check_backups", {})
    drifted = dict(_find_drift(ask))
    drift = (matter for fleet, objects in drifted.items() for matter in find_in_drift(fleet, objects))
    matters = sort_matters([*find_in_backups(backups), *drift])
    data = {
        "attention": [matter.as_dict() for matter in matters],
        "backups": sum_up_backups(backups),
        "fleets": [{"fleet": fleet, "drifted": len(objects)} for fleet, objects in drifted.items()],
    }
    return Answer(bridge.redact(data))


def _find_drift(ask: Ask) -> Iterator[tuple[str, Sequence[Mapping[str, Any]]]]:
    bridge = ask.context.bridge
    for fleet in bridge.ledger.read_fleets(bridge.authority.identify_cluster()).list_fleets():
        yield fleet.fleet, _read(ask, "fleet_drift", {"fleet": fleet.fleet}).get("objects") or ()


def _read(ask: Ask, tool: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
    """The data of a tool that reads. Raises Problem when it fails."""
    result = read_cluster(ask, tool, arguments)
    if result.failure:
        raise describe_failure(result)
    return result.data


def _describe_run(row: RunRow) -> dict[str, Any]:
    """A run, in a list; without its arguments, which not everybody may see."""
    names = (
        "run_id",
        "opened_at",
        "closed_at",
        "tool",
        "mode",
        "outcome",
        "changed",
        "asker",
        "client_name",
        "summary",
    )
    return {name: getattr(row, name) for name in names}
