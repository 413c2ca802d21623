# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""`playvisor web`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

group = typer.Typer(rich_markup_mode=None, help="Open the web application.", invoke_without_command=True)


@group.callback()
def web(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 means any free one.")] = 8786,
    mode: Annotated[
        Literal["read", "check", "apply"] | None,
        typer.Option(help="Most that the page may do. Default: PLAYVISOR_MODE, or apply."),
    ] = None,
    fleet: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FOLDER|FILE",
            help="A fleet to serve; repeatable. Default: PLAYVISOR_WEB_FLEETS, or the current folder's, if it has one.",
        ),
    ] = None,
    openapi: Annotated[
        bool, typer.Option("--openapi", help="Print the description of the REST API as OpenAPI, and serve nothing.")
    ] = False,
) -> None:
    """Serve the web application and the REST API."""
    from playvisor.cli.web import print_openapi, serve

    if openapi:
        print_openapi()
        return
    serve(host, port, mode, fleet or ())
