# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""`playvisor passkeys`."""

from __future__ import annotations

from typing import Annotated

import typer

from playvisor.cli.options import with_output
from playvisor.cli.output import TABLE, Output

group = typer.Typer(
    rich_markup_mode=None,
    help="Manage the passkeys with which people sign in to the web, and approve plans.",
    no_args_is_help=True,
)


@group.command("list")
@with_output(rows=True)
def passkeys_list(output: Output = TABLE) -> None:
    """List the passkeys: whose they are, of which server, and when they were used last."""
    from playvisor.cli.passkeys import list_passkeys

    list_passkeys(output=output)


@group.command("revoke")
@with_output(rows=False)
def passkeys_revoke(
    key: Annotated[str, typer.Argument(metavar="KEY", help="Key of the passkey; its first characters are enough.")],
    output: Output = TABLE,
) -> None:
    """Revoke a passkey. What it has approved, and nobody has applied yet, does not count any more."""
    from playvisor.cli.passkeys import revoke_passkey

    revoke_passkey(key, output=output)
