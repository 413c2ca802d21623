# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs as resources: what was done, step by step, with its evidence."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from starlette.responses import FileResponse, PlainTextResponse

from mcp_bridge.catalogue.fleets import name_documents
from mcp_bridge.catalogue.run_tools import OUTCOMES, describe_unknown
from mcp_bridge.errors import UsageError
from mcp_bridge.evidence import events
from mcp_bridge.evidence.changes import read_changes
from mcp_bridge.evidence.export import export_playbook
from mcp_bridge.ledger.records import RunRow
from mcp_bridge.run.recovery.interrupted import close_interrupted
from mcp_bridge.run.tools.runs import describe_run
from mcp_bridge.run.tools.undo import find_undo
from mcp_bridge.run.visibility import may_see_contents, show_arguments
from playvisor.web.assets import find_file
from playvisor.web.problems import Problem
from playvisor.web.rest.endpoints import PREFIX, Answer, Ask, Endpoint
from playvisor.web.rest.pages import QUERY, make_cursor, read_cursor
from playvisor.web.rest.schemas import (
    FLAG,
    MAYBE_TEXT,
    NEXT,
    NUMBER,
    OBJECT,
    TEXTS,
    make_list,
    make_object,
    refer,
)
from playvisor.web.tools import list_all

Item = TypeVar("Item")
MOST_EVENTS = 2000
MOST_REQUESTS = 5000
MOST_ARTIFACTS = 2000
_FILTERS = {
    "tool": {"type": "string"},
    "outcome": {"type": "string", "enum": [*OUTCOMES, "running"]},
    "guest": {"type": "string", "description": "Only runs that name it, by vmid or name"},
    "user": {"type": "string", "description": "Who asked"},
    "changed": {"type": "boolean"},
    "reads": {"type": "boolean", "default": True, "description": "Also the runs of tools that only read"},
    "since": {"type": "string", "description": "24h, yesterday, or ISO 8601"},
    "until": {"type": "string", "description": "Like since"},
}
MAYBE_OBJECT = {"type": ["object", "null"]}
_CHANGES = make_object("applied diff", applied=FLAG, diff=OBJECT)
_LISTED = (
    *("run_id", "opened_at", "closed_at", "tool", "mode", "outcome", "changed", "asker", "asker_kind", "client_name"),
    *("summary", "failure_code", "approver", "decision"),
)


def list_endpoints() -> list[Endpoint]:
    """The endpoints of runs."""

    def endpoint(
        path: str, name: str, summary: str, function: Any, returns: dict[str, Any], **further: Any
    ) -> Endpoint:
        return Endpoint("GET", path, name, summary, function, returns={200: returns}, group="runs", **further)

    return [
        endpoint(
            "/runs",
            "list_runs",
            "List runs, newest first",
            list_runs,
            make_list("runs", refer("Run"), next=NEXT),
            query={**_FILTERS, **QUERY},
        ),
        endpoint("/runs/{run_id}", "get_run", "Show a run", get_run, refer("RunInFull")),
        endpoint(
            "/runs/{run_id}/tasks",
            "list_run_tasks",
            "List what its playbooks did, task by task",
            list_tasks,
            make_list("events", refer("Event"), left_out=NUMBER, progress=MAYBE_OBJECT),
        ),
        endpoint(
            "/runs/{run_id}/requests",
            "list_run_requests",
            "List the requests that it sent to the cluster, and its grant",
            list_requests,
            make_list("requests", refer("ApiRequest"), grant=MAYBE_OBJECT, left_out=NUMBER),
        ),
        endpoint(
            "/runs/{run_id}/changes", "get_run_changes", "Show what it changed, before and after", get_changes, _CHANGES
        ),
        endpoint(
            "/runs/{run_id}/undo",
            "get_run_undo",
            "Show what undoing it would call, and what can't be undone",
            get_undo,
            make_list("calls", refer("Call"), irreversible=TEXTS),
        ),
        endpoint(
            "/runs/{run_id}/artifacts",
            "list_run_artifacts",
            "List the files of its evidence",
            list_artifacts,
            make_list("artifacts", refer("Artifact"), sealed=MAYBE_TEXT, left_out=NUMBER),
        ),
        Endpoint(
            "GET",
            "/runs/{run_id}/artifacts/{path:path}",
            "get_run_artifact",
            "Read a file of its evidence",
            get_artifact,
            returns={200: {"type": "string", "x-media-type": "text/plain"}},
            group="runs",
        ),
        Endpoint(
            "GET",
            "/runs/{run_id}/playbook",
            "get_run_playbook",
            "Export it as a playbook that repeats it",
            get_playbook,
            returns={200: {"type": "string", "x-media-type": "application/yaml"}},
            group="runs",
        ),
    ]


def list_runs(ask: Ask) -> Answer:
    """Answer with one page of runs."""
    bridge, query = ask.context.bridge, dict(ask.query)
    limit, before = query.pop("limit"), read_cursor(query.pop("cursor", None))
    without = () if query.pop("reads") else [tool.name for tool in list_all() if not tool.writes]
    changed, wanted = query.pop("changed", None), {**query, "asker": query.pop("user", None)}
    wanted.pop("user", None)
    is_running = wanted.get("outcome") == "running"
    if is_running:
        del wanted["outcome"]
        close_interrupted(bridge.authority)
    rows = bridge.ledger.recent(limit + 1, before, without, is_running, changed=changed, **wanted)
    unknown = describe_unknown(wanted["tool"]) if wanted.get("tool") and not rows else None
    if unknown:
        raise Problem(422, *unknown, code="invalid_parameter", fields={"tool": unknown[0]})
    page = rows[:limit]
    following = make_cursor(page[-1].opened_seq) if len(rows) > limit else None
    return Answer(bridge.redact({"runs": [_describe_row(row, ask) for row in page], "next": following}))


