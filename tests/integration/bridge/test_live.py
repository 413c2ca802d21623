"""Live events: what a page is told of runs, plans and freezes, of this process and of others."""

from __future__ import annotations

import asyncio
import json
import threading

import pytest
from starlette.requests import Request
from web_client import COOKIE, Web

from mcp_bridge.auth.caller import make_local_client
from mcp_bridge.run import Request as Call
from playvisor.web.live.stream import LiveEvents

pytestmark = pytest.mark.flow


class Page:
    """A page that listens."""

    def __init__(self, web: Web, last_id: str | None = None) -> None:
        headers = [(b"cookie", f"{COOKIE}={web.browser.cookies[COOKIE]}".encode())]
        headers += [(b"last-event-id", last_id.encode())] if last_id else []
        scope = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": headers}
        self._request = Request(scope)
        self.last_id = ""

    async def open(self, live: LiveEvents):
        self._lines = (await live.serve(self._request)).body_iterator
        return await anext(self._lines)

    async def read_until(self, kind, **facts):
        """The events until one of this kind with these facts."""
        found = []
        async with asyncio.timeout(20):
            async for text in self._lines:
                for block in text.strip().split("\n\n"):
                    fields = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line)
                    if "event" not in fields:
                        continue
                    data, self.last_id = json.loads(fields["data"]), fields["id"]
                    found.append((fields["event"], data))
                    if fields["event"] == kind and facts.items() <= data.items():
                        return found
        raise AssertionError(found)

    async def close(self):
        await self._lines.aclose()


@pytest.fixture
def web(lab):
    web = Web(lab.bridge)
    web.sign_in()
    return web


def test_runs_plans_and_freezes_are_told_and_reads_are_not(web, lab):
    def act():
        lab.bridge.call(Call("list_nodes", {}, "read"), print, threading.Event())
        lab.ask_as_person("stop_guest", {"name": "web-01"})
        lab.bridge.call(
            Call("stop_guest", {"name": "db-01"}, "apply", make_local_client("m")), print, threading.Event()
        )
        lab.bridge.authority.freeze("racks", 1)

    async def listen():
        live, page = LiveEvents(web.context), Page(web)
        await page.open(live)
        acting = asyncio.create_task(asyncio.to_thread(act))
        found = await page.read_until("freeze")
        await acting
        await page.close()
        return found

    found = asyncio.run(listen())
    runs = [(data["tool"], data["outcome"]) for kind, data in found if kind == "run"]
    assert ("stop_guest", "ok") in runs
    assert not [tool for tool, _outcome in runs if tool == "list_nodes"]
    assert [data["state"] for kind, data in found if kind == "plan"] == ["kept"]


def test_a_stream_that_was_broken_off_goes_on_and_ends_with_its_session(web, lab):
    async def listen():
        live, page = LiveEvents(web.context), Page(web)
        await page.open(live)
        other = Page(web)
        await other.open(live)
        await asyncio.to_thread(lab.ask_as_person, "stop_guest", {"name": "web-01"})
        await page.read_until("run", outcome="ok")
        await asyncio.to_thread(lab.ask_as_person, "start_guest", {"name": "web-01"})
        await other.read_until("run", tool="start_guest", outcome="ok")
        back = Page(web, page.last_id)
        await page.close()
        await back.open(live)
        missed = await back.read_until("run", tool="start_guest", outcome="ok")
        stranger = Page(web, "elsewhere-1")
        reset = await stranger.open(live)
        web.context.sessions.close(web.context.sessions.list_all()[0].id)
        await asyncio.to_thread(lab.bridge.authority.freeze, "racks", 1)
        ended = await back.read_until("session", ended=True)
        return missed, reset, ended

    missed, reset, ended = asyncio.run(listen())
    assert not [data for kind, data in missed if data.get("tool") == "stop_guest" and kind == "run"]
    assert "event: reset" in reset
    assert ended[-1] == ("session", {"ended": True})
