# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fleets as resources: what is declared, what is wrong with it, where a value comes from, what was applied."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import yaml

from mcp_bridge.catalogue.fleets import parse_path, split_document
from mcp_bridge.errors import PlayvisorError, UsageError
from mcp_bridge.ledger.records import FleetSummary
from playvisor.fleet.explain import explain_values, find_paths
from playvisor.fleet.lint import find_warnings
from playvisor.fleet.places import find_entry
from playvisor.fleet.problems import FleetError
from playvisor.fleet.render import Rendered
from playvisor.fleet.revisions import compare_documents, describe_revision
from playvisor.fleet.schema import build_schema
from playvisor.fleet.secrets import leave_out_secrets
from playvisor.web.fleets.git import read_repository
from playvisor.web.fleets.sources import Source, read_name
from playvisor.web.problems import Problem
from playvisor.web.rest.endpoints import PREFIX, Answer, Ask, Endpoint
from playvisor.web.rest.fleet_asking import (
    ENVIRONMENT,
    GROUP,
    OBJECT,
    PROBLEM,
    describe_problems,
    find_source,
    gather_files,
    make_body,
    render_files,
)
from playvisor.web.rest.fleet_files import describe_files
from playvisor.web.rest.schemas import make_list

MOST_OBJECTS = 20_000
MOST_VALUES = 500
MOST_REVISIONS = 200
_SCHEMA_SECONDS = 600
_FLEET = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "description": "By which addresses call it"},
        "fleet": {"type": ["string", "null"], "description": "What it calls itself"},
        "has_files": {"type": "boolean", "description": "Whether this server has its files"},
        "counts": {"type": "object", "additionalProperties": {"type": "integer"}},
        "problems": {"type": "integer"},
        "applied": {"type": ["object", "null"]},
        "drift": {"type": ["object", "null"]},
        "git": {"type": ["object", "null"]},
    },
    "required": ["name", "fleet", "has_files", "applied"],
}
_VALUE = {
    "type": "object",
    "properties": {
        "path": {"type": "string"},
        "value": {},
        "from": {"type": "string"},
        "file": {"type": "string"},
        "line": {"type": "integer"},
        "column": {"type": "integer"},
        "template": {"type": ["string", "null"]},
        "values": {"type": "array", "items": OBJECT},
        "overrides": {"type": "array", "items": OBJECT},
    },
    "required": ["path", "value", "from", "file", "line", "column"],
}
_REVISION = {
    "type": "object",
    "properties": {
        "revision": {"type": "integer"},
        "at": {"type": "string"},
        "who": {"type": "string"},
        "run_id": {"type": "string"},
        "outcome": {"type": "string"},
        "changes": {"type": "integer"},
        "objects": {"type": "integer"},
    },
    "required": ["revision", "at", "who", "run_id", "outcome", "changes", "objects"],
}
_PLACE: dict[str, dict[str, Any]] = {
    "path": {"type": "string", "description": "A value, such as web-01.memory, web-01 or pools.prod"},
    "file": {"type": "string", "description": "With `line`: the values that come from there"},
    "line": {"type": "integer", "minimum": 1},
}


def list_endpoints() -> list[Endpoint]:
    """The endpoints of fleets."""

    def endpoint(method: str, path: str, name: str, summary: str, function: Any, **further: Any) -> Endpoint:
        return Endpoint(method, f"/fleets{path}", name, summary, function, group=GROUP, **further)

    return [
        endpoint("GET", "", "list_fleets", "List the fleets", list_fleets, returns={200: make_list("fleets", _FLEET)}),
        endpoint(
            "GET",
            "/{name}",
            "get_fleet",
            "Show a fleet: its files, what it declares, what is wrong with it, what was applied last",
            get_fleet,
            query={"environment": ENVIRONMENT},
            returns={200: _FLEET},
        ),
        endpoint("GET", "/{name}/schema", "get_fleet_schema", "Show the JSON Schema of a fleet's files", get_schema),
        endpoint(
            "POST",
            "/{name}/lint",
            "lint_fleet",
            "Check files, saved or not: all that is wrong, or else what is seldom meant",
            lint_fleet,
            body=make_body(),
            returns={200: make_list("problems", PROBLEM)},
        ),
        endpoint(
            "POST",
            "/{name}/render",
            "render_fleet",
            "Show the plain document that files amount to, without secrets",
            render_fleet,
            body=make_body(path=_PLACE["path"]),
            returns={200: {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}},
        ),
        endpoint(
            "POST",
            "/{name}/explain",
            "explain_fleet",
            "Show where values come from, and what they are given in place of",
            explain_fleet,
            body=make_body((), **_PLACE),
            returns={200: make_list("values", _VALUE)},
        ),
        endpoint(
            "GET",
            "/{name}/versions",
            "list_fleet_versions",
            "List the versions that were applied to this cluster, newest first",
            list_versions,
            query={"limit": {"type": "integer", "default": 50, "minimum": 1, "maximum": MOST_REVISIONS}},
            returns={200: make_list("versions", _REVISION)},
        ),
        endpoint(
            "GET",
            "/{name}/versions/{version}",
            "get_fleet_version",
            "Show a version that was applied, with its document",
            get_version,
            returns={200: _REVISION},
        ),
        endpoint(
            "GET",
            "/{name}/versions/{version}/diff",
            "compare_fleet_version",
            "Show what a version declares otherwise than the one before it, or than the files do",
            compare_version,
            query={"against": {"type": "string", "enum": ["before", "files"], "default": "before"}},
            returns={200: make_list("objects", OBJECT)},
        ),
    ]


