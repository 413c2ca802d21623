# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""OpenAPI 3.1, made of the table of endpoints and the catalogue. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from mcp_bridge import version
from mcp_bridge.catalogue.run_tools import BridgeTool
from playvisor.web.problems import MEDIA_TYPE, STATUS_OF_CODE
from playvisor.web.rest.endpoints import PREFIX, Endpoint
from playvisor.web.rest.idempotency import PATTERN
from playvisor.web.rest.schemas import COMPONENTS
from playvisor.web.tools import list_all

_PARAMETER = re.compile(r"\{(\w+)(?::\w+)?\}")
_CALL = "call_tool"
_UNSAFE = frozenset({"POST", "PUT", "DELETE", "PATCH"})
_SECURITY: Mapping[str, Any] = {
    "session": {"type": "apiKey", "in": "cookie", "name": "playvisor", "description": "A session of the web page"},
    "csrf": {"type": "apiKey", "in": "header", "name": "X-CSRF-Token", "description": "`csrf` of GET /session"},
    "token": {"type": "http", "scheme": "bearer", "description": "`playvisor tokens create NAME`"},
}


def make_openapi(endpoints: Iterable[Endpoint]) -> dict[str, Any]:
    """Make the document."""
    paths: dict[str, dict[str, Any]] = {}
    groups: dict[str, None] = {}
    for endpoint in endpoints:
        groups.setdefault(endpoint.group)
        operations = _expand_tools(endpoint) if endpoint.name == _CALL else {endpoint.path: _describe(endpoint)}
        for path, operation in operations.items():
            # The names of path parameters alone; how they match is Starlette's.
            plain = _PARAMETER.sub(r"{\1}", path)
            paths.setdefault(f"{PREFIX}{plain}", {})[endpoint.method.lower()] = operation
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Playvisor",
            "version": version(),
            "description": "Operate Proxmox VE: each call is planned, judged by policy, run as a playbook, recorded.",
            "license": {"name": "GPL-3.0-or-later", "identifier": "GPL-3.0-or-later"},
        },
        "tags": [{"name": name} for name in groups],
        "paths": paths,
        "components": {"schemas": dict(COMPONENTS), "securitySchemes": dict(_SECURITY)},
    }


def _expand_tools(endpoint: Endpoint) -> dict[str, Any]:
    """One path for each tool, with its own schema."""
    return {f"/tools/{tool.name}": _describe_call(endpoint, tool) for tool in list_all()}


def _describe_call(endpoint: Endpoint, tool: Any) -> dict[str, Any]:
    result = {"$ref": "#/components/schemas/Result"}
    output = getattr(tool, "output_schema", None)
    schema = {"allOf": [result, output]} if output else result
    answers = {"200": _answer("It is done, or planned", schema)}
    # Those of the bridge may wait for a run.
    if tool.writes or isinstance(tool, BridgeTool):
        where = {"location": {"schema": {"type": "string"}, "description": "The run or the plan to follow"}}
        answers["202"] = {**_answer("It goes on, or waits for an approval", result), "headers": where}
    known = sorted({str(status) for status in STATUS_OF_CODE.values()})
    return {
        "operationId": f"call_{tool.name}",
        "summary": tool.title,
        "description": tool.description,
        "tags": [f"tools: {tool.toolset}"],
        "security": _list_security(endpoint),
        "requestBody": {"content": {"application/json": {"schema": tool.input_schema, **_show_example(tool)}}},
        "responses": {**answers, **_refusals(endpoint, *known)},
        **({"parameters": [_IDEMPOTENCY]} if tool.writes else {}),
    }


def _show_example(tool: Any) -> dict[str, Any]:
    example = getattr(tool, "example", None)
    return {"example": dict(example)} if example else {}


_IDEMPOTENCY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": 128, "pattern": PATTERN},
    "description": "A new one for each write: within a day, a repeated one returns what the first call came to",
}


def _describe(endpoint: Endpoint) -> dict[str, Any]:
    path = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in _PARAMETER.findall(endpoint.path)
    ]
    query = [
        {
            "name": name,
            "in": "query",
            "required": False,
            "schema": {key: value for key, value in schema.items() if key != "description"},
            **({"description": schema["description"]} if "description" in schema else {}),
        }
        for name, schema in endpoint.query.items()
    ]
    headers = [
        {
            "name": name,
            "in": "header",
            "required": False,
            "schema": {"type": schema["type"]},
            "description": schema["description"],
        }
        for name, schema in endpoint.headers.items()
    ]
    answers = {
        str(status): _answer(HTTPStatus(status).phrase, schema) for status, schema in sorted(endpoint.returns.items())
    }
    described = {
        "operationId": endpoint.name,
        "summary": endpoint.summary,
        "tags": [endpoint.group],
        "security": _list_security(endpoint),
        "parameters": [*path, *query, *headers],
        "responses": {**answers, **_refusals(endpoint, *endpoint.refusals)},
    }
    if endpoint.body is not None:
        described["requestBody"] = {"content": {"application/json": {"schema": dict(endpoint.body)}}}
    return described


def _list_security(endpoint: Endpoint) -> list[dict[str, list[str]]]:
    if endpoint.may is None:
        return [{}]
    return [{"session": [], "csrf": []} if endpoint.method in _UNSAFE else {"session": []}, {"token": []}]


def _refusals(endpoint: Endpoint, *further: str) -> dict[str, Any]:
    """The answers that are problems: those of every endpoint, and what its path, query and body can be wrong in."""
    known = {"400", "403", "421", "422", "429", "500", "502", "503", "504", *further}
    known |= {"401"} if endpoint.may is not None or "session" in endpoint.path else set()
    known |= {"404", "409"}
    known |= {"413", "415"} if endpoint.body is not None else set()
    problem = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {
        status: {"description": HTTPStatus(int(status)).phrase, "content": problem}
        for status in sorted(known - {str(status) for status in endpoint.returns})
    }


def _answer(description: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    plain = dict(schema)
    media = plain.pop("x-media-type", "application/json")
    return {"description": description, "content": {media: {"schema": plain}}}
