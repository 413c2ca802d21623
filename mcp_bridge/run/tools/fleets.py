# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fleets: what was applied last is filled into requests about them, and what has drifted since is told.

A fleet is only ever planned; its plan is applied by its id.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mcp_bridge.catalogue.fleets import (
    NAME,
    find_declared_path,
    find_deletions,
    join_document,
    parse_path,
    split_document,
)
from mcp_bridge.errors import PlayvisorError, UsageError
from mcp_bridge.evidence.fleets import PLAN, PRUNE
from mcp_bridge.executor import Progress
from mcp_bridge.ledger.records import FleetObject
from mcp_bridge.result import Failure, Result
from mcp_bridge.run.engine import Engine
from mcp_bridge.run.request import Request
from mcp_bridge.run.sync import Manner, sync_history
from mcp_bridge.run.tools import ToolFunction
from mcp_bridge.run.tools.results import failed_result, make_result
from mcp_bridge.system.identity import format_timestamp

if TYPE_CHECKING:
    from mcp_bridge.history.changes import Attribution
    from mcp_bridge.history.store import History
    from mcp_bridge.ledger.fleets import Fleets

REPORT = "report_fleet"
"""The internal tool that says what differs between a fleet and the cluster, and sends nothing."""
DRIFT = "fleet_drift"
_SHOWN = ("path", "kind", "name", "vmid", "node", "type")
_ONE_FLEET = (
    "An object belongs to one fleet, which gives up what it no longer declares by `playvisor fleet prune --release`."
)
_ONLY_ITS_OWN = "Only what a fleet has applied can be deleted by its prune."
_DELETES_NOTHING = (
    "A fleet deletes nothing: take it out of the fleet, and people can delete it by `playvisor fleet prune`."
)
_MOST_NAMED = 3
_MOST_CHANGES = 50
# Where Proxmox VE calls an option otherwise.
_RAW_NAMES = {
    "state": "status",
    "user": "ciuser",
    "password": "cipassword",
    "ssh_keys": "sshkeys",
    "nameservers": "nameserver",
    "upgrade": "ciupgrade",
    "custom": "cicustom",
    "name": "hostname",
    "add_tags": "tags",
    "remove_tags": "tags",
    "ha": "hastate",
}


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
        by_hint = {_ONLY_ITS_OWN: foreign}
    else:
        deletions = {path: f"{value} would delete it" for path, value in find_deletions(document).items()}
        claims = _describe_claims(name, fleets.find_claims(name, _list_declared(declared)))
        by_hint = {_DELETES_NOTHING: deletions, _ONE_FLEET: claims}
    if any(by_hint.values()):
        return failed_result(request, _describe_problems(name, by_hint))
    last = {path: _describe_last(marked[path]) for path in declared if path in marked}
    arguments = {**request.arguments, "last_applied": {"fleet": name, **join_document(last)}}
    if request.tool == PRUNE:
        gone = {path: {**_identify(marked[path]), "state": "absent"} for path in declared}
        arguments |= {"fleet": {"fleet": name, **join_document(gone)}}
    return replace(request, arguments=arguments)


def _list_declared(declared: Mapping[str, Any]) -> list[FleetObject]:
    entries = {path: entry if isinstance(entry, Mapping) else {} for path, entry in declared.items()}
    return [
        FleetObject(path, entry, uuid=str(entry["uuid"]) if entry.get("uuid") else None, vmid=entry.get("vmid"))
        for path, entry in entries.items()
    ]


def _describe_claims(name: str, claims: Mapping[str, FleetObject]) -> dict[str, str]:
    return {
        path: f"it belongs to fleet {other.fleet}{f' as {other.path}' if other.path != path else ''}, so fleet {name} "
        "can't have it"
        for path, other in claims.items()
    }


def _describe_problems(name: str, by_hint: Mapping[str, Mapping[str, str]]) -> Failure:
    problems = {path: problem for found in by_hint.values() for path, problem in found.items()}
    named = [f"{path}: {problem}" for path, problem in list(problems.items())[:_MOST_NAMED]]
    more = f", and {len(problems) - _MOST_NAMED} more" if len(problems) > _MOST_NAMED else ""
    return Failure(
        code="invalid_parameter",
        message=f"Fleet {name} can't be planned: {'; '.join(named)}{more}. Nothing was sent.",
        hint=" ".join(hint for hint, found in by_hint.items() if found),
        fields=problems,
    )


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
    found = engine.run(report, progress, cancel)
    if found.failure:
        return failed_result(request, found.failure)
    rows = list_drift(engine, request, found.data.get("objects") or (), progress, cancel)
    fields = sum(len(row["changes"]) for row in rows)
    changed = f"{fields} field{'' if fields == 1 else 's'} of {len(rows)} object{'' if len(rows) == 1 else 's'}"
    summary = (
        f"Somebody else has changed {changed} of fleet {name}."
        if rows
        else f"Nobody else has changed anything of fleet {name}."
    )
    return make_result(request, "ok", summary, fleet=name, objects=rows, warnings=found.warnings)


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


