# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""`playvisor tokens`."""

from __future__ import annotations

from typing import Annotated

import typer

from playvisor.cli.options import with_output
from playvisor.cli.output import TABLE, Output

group = typer.Typer(
    rich_markup_mode=None, help="Manage the tokens of clients that connect over HTTP.", no_args_is_help=True
)


@group.command("create")
@with_output(rows=False)
def tokens_create(
    name: Annotated[str, typer.Argument(help="Name of the client; the ledger and policies call it token:NAME.")],
    role: Annotated[list[str] | None, typer.Option(help="Role of the client in policies; may be repeated.")] = None,
    days: Annotated[
        int | None, typer.Option(min=1, help="Days until the token expires. Default: it never expires.")
    ] = None,
    output: Output = TABLE,
) -> None:
    """Create a token for a client of `playvisor mcp --transport http`. It is printed only this once."""
    from playvisor.cli.tokens import create_token

    create_token(name, role or [], days, output=output)


@group.command("list")
@with_output(rows=True)
def tokens_list(output: Output = TABLE) -> None:
    """List the tokens, without their secrets."""
    from playvisor.cli.tokens import list_tokens

    list_tokens(output=output)


@group.command("revoke")
@with_output(rows=False)
def tokens_revoke(name: Annotated[str, typer.Argument(help="Name of the token.")], output: Output = TABLE) -> None:
    """Revoke a token. Its next request is refused."""
    from playvisor.cli.tokens import revoke_token

    revoke_token(name, output=output)
