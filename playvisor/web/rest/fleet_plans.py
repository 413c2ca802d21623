# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a fleet would change, applying it, what somebody else has changed, and the way back."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from contextlib import nullcontext
from datetime import UTC, datetime
from typing import Any

from mcp_bridge.errors import UsageError
from mcp_bridge.result import Result
from mcp_bridge.run.tools.fleets import REPORT, describe_unread, list_drift
from mcp_bridge.system.identity import format_timestamp
from playvisor.fleet.accept import Found, accept_fields
from playvisor.fleet.disk import Drafts
from playvisor.fleet.files import FleetFiles
from playvisor.fleet.places import find_entry, find_origin, with_places
from playvisor.fleet.render import Rendered
from playvisor.web.fleets.sources import Source
from playvisor.web.problems import Problem, describe_failure
from playvisor.web.rest.endpoints import PREFIX, Answer, Ask, Endpoint
from playvisor.web.rest.fleet_asking import (
    ENVIRONMENT,
    GROUP,
    OBJECT,
    ONLY,
    call_tool,
    find_source,
    gather_files,
    make_body,
    render_files,
    require_author,
)
from playvisor.web.rest.fleets import find_version
from playvisor.web.rest.schemas import make_list
from playvisor.web.rest.tools import answer_result

PLAN = "plan_fleet"
_PLANNED = {
    "type": "object",
    "properties": {
        "run_id": {"type": "string"},
        "status": {"type": "string"},
        "summary": {"type": "string"},
        "plan": {"type": "object"},
        "plan_state": {"type": ["string", "null"], "description": "Of a kept plan: ready, held or approved"},
        "objects": {"type": "array", "items": OBJECT, "description": "Those that change, or can't be planned"},
        "unchanged": {"type": "integer"},
        "conflicts": {"type": "array", "items": OBJECT},
    },
    "required": ["run_id", "status", "summary", "objects", "unchanged"],
}
_DRIFT = make_list("objects", OBJECT, unread={"type": "array", "items": {"type": "string"}})
_ACCEPTED = {
    "type": "object",
    "properties": {
        "edits": {"type": "array", "items": OBJECT},
        "left": {"type": "object", "additionalProperties": {"type": "string"}},
        "files": {"type": "object", "additionalProperties": {"type": "string"}},
    },
    "required": ["edits", "left", "files"],
}
_KEEP = {"type": "boolean", "default": True, "description": "Keep the plan, so that it can be approved and applied"}
_APPLY = {
    "type": "object",
    "properties": {
        "plan_id": {"type": "string", "minLength": 8},
        "digest": {"type": "string", "description": "In place of plan_id: of a plan without steps, which is not kept"},
        "environment": ENVIRONMENT,
        "only": ONLY,
        "version": {"type": "integer", "minimum": 1, "description": "Of a plan that leads back to it"},
        "wait": {"type": "boolean", "default": True},
    },
    "additionalProperties": False,
}


def list_endpoints() -> list[Endpoint]:
    """The endpoints of fleets' plans."""

    def endpoint(method: str, path: str, name: str, summary: str, function: Any, **further: Any) -> Endpoint:
        return Endpoint(method, f"/fleets/{{name}}{path}", name, summary, function, group=GROUP, **further)

    return [
        endpoint(
            "POST",
            "/plan",
            "plan_fleet",
            "Plan a fleet, saved or not; with keep=false a newer such request ends this one",
            plan_fleet,
            may="operate",
            body=make_body(only=ONLY, keep=_KEEP),
            returns={200: _PLANNED},
        ),
        endpoint(
            "POST",
            "/apply",
            "apply_fleet",
            "Apply exactly a plan that was kept, with the secrets of the files, which no plan keeps",
            apply_fleet,
            may="operate",
            body=_APPLY,
            returns={200: OBJECT, 202: OBJECT},
        ),
        endpoint(
            "GET",
            "/drift",
            "get_fleet_drift",
            "Show what somebody else has changed since the last apply, and who",
            get_drift,
            query={"environment": ENVIRONMENT},
            returns={200: _DRIFT},
        ),
        endpoint(
            "POST",
            "/accept",
            "accept_fleet_drift",
            "Show the files with what somebody else has changed written into them; nothing is saved",
            accept_drift,
            may="operate",
            body=make_body(
                only=ONLY,
                paths={"type": "array", "items": {"type": "string"}, "description": "Only these fields of the drift"},
            ),
            returns={200: _ACCEPTED},
        ),
        endpoint(
            "POST",
            "/versions/{version}/plan",
            "plan_fleet_version",
            "Plan the way back to a version; the files stay as they are",
            plan_version,
            may="operate",
            body={"type": "object", "properties": {}, "additionalProperties": False},
            returns={200: _PLANNED},
        ),
    ]


