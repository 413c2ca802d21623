# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""`playvisor tools`."""

from __future__ import annotations

from typing import Annotated

import typer

from playvisor.cli.options import Json

group = typer.Typer(help="Show the tools that Playvisor offers.", no_args_is_help=True)


@group.command("list")
def tools_list(as_json: Json = False) -> None:
    """List the tools and their effect."""
    from playvisor.cli.tools import list_tools

    list_tools(as_json=as_json)


@group.command("show")
def tools_show(
    name: Annotated[str, typer.Argument(help="Name of the tool, such as stop_guest.")], as_json: Json = False
) -> None:
    """Show what a tool does, its options and an example."""
    from playvisor.cli.tools import show_tool

    show_tool(name, as_json=as_json)
