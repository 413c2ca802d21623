# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The ASGI application: checks who asks and whether they may, forwards to the cluster, and traces all of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from urllib.parse import quote, quote_from_bytes

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from mcp_bridge.gateway.consoles import Consoles
from mcp_bridge.gateway.credentials import FORM, Answer
from mcp_bridge.gateway.faults import Fault
from mcp_bridge.gateway.grants import REFUSAL
from mcp_bridge.gateway.request import ApiRequest, encode_params, parse_api_path, parse_params
from mcp_bridge.gateway.sessions import Flight, Session, Sessions
from mcp_bridge.gateway.trace import UNSENT, TraceClosed
from mcp_bridge.gateway.uploads import Upload, is_upload
from mcp_bridge.gateway.upstream import Body, Upstream
from mcp_bridge.system.connections import CONNECTION_KEY
from mcp_bridge.system.write_gate import WriteGate

LARGEST_FORM = 8 * 1024 * 1024
# Of one run.
MOST_REQUESTS_AT_ONCE = 128
# Within which something more of a body has to come.
BODY_SECONDS = 30.0
_WRITING = frozenset({"POST", "PUT", "DELETE"})


class GatewayApp:
    """Answers the requests of runs with the cluster's answers."""

    def __init__(self, sessions: Sessions, upstream: Upstream, gate: WriteGate, consoles: Consoles) -> None:
        self._sessions = sessions
        self._consoles = consoles
        self._upstream = upstream
        self._gate = gate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            response = await self._respond(request)
        except ClientDisconnect:
            return
        except Fault as fault:
            response = self._render_fault(fault)
        except Exception as error:
            # A run that gets no answer would wait for one.
            response = self._render_fault(Fault("gateway_failed", f"{type(error).__name__}: {error}", is_sent=True))
        await response(scope, receive, send)

    async def _respond(self, request: Request) -> Response:
        session = self._sessions.find(request.headers.get("authorization", "").removeprefix("Bearer "))
        if session is None:
            raise Fault("unknown_key", "no run has this key")
        connection = request.scope["state"][CONNECTION_KEY]
        connection.proven = True
        connection.busy += 1
        session.requests += 1
        try:
            if session.requests > MOST_REQUESTS_AT_ONCE:
                raise ValueError(f"more than {MOST_REQUESTS_AT_ONCE} requests at once")
            answer = await self._answer(session, request)
        except ValueError as error:
            # What can't be judged is not granted.
            session.deny(request.method, quote(request.url.path).removeprefix("/api2/json"))
            raise Fault("not_granted", f"{REFUSAL} ({error})") from None
        finally:
            session.answers += 1
            session.requests -= 1
            connection.busy -= 1
        headers = {**answer.headers, "x-pve-reason": quote_from_bytes(answer.reason.strip())}
        if answer.status == 401 and self._upstream.odd_secret:
            headers["x-gateway-hint"] = quote(self._upstream.odd_secret)
        return Response(answer.body, answer.status, headers)

    async def _answer(self, session: Session, request: Request) -> Answer:
        raw_path, query = (request.scope[name].decode("ascii") for name in ("raw_path", "query_string"))
        path = parse_api_path(raw_path)
        if request.method == "GET":
            return await self._read(session, ApiRequest("GET", path, parse_params(query)), request)
        if request.method not in _WRITING:
            raise ValueError(f"no method {request.method}")
        content_type = request.headers.get("content-type", "")
        if is_upload(content_type):
            if request.method == "DELETE":
                raise ValueError("a DELETE with an upload")
            upload = Upload(content_type, _read_in_time(request))
            await upload.read_head()
            # In the form alone: the query would have to be sent beside it.
            if query:
                raise ValueError("an upload with a query")
            headers = upload.make_headers(request.headers.get("content-length", ""))
            return await self._write(
                session, ApiRequest(request.method, path, upload.params), headers, upload.read_all()
            )
        params = parse_params(query, await _read_form(request, content_type))
        api_request = ApiRequest(request.method, path, params)
        if request.method == "DELETE":
            # Its parameters go into the query.
            return await self._write(session, api_request, {}, b"")
        return await self._write(session, api_request, FORM, encode_params(params).encode("ascii"))

    async def _read(self, session: Session, api_request: ApiRequest, request: Request) -> Answer:
        """Send a GET, or share the answer of an identical one that is under way for the same run.

        It is shared only if the run has got no answer since that one started: so no answer is older than what the run
        knows.
        """
        encoding = request.headers.get("accept-encoding", "identity")
        key = f"{encoding} {api_request.target}"
        flight = session.flights.get(key)
        shared = flight is not None and flight.answers_at_start == session.answers
        if flight is None or not shared:
            flight = Flight(asyncio.create_task(self._fetch(session, api_request, encoding)), session.answers)
            session.flights[key] = flight
        entry = session.trace.begin("GET", api_request.display_path) if shared else None
        flight.waiters += 1
        disconnect = asyncio.create_task(_wait_for_disconnect(request.receive))
        try:
            await asyncio.wait({flight.task, disconnect}, return_when=asyncio.FIRST_COMPLETED)
            if not flight.task.done():
                raise ClientDisconnect
            answer = flight.task.result()
        finally:
            disconnect.cancel()
            flight.waiters -= 1
            if not flight.waiters:
                flight.task.cancel()
                if session.flights.get(key) is flight:
                    del session.flights[key]
        if entry is not None:
            session.trace.end(entry, answer.status, len(answer.body), "shared")
        return answer

    async def _fetch(self, session: Session, api_request: ApiRequest, encoding: str) -> Answer:
        entry = session.trace.begin("GET", api_request.display_path)
        try:
            answer = await self._upstream.send("GET", api_request.target, {"accept-encoding": encoding})
        except Fault as fault:
            session.trace.end(entry, None, note=fault.code)
            raise
        except asyncio.CancelledError:
            session.trace.end(entry, None, note="abandoned")
            raise
        session.trace.end(entry, answer.status, len(answer.body))
        _note_task_end(session, api_request, answer)
        return answer

    async def _write(self, session: Session, api_request: ApiRequest, headers: dict[str, str], body: Body) -> Answer:
        use = session.grant.claim(api_request)
        if use is None:
            session.deny(api_request.method, api_request.display_path)
            raise Fault("not_granted", REFUSAL)
        # A freeze waits for what has passed the check until it is answered.
        with self._gate.open_for_write():
            # In a thread: it reads from the cluster by this same loop, and from the ledger.
            refusal = await asyncio.to_thread(session.check)
            if refusal is not None:
                session.grant.release(use)
                session.trace.deny(api_request.method, api_request.display_path)
                raise Fault("not_admitted", refusal)
            answer = await self._send(session, api_request, headers, body)
        session.grant.record_answer(use, answer.status, _find_upid(answer))
        return answer

    async def _send(self, session: Session, api_request: ApiRequest, headers: dict[str, str], body: Body) -> Answer:
        """Send a request that may change something, and trace it."""
        try:
            entry = session.trace.begin(api_request.method, api_request.display_path)
        except TraceClosed:
            # It was judged while the run was ended.
            raise Fault("unknown_key", "the run has ended") from None
        try:
            answer = await self._upstream.send(api_request.method, api_request.target, headers, body)
            answer, upid = self._consoles.keep(api_request, answer, session.owner)
        except Fault as fault:
            session.trace.end(entry, None, note=fault.code if fault.is_sent else UNSENT)
            raise
        upid = upid or _find_upid(answer)
        if upid:
            session.upids.append(upid)
        session.trace.end(entry, answer.status, len(answer.body), upid=upid)
        return answer

    def _render_fault(self, fault: Fault) -> Response:
        address = self._upstream.address or "the cluster"
        body = {
            "data": None,
            "message": f"{fault.cause}\n",
            "address": address,
            "cause": fault.cause,
            "sent": fault.is_sent,
            "proxy": fault.proxy,
        }
        headers = {
            "x-gateway-fault": fault.code,
            "x-pve-reason": quote(fault.cause),
            "content-type": "application/json",
        }
        return Response(json.dumps(body), fault.status, headers)


