# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What each role may do on the web. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from mcp_bridge.auth.tokens import is_role
from mcp_bridge.errors import UsageError

Right = Literal["read", "operate", "approve", "administer", "console"]
"""`read` what is, `operate` the cluster as policy allows, `approve` plans, `administer` sessions, tokens, freezes."""

RIGHTS: dict[str, frozenset[Right]] = {
    "viewer": frozenset({"read"}),
    "operator": frozenset({"read", "operate", "console"}),
    "approver": frozenset({"read", "approve"}),
    "admin": frozenset({"read", "operate", "approve", "administer", "console"}),
}
"""What each role may. Policies know the roles by the same names."""


def list_rights(roles: Iterable[str]) -> frozenset[Right]:
    """All that somebody with these roles may; roles that are only policy's give nothing here."""
    return frozenset(right for role in roles for right in RIGHTS.get(role, ()))


def read_role_map(option: str, form: str, entries: Iterable[str]) -> Mapping[str, tuple[str, ...]]:
    """Read entries such as `ops=operator`: the roles of each name. Raises UsageError that names the option."""
    found: dict[str, tuple[str, ...]] = {}
    for entry in entries:
        # A group may be called by a distinguished name, which has equals signs.
        name, _equals, role = (part.strip() for part in entry.rpartition("="))
        if not name or not is_role(role):
            raise UsageError(
                f"{option} is wrong: {entry!r}.", f"Write {form}. The roles are {', '.join(RIGHTS)}, and your policy's."
            )
        found[name] = tuple(dict.fromkeys((*found.get(name, ()), role)))
    return found


def map_roles(names: Iterable[str], roles: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """The roles that these names give, each once."""
    return tuple(dict.fromkeys(role for name in names for role in roles.get(name, ())))
