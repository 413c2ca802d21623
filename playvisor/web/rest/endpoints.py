# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Endpoints: each is a row of a table, from which its route and its part of OpenAPI are made."""

from __future__ import annotations

import hashlib
import json
import logging
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import anyio
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from mcp_bridge.catalogue import arguments
from mcp_bridge.errors import PlayvisorError
from mcp_bridge.system.connections import CONNECTION_KEY, Connection
from mcp_bridge.text.plain import dump_json
from playvisor.web.context import Visitor, WebContext
from playvisor.web.problems import Problem, describe_error
from playvisor.web.signin.rates import let_in, name_visitor, require_rate
from playvisor.web.signin.roles import Right

_log = logging.getLogger(__name__)
PREFIX = "/api/v1"
MOST_BODY_BYTES = 2**20
MOST_AT_ONCE = 64
_INTEGER = re.compile(r"-?[0-9]{1,18}")
"""Requests of one session, token or address that are answered at once."""
Schema = Mapping[str, Any]


@dataclass(frozen=True)
class Ask:
    """One request of an endpoint: who asks, and the values in path, query and body, which have the declared types."""

    context: WebContext
    visitor: Visitor | None
    path: Mapping[str, str]
    query: Mapping[str, Any]
    body: Mapping[str, Any]
    request: Request

    @property
    def caller(self) -> Visitor:
        """Who asks, where the endpoint is not for everybody."""
        if self.visitor is None:
            raise Problem(401, "Nobody is signed in.", "Sign in.", code="signed_out")
        return self.visitor


@dataclass(frozen=True)
class Answer:
    """What an endpoint answers, as JSON; or a `response` of its own."""

    data: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    response: Response | None = None


Function = Callable[[Ask], Answer]


@dataclass(frozen=True)
class Endpoint:
    """One method of one path below the prefix. `may` is the right it takes; None lets everybody in.

    `query` are the properties of the query, `body` the schema of the body, `returns` those of the answers by status;
    `refusals` are statuses of problems beyond those that every endpoint may answer, `headers` those that it reads.
    What is `prompt` waits neither for the cluster nor for a run, and is answered however busy the server is.
    """

    method: str
    path: str
    name: str
    summary: str
    function: Function
    may: Right | None = "read"
    query: Mapping[str, Schema] = field(default_factory=dict)
    body: Schema | None = None
    returns: Mapping[int, Schema] = field(default_factory=lambda: {200: {"type": "object"}})
    group: str = "other"
    refusals: tuple[str, ...] = ()
    headers: Mapping[str, Schema] = field(default_factory=dict)
    prompt: bool = False


def make_routes(context: WebContext, endpoints: list[Endpoint]) -> list[Route]:
    """Make the routes of endpoints; one path with another method is answered 405, and OPTIONS lists the methods."""
    by_path: dict[str, dict[str, Endpoint]] = {}
    for endpoint in endpoints:
        by_path.setdefault(endpoint.path, {})[endpoint.method] = endpoint
    return [
        Route(f"{PREFIX}{path}", partial(_answer, context, methods), methods=[*methods, "OPTIONS"])
        for path, methods in by_path.items()
    ]


async def _answer(context: WebContext, methods: Mapping[str, Endpoint], request: Request) -> Response:
    if request.method == "OPTIONS":
        # No header for other origins: no page of theirs may ask.
        allowed = sorted({*methods, *(("HEAD",) if "GET" in methods else ()), "OPTIONS"})
        return Response(status_code=204, headers={"allow": ", ".join(allowed)})
    endpoint = methods["GET" if request.method == "HEAD" else request.method]
    try:
        visitor = await _let_in(context, endpoint, request)
        with _hold(context, request, visitor):
            return await _carry_out(context, endpoint, request, visitor)
    except Problem as problem:
        return problem.make_response()
    except PlayvisorError as error:
        return describe_error(error).make_response()
    except Exception:
        _log.exception("%s %s failed", request.method, endpoint.path)
        failed = Problem(500, "Playvisor itself failed at this.", "The server's log says where.", code="internal")
        return failed.make_response()


async def _let_in(context: WebContext, endpoint: Endpoint, request: Request) -> Visitor | None:
    """Find who asks; None where everybody may. Raises Problem for who may not, and for one request too many."""
    if endpoint.may is None:
        require_rate(context, request, None)
        return None
    visitor = await let_in(context, request)
    if endpoint.may not in visitor.rights:
        raise Problem(
            403,
            f"This takes the right to {endpoint.may}, which {visitor.caller.identity} does not have.",
            "Whoever runs this server can give a role that has it.",
            code="refused",
        )
    return visitor


