# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""`playvisor web`."""

from __future__ import annotations

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
) -> None:
    """Serve the web application and the REST API."""
    from playvisor.cli.web import serve

    serve(host, port, mode)