def list_drift(
    engine: Engine,
    request: Request,
    objects: Iterable[Mapping[str, Any]],
    progress: Progress,
    cancel: threading.Event,
) -> list[dict[str, Any]]:
    """Of the objects of a report, what somebody else has changed since the fleet was applied last, and who did."""
    drifted = [row for row in objects if row.get("conflicts")]
    _look_at(engine, request, [int(row["vmid"]) for row in drifted if row.get("vmid") is not None], progress, cancel)
    rows = []
    for row in drifted:
        changes = [
            {"path": conflict["path"], "before": conflict["last"], "after": conflict["observed"]}
            for conflict in row["conflicts"]
        ]
        known = {name: row[name] for name in _SHOWN if row.get(name) is not None}
        rows.append({**known, "changes": _tell_authors(engine, row, changes)})
    return rows


def _look_at(
    engine: Engine, request: Request, vmids: Sequence[int], progress: Progress, cancel: threading.Event
) -> None:
    """Bring the history up to date on these guests, where there is one: it may not have seen them changed yet."""
    from mcp_bridge.history.store import History

    with suppress(PlayvisorError):
        if vmids and History(engine.ledger.database).get_cursor(engine.authority.identify_cluster()):
            look = replace(request, mode="read", offered=None)
            sync_history(engine, look, progress, cancel, Manner(guests=vmids, may_wait=True))


def with_authors(engine: Engine, result: Result) -> Result:
    """The result of a plan with who has changed what it conflicts with, where that is known."""
    conflicts = result.data.get("conflicts") if result.tool in (PLAN, REPORT) else None
    if not conflicts:
        return result
    rows = {str(row["path"]): row for row in result.data.get("objects") or ()}
    told: list[Mapping[str, Any]] = []
    for conflict in conflicts:
        owner = find_declared_path(str(conflict["path"]), rows)
        told += _tell_authors(engine, rows[owner], [conflict]) if owner else [conflict]
    return result.model_copy(update={"conflicts": told})


def _tell_authors(engine: Engine, row: Mapping[str, Any], changes: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Changes of one object with who made each, as far as that is known: what was found is told without it, too."""
    from mcp_bridge.history.store import History

    if row.get("vmid") is not None:
        with suppress(PlayvisorError):
            history, cluster = History(engine.ledger.database), engine.authority.identify_cluster()
            return find_authors(history, cluster, row, changes)
    return [dict(change) for change in changes]


def find_authors(
    history: History, cluster: str, row: Mapping[str, Any], changes: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Changes of a guest with who made each last (`by`), as the history of what was observed knows it."""
    vmid, start = str(row["vmid"]), len(parse_path(str(row["path"])))
    ids = [one.id for one in history.find_objects(vmid, "guest", cluster) if one.key == vmid]
    known = history.list_changes(object_ids=ids, cluster=cluster, limit=_MOST_CHANGES) if ids else []
    told = []
    for change in changes:
        names = list_raw_names(parse_path(str(change["path"]))[start:])
        found = ((one, field.path) for one in known for field in one.fields if names & {*field.path.split(".")})
        author = next((one.attribution.get_doer(path) for one, path in found), None)
        told.append({**change, "by": _describe_author(author)} if author else dict(change))
    return told


def list_raw_names(segments: Sequence[str]) -> set[str]:
    """What Proxmox VE calls a field of a guest's entry."""
    first, *rest = segments or [""]
    inner = rest[0] if rest and first in ("disks", "nics", "config", "cloudinit") else first
    inner = f"ipconfig{rest[1]}" if inner == "ipconfig" and len(rest) > 1 else inner
    return {inner, _RAW_NAMES.get(inner, inner)}


def _describe_author(found: Attribution) -> dict[str, Any]:
    facts = {"source": found.source, "user": found.user, "upid": found.upid, "run_id": found.run_id}
    times = {"at": format_timestamp(found.at), "not_before": found.not_before and format_timestamp(found.not_before)}
    return {name: value for name, value in {**facts, **times}.items() if value}


FUNCTIONS: Mapping[str, ToolFunction] = {DRIFT: find_drift}
