# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Serves the web application and the REST API until a signal."""

from __future__ import annotations

import contextlib
import os
import sys
import textwrap
import threading
import webbrowser

import anyio

from mcp_bridge.auth.addresses import find_own_addresses
from mcp_bridge.errors import LedgerError
from mcp_bridge.run import Bridge
from mcp_bridge.settings import Mode
from mcp_bridge.settings.web import WebSettings
from mcp_bridge.system.bounded_stderr import bound_stderr
from mcp_bridge.system.serving import Listening, make_url, open_listening, serve_app
from playvisor.web.app import make_app
from playvisor.web.assets import NOT_BUILT, is_built
from playvisor.web.consoles.sockets import MOST_MESSAGE_BYTES
from playvisor.web.context import WebContext
from playvisor.web.fleets.sources import Fleets
from playvisor.web.signin.entering import close_all
from playvisor.web.signin.links import LINK_SECONDS
from playvisor.web.signin.safety import is_behind_proxy, make_ways, require_safe

_STOP_SECONDS = 10
_COLUMNS = 80
# On Linux a browser shows nothing without one of them; over SSH it would show it elsewhere.
_SCREENS = ("DISPLAY", "WAYLAND_DISPLAY")
_ELSEWHERE = ("SSH_CONNECTION", "SSH_TTY")


def serve_web(bridge: Bridge, mode: Mode, options: WebSettings, fleets: Fleets, *, may_open: bool = False) -> None:
    """Serve until SIGINT or SIGTERM, and open a browser where it `may_open` one and there is a screen.

    Raises UsageError for options that would let in anybody, or nobody, and for an address that is taken.
    """
    require_safe(options)
    where = Listening(options.host, options.port, certificate=options.tls_cert, key=options.tls_key)
    with open_listening(where) as listening, bound_stderr():
        own_url = make_url(where, listening)
        url = (options.public_url or own_url).rstrip("/")
        addresses = find_own_addresses(
            where.host, listening.getsockname()[1], names=options.allow_host, public_url=options.public_url
        )
        context = WebContext(
            bridge,
            mode,
            addresses,
            is_secure=url.startswith("https:"),
            url=url,
            ways=make_ways(options, bridge, url),
            proxies=options.proxies,
            is_behind_proxy=is_behind_proxy(options),
            fleets=fleets,
            options=options,
        )
        threading.Thread(target=context.read_cluster, name="cluster", daemon=True).start()
        link = f"{url}/#link={context.links.make()}"
        sys.stderr.write(_describe_start(url, link))
        if may_open and is_built() and has_screen():
            threading.Thread(target=webbrowser.open, args=(link,), name="browser", daemon=True).start()
        withdraw = context.links.announce(url)

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
            withdraw()
            close_all(context)
            with contextlib.suppress(LedgerError):
                bridge.authority.refused_logins.flush()
            bridge.close()


def has_screen() -> bool:
    """Whether a browser that is opened here is seen by who has started this command."""
    if not sys.stderr.isatty() or any(map(os.environ.get, _ELSEWHERE)):
        return False
    return sys.platform != "linux" or any(map(os.environ.get, _SCREENS))


def _describe_start(url: str, link: str) -> str:
    lines = [
        f"Playvisor serves the web at {url}",
        f"To come in, open this within {LINK_SECONDS / 60:g} minutes; it is good once:",
        f"  {link}",
        "`playvisor web --link` prints another one. Ctrl-C ends it.",
        *([] if is_built() else textwrap.wrap(NOT_BUILT, _COLUMNS)),
    ]
    return "".join(f"{line}\n" for line in lines)
