# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""`playvisor web`: serves the web application and the REST API."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import typer

from mcp_bridge.errors import UsageError
from mcp_bridge.run.factory import make_bridge
from mcp_bridge.settings import Mode, load_settings
from mcp_bridge.settings.web import load_web_settings
from mcp_bridge.text.plain import dump_json
from playvisor.cli.command_line import LENT_PROGRAMS
from playvisor.fleet.tools import register_tools
from playvisor.web.fleets.sources import Fleets, find_default
from playvisor.web.serving import serve_web
from playvisor.web.signin.links import Links


def serve(given: Mapping[str, Any], mode: Mode | None, fleets: Sequence[Path] = (), *, may_open: bool = True) -> None:
    """Serve until a signal, in the highest mode that the settings allow, or in `mode`; `given` are the options."""
    register_tools()
    settings, options = load_settings(), load_web_settings(given)
    named = [Path(place) for place in (settings.web_fleets or "").split(os.pathsep) if place]
    served = Fleets(fleets or named or find_default())
    bridge = make_bridge(settings, lasting=True, lends=LENT_PROGRAMS)
    effective_mode = mode or settings.mode or "apply"
    bridge.note_start("web", effective_mode)
    bridge.start_ticks()
    serve_web(bridge, effective_mode, options, served, may_open=may_open)


def print_link(port: int | None) -> None:
    """Print a new one-time link for a server of this user that runs. Raises UsageError when there is none."""
    links = Links(load_settings(with_profile=False).state_dir)
    found = [server for server in links.list_servers() if port is None or f":{port}" in server.url]
    if not found:
        which = f" at port {port}" if port else ""
        raise UsageError(f"No `playvisor web` of yours runs here{which}.", "Start one, with the same state directory.")
    if len(found) > 1:
        urls = " and ".join(server.url for server in found)
        raise UsageError(f"More than one runs: {urls}.", "Choose one with --port.")
    typer.echo(f"{found[0].url}/#link={links.make()}")


def print_openapi() -> None:
    """Print the description of the REST API as OpenAPI 3.1."""
    from playvisor.web.app import list_endpoints
    from playvisor.web.rest.openapi import make_openapi

    register_tools()
    print(dump_json(make_openapi(list_endpoints()), indent=2))
