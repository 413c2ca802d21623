# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Request parameters from query, form, JSON and multipart bodies, merged as the real server does."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from pve_simulator.http.message import Request, Response, bare_response, text_response
from pve_simulator.http.multipart import MalformedForm, Upload, parse_multipart

_WITH_BODY = frozenset({"POST", "PUT"})
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE"})
_JSON_SOURCE = "/usr/share/perl5/PVE/APIServer/AnyEvent.pm line 934."


class BadRequest(Exception):
    """A request that fails before the API sees it; the response is not JSON."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.reason)
        self.response = response


@dataclass(slots=True)
class Params:
    """Everything the client sent: text values, lists for repeated keys, and an uploaded file."""

    values: dict[str, Any] = field(default_factory=dict)
    upload: Upload | None = None


def check_method(request: Request) -> None:
    """Refuse methods that the server does not speak, before authentication."""
    if request.method not in _METHODS:
        raise BadRequest(Response(501, f"method '{request.method}' not available"))


def read_params(request: Request) -> Params:
    """Merge query and body into one mapping; the body wins where both name a key."""
    params = Params()
    if request.body and request.method not in _WITH_BODY:
        raise BadRequest(text_response(501, f"Unexpected content for method '{request.method}'"))
    if request.body:
        _read_body(request, params)
    for key, value in _parse_pairs(request.query).items():
        params.values.setdefault(key, value)
    return params


def _read_body(request: Request, params: Params) -> None:
    content_type = request.headers.get("content-type", "")
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        try:
            params.values, params.upload = parse_multipart(content_type, request.body)
        except MalformedForm as error:
            raise BadRequest(bare_response(400, "Bad Request")) from error
    elif kind in {"", "application/x-www-form-urlencoded"}:
        params.values = _parse_pairs(request.body.decode("utf-8", "replace"))
    elif kind == "application/json":
        params.values = _parse_json(request.body)
    else:
        raise BadRequest(text_response(506, f"upload 'Content-Type '{content_type}' not implemented"))


def _parse_pairs(encoded: str) -> dict[str, Any]:
    pairs: dict[str, Any] = {}
    for key, value in parse_qsl(encoded, keep_blank_values=True):
        if key not in pairs:
            pairs[key] = value
        elif isinstance(pairs[key], list):
            pairs[key].append(value)
        else:
            pairs[key] = [pairs[key], value]
    return pairs


def _parse_json(body: bytes) -> dict[str, Any]:
    text = body.decode("utf-8", "replace")
    try:
        loaded = json.loads(text)
    except ValueError as error:
        offset = error.pos if isinstance(error, json.JSONDecodeError) else 0
        what = f'\'"\' expected, at character offset {offset} (before "{text[offset:]}") at {_JSON_SOURCE}'
        raise BadRequest(text_response(500, f"{what}\n")) from error
    if not isinstance(loaded, dict):
        what = f"malformed JSON string, neither tag, array, object, number, string or atom at {_JSON_SOURCE}"
        raise BadRequest(text_response(500, f"{what}\n"))
    # An undefined value is a parameter that was not given.
    return {key: _to_text(value) for key, value in loaded.items() if value is not None}


def _to_text(value: Any) -> Any:
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, list):
        return [_to_text(item) for item in value]
    return value
