# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A request as it arrived and a response as it will be sent."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from pve_simulator.errors import ApiError

if TYPE_CHECKING:
    from pve_simulator.http.websocket import WebSocket

_PHRASES = {200: "OK"}
_JSON = "application/json;charset=UTF-8"
_TEXT = "text/plain"


@dataclass(slots=True)
class Request:
    """One HTTP request; header names are lower case, `path` is percent-decoded.

    `connection` numbers the connections on which requests come; without one the request came on its own.
    """

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    connection: int | None = None

    @classmethod
    def from_target(cls, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Request:
        """Build a request from the request line's target."""
        path, dummy, query = target.partition("?")
        return cls(method, unquote(path), query, headers, body)


@dataclass(slots=True)
class Response:
    """One HTTP response, with the reason phrase that clients show to their users."""

    status: int = 200
    reason: str = "OK"
    body: bytes = b""
    content_type: str | None = None
    close: bool = False
    # When it is sent by the cluster's clock, in seconds since the epoch; None: now.
    moment: float | None = None
    # Fault injection: the connection is cut instead of answered.
    abort: bool = False
    # Fault injection: seconds over which the body is sent bit by bit.
    slow: float = 0.0
    # What is spoken over the WebSocket that the connection becomes; the answer is then 101, without a body.
    talk: Callable[[WebSocket], Awaitable[None]] | None = None


def json_response(payload: Mapping[str, Any]) -> Response:
    """A success with its JSON body."""
    return Response(body=encode(payload), content_type=_JSON)


def text_response(status: int, text: str, *, reason: str | None = None) -> Response:
    """A body that is not JSON, its first line the reason phrase."""
    phrase = _first_line(text) if reason is None else reason
    return Response(status, phrase, text.encode(), _TEXT)


def bare_response(status: int, reason: str, *, close: bool = False) -> Response:
    """A status line with an empty body, as proxying and authentication failures have."""
    return Response(status, reason, close=close)


def error_response(error: ApiError) -> Response:
    """The JSON error body; its reason phrase is the first line of the message."""
    reason = _first_line(error.message)
    try:
        reason.encode("latin-1")
    except UnicodeEncodeError:
        # The real server cannot write such a status line; its proxy then loses the connection.
        return bare_response(596, "Broken pipe", close=True)
    payload: dict[str, Any] = {"data": None, "message": error.body_message}
    if error.errors is not None:
        payload["errors"] = error.errors
    return Response(error.status, reason, encode(payload), _JSON)


def encode(payload: Any) -> bytes:
    """JSON as the real server writes it: compact UTF-8."""
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()


def phrase_for(status: int) -> str:
    """The phrase of a status that carries no message."""
    return _PHRASES.get(status, "")


def _first_line(text: str) -> str:
    return text.split("\n", 1)[0]
