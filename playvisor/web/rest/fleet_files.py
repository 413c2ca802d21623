# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files of fleets as resources: each has an ETag, and is written only over what was read."""

from __future__ import annotations

import uuid
from typing import Any

from mcp_bridge.result import Result
from mcp_bridge.run import Request
from playvisor.web.fleets.sources import Source
from playvisor.web.fleets.texts import (
    ChangedError,
    NoTextError,
    TooLargeError,
    delete_text,
    find_etag,
    read_text,
    save_text,
)
from playvisor.web.problems import Problem
from playvisor.web.rest.endpoints import Answer, Ask, Endpoint
from playvisor.web.rest.fleet_asking import GROUP, find_source, require_author
from playvisor.web.rest.schemas import make_list

SAVING, DELETING = "save_fleet_file", "delete_fleet_file"
"""What the ledger calls writing and deleting a file of a fleet."""
_FILE = {
    "type": "object",
    "properties": {
        "path": {"type": "string"},
        "kind": {"type": "string", "enum": ["fleet", "values", "schema"]},
        "bytes": {"type": "integer"},
    },
    "required": ["path", "kind", "bytes"],
}
_TEXT = {
    "type": "object",
    "properties": {"path": {"type": "string"}, "text": {"type": "string"}, "etag": {"type": "string"}},
    "required": ["path", "etag"],
}
_MATCH = {
    "If-Match": {"type": "string", "description": "The ETag of the file that this is written over"},
    "If-None-Match": {"type": "string", "description": "`*` for a file that is not there yet"},
}


def list_endpoints() -> list[Endpoint]:
    """The endpoints of fleets' files."""
    path = "/fleets/{name}/files/{path:path}"
    return [
        Endpoint(
            "GET",
            "/fleets/{name}/files",
            "list_fleet_files",
            "List the files of a fleet",
            list_files,
            returns={200: make_list("files", _FILE)},
            group=GROUP,
        ),
        Endpoint(
            "GET",
            path,
            "get_fleet_file",
            "Show a file of a fleet, as it stands there",
            get_file,
            may="operate",
            returns={200: _TEXT},
            group=GROUP,
            refusals=("413",),
        ),
        Endpoint(
            "PUT",
            path,
            "save_fleet_file",
            "Write a file of a fleet, over what was read or where there is none",
            put_file,
            may="operate",
            headers=_MATCH,
            body={
                "type": "object",
                "properties": {"text": {"type": "string", "x-text": True}},
                "required": ["text"],
                "additionalProperties": False,
            },
            returns={200: _TEXT, 201: _TEXT},
            group=GROUP,
            refusals=("412", "428"),
        ),
        Endpoint(
            "DELETE",
            path,
            "delete_fleet_file",
            "Delete a file of a fleet",
            delete_file,
            may="operate",
            headers={"If-Match": _MATCH["If-Match"]},
            returns={200: {"type": "object"}},
            group=GROUP,
            refusals=("412", "428"),
        ),
    ]


def list_files(ask: Ask) -> Answer:
    """Answer with the paths of a fleet's files."""
    return Answer({"files": describe_files(find_source(ask))})


def describe_files(source: Source) -> list[dict[str, Any]]:
    """The files of a fleet as data."""
    rows = []
    for path in source.list_paths():
        try:
            size = source.locate(path).stat().st_size
        except OSError:
            # It is gone meanwhile.
            continue
        rows.append({"path": path, "kind": source.find_kind(path), "bytes": size})
    return rows


def get_file(ask: Ask) -> Answer:
    """Answer with the text of a file."""
    require_author(ask)
    source, path = find_source(ask), ask.path["path"]
    place = source.locate(path)
    try:
        found = read_text(place)
    except FileNotFoundError:
        raise Problem(404, f"There is no file {path} in this fleet.", code="not_found") from None
    except OSError as error:
        raise Problem(403, f"{path} can't be read: {error.strerror}.", "Let it be readable.") from None
    except TooLargeError:
        raise _make_too_large(path) from None
    except NoTextError:
        raise Problem(422, f"{path} is not UTF-8.", "Save it as UTF-8.", code="unsupported") from None
    if ask.context.bridge.redact({"text": found.text}) != {"text": found.text}:
        detail = f"{path} holds the secret of this server's connection, and is not shown."
        raise Problem(403, detail, "Take it out on the server: no fleet needs it.")
    return Answer({"path": path, "text": found.text, "etag": found.etag}, headers={"etag": found.etag})


