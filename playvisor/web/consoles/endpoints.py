# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Asking for a console: a run of the tool `open_console`, which policy judges as one that gives access."""

from __future__ import annotations

import threading
from typing import Any

from mcp_bridge.run import Request
from playvisor.web.consoles.asked import WAITING_SECONDS
from playvisor.web.problems import Problem
from playvisor.web.rest.endpoints import PREFIX, Answer, Ask, Endpoint
from playvisor.web.rest.tools import answer_result

_TOOL = "open_console"
_BODY = {
    "type": "object",
    "properties": {
        "guest": {"type": "integer", "minimum": 100, "maximum": 999999999, "description": "Id of the guest."},
        "node": {"type": "string", "minLength": 1, "maxLength": 63, "description": "Node whose shell is asked for."},
        "kind": {"type": "string", "enum": ["vnc", "terminal"], "description": "Its screen, or a text terminal."},
        "serial": {"type": "string", "pattern": "^serial[0-3]$", "description": "Serial port of a QEMU guest."},
    },
    "required": ["kind"],
    "additionalProperties": False,
}
_OPENED = {
    "type": "object",
    "properties": {
        "id": {"type": "string"},
        "kind": {"type": "string", "enum": ["vnc", "terminal"]},
        "socket": {"type": "string"},
        "waits_seconds": {"type": "number"},
        "node": {"type": "string"},
        "type": {"type": "string", "enum": ["qemu", "lxc", "node"]},
        "vmid": {"type": ["integer", "null"]},
        "name": {"type": ["string", "null"]},
        "run_id": {"type": "string"},
    },
    "required": ["id", "kind", "socket", "waits_seconds", "node", "type", "vmid", "name", "run_id"],
}


def list_endpoints() -> list[Endpoint]:
    """The endpoints of consoles; the WebSocket is no endpoint of REST."""
    return [
        Endpoint(
            "POST",
            "/consoles",
            "open_console",
            "Open the console of a guest, or the shell of a node",
            open_console,
            may="console",
            body=_BODY,
            returns={201: _OPENED, 202: {"type": "object"}},
            group="consoles",
        )
    ]


def open_console(ask: Ask) -> Answer:
    """Open a console for the session that asks; its WebSocket has to be connected with soon."""
    visitor = ask.caller
    if visitor.session is None:
        raise Problem(403, "Consoles are for people in a browser.", "Sign in with a browser.")
    if ("guest" in ask.body) == ("node" in ask.body):
        raise Problem(422, "Either guest or node is needed.", "Give one of them.", code="invalid_parameter")
    if ask.context.mode != "apply":
        hint = "Whoever runs it can start it in mode apply."
        raise Problem(403, f"This server is in mode {ask.context.mode}, in which nothing is opened.", hint)
    request = Request(_TOOL, _make_arguments(ask.body), "apply", visitor.caller, internal=True)
    result = ask.context.bridge.call(request, lambda _line: None, threading.Event())
    if result.status != "ok":
        return answer_result(result)
    (opened,) = result.as_dict()["consoles"]
    ask.context.consoles.add(opened["console"], visitor.session.id)
    return Answer(
        {
            "id": opened["console"],
            "kind": opened["kind"],
            "socket": f"{PREFIX}/consoles/{opened['console']}/socket",
            "waits_seconds": WAITING_SECONDS,
            "node": opened["node"],
            "type": opened["type"],
            "vmid": opened.get("vmid"),
            "name": opened.get("name"),
            "run_id": result.run_id,
        },
        201,
    )


def _make_arguments(body: Any) -> dict[str, Any]:
    place = {"vmid": body["guest"]} if "guest" in body else {"node": body["node"]}
    serial = {"serial": body["serial"]} if "serial" in body else {}
    return {**place, "console": body["kind"], **serial}
