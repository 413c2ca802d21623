# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The WebSocket of a console: what it shows goes to the browser, what is typed goes back.

Messages of bytes are the console's own: RFB without a password, or what a terminal shows and what is typed. A message
of text is `{"columns": 80, "rows": 24}`, the size of a terminal.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

import anyio
from starlette.concurrency import run_in_threadpool
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from mcp_bridge.errors import PlayvisorError
from mcp_bridge.system.connections import CONNECTION_KEY
from playvisor.web.context import Visitor, WebContext
from playvisor.web.problems import Problem
from playvisor.web.rest.endpoints import PREFIX
from playvisor.web.signin.visitors import find_visitor, name_cookie

if TYPE_CHECKING:
    from mcp_bridge.gateway.console_stream import ConsoleStream

SESSION_SECONDS = 5.0
"""How long a console stays open, at most, after its session has ended."""
MOST_MESSAGE_BYTES = 256 * 1024
"""Of one message of a browser, such as a pasted text."""
_PROTOCOL = "binary"
# Codes of the end: the console's own end, and why there is none.
ENDED, REFUSED, FAILED = 1000, 4403, 4502
_LONGEST_REASON = 123
_MOST_CELLS = 1000


def make_routes(context: WebContext) -> list[WebSocketRoute]:
    """Make the route of all consoles' sockets."""
    return [WebSocketRoute(f"{PREFIX}/consoles/{{id}}/socket", partial(serve_console, context))]


async def serve_console(context: WebContext, socket: WebSocket) -> None:
    """Connect the browser of a session with the console that the session has asked for, once."""
    try:
        visitor = await run_in_threadpool(_require_owner, context, socket)
    except Problem as problem:
        await socket.send_denial_response(problem.make_response())
        return
    connection = socket.scope.get("state", {}).get(CONNECTION_KEY)
    if connection is not None:
        # It is in use for as long as it is open.
        connection.proven = True
        connection.busy += 1
    await socket.accept(_PROTOCOL if _PROTOCOL in socket.scope.get("subprotocols", ()) else None)
    try:
        opening = run_in_threadpool(context.bridge.authority.open_console, socket.path_params["id"], visitor.caller)
        stream = await opening
    except PlayvisorError as error:
        await _close(socket, REFUSED if error.code in ("frozen", "not_found") else FAILED, error.message)
        return
    why = "the browser has gone"
    try:
        why = await _relay(context, socket, stream, visitor)
    finally:
        stream.close(why)
    await _close(socket, ENDED, why)


def _require_owner(context: WebContext, socket: WebSocket) -> Visitor:
    """Who has asked for this console. Raises Problem for everybody else."""
    visitor = find_visitor(context, socket)
    if visitor.session is None or "console" not in visitor.rights:
        raise Problem(403, "Consoles are for people in a browser who may have them.", "Sign in with a browser.")
    if not context.consoles.take(socket.path_params["id"], visitor.session.id):
        raise Problem(
            404, "This session has no such console, or has used it.", f"POST {PREFIX}/consoles.", code="not_found"
        )
    return visitor


async def _relay(context: WebContext, socket: WebSocket, stream: ConsoleStream, visitor: Visitor) -> str:
    """Pass on both ways until one of them ends, or the session; returns why."""
    reasons: list[str] = []

    async def end_with(job: Awaitable[str]) -> None:
        reasons.append(await job)
        group.cancel_scope.cancel()

    async with anyio.create_task_group() as group:
        for job in (_show(socket, stream), _type(socket, stream), _watch_session(context, socket, stream, visitor)):
            group.start_soon(end_with, job)
    return stream.why or reasons[0]


async def _show(socket: WebSocket, stream: ConsoleStream) -> str:
    try:
        while (data := await stream.receive()) is not None:
            await socket.send_bytes(data)
    except WebSocketDisconnect:
        return "the browser has gone"
    return stream.why


async def _watch_session(context: WebContext, socket: WebSocket, stream: ConsoleStream, visitor: Visitor) -> str:
    """Return once the session has ended. Who types uses it; who only looks does not."""
    secret, typed = socket.cookies.get(name_cookie(context), ""), 0
    while True:
        await anyio.sleep(SESSION_SECONDS)
        is_used, typed = stream.typed != typed, stream.typed
        if is_used:
            await run_in_threadpool(context.sessions.find, secret)
        if visitor.session is None or not context.sessions.is_open(visitor.session.id):
            return "the session has ended"


async def _type(socket: WebSocket, stream: ConsoleStream) -> str:
    while True:
        message = await socket.receive()
        if message["type"] == "websocket.disconnect":
            return "the browser has gone"
        if message.get("bytes") is not None:
            await stream.send(message["bytes"])
            continue
        size = _parse_size(message.get("text") or "")
        if size is None:
            return "the browser sent what is no message of a console"
        await stream.resize(*size)


def _parse_size(text: str) -> tuple[int, int] | None:
    """Columns and rows of a message of text; None for any other text."""
    found: Any = None
    with suppress(ValueError, RecursionError):
        found = json.loads(text)
    size = (found.get("columns"), found.get("rows")) if isinstance(found, dict) else ()
    numbers = [number for number in size if isinstance(number, int) and 0 < number <= _MOST_CELLS]
    return (numbers[0], numbers[1]) if len(numbers) == 2 else None


async def _close(socket: WebSocket, code: int, why: str) -> None:
    reason = why.encode()[:_LONGEST_REASON].decode("utf-8", "ignore")
    # It may be closed already, by the browser.
    with suppress(RuntimeError, WebSocketDisconnect):
        await socket.close(code, reason)
