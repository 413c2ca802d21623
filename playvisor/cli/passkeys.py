# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""`playvisor passkeys`: with which people sign in to the web, and approve plans."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcp_bridge import version
from mcp_bridge.auth.caller import make_person
from mcp_bridge.run.factory import make_authority
from mcp_bridge.settings import load_settings
from playvisor.cli import console
from playvisor.cli.call import CLIENT
from playvisor.cli.output import Output, print_document, print_rows
from playvisor.cli.rendering.tables import Table

if TYPE_CHECKING:
    from mcp_bridge.authority.passkey_writer import PasskeyWriter

_PASSKEYS = Table(
    "",
    "key name owner server=rp_id state made=made_at used=used_at",
    wide="approves=may_approve roles=roles:list uses=sign_count backed_up=is_backed_up",
    ids="key",
    empty="No passkeys: people enrol them on the web, where they are signed in.",
)


def list_passkeys(*, output: Output) -> None:
    """Print all passkeys."""
    print_rows([passkey.as_dict() for passkey in _open_passkeys().list_all()], _PASSKEYS, output)


def revoke_passkey(key: str, *, output: Output) -> None:
    """Revoke a passkey; it signs nobody in from then on."""
    passkeys = _open_passkeys()
    passkey = passkeys.revoke(key, make_person(CLIENT, version()))
    if output.is_document:
        print_document({**passkey.as_dict(), "state": "revoked"}, output)
        return
    console.get_stderr().print(f"Revoked the passkey {passkey.name} of {passkey.owner}.")
    if not passkeys.is_any_enrolled():
        console.get_stderr().print("Nobody who may approve plans has one now, so policy asks for none any more.")


def _open_passkeys() -> PasskeyWriter:
    return make_authority(load_settings()).passkeys
