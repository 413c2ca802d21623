# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The gateway's event loop: uvicorn on a socket that listens already. Slow to import."""

from __future__ import annotations

import asyncio
import concurrent.futures
import socket
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import uvicorn

from mcp_bridge.gateway.app import GatewayApp
from mcp_bridge.gateway.consoles import Console, Consoles
from mcp_bridge.gateway.credentials import Answer
from mcp_bridge.gateway.faults import Fault
from mcp_bridge.gateway.request import ROOT
from mcp_bridge.gateway.sessions import Sessions
from mcp_bridge.gateway.upstream import Upstream
from mcp_bridge.settings.endpoint import Credentials, Endpoint
from mcp_bridge.system.connections import ConnectionLimits, Connections, CountedSocket
from mcp_bridge.system.limited_http import make_config
from mcp_bridge.system.write_gate import WriteGate

if TYPE_CHECKING:
    from mcp_bridge.gateway.console_stream import Check, ConsoleStream

    Closed = Callable[[ConsoleStream | None], None]
    """Called with a console that was closed, or was never connected."""

# Runs keep their connections; they go when the run's process does. An upload may take long, as long as it goes on.
LIMITS = ConnectionLimits(
    total=512,
    unproven=256,
    unproven_per_address=256,
    header_seconds=10,
    body_seconds=6 * 3600,
    idle_seconds=3600,
    header_bytes=64 * 1024,
    backlog=512,
)

# Of everything that the authority reads for one plan.
_READ_SECONDS = 180
TICKET_SECONDS = 30.0
"""Of the log-in of a person, who waits for it."""


class Running:
    """The gateway while it serves. Safe to use from other threads than its own."""

    read_seconds: float = _READ_SECONDS

    def __init__(self, loop: asyncio.AbstractEventLoop, stop: asyncio.Event, upstream: Upstream) -> None:
        self._loop = loop
        self._stop = stop
        self._upstream = upstream
        self._jobs: set[asyncio.Task[None]] = set()

    def stop(self) -> None:
        """Let it end soon."""
        self._loop.call_soon_threadsafe(self._stop.set)

    def read(self, paths: Sequence[str]) -> list[Answer | Fault]:
        """Read these paths of the API at once, each with its query; a fault takes the place of an answer."""
        # Longer than any of them may take: it ends with the loop.
        return asyncio.run_coroutine_threadsafe(self._read_all(paths), self._loop).result(2 * self.read_seconds)

    def ask_ticket(self, form: Mapping[str, str]) -> Answer:
        """Let the cluster answer a log-in of somebody else. Raises Fault."""
        return asyncio.run_coroutine_threadsafe(self._ask_ticket(form), self._loop).result(2 * TICKET_SECONDS)

    async def _ask_ticket(self, form: Mapping[str, str]) -> Answer:
        try:
            async with asyncio.timeout(TICKET_SECONDS):
                return await self._upstream.ask_ticket(form)
        except TimeoutError:
            raise Fault("timeout", f"no answer within {TICKET_SECONDS:g} s", is_sent=True) from None

    def connect_console(self, console: Console, check: Check, on_close: Closed) -> ConsoleStream:
        """Connect with a console. Raises Fault; `on_close` is called whether it was connected or not."""
        opened: concurrent.futures.Future[ConsoleStream] = concurrent.futures.Future()
        self._loop.call_soon_threadsafe(self._start, self._hold(console, check, on_close, opened))
        return opened.result(2 * self.read_seconds)

    def _start(self, job: Coroutine[Any, Any, None]) -> None:
        task = self._loop.create_task(job)
        self._jobs.add(task)
        task.add_done_callback(self._jobs.discard)

    async def _hold(
        self,
        console: Console,
        check: Check,
        on_close: Closed,
        opened: concurrent.futures.Future[ConsoleStream],
    ) -> None:
        """Keep a console connected until it is closed."""
        # Few servers have any.
        from mcp_bridge.gateway.console_stream import connect_console

        stream = None
        try:
            async with connect_console(self._upstream, console, check) as stream:
                opened.set_result(stream)
                await stream.wait_for_end()
        except Exception as error:
            # Once it is open, its end is no failure.
            if not opened.done():
                opened.set_exception(error)
        finally:
            if not opened.done():
                opened.set_exception(Fault("gateway_failed", "the gateway has stopped"))
            if stream is not None:
                stream.end("the server has stopped")
            await asyncio.to_thread(on_close, stream)

    async def _read_all(self, paths: Sequence[str]) -> list[Answer | Fault]:
        return await asyncio.gather(*(self._read(path) for path in paths))

    async def _read(self, path: str) -> Answer | Fault:
        try:
            async with asyncio.timeout(self.read_seconds):
                return await self._upstream.send("GET", f"{ROOT}{path.lstrip('/')}", {"accept-encoding": "identity"})
        except TimeoutError:
            return Fault("timeout", f"no answer within {self.read_seconds:g} s")
        except Fault as fault:
            return fault


@dataclass(frozen=True)
class Service:
    """What the gateway serves runs with: who they are, the gate of writes, the consoles that they open."""

    sessions: Sessions
    gate: WriteGate
    consoles: Consoles


class _Server(uvicorn.Server):
    """Ends at once when `stop` is set; uvicorn's own loop wakes ten times a second, and ends slowly."""

    def __init__(self, config: uvicorn.Config, stop: asyncio.Event) -> None:
        super().__init__(config)
        self._stop = stop

    async def main_loop(self) -> None:
        await self._stop.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()


async def serve(
    listening: socket.socket,
    endpoint: Endpoint,
    credentials: Credentials,
    service: Service,
    ready: Callable[[Running], None],
) -> None:
    """Call `ready` once it runs; serve until that is stopped."""
    stop = asyncio.Event()
    upstream = Upstream(endpoint, credentials)
    ready(Running(asyncio.get_running_loop(), stop, upstream))
    connections = Connections(LIMITS)
    app = GatewayApp(service.sessions, upstream, service.gate, service.consoles)
    config = make_config(app, connections, lifespan="off", log_config=None, date_header=False)
    try:
        await _Server(config, stop).serve(sockets=[CountedSocket(listening, connections)])
    finally:
        await upstream.aclose()