async def _carry_out(context: WebContext, endpoint: Endpoint, request: Request, visitor: Visitor | None) -> Response:
    query = read_query(endpoint.query, request)
    body = await read_body(endpoint.body, request) if endpoint.body is not None else {}
    ask = Ask(context, visitor, request.path_params, query, body, request)
    # Who goes away does not stop what was begun.
    threads = context.prompt_threads if endpoint.prompt else context.threads
    answer = await anyio.to_thread.run_sync(endpoint.function, ask, limiter=threads)
    if endpoint.method != "GET":
        request.app.state.live.look_now()
        return _make_response(answer, {})
    return _make_response(answer, request.headers)


def _make_response(answer: Answer, asked: Mapping[str, str]) -> Response:
    """Make the response of an answer; 304 to who has it already, as the headers of a read say."""
    if answer.response is not None:
        return answer.response
    body = dump_json(answer.data).encode()
    headers = {"cache-control": "no-store", **answer.headers}
    if asked and answer.status == 200:
        # A weak one: compressed, it is other bytes.
        tag = f'W/"{hashlib.sha256(body).hexdigest()[:32]}"'
        headers.setdefault("etag", tag)
        if headers["etag"] in _list_tags(asked.get("if-none-match", "")):
            return Response(status_code=304, headers=headers)
    return Response(body, answer.status, headers, media_type="application/json")


def _list_tags(header: str) -> set[str]:
    return {tag.strip() for tag in header.split(",")}


@contextmanager
def _hold(context: WebContext, request: Request, visitor: Visitor | None) -> Iterator[None]:
    """Count a request while it is answered. Raises Problem 429 for one too many at once."""
    key = name_visitor(request, visitor)
    connection: Connection | None = request.scope.get("state", {}).get(CONNECTION_KEY)
    if context.at_once[key] >= MOST_AT_ONCE:
        raise Problem(
            429,
            f"There are too many requests at once: at most {MOST_AT_ONCE}.",
            "Wait for the answer of one.",
            code="busy",
            headers={"retry-after": "1"},
        )
    context.at_once[key] += 1
    if connection is not None:
        # It does not make room for others meanwhile.
        connection.busy += 1
        connection.proven = connection.proven or visitor is not None
    try:
        yield
    finally:
        context.at_once[key] -= 1
        if not context.at_once[key]:
            del context.at_once[key]
        if connection is not None:
            connection.busy -= 1


def read_query(properties: Mapping[str, Schema], request: Request) -> dict[str, Any]:
    """Read the values of a query. Raises Problem 422 for those that are not of their type, or not known."""
    given = {name: _parse(text, properties.get(name, {})) for name, text in request.query_params.items()}
    _require_valid({"type": "object", "properties": dict(properties), "additionalProperties": False}, given)
    defaults = {name: schema["default"] for name, schema in properties.items() if "default" in schema}
    return {**defaults, **given}


async def read_body(schema: Schema, request: Request) -> Mapping[str, Any]:
    """Read a body of JSON. Raises Problem for one that is too large, broken, or not what the schema says."""
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    data = b""
    try:
        async for piece in request.stream():
            data += piece
            if len(data) > MOST_BODY_BYTES:
                raise Problem(413, f"The body has more than {MOST_BODY_BYTES} bytes.", "Send less.", code="too_large")
    except ClientDisconnect:
        raise Problem(400, "The body was not sent whole.", "Send it again.", code="invalid_parameter") from None
    if data and media != "application/json":
        raise Problem(415, "The body is not application/json.", "Set Content-Type.", code="invalid_parameter")
    try:
        body = json.loads(data or b"{}")
    except (ValueError, RecursionError) as error:
        raise Problem(400, f"The body is not JSON: {error}.", "Correct it.", code="invalid_parameter") from None
    if not isinstance(body, dict):
        raise Problem(422, "The body is not an object.", "Send {…}.", code="invalid_parameter")
    if "properties" in schema:
        _require_valid(schema, body)
    return body


def _require_valid(schema: Schema, values: Mapping[str, Any]) -> None:
    problems = arguments.check_against_schema(schema, values)
    if problems:
        first = problems[0]
        fields = {problem.path: problem.message for problem in problems}
        raise Problem(422, first.message, first.hint, code="invalid_parameter", fields=fields)


def _parse(text: str, schema: Schema) -> Any:
    """The value that a text of a query means, where it is one of its type; the text itself otherwise."""
    kind = schema.get("type")
    if kind == "boolean" and text in ("true", "false"):
        return text == "true"
    if kind == "integer" and _INTEGER.fullmatch(text):
        return int(text)
    return text
