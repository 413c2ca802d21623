# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run has come to for a fleet: which of its objects are as declared now, and of which nobody knows.

An apply that failed halfway counts for the objects that it finished. Of one that broke off, an object counts when
nothing was to be done about it, or every request about it was answered and every task of it ended well.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.parse import unquote

from mcp_bridge import catalogue
from mcp_bridge.catalogue.fleets import NAME, find_declared_path, remove_secrets, split_document
from mcp_bridge.evidence.events import find_result
from mcp_bridge.evidence.requests import SentRequest
from mcp_bridge.executor import extra_vars
from mcp_bridge.ledger.records import FleetChange, FleetObject, RunRow

PLAN, PRUNE = TOOLS = ("plan_fleet", "prune_fleet")
"""The tools whose runs count for a fleet."""
State = Literal["done", "untouched", "unknown"]


@dataclass(frozen=True)
class FleetRun:
    """A run of one of these tools that may have sent something, or found everything as declared.

    `planned` and `applied` are what the module returned in check mode, and when it applied the plan, if it did.
    """

    tool: str
    run_id: str
    cluster: str
    who: str
    outcome: str
    document: Mapping[str, Any]
    planned: Mapping[str, Any]
    applied: Mapping[str, Any] | None = None
    requests: Sequence[SentRequest] = ()


def read_interrupted(folder: Path, row: RunRow, cluster: str, requests: Sequence[SentRequest]) -> FleetChange | None:
    """What the ledger is to know of a run whose process died, from what it left in its folder; None for other tools."""
    tool = catalogue.load().get(row.tool)
    if row.tool not in TOOLS or tool is None:
        return None
    try:
        variables = extra_vars.load((folder / "apply" / extra_vars.FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    document = variables.get("pve_fleet") if isinstance(variables, dict) else None
    planned, applied = (find_result(folder, phase, tool.action) for phase in ("plan", "apply"))
    if not isinstance(document, dict) or planned is None:
        return None
    who = row.asker or row.local_user
    return describe_change(
        FleetRun(row.tool, row.run_id, cluster, who, "interrupted", document, planned, applied, requests)
    )


def describe_change(run: FleetRun) -> FleetChange | None:
    """What the ledger is to know of a run; None where what it was about is no fleet."""
    name = run.document.get("fleet")
    if not isinstance(name, str) or not NAME.fullmatch(name):
        return None
    document = remove_secrets(run.document)
    declared = split_document(document)
    planned = {str(row["path"]): row for row in _list_objects(run.planned)}
    applied = {str(row["path"]): row for row in _list_objects(run.applied)}
    rows = {path: {**planned.get(path, {}), **row} for path, row in (applied or planned).items()}
    states: dict[str, set[State]] = {}
    facts: dict[str, Mapping[str, Any]] = {}
    for path, row in rows.items():
        owner = find_declared_path(path, declared)
        if owner is not None:
            states.setdefault(owner, set()).add(_judge(row, run))
            facts.setdefault(owner, row)
    done = [path for path, found in states.items() if found == {"done"}]
    unknown = [path for path, found in states.items() if found not in ({"done"}, {"untouched"})]
    changes = sum(bool(row.get("changed")) and _judge(row, run) != "untouched" for row in rows.values())
    if run.tool == PRUNE:
        return FleetChange(name, run.cluster, run.run_id, run.who, run.outcome, released=tuple(done), changes=changes)
    objects = [
        *(FleetObject(path, _as_entry(declared[path]), **_identify(facts[path], declared[path])) for path in done),
        *(FleetObject(path, {}, **_identify(facts[path], declared[path]), is_certain=False) for path in unknown),
    ]
    return FleetChange(name, run.cluster, run.run_id, run.who, run.outcome, document, tuple(objects), changes=changes)


def _judge(row: Mapping[str, Any], run: FleetRun) -> State:
    """How far a run has come with one object."""
    if any(True for _row in _list_objects(run.applied)):
        if not row.get("failure") and not row.get("skipped"):
            return "done"
        return "unknown" if row.get("upids") or (row.get("changed") and not row.get("skipped")) else "untouched"
    if not row.get("changed"):
        return "done"
    vmid, planned = row.get("vmid"), [_identify_request(step) for step in _list_steps(run.planned)]
    own = {_identify_request(step) for step in _list_steps(run.planned) if step.get("vmid") == vmid}
    sent = {key: [one for one in run.requests if (one.method, unquote(one.path)) == key] for key in own}
    if not any(sent.values()):
        return "untouched"
    # Guests are made by requests that look alike: then all of them have to be there.
    is_over = all(len(found) >= planned.count(key) and all(map(_has_ended_well, found)) for key, found in sent.items())
    return "done" if is_over and vmid is not None else "unknown"


def _identify_request(step: Mapping[str, Any]) -> tuple[str, str]:
    return str(step.get("method")), unquote(str(step.get("path")))


def _has_ended_well(request: SentRequest) -> bool:
    if request.is_unknown or not request.may_have_changed:
        return False
    return request.upid is None or request.exitstatus == "OK" or str(request.exitstatus).startswith("WARNINGS")


def _identify(row: Mapping[str, Any], entry: Any) -> dict[str, Any]:
    """The vmid and uuid of a guest, as the module has found them."""
    declared = entry if isinstance(entry, Mapping) else {}
    vmid, uuid = row.get("vmid") or declared.get("vmid"), row.get("uuid") or declared.get("uuid")
    return {"vmid": vmid if isinstance(vmid, int) else None, "uuid": str(uuid).lower() if uuid else None}


def _as_entry(entry: Any) -> Mapping[str, Any]:
    return entry if isinstance(entry, Mapping) else {}


def _list_objects(result: Mapping[str, Any] | None) -> Iterator[Mapping[str, Any]]:
    rows = (result or {}).get("objects")
    for row in rows if isinstance(rows, list) else ():
        if isinstance(row, Mapping) and "path" in row:
            yield row


def _list_steps(result: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    plan = result.get("plan")
    steps = plan.get("steps") if isinstance(plan, Mapping) else None
    return [step for step in steps if isinstance(step, Mapping)] if isinstance(steps, list) else []