def plan_fleet(ask: Ask) -> Answer:
    """Plan a fleet, and answer with what it would change."""
    source = find_source(ask)
    keep = ask.body.get("keep", True)
    visitor = ask.caller
    key = (visitor.session.id if visitor.session else visitor.caller.identity, source.name)
    with nullcontext(threading.Event()) if keep else ask.context.fleets.underway.replace(key) as cancel:
        rendered = render_files(source, gather_files(ask, source))
        result = call_tool(ask, PLAN, _make_arguments(rendered.document, ask.body), cancel, keeps=keep)
    return _answer_plan(ask, with_places(result, rendered), (source, rendered))


def plan_version(ask: Ask) -> Answer:
    """Plan the way back to a version."""
    found = find_version(ask)
    return _answer_plan(ask, call_tool(ask, PLAN, {"fleet": dict(found.document)}))


def _make_arguments(document: Mapping[str, Any], body: Mapping[str, Any]) -> dict[str, Any]:
    if body.get("only") == []:
        raise UsageError("`only` names nothing.", "Name an object, such as guests.web-*, or leave it out.")
    return {"fleet": dict(document), **({"only": body["only"]} if "only" in body else {})}


def _answer_plan(ask: Ask, result: Result, files: tuple[Source, Rendered] | None = None) -> Answer:
    """Answer with a plan, also with one in which something can't be done. Raises Problem where there is none."""
    data = result.as_dict()
    objects = [row for row in data.get("objects") or () if isinstance(row, dict)]
    if result.failure and not objects:
        raise _describe_failure(result, files)
    shown = [_add_place(row, files) for row in objects if _is_worth_showing(row)]
    plan = result.plan
    state = _find_state(ask, plan.id, plan.digest) if plan and plan.id else None
    return Answer(
        {
            **_shorten(data, files),
            "objects": shown,
            "unchanged": len(objects) - len(shown),
            "conflicts": _shorten(data.get("conflicts") or [], files),
            "plan_state": state,
        }
    )


def _describe_failure(result: Result, files: tuple[Source, Rendered] | None) -> Problem:
    problem = describe_failure(result)
    problem.body = _shorten(problem.body, files)
    return problem


def _is_worth_showing(row: Mapping[str, Any]) -> bool:
    return bool(row.get("changed") or row.get("failure") or row.get("skipped") or row.get("conflicts"))


def _add_place(row: dict[str, Any], files: tuple[Source, Rendered] | None) -> dict[str, Any]:
    """An object with the place where it is declared."""
    entry = find_entry(files[1], str(row.get("path"))) if files else None
    if files is None or entry is None:
        return row
    return {**row, "file": files[0].shorten(entry[0]), "line": entry[1]}


def _shorten(data: Any, files: tuple[Source, Rendered] | None) -> Any:
    """Data without the path of the fleet's folder in it."""
    if files is None:
        return data
    if isinstance(data, dict):
        return {name: _shorten(value, files) for name, value in data.items()}
    if isinstance(data, list):
        return [_shorten(value, files) for value in data]
    return files[0].shorten(data) if isinstance(data, str) else data


def _find_state(ask: Ask, plan_id: str, digest: str) -> str:
    """The state of a kept plan; the same plan may have been approved before."""
    return "approved" if _find_approved(ask, digest) else str(ask.context.bridge.ledger.plans.find(plan_id).state)


def _find_approved(ask: Ask, digest: str) -> str | None:
    plans = ask.context.bridge.ledger.plans.list_open()
    return next((plan.plan_id for plan in plans if plan.state == "approved" and plan.digest == digest), None)


