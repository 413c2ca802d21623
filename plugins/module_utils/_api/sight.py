# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sight: whether what is in no list does not exist, or the credentials may not see it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .client import Client
from .errors import PveError


def read_privileges(client: Client, path: str) -> set[str] | None:
    """The privileges that the credentials have on a path of the access control; None if that can't be read."""
    try:
        answer = client.request("GET", "/access/permissions", {"path": path})
    except PveError:
        return None
    return set(answer.get(path) or ())


def sees_all_guests(client: Client) -> bool:
    """Whether no guest can be hidden from the credentials; false also where that can't be known.

    They have to see all of C(/vms), and the whole list of rules, which may make exceptions for guests and for pools.
    """
    if "Sys.Audit" not in (read_privileges(client, "/access") or ()):
        return False
    try:
        held = client.request("GET", "/access/permissions", {"path": "/vms"}).get("/vms") or {}
        rules = client.get("/access/acl")
    except PveError:
        return False
    # Its value is whether it counts for what is below, too.
    return bool(int(held.get("VM.Audit") or 0)) and not any(_makes_exception(rule) for rule in rules)


def _makes_exception(rule: Mapping[str, Any]) -> bool:
    path = str(rule["path"])
    return path.startswith("/vms/") or (path.startswith("/pool") and rule["roleid"] == "NoAccess")


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