def list_fleets(ask: Ask) -> Answer:
    """Answer with the fleets that this server has files of, and those that were applied to this cluster."""
    applied = list_applied(ask)
    rows = [summarize_fleet(ask, source, applied) for source in ask.context.fleets.list_all()]
    known = {row["fleet"] for row in rows}
    others = [
        {"name": name, "fleet": name, "has_files": False, "applied": _describe_applied(summary), "drift": None}
        for name, summary in applied.items()
        if name not in known
    ]
    return Answer(ask.context.bridge.redact({"fleets": [*rows, *others]}))


def list_applied(ask: Ask) -> dict[str, FleetSummary]:
    """What was applied of each fleet to this cluster; nothing where it does not say which one it is."""
    bridge = ask.context.bridge
    try:
        summaries = bridge.ledger.read_fleets(bridge.authority.identify_cluster()).list_fleets()
    except PlayvisorError:
        return {}
    return {summary.fleet: summary for summary in summaries}


def summarize_fleet(ask: Ask, source: Source, applied: Mapping[str, FleetSummary]) -> dict[str, Any]:
    """A fleet in a list."""
    problems: tuple[Any, ...] = ()
    document: Mapping[str, Any] = {}
    try:
        document = source.gather().render().document
    except FleetError as error:
        problems = error.problems
    fleet = document.get("fleet") or read_name(source.place)
    repository = read_repository(source.folder)
    return {
        "name": source.name,
        "fleet": fleet,
        "has_files": True,
        "place": str(source.place) if "operate" in ask.caller.rights else source.place.name,
        "counts": dict(Counter(parse_path(path)[0] for path in split_document(document))),
        "problems": len(problems),
        "applied": _describe_applied(applied.get(str(fleet))),
        "drift": ask.context.fleets.drifts.get(source.name),
        "git": asdict(repository) if repository else None,
    }


def _describe_applied(summary: FleetSummary | None) -> dict[str, Any] | None:
    if summary is None or summary.revision is None:
        return None
    return {**describe_revision(summary.revision), "marked": summary.objects}


def get_fleet(ask: Ask) -> Answer:
    """Answer with a fleet, its files, its objects and its problems."""
    source = ask.context.fleets.find(ask.path["name"])
    if source is None:
        return Answer(ask.context.bridge.redact(_describe_foreign(ask)))
    row = summarize_fleet(ask, source, list_applied(ask))
    objects: list[dict[str, Any]] = []
    try:
        rendered = gather_files(ask, source).render()
        found = describe_problems(source, find_warnings(rendered), "warning")
        objects = _describe_objects(source, rendered)
    except FleetError as error:
        found = describe_problems(source, error.problems, "error")
    return Answer(
        ask.context.bridge.redact(
            {
                **row,
                "files": describe_files(source),
                "environments": source.list_environments(),
                "objects": objects[:MOST_OBJECTS],
                "left_out": max(len(objects) - MOST_OBJECTS, 0),
                "findings": found,
            }
        )
    )


def _describe_foreign(ask: Ask) -> dict[str, Any]:
    """A fleet that was applied from elsewhere. Raises Problem 404."""
    summary = list_applied(ask).get(ask.path["name"])
    if summary is None:
        find_source(ask)
    return {
        "name": ask.path["name"],
        "fleet": ask.path["name"],
        "has_files": False,
        "applied": _describe_applied(summary),
        "files": [],
        "environments": [],
        "objects": [],
        "findings": [],
        "drift": None,
    }


def _describe_objects(source: Source, rendered: Rendered) -> list[dict[str, Any]]:
    rows = []
    for path in split_document(rendered.document):
        entry = find_entry(rendered, path)
        place = {"file": source.shorten(entry[0]), "line": entry[1]} if entry else {}
        rows.append({"path": path, **place})
    return rows


