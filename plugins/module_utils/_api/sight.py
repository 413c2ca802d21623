# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sight: whether what is in no list does not exist, or the credentials may not see it."""

from __future__ import annotations

from .client import Client
from .errors import PveError


def read_privileges(client: Client, path: str) -> set[str] | None:
    """The privileges that the credentials have on a path of the access control; None if that can't be read."""
    try:
        answer = client.request("GET", "/access/permissions", {"path": path})
    except PveError:
        return None
    return set(answer.get(path) or ())


def warn_of_blindness(client: Client, what: str, privilege: str, path: str) -> list[str]:
    """The warning about an empty list of I(what), if I(privilege) is missing on I(path) and everywhere else.

    Proxmox VE lists what the caller may see, and does not say when that is nothing.
    """
    try:
        permissions = client.get("/access/permissions")
    except PveError:
        return []
    if any(privilege in names for names in permissions.values()):
        return []
    return [
        f"These credentials see no {what}: they have no {privilege} on {path}, nor below. So an empty list does not "
        "mean that there are none. With privilege separation, a token has only what both it and its user were given."
    ]