async def _read_form(request: Request, content_type: str) -> str:
    form = bytearray()
    async for part in _read_in_time(request):
        form += part
        if len(form) > LARGEST_FORM:
            raise ValueError("too large a form")
    if form and content_type.partition(";")[0].strip().lower() != FORM["content-type"]:
        raise ValueError("not a form")
    return form.decode("ascii")


async def _read_in_time(request: Request) -> AsyncIterator[bytes]:
    chunks = request.stream()
    while True:
        try:
            async with asyncio.timeout(BODY_SECONDS):
                chunk = await anext(chunks)
        except StopAsyncIteration:
            return
        except TimeoutError:
            raise ValueError("a body that does not come") from None
        yield chunk


async def _wait_for_disconnect(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _find_upid(answer: Answer) -> str | None:
    data = _parse_data(answer)
    return data if answer.status == 200 and isinstance(data, str) and data.startswith("UPID:") else None


def _note_task_end(session: Session, api_request: ApiRequest, answer: Answer) -> None:
    """Where the grant waits for a task, note from its status how it ended."""
    path = api_request.path
    if answer.status != 200 or len(path) != 5 or path[2] != "tasks" or path[4] != "status":
        return
    if not session.grant.is_waiting_for(path[3]):
        return
    data = _parse_data(answer)
    if isinstance(data, dict) and data.get("status") == "stopped":
        session.grant.record_task_end(path[3], str(data.get("exitstatus", "")))


def _parse_data(answer: Answer) -> object:
    # Too deep an answer is one that can't be read, like one that is no JSON.
    with suppress(ValueError, RecursionError):
        body = answer.parse()
        return body.get("data") if isinstance(body, dict) else None
    return None