def get_schema(ask: Ask) -> Answer:
    """Answer with the schema of fleets' files, which is the same for all."""
    find_source(ask)
    return Answer(build_schema(), headers={"cache-control": f"private, max-age={_SCHEMA_SECONDS}"})


def lint_fleet(ask: Ask) -> Answer:
    """Answer with the problems of files, or else with the warnings."""
    source = find_source(ask)
    try:
        rendered = gather_files(ask, source).render()
    except FleetError as error:
        return Answer(_redact(ask, {"problems": describe_problems(source, error.problems, "error")}))
    found = describe_problems(source, find_warnings(rendered), "warning")
    return Answer(_redact(ask, {"problems": found, "objects": _describe_objects(source, rendered)[:MOST_OBJECTS]}))


def render_fleet(ask: Ask) -> Answer:
    """Answer with the plain document, or one object of it, as YAML."""
    source = find_source(ask)
    rendered = render_files(source, gather_files(ask, source))
    document, left = leave_out_secrets(rendered.document)
    path = ask.body.get("path")
    if path is not None:
        objects = split_document(document)
        found = next((name for name in (path, f"guests.{path}") if name in objects), None)
        if found is None:
            raise Problem(
                404, f"The fleet declares no {path[:100]}.", code="not_found", fields={"path": "is no object"}
            )
        document = objects[found]
    text = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=120)
    return Answer(_redact(ask, {"text": text, "document": document, "secrets": left}))


def explain_fleet(ask: Ask) -> Answer:
    """Answer with where values come from: those at a path, or those that come from a line of a file."""
    source = find_source(ask)
    rendered = render_files(source, gather_files(ask, source))
    path, file, line = (ask.body.get(name) for name in ("path", "file", "line"))
    if path is not None:
        paths = [path]
    elif file is not None and line is not None:
        paths = find_paths(rendered, str(source.locate(file)), line)
    else:
        raise UsageError("It is not said which value is meant.", "Give `path`, or `file` and `line`.")
    values = [value for one in paths[:MOST_VALUES] for value in explain_values(rendered, one)]
    rows = [_shorten(source, value) for value in values[:MOST_VALUES]]
    return Answer(_redact(ask, {"values": rows, "left_out": max(len(values) - MOST_VALUES, 0)}))


def _shorten(source: Source, value: Mapping[str, Any]) -> dict[str, Any]:
    inner = {name: [_shorten(source, one) for one in value[name]] for name in ("values", "overrides") if name in value}
    places = {name: source.shorten(str(value[name])) for name in ("file", "from")}
    return {**value, **places, **inner}


def list_versions(ask: Ask) -> Answer:
    """Answer with the versions that were applied."""
    bridge, name = ask.context.bridge, name_fleet(ask)
    fleets = bridge.ledger.read_fleets(bridge.authority.identify_cluster())
    found = fleets.list_revisions(name, ask.query["limit"])
    return Answer(bridge.redact({"fleet": name, "versions": [describe_revision(one) for one in found]}))


def get_version(ask: Ask) -> Answer:
    """Answer with a version and its document."""
    found = find_version(ask)
    text = yaml.safe_dump(dict(found.document), sort_keys=False, allow_unicode=True, width=120)
    return Answer(_redact(ask, {**describe_revision(found), "text": text}))


def compare_version(ask: Ask) -> Answer:
    """Answer with what a version declares otherwise than the one before it, or than the files do now."""
    found = find_version(ask)
    if ask.query["against"] == "files":
        source = find_source(ask)
        now, _left = leave_out_secrets(render_files(source, source.gather()).document)
        return Answer(_redact(ask, {"objects": compare_documents(found.document, now)}))
    before = find_version(ask, found.revision - 1).document if found.revision > 1 else {}
    return Answer(_redact(ask, {"objects": compare_documents(before, found.document)}))


def find_version(ask: Ask, number: int | None = None) -> Any:
    """Find the version of the path, or another one. Raises Problem 404."""
    bridge = ask.context.bridge
    if number is None:
        text = ask.path["version"]
        number = int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0
    fleets = bridge.ledger.read_fleets(bridge.authority.identify_cluster())
    try:
        return fleets.find_revision(name_fleet(ask), number)
    except UsageError as error:
        hint = f"GET {PREFIX}/fleets/{ask.path['name']}/versions lists them."
        raise Problem(404, error.message, hint, code="not_found") from None


def name_fleet(ask: Ask) -> str:
    """What the ledger calls the fleet of the path. Raises Problem 404."""
    source = ask.context.fleets.find(ask.path["name"])
    if source is not None:
        return read_name(source.place) or source.name
    if ask.path["name"] not in list_applied(ask):
        find_source(ask)
    return ask.path["name"]


def _redact(ask: Ask, data: dict[str, Any]) -> dict[str, Any]:
    return ask.context.bridge.redact(data)
