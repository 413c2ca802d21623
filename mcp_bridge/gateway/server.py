# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The gateway's event loop: uvicorn on a socket that listens already. Slow to import."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Sequence

import uvicorn

from mcp_bridge.gateway.app import GatewayApp
from mcp_bridge.gateway.credentials import Answer
from mcp_bridge.gateway.faults import Fault
from mcp_bridge.gateway.request import ROOT
from mcp_bridge.gateway.sessions import Sessions
from mcp_bridge.gateway.upstream import Upstream
from mcp_bridge.settings.endpoint import Credentials, Endpoint
from mcp_bridge.system.connections import ConnectionLimits, Connections, CountedSocket
from mcp_bridge.system.limited_http import make_config
from mcp_bridge.system.write_gate import WriteGate

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


class Running:
    """The gateway while it serves. Safe to use from other threads than its own."""

    read_seconds: float = _READ_SECONDS

    def __init__(self, loop: asyncio.AbstractEventLoop, stop: asyncio.Event, upstream: Upstream) -> None:
        self._loop = loop
        self._stop = stop
        self._upstream = upstream

    def stop(self) -> None:
        """Let it end soon."""
        self._loop.call_soon_threadsafe(self._stop.set)

    def read(self, paths: Sequence[str]) -> list[Answer | Fault]:
        """Read these paths of the API at once, each with its query; a fault takes the place of an answer."""
        # Longer than any of them may take: it ends with the loop.
        return asyncio.run_coroutine_threadsafe(self._read_all(paths), self._loop).result(2 * self.read_seconds)

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
    sessions: Sessions,
    gate: WriteGate,
    ready: Callable[[Running], None],
) -> None:
    """Call `ready` once it runs; serve until that is stopped."""
    stop = asyncio.Event()
    upstream = Upstream(endpoint, credentials)
    ready(Running(asyncio.get_running_loop(), stop, upstream))
    connections = Connections(LIMITS)
    config = make_config(
        GatewayApp(sessions, upstream, gate), connections, lifespan="off", log_config=None, date_header=False
    )
    try:
        await _Server(config, stop).serve(sockets=[CountedSocket(listening, connections)])
    finally:
        await upstream.aclose()
