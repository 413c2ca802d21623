# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hidden: what is in no list may be there all the same, where the credentials would not see it. It is not made anew."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from .._api.errors import PERMISSION_DENIED, PveError
from .._checks.existing import Existing
from .._observe.sight import Sight
from .._storage.storages import find_missing_vmids

if TYPE_CHECKING:
    from .._api.client import Client
    from .identity import Sought

_AUDIT = "VM.Audit"
# The kinds of which lists leave out what the credentials may not see, by where they stand in a document.
_KINDS = {
    ("pools",): "pool",
    ("storages",): "storage",
    ("access", "users"): "user",
    ("access", "groups"): "group",
}


def find_hidden_guests(client: Client, wanted: Iterable[Sought]) -> dict[str, PveError]:
    """Of guests that were not found, by name, those that may be there all the same, and why that is not known."""
    wanted = list(wanted)
    if not wanted or _sees_all_guests(client):
        return {}
    free = find_missing_vmids(client, {one.vmid for one in wanted if one.vmid is not None})
    return {one.name: _describe_hidden(one) for one in wanted if one.vmid not in free}


def require_visible(client: Client, path: tuple[str, ...]) -> None:
    """Raise C(permission_denied) for a new object at I(path) that may be there already, and would not be seen."""
    kind = _KINDS.get(path[:-1])
    warnings = Existing(client).warn_of_hidden(kind, path[-1]) if kind is not None else []
    if warnings:
        raise PveError(PERMISSION_DENIED, warnings[0], "Give the user or token one of these privileges there.")


def _sees_all_guests(client: Client) -> bool:
    permissions = client.get("/access/permissions")
    try:
        paths = {str(entry["path"]) for entry in client.get("/access/acl")}
    except PveError:
        paths = set()
    return Sight(permissions, paths).sees_all("/vms", (_AUDIT,))


def _describe_hidden(sought: Sought) -> PveError:
    hint = f"Give the user or token {_AUDIT} on /vms"
    if sought.vmid is not None:
        return PveError(
            PERMISSION_DENIED,
            f"Guest {sought.vmid}, which this fleet has as {sought.name}, is there, and these credentials can't see "
            "it.",
            f"{hint}/{sought.vmid}, or correct vmid.",
        )
    return PveError(
        PERMISSION_DENIED,
        f"Whether there is a guest {sought.name} is not known: these credentials don't see all guests.",
        f"{hint}, or declare the vmid of a guest that is to be made: whether that one is free can be told.",
    )
