# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fleets: what was applied last is filled into requests about them, and what has drifted since is told.

A fleet is only ever planned; its plan is applied by its id.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mcp_bridge.catalogue.fleets import (
    NAME,
    find_deletions,
    join_document,
    split_document,
)
from mcp_bridge.errors import UsageError
from mcp_bridge.evidence.fleets import PLAN, PRUNE
from mcp_bridge.executor import Progress
from mcp_bridge.ledger.records import FleetObject
from mcp_bridge.result import Result
from mcp_bridge.run.engine import Engine
from mcp_bridge.run.fleet_claims import DELETES_NOTHING, ONE_FLEET, ONLY_ITS_OWN, describe_problems, find_claims
from mcp_bridge.run.request import Request
from mcp_bridge.run.summary import count
from mcp_bridge.run.tools import ToolFunction
from mcp_bridge.run.tools.fleet_authors import name_authors
from mcp_bridge.run.tools.results import failed_result, make_result

if TYPE_CHECKING:
    from mcp_bridge.ledger.fleets import Fleets

REPORT = "report_fleet"
"""The internal tool that says what differs between a fleet and the cluster, and sends nothing."""
DRIFT = "fleet_drift"
_SHOWN = ("path", "kind", "name", "vmid", "node", "type")


def with_last_applied(engine: Engine, request: Request) -> Request | Result:
    """A request about a fleet with what was applied to it last; or why it is refused.

    Requests of other tools stay as they are. Raises UnknownCluster, and UnprovenError where what was applied last is
    not as it was written.
    """
    is_offered = request.internal or (
        request.tool == PLAN and (request.offered is None or request.tool in request.offered)
    )
    if request.tool not in (PLAN, REPORT, PRUNE) or not is_offered:
        # What is not offered is refused.
        return request
    given = request.arguments.get("fleet")
    document: Mapping[str, Any] = given if isinstance(given, dict) else {}
    name = document.get("fleet")
    if not isinstance(name, str) or not NAME.fullmatch(name) or (request.tool != REPORT and request.mode == "read"):
        # The module says what is wrong, or the mode forbids it.
        return request
    fleets = engine.ledger.read_fleets(engine.authority.identify_cluster())
    marked = {one.path: one for one in fleets.list_objects(name)}
    declared = split_document(document)
    if request.tool == PRUNE:
        foreign = {path: "it does not carry this fleet's mark" for path in declared if path not in marked}
        by_hint = {ONLY_ITS_OWN: foreign}
    else:
        deletions = {path: f"{value} would delete it" for path, value in find_deletions(document).items()}
        by_hint = {DELETES_NOTHING: deletions, ONE_FLEET: find_claims(fleets, name, document)}
    if any(by_hint.values()):
        return failed_result(request, describe_problems(name, by_hint))
    last = {path: _describe_last(marked[path]) for path in declared if path in marked}
    arguments = {**request.arguments, "last_applied": {"fleet": name, **join_document(last)}}
    if request.tool == PRUNE:
        gone = {path: {**_identify(marked[path]), "state": "absent"} for path in declared}
        arguments |= {"fleet": {"fleet": name, **join_document(gone)}}
    return replace(request, arguments=arguments)


def _describe_last(marked: FleetObject) -> dict[str, Any]:
    """What was applied last, and which guest that was; one of an interrupted run may never have been made."""
    return {**marked.entry, **(_identify(marked) if marked.is_certain or marked.uuid else {})}


def _identify(marked: FleetObject) -> dict[str, Any]:
    facts = {"vmid": marked.vmid, "uuid": marked.uuid}
    return {name: value for name, value in facts.items() if value is not None}


def find_drift(engine: Engine, request: Request, progress: Progress, cancel: threading.Event) -> Result:
    """What somebody else has changed on a fleet since it was applied last.

    Raises UsageError for a fleet that is not known, and UnknownCluster.
    """
    fleets = engine.ledger.read_fleets(engine.authority.identify_cluster())
    name = _choose_fleet(fleets, request.arguments.get("fleet"))
    applied = {one.path: _describe_last(one) for one in fleets.list_objects(name) if one.is_certain}
    document = {"fleet": name, **join_document(applied)}
    only = {"only": request.arguments["only"]} if request.arguments.get("only") else {}
    report = replace(
        request,
        tool=REPORT,
        arguments={"fleet": document, "last_applied": document, **only},
        internal=True,
        offered=None,
    )
    found = with_authors(engine, report, engine.run(report, progress, cancel), progress, cancel)
    if found.failure:
        return failed_result(request, found.failure)
    rows, unread = list_drift(found), describe_unread(found)
    fields = sum(len(row["changes"]) for row in rows)
    of = f"{count(fields, 'field')} of {count(len(rows), 'object')} of fleet {name}"
    summary = f"{of} {'was' if fields == 1 else 'were'} changed by somebody else."
    summary = summary if rows else f"Nobody else has changed anything of fleet {name}."
    summary += f" {count(len(unread), 'object')} could not be compared." if unread else ""
    return make_result(request, "ok", summary, fleet=name, objects=rows, warnings=[*found.warnings, *unread])


def _choose_fleet(fleets: Fleets, name: str | None) -> str:
    known = [one.fleet for one in fleets.list_fleets()]
    if name in known:
        return str(name)
    if name is None and len(known) == 1:
        return known[0]
    if not known:
        raise UsageError("No fleet was applied to this cluster.", "`playvisor fleet apply FILE` applies one.")
    problem = f"Fleet {name!r} was not applied to this cluster." if name else "There is more than one fleet here."
    raise UsageError(problem, f"There are: {', '.join(known)}.")


def list_drift(found: Result) -> list[dict[str, Any]]:
    """Of the objects of a report, what somebody else has changed since the fleet was applied last, and who did."""
    authors = {str(one["path"]): one.get("by") for one in found.data.get("conflicts") or ()}
    rows = []
    for row in found.data.get("objects") or ():
        if not row.get("conflicts"):
            continue
        changes = [
            {
                "path": one["path"],
                "before": one["last"],
                "after": one["observed"],
                **({"by": authors[one["path"]]} if authors.get(one["path"]) else {}),
            }
            for one in row["conflicts"]
        ]
        known = {name: row[name] for name in _SHOWN if row.get(name) is not None}
        rows.append({**known, "changes": changes})
    return rows


def describe_unread(found: Result) -> list[str]:
    """Of the objects of a report, those of which nothing can be said, and why."""
    return [
        f"{row['path']} could not be compared: {row['failure']['message']}"
        for row in found.data.get("objects") or ()
        if row.get("failure") and not row.get("conflicts")
    ]


def with_authors(
    engine: Engine, request: Request, result: Result, progress: Progress, cancel: threading.Event
) -> Result:
    """The result of a plan with who has changed what it conflicts with, where that is known."""
    conflicts = result.data.get("conflicts") if result.tool in (PLAN, REPORT) else None
    if not conflicts:
        return result
    objects = result.data.get("objects") or ()
    told = name_authors(engine, request, objects, conflicts, progress, cancel)
    return result.model_copy(update={"conflicts": told})


FUNCTIONS: Mapping[str, ToolFunction] = {DRIFT: find_drift}
