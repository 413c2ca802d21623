# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""`playvisor web`: serves the web application and the REST API."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from mcp_bridge.run.factory import make_bridge
from mcp_bridge.settings import Mode, load_settings
from mcp_bridge.system.serving import Listening
from mcp_bridge.text.plain import dump_json
from playvisor.cli.command_line import LENT_PROGRAMS
from playvisor.fleet.tools import register_tools
from playvisor.web.fleets.sources import Fleets, find_default
from playvisor.web.serving import serve_web


def serve(host: str, port: int, mode: Mode | None, fleets: Sequence[Path] = ()) -> None:
    """Serve until a signal, in the highest mode that the settings allow, or in `mode`."""
    register_tools()
    settings = load_settings()
    named = [Path(place) for place in (settings.web_fleets or "").split(os.pathsep) if place]
    served = Fleets(fleets or named or find_default())
    bridge = make_bridge(settings, lasting=True, lends=LENT_PROGRAMS)
    effective_mode = mode or settings.mode or "apply"
    bridge.note_start("web", effective_mode)
    bridge.start_ticks()
    serve_web(bridge, effective_mode, Listening(host, port), served)


def print_openapi() -> None:
    """Print the description of the REST API as OpenAPI 3.1."""
    from playvisor.web.app import list_endpoints
    from playvisor.web.rest.openapi import make_openapi

    register_tools()
    print(dump_json(make_openapi(list_endpoints()), indent=2))
