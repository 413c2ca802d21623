# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The stream of events of one page, as server-sent events; one that was broken off goes on where it was."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from functools import partial

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from mcp_bridge.errors import PlayvisorError
from playvisor.web.context import Visitor, WebContext
from playvisor.web.live.feed import Event, Feed
from playvisor.web.live.watch import Watch
from playvisor.web.problems import Problem, describe_error
from playvisor.web.signin.rates import let_in
from playvisor.web.signin.visitors import find_visitor

MOST_STREAMS = 16
HEARTBEAT_SECONDS = 25.0
_RETRY_MS = 2000


class _CountedResponse(StreamingResponse):
    """Events, and what is done once their page has left, however early."""

    def __init__(self, lines: AsyncIterator[str], headers: Mapping[str, str], on_end: Callable[[], None]) -> None:
        super().__init__(lines, 200, headers, media_type="text/event-stream")
        self._on_end = on_end

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._on_end()


class LiveEvents:
    """Serves the streams of one server."""

    def __init__(self, context: WebContext) -> None:
        self._context = context
        self._feed = Feed()
        self._watch = Watch(context.bridge, self._feed)
        self._streams: Counter[str] = Counter()

    def look_now(self) -> None:
        """Tell at once what was done in this process."""
        self._watch.look_now()

    async def serve(self, request: Request) -> Response:
        """Serve one stream until its page leaves, or its session ends."""
        try:
            visitor = await let_in(self._context, request)
            topics = frozenset(filter(None, request.query_params.get("topics", "").split(",")))
            name = visitor.session.id if visitor.session else visitor.caller.identity
            # Nothing waits between looking and counting.
            if self._streams[name] >= MOST_STREAMS:
                raise Problem(429, f"More than {MOST_STREAMS} streams are open.", "Close one.", code="busy")
            self._streams[name] += 1
        except Problem as problem:
            return problem.make_response()
        except PlayvisorError as error:
            return describe_error(error).make_response()
        # A page that opens a stream anew can't set the header.
        last_id = request.headers.get("last-event-id") or request.query_params.get("last_event_id")
        lines = self._stream(request, visitor, topics, last_id)
        headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
        return _CountedResponse(lines, headers, partial(self._forget, name))

    def _forget(self, name: str) -> None:
        self._streams[name] -= 1
        if not self._streams[name]:
            del self._streams[name]

    async def _stream(
        self, request: Request, visitor: Visitor, topics: frozenset[str], last_id: str | None
    ) -> AsyncIterator[str]:
        feed = self._feed
        async with self._watch:
            number = feed.newest if last_id is None else feed.read_id(last_id)
            if number is None or feed.list_after(number) is None:
                number = feed.newest
                yield _render("reset", {}, feed.render_id(number))
            yield f"retry: {_RETRY_MS}\n: listening\n\n"
            while await self._is_open(visitor, request):
                events = feed.list_after(number)
                if events is None:
                    number = feed.newest
                    yield _render("reset", {}, feed.render_id(number))
                    continue
                wanted = [event for event in events if not topics or event.kind in topics]
                number = events[-1].number if events else number
                if wanted:
                    yield "".join(self._render_event(event) for event in wanted)
                elif not events:
                    yield ": \n\n"
                await feed.wait(number, HEARTBEAT_SECONDS)
            yield _render("session", {"ended": True}, feed.render_id(number))

    async def _is_open(self, visitor: Visitor, request: Request) -> bool:
        """Whether the session has not ended, or the token is still valid."""
        if visitor.session is not None:
            return self._context.sessions.is_open(visitor.session.id)
        try:
            await run_in_threadpool(find_visitor, self._context, request)
        except (Problem, PlayvisorError):
            return False
        return True

    def _render_event(self, event: Event) -> str:
        return _render(event.kind, event.data, self._feed.render_id(event.number))


def _render(kind: str, data: object, number: str) -> str:
    return f"id: {number}\nevent: {kind}\ndata: {json.dumps(data, separators=(',', ':'))}\n\n"
