# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks for which tools some privileges suffice, and makes the commands that grant what is missing. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Literal

from mcp_bridge.catalogue import Tool

Permissions = Mapping[str, Mapping[str, bool]]
"""From paths of the permission tree to privileges, each with whether it holds on what is below the path, too."""

# What Proxmox VE always tells the privileges of; on one that lacks there are none, whatever is above it.
_ALWAYS_TOLD = frozenset({"/", "/access", "/access/groups", "/nodes", "/pool", "/sdn", "/storage", "/vms"})


def make_permissions(privileges: Mapping[str, Iterable[str]], unpropagated: Mapping[str, Iterable[str]]) -> Permissions:
    """The permissions that a user has, of which some do not hold below their path."""
    return {
        path: {name: name not in unpropagated.get(path, ()) for name in names} for path, names in privileges.items()
    }


@dataclass(frozen=True)
class Usability:
    """Whether a tool can be used everywhere, on some paths only, or not at all; and what is missing where."""

    tool: str
    usable: Literal["yes", "partly", "no"]
    missing: dict[str, list[str]]


def check_usability(tool: Tool, permissions: Permissions) -> Usability:
    """Check how far a tool can be used with these permissions."""
    missing = {
        path: lacking
        for path, needed in tool.privileges.items()
        if (lacking := sorted(set(needed) - _find_effective(path, permissions)))
    }
    if not missing:
        return Usability(tool.name, "yes", {})
    somewhere = all(set(lacking) <= _find_below(path, permissions) for path, lacking in missing.items())
    return Usability(tool.name, "partly" if somewhere else "no", missing)


def _find_effective(path: str, permissions: Permissions) -> frozenset[str]:
    """Find the privileges on everything below a path, or on `/` itself: those of the nearest path that is told of."""
    if path == "/":
        return frozenset(permissions.get(path, ()))
    above = path
    while above not in permissions and above not in _ALWAYS_TOLD:
        above = above.rpartition("/")[0] or "/"
    return frozenset(name for name, propagates in permissions.get(above, {}).items() if propagates)


def _find_below(path: str, permissions: Permissions) -> frozenset[str]:
    """Find the privileges on anything below a path; guests and storages may also get theirs through a pool."""
    return frozenset().union(
        *(names for known, names in permissions.items() if known.startswith((f"{path}/", "/pool/")))
    )


@dataclass(frozen=True)
class Holder:
    """Whose rights are at stake: a user, or a token of it.

    `is_separated` and `user_permissions` are None where the token may not read them about itself and its user.
    """

    user: str
    token: str | None
    permissions: Permissions
    is_separated: bool | None
    user_permissions: Permissions | None
    roles: Collection[str]

    @property
    def sees_all_of_it(self) -> bool:
        """Whether everything is known that a role on a deeper path would replace."""
        return self.user_permissions is not None and self.is_separated is not None


def make_grant_commands(tools: Iterable[Tool], holder: Holder) -> list[str]:
    """Make commands for a root shell on any node that grant what is missing for these tools; none when nothing is.

    A role on a path replaces what is inherited there from above, so that it holds this as well. A token with privilege
    separation has only what both it and its user have; one without has no rights of its own.
    """
    needed: dict[str, set[str]] = {}
    for tool in tools:
        for path, names in tool.privileges.items():
            needed.setdefault(path, set()).update(names)
    permissions = holder.permissions if holder.user_permissions is None else holder.user_permissions
    of_user = f"--users {shlex.quote(holder.user)}"
    holders = [(of_user, permissions)]
    if holder.token and holder.is_separated is not False:
        holders.insert(0, (f"--tokens {shlex.quote(f'{holder.user}!{holder.token}')}", holder.permissions))
    free_names = (name for number in count(1) if (name := f"Playvisor{number}") not in holder.roles)
    commands: list[str] = []
    made: dict[frozenset[str], str] = {}
    for option, held in holders:
        if option == of_user and not holder.sees_all_of_it:
            commands.append(_warn_of_unseen(holder.user, is_last=bool(commands)))
        for path in sorted(needed):
            at_path = _find_effective(path, held)
            if needed[path] <= at_path:
                continue
            privileges = at_path | needed[path]
            if privileges not in made:
                made[privileges] = next(free_names)
                commands.append(f'pveum role add {made[privileges]} --privs "{" ".join(sorted(privileges))}"')
            commands.append(f"pveum acl modify {path} {option} --roles {made[privileges]}")
    return commands if made else []


def _warn_of_unseen(user: str, *, is_last: bool) -> str:
    """What to know before a user is given roles who may have others, which can't be seen from here."""
    seen = f"pveum user permissions {shlex.quote(user)}"
    when = f"Only if that is not enough, the user lacks it, too. Look at what it has first: {seen}."
    if not is_last:
        when = f"First look at what the user has, which can't be seen from here: {seen}."
    return f"{when} The roles below replace what it inherits on their paths: add to them what it is to keep."
