# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Serves the web application and the REST API until a signal."""

from __future__ import annotations

import contextlib
import sys
import threading

import anyio

from mcp_bridge.auth.addresses import find_own_addresses, is_loopback
from mcp_bridge.errors import LedgerError, UsageError
from mcp_bridge.run import Bridge
from mcp_bridge.settings import Mode
from mcp_bridge.system.bounded_stderr import bound_stderr
from mcp_bridge.system.serving import Listening, make_url, open_listening, serve_app
from playvisor.web.app import make_app
from playvisor.web.assets import NOT_BUILT, is_built
from playvisor.web.consoles.sockets import MOST_MESSAGE_BYTES
from playvisor.web.context import WebContext
from playvisor.web.fleets.sources import Fleets

_STOP_SECONDS = 10


def serve_web(bridge: Bridge, mode: Mode, where: Listening, fleets: Fleets) -> None:
    """Serve until SIGINT or SIGTERM. Raises UsageError for an address that others reach, and one that is taken."""
    if not is_loopback(where.host):
        raise UsageError(
            f"It does not listen on {where.host} without a way to sign in and TLS.", "Listen on 127.0.0.1."
        )
    with open_listening(where) as listening, bound_stderr():
        addresses = find_own_addresses(where.host, listening.getsockname()[1])
        context = WebContext(bridge, mode, addresses, is_secure=where.scheme == "https", fleets=fleets)
        url = make_url(where, listening)
        threading.Thread(target=context.read_cluster, name="cluster", daemon=True).start()
        sys.stderr.write(f"Playvisor serves the web at {url}/#link={context.links.make()}\n")
        if not is_built():
            sys.stderr.write(f"{NOT_BUILT}\n")

        async def stop() -> None:
            bridge.cancel_runs()
            with anyio.move_on_after(_STOP_SECONDS):
                while bridge.has_runs:
                    await anyio.sleep(0.05)

        try:
            serve_app(
                make_app(context),
                where,
                listening,
                stop,
                # Consoles. What they show is pixels, which compressing makes slow and not small.
                ws="wsproto",
                ws_max_size=MOST_MESSAGE_BYTES,
                ws_per_message_deflate=False,
            )
        finally:
            with contextlib.suppress(LedgerError):
                bridge.authority.refused_logins.flush()
            bridge.close()
