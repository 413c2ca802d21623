# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""`playvisor tools`."""

from __future__ import annotations

from typing import Annotated

import typer

from playvisor.cli.options import with_output
from playvisor.cli.output import TABLE, Output

group = typer.Typer(rich_markup_mode=None, help="Show the tools that Playvisor offers.", no_args_is_help=True)


@group.command("list")
@with_output(rows=True)
def tools_list(output: Output = TABLE) -> None:
    """List the tools and their effect."""
    from playvisor.cli.tools import list_tools

    list_tools(output=output)


@group.command("show")
@with_output(rows=False)
def tools_show(
    name: Annotated[str, typer.Argument(help="Name of the tool, such as stop_guest.")], output: Output = TABLE
) -> None:
    """Show what a tool does, its options and an example."""
    from playvisor.cli.tools import show_tool

    show_tool(name, output=output)