def apply_fleet(ask: Ask) -> Answer:
    """Apply exactly a plan that was kept. Its secrets come from the files: a plan does not keep them."""
    require_author(ask)
    digest, plan_id = _find_plan(ask)
    version = ask.body.get("version")
    if version is not None:
        document = find_version(ask, version).document
    else:
        source = find_source(ask)
        document = render_files(source, source.gather(ask.body.get("environment"))).document
    arguments = {**_make_arguments(document, ask.body), "wait": ask.body.get("wait", True)}
    chosen = _find_approved(ask, digest) or plan_id
    return answer_result(call_tool(ask, PLAN, arguments, plan_digest=digest, plan_id=chosen))


def _find_plan(ask: Ask) -> tuple[str, str | None]:
    """The digest of the plan that a body means, and its id where it was kept. Raises Problem, and UsageError."""
    if "plan_id" not in ask.body:
        if "digest" not in ask.body:
            raise UsageError("It is not said which plan is meant.", "Give `plan_id`, or `digest` of an empty plan.")
        return ask.body["digest"], None
    try:
        plan = ask.context.bridge.ledger.plans.find(ask.body["plan_id"])
    except UsageError as error:
        raise Problem(404, error.message, f"GET {PREFIX}/plans lists them.", code="not_found") from None
    if plan.tool != PLAN:
        raise Problem(422, "It is no plan of a fleet.", "The tool apply_plan applies it.", code="invalid_parameter")
    return plan.digest, plan.plan_id


def get_drift(ask: Ask) -> Answer:
    """Answer with what somebody else has changed."""
    source = ask.context.fleets.find(ask.path["name"])
    if source is None:
        return _answer_foreign_drift(ask)
    files = gather_files(ask, source)
    rendered = render_files(source, files)
    result = _report(ask, rendered)
    rows, unread = list_drift(result), describe_unread(result)
    fields = sum(len(row["changes"]) for row in rows)
    now = format_timestamp(datetime.now(UTC))
    ask.context.fleets.drifts[source.name] = {"at": now, "objects": len(rows), "fields": fields, "unread": len(unread)}
    shown = [{**row, "changes": [_locate(change, source, rendered) for change in row["changes"]]} for row in rows]
    return Answer(
        {"objects": shown, "unread": unread, "warnings": list(result.warnings), "run_id": result.run_id, "at": now}
    )


def _answer_foreign_drift(ask: Ask) -> Answer:
    """What the cluster says of a fleet whose files are elsewhere."""
    result = call_tool(ask, "fleet_drift", {"fleet": ask.path["name"]})
    if result.failure:
        raise describe_failure(result)
    objects = result.data.get("objects") or []
    return Answer({"objects": objects, "unread": list(result.warnings), "warnings": [], "run_id": result.run_id})


def _report(ask: Ask, rendered: Rendered, only: Mapping[str, Any] | None = None) -> Result:
    result = call_tool(ask, REPORT, _make_arguments(rendered.document, only or {}), internal=True)
    if result.failure:
        raise describe_failure(result)
    return result


def _locate(change: Mapping[str, Any], source: Source, rendered: Rendered) -> dict[str, Any]:
    origin = find_origin(rendered, change["path"])
    return {**change, **({"file": source.shorten(origin.file), "line": origin.line} if origin else {})}


def accept_drift(ask: Ask) -> Answer:
    """Answer with the texts of the files in which what somebody else has changed is written."""
    require_author(ask)
    source = find_source(ask)
    given = gather_files(ask, source)
    disk = Drafts({source.locate(path): text for path, text in (ask.body.get("files") or {}).items()})
    files = FleetFiles(given.source, given.environment, disk=disk)
    rendered = render_files(source, files)
    result = _report(ask, rendered, ask.body)
    wanted = ask.body.get("paths")
    found = [
        Found(change["path"], change.get("after"))
        for row in list_drift(result)
        for change in row["changes"]
        if wanted is None or change["path"] in wanted
    ]
    former = dict(disk.texts)
    accepted = accept_fields(rendered, found, files.render, disk)
    texts = {path: text for path, text in disk.texts.items() if text is not None and former.get(path) != text}
    return Answer(
        {
            "edits": [_shorten(vars(edit), (source, rendered)) for edit in accepted.edits],
            "left": {path: source.shorten(why) for path, why in accepted.left.items()},
            "files": {os.path.relpath(path, source.folder): text for path, text in texts.items()},
            "unread": describe_unread(result),
        }
    )
