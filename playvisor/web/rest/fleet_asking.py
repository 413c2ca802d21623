# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the endpoints of fleets share: which fleet is meant, who may see its texts, and what is wrong with it."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from mcp_bridge.errors import UsageError
from mcp_bridge.result import Result
from mcp_bridge.run import Request
from playvisor.fleet.files import FleetFiles
from playvisor.fleet.problems import FleetError, Problem
from playvisor.fleet.render import Rendered
from playvisor.web import problems
from playvisor.web.context import Visitor
from playvisor.web.fleets.sources import Source
from playvisor.web.rest.endpoints import PREFIX, Ask

MOST_DRAFTS = 200
MOST_PROBLEMS = 500
GROUP = "fleets"
OBJECT: dict[str, Any] = {"type": "object"}
ENVIRONMENT: dict[str, Any] = {"type": "string", "minLength": 1, "maxLength": 100, "description": "Use values/NAME.yml"}
DRAFTS: dict[str, Any] = {
    "type": "object",
    "maxProperties": MOST_DRAFTS,
    "additionalProperties": {"type": ["string", "null"]},
    "description": "Texts by path that are not saved, null for files that are to go; for people who may operate",
}
ONLY: dict[str, Any] = {
    "type": "array",
    "items": {"type": "string", "minLength": 1},
    "minItems": 1,
    "description": "Only these objects, such as guests.web-*",
}
PROBLEM: dict[str, Any] = {
    "type": "object",
    "properties": {
        "level": {"type": "string", "enum": ["error", "warning"]},
        "file": {"type": "string"},
        "line": {"type": "integer", "description": "From 1; 0 where it is about no line"},
        "column": {"type": "integer"},
        "path": {"type": "string"},
        "message": {"type": "string"},
        "hint": {"type": "string"},
    },
    "required": ["level", "file", "line", "column", "path", "message", "hint"],
}


def make_body(required: Sequence[str] = (), **properties: Mapping[str, Any]) -> dict[str, Any]:
    """Make the schema of a body about files, and drafts of them, with further properties."""
    known = {"files": DRAFTS, "environment": ENVIRONMENT, **properties}
    return {"type": "object", "properties": known, "required": list(required), "additionalProperties": False}


def find_source(ask: Ask) -> Source:
    """Find the fleet of the path whose files are here. Raises Problem 404."""
    source = ask.context.fleets.find(ask.path["name"])
    if source is None:
        raise problems.Problem(
            404,
            f"This server has no files of a fleet {ask.path['name'][:60]}.",
            f"GET {PREFIX}/fleets lists them; `playvisor web --fleet FOLDER` serves another one.",
            code="not_found",
        )
    return source


def require_author(ask: Ask) -> Visitor:
    """Require somebody who may see and write the texts of fleets: values that are secret stand in them.

    Raises Problem 403 for others.
    """
    visitor = ask.caller
    if visitor.caller.kind != "person":
        hint = "A client hands a whole document over: plan_fleet takes it."
        raise problems.Problem(403, "The texts of fleets are for people: secrets may stand in them.", hint)
    if "operate" not in visitor.rights:
        hint = "What they amount to can be read, without its secrets."
        raise problems.Problem(403, "The texts of fleets take the right to operate: secrets may stand in them.", hint)
    return visitor


def gather_files(ask: Ask, source: Source) -> FleetFiles:
    """The files that a body or a query is about. Raises Problem for drafts of somebody who may have none."""
    given = ask.body if ask.body else ask.query
    drafts = given.get("files") or {}
    if drafts:
        require_author(ask)
    if len(drafts) > MOST_DRAFTS:
        raise UsageError(f"There are {len(drafts)} drafts.", f"Send at most {MOST_DRAFTS}.")
    for path, text in drafts.items():
        if not isinstance(text, str | None):
            raise UsageError(f"The text of {path[:100]!r} is no text.", "Send a text, or null.")
        if source.locate(path) and source.find_kind(path) == "schema":
            raise UsageError(f"{path} can't be a draft.", "It is written on the server alone.")
    return source.gather(given.get("environment"), drafts)


def render_files(source: Source, files: FleetFiles) -> Rendered:
    """Render a fleet. Raises Problem 422, with everything that is wrong."""
    try:
        return files.render()
    except FleetError as error:
        raise describe_error(source, error) from None


def describe_error(source: Source, error: FleetError) -> problems.Problem:
    """The problem of a fleet that can't be used."""
    rows = describe_problems(source, error.problems, "error")
    count = len(error.problems)
    detail = rows[0]["message"] if count == 1 else f"The fleet has {count} problems."
    hint = rows[0]["hint"] if count == 1 else "Correct them; `problems` has the place of each."
    return problems.Problem(422, detail, hint, code="invalid_parameter", problems=rows)


def describe_problems(source: Source, found: Sequence[Problem], level: str) -> list[dict[str, Any]]:
    """Problems as data, with paths below the fleet's folder."""
    return [
        {
            "level": level,
            **{name: source.shorten(value) if isinstance(value, str) else value for name, value in asdict(one).items()},
        }
        for one in found[:MOST_PROBLEMS]
    ]


def call_tool(
    ask: Ask,
    tool: str,
    arguments: Mapping[str, Any],
    cancel: threading.Event | None = None,
    **further: Any,
) -> Result:
    """Call a tool about a fleet as who asks, in the mode that their rights and the server's allow."""
    mode = ask.context.mode if "operate" in ask.caller.rights else "read"
    request = Request(tool, arguments, mode, ask.caller.caller, **further)
    return ask.context.bridge.call(request, lambda _line: None, cancel or threading.Event())