def _describe_row(row: RunRow, ask: Ask) -> dict[str, Any]:
    facts = {name: getattr(row, name) for name in _LISTED}
    arguments = name_documents(show_arguments(row, ask.caller.caller))
    return {**facts, "outcome": row.outcome or "running", "arguments": arguments}


def get_run(ask: Ask) -> Answer:
    """Answer with everything about a run that who asks may see."""
    row = find_run(ask)
    shown = describe_run(ask.context.bridge, row.run_id, ask.caller.caller)
    waits = events.read_current_waits(_folder(ask, row), time.time()) if row.outcome is None else []
    return Answer({**shown, "outcome": row.outcome or "running", "waits": waits})


def list_tasks(ask: Ask) -> Answer:
    """Answer with the events of a run's playbooks, the first of them."""
    row = find_run(ask, contents=True)
    found, left_out = _take(events.read_events(_folder(ask, row)), MOST_EVENTS)
    progress = asdict(events.read_progress(_folder(ask, row))) if row.outcome is None else None
    described = [events.describe_event(event) for event in found]
    return Answer(ask.context.bridge.redact({"events": described, "left_out": left_out, "progress": progress}))


def list_requests(ask: Ask) -> Answer:
    """Answer with the API trace of a run, and what it was admitted for."""
    row = find_run(ask, contents=True)
    bridge = ask.context.bridge
    admitted = bridge.ledger.list_acts(1, "run_admitted", row.run_id)
    grant = {**admitted[0]["facts"], "at": admitted[0]["at"]} if admitted else None
    requests, left_out = _take(events.read_api_trace(_folder(ask, row)), MOST_REQUESTS)
    return Answer(bridge.redact({"requests": requests, "grant": grant, "left_out": left_out}))


def get_changes(ask: Ask) -> Answer:
    """Answer with what a run changed; for one that was not applied, with what it would have."""
    row = find_run(ask, contents=True)
    try:
        returned = read_changes(ask.context.bridge.ledger, row)
    except UsageError as error:
        raise Problem(409, error.message, error.hint, code="unsupported") from None
    diff = (returned.result or {}).get("diff") or {}
    return Answer(ask.context.bridge.redact({"applied": returned.phase == "apply", "diff": diff}))


def get_undo(ask: Ask) -> Answer:
    """Answer with the calls that would undo a run."""
    row = find_run(ask, contents=True)
    try:
        undo = find_undo(ask.context.bridge, row)
    except UsageError as error:
        raise Problem(409, error.message, error.hint, code="unsupported") from None
    calls = [{"tool": call.tool, "arguments": call.arguments} for call in undo.calls]
    return Answer(ask.context.bridge.redact({"calls": calls, "irreversible": undo.irreversible}))


def list_artifacts(ask: Ask) -> Answer:
    """Answer with the files of a run, each with its size in bytes."""
    row = find_run(ask, contents=True)
    folder = _folder(ask, row)
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink())
    found, left_out = _take(files, MOST_ARTIFACTS)
    listed = [{"path": path.relative_to(folder).as_posix(), "bytes": path.stat().st_size} for path in found]
    return Answer({"artifacts": listed, "sealed": row.artifacts_sha256, "left_out": left_out})


def get_artifact(ask: Ask) -> Answer:
    """Answer with one file of a run, as text."""
    row = find_run(ask, contents=True)
    path = find_file(_folder(ask, row), ask.path["path"])
    if path is None:
        raise Problem(404, "The run has no such file.", f"GET {PREFIX}/runs/{row.run_id}/artifacts.", code="not_found")
    # As text, whatever it says that it is: a guest may have written some of it.
    headers = {"content-disposition": "inline", "cache-control": "no-store"}
    return Answer(response=FileResponse(path, headers=headers, media_type="text/plain; charset=utf-8"))


def get_playbook(ask: Ask) -> Answer:
    """Answer with a playbook that repeats the run."""
    row = find_run(ask, contents=True)
    exported = export_playbook([row])
    if exported.left_out:
        raise Problem(409, f"It can't be repeated by a playbook: {exported.left_out[0]}.", code="unsupported")
    headers = {"content-disposition": f'attachment; filename="run-{row.run_id[:8]}.yml"', "cache-control": "no-store"}
    return Answer(response=PlainTextResponse(exported.text, 200, headers, media_type="application/yaml"))


def find_run(ask: Ask, *, contents: bool = False) -> RunRow:
    """Find the run of the path. Raises Problem 404, and 403 for `contents` that are between its asker and guests."""
    bridge = ask.context.bridge
    try:
        row = bridge.ledger.find(ask.path["run_id"])
    except UsageError as error:
        raise Problem(404, error.message, f"GET {PREFIX}/runs lists them.", code="not_found") from None
    if row.outcome is None and close_interrupted(bridge.authority):
        row = bridge.ledger.find(row.run_id)
    if contents and not may_see_contents(row, ask.caller.caller):
        raise Problem(403, f"What run {row.run_id[:8]} did is between its asker and the guests.", "Ask its asker.")
    return row


def _folder(ask: Ask, row: RunRow) -> Path:
    return ask.context.bridge.ledger.folder(row.run_id)


def _take(found: Iterator[Item], most: int) -> tuple[list[Item], int]:
    """The first ones, and how many were left out."""
    return list(islice(found, most)), sum(1 for _item in found)
