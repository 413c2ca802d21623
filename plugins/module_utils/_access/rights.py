# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What users, groups and API tokens may do where, as Proxmox VE works it out from its ACLs. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from .access import ROOT, Access, make_acl_id

NO_ACCESS = "NoAccess"


def find_roles(access: Access, kind: str, holder: str, path: str, pool: str | None = None) -> frozenset[str]:
    """The roles that a holder has on a path: of the deepest path at or above it that gives it any.

    There, those of a user itself come before those of its groups. A member of a I(pool) has the pool's roles besides.
    A token's are its own, whether or not its user has the same.
    """
    if (kind, holder) == ("user", ROOT):
        return frozenset({"Administrator"})
    groups = access.get_state("user", holder)["groups"] if kind == "user" else ()
    found: frozenset[str] = frozenset()
    for above in _list_paths_to(path):
        for holders in ([(kind, holder)], [("group", group) for group in groups]):
            here = frozenset(
                role
                for each in holders
                for role, propagates in access.get_state("acl", make_acl_id(above, *each))["roles"].items()
                if propagates or above == path
            )
            if here:
                found = here
                break
    if pool:
        found |= find_roles(access, kind, holder, f"/pool/{pool}")
    return frozenset({NO_ACCESS}) if NO_ACCESS in found else found


def list_privileges(access: Access, roles: Iterable[str]) -> frozenset[str]:
    """All privileges of these roles together."""
    return frozenset(name for role in roles for name in access.get_state("role", role)["privileges"])


def find_privileges(access: Access, kind: str, holder: str, path: str, pool: str | None = None) -> frozenset[str]:
    """The privileges that a holder has on a path."""
    return list_privileges(access, find_roles(access, kind, holder, path, pool))


def _list_paths_to(path: str) -> list[str]:
    """The paths from the root to this one."""
    parts = [part for part in path.split("/") if part]
    return ["/", *("/" + "/".join(parts[: depth + 1]) for depth in range(len(parts)))]