def put_file(ask: Ask) -> Answer:
    """Write a file, over what was read or where there is none, and record who did."""
    source, path = _find_writable(ask)
    text, over = ask.body["text"], _read_condition(ask)
    try:
        etag = save_text(source.locate(path), text, over=over)
    except ChangedError as error:
        raise _make_changed(path, error) from None
    except TooLargeError:
        raise _make_too_large(path) from None
    except OSError as error:
        raise Problem(403, f"{path} can't be written: {error.strerror}.", "Let it be writable.") from None
    _record(ask, SAVING, path, before=over, after=etag)
    return Answer({"path": path, "etag": etag}, 201 if over is None else 200, {"etag": etag})


def delete_file(ask: Ask) -> Answer:
    """Delete a file that is as it was read, and record who did."""
    source, path = _find_writable(ask)
    over = _read_condition(ask)
    if over is None:
        raise _make_unconditional()
    try:
        delete_text(source.locate(path), over=over)
    except ChangedError as error:
        raise _make_changed(path, error) from None
    except OSError as error:
        raise Problem(403, f"{path} can't be deleted: {error.strerror}.", "Let its folder be writable.") from None
    _record(ask, DELETING, path, before=over, after=None)
    return Answer({"path": path, "deleted": True})


def _find_writable(ask: Ask) -> tuple[Source, str]:
    require_author(ask)
    source, path = find_source(ask), ask.path["path"]
    if ask.context.mode == "read":
        raise Problem(403, "This server is in mode read: nothing is written.", "Start it in mode check or apply.")
    source.locate(path)
    if source.find_kind(path) == "schema":
        raise Problem(403, f"{path} says what values may be: it is written on the server alone.", "Edit it there.")
    return source, path


def _read_condition(ask: Ask) -> str | None:
    """The ETag that is written over; None for a file that is not there. Raises Problem 428 without any."""
    headers = ask.request.headers
    if headers.get("if-none-match", "").strip() == "*":
        return None
    match = headers.get("if-match", "").strip().removeprefix("W/")
    if not match:
        raise _make_unconditional()
    if match == "*":
        return find_etag(find_source(ask).locate(ask.path["path"])) or match
    return match


def _make_unconditional() -> Problem:
    hint = "Send If-Match with the ETag of what you have read, or If-None-Match: * for a new file."
    return Problem(428, "It is not said what this is written over.", hint, code="invalid_parameter")


def _make_changed(path: str, error: ChangedError) -> Problem:
    detail = f"{path} was changed meanwhile." if error.etag else f"{path} is not there any more."
    detail = detail if error.etag else f"There is no {path}, or no longer."
    headers = {"etag": error.etag} if error.etag else {}
    hint = "Read it again, and put both together."
    return Problem(412, detail, hint, code="digest_conflict", headers=headers, etag=error.etag)


def _make_too_large(path: str) -> Problem:
    return Problem(413, f"{path} is too large to be edited here.", "Split it into several files.", code="too_large")


def _record(ask: Ask, tool: str, path: str, *, before: str | None, after: str | None) -> None:
    """Record who has written or deleted a file, and the hashes of what was there and is."""
    facts = {"fleet": ask.path["name"], "path": path, "before": before, "after": after}
    arguments = {name: value.strip('"') for name, value in facts.items() if value is not None}
    words = "Saved" if tool == SAVING else "Deleted"
    summary = f"{words} {path} of fleet {ask.path['name']}."
    request = Request(tool, arguments, ask.context.mode, ask.caller.caller)
    result = Result(run_id=str(uuid.uuid4()), tool=tool, status="ok", summary=summary)
    ask.context.bridge.answer(request, result)
