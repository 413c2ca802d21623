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
from mcp_bridge.settings import Settings

# Runs keep their connections; they go when the run's process does.
_KEEP_SECONDS = 3600
_BACKLOG = 512


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
    listening: socket.socket, settings: Settings, sessions: Sessions, ready: Callable[[Callable[[], Any]], None]
) -> None:
    """Call `ready` with a function that stops the server, callable from any thread; serve until it is called."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    ready(lambda: loop.call_soon_threadsafe(stop.set))
    upstream = Upstream(settings)
    config = uvicorn.Config(
        GatewayApp(sessions, upstream),
        http="h11",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=False,
        timeout_keep_alive=_KEEP_SECONDS,
        backlog=_BACKLOG,
    )
    try:
        await _Server(config, stop).serve(sockets=[listening])
    finally:
        await upstream.aclose()
