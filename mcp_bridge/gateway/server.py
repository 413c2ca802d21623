# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The gateway's event loop: uvicorn on a socket that listens already. Slow to import."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any

import uvicorn

from mcp_bridge.gateway.app import GatewayApp
from mcp_bridge.gateway.sessions import Sessions
from mcp_bridge.gateway.upstream import Upstream
from mcp_bridge.settings.endpoint import Credentials, Endpoint
from mcp_bridge.system.connections import ConnectionLimits, Connections, CountedSocket
from mcp_bridge.system.limited_http import make_config

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
    ready: Callable[[Callable[[], Any]], None],
) -> None:
    """Call `ready` with a function that stops the server, callable from any thread; serve until it is called."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    ready(lambda: loop.call_soon_threadsafe(stop.set))
    upstream = Upstream(endpoint, credentials)
    connections = Connections(LIMITS)
    config = make_config(
        GatewayApp(sessions, upstream), connections, lifespan="off", log_config=None, date_header=False
    )
    try:
        await _Server(config, stop).serve(sockets=[CountedSocket(listening, connections)])
    finally:
        await upstream.aclose()
