# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks for which tools some privileges suffice, and makes the commands that grant what is missing. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from mcp_bridge.catalogue import Tool

Permissions = Mapping[str, Iterable[str]]
"""From paths of the permission tree to privileges, as `GET /access/permissions` answers."""


@dataclass(frozen=True)
class Usability:
    """Whether a tool can be used everywhere, on some paths only, or not at all; and what is missing where."""

    tool: str
    usable: Literal["yes", "partly", "no"]
    missing: dict[str, list[str]]


def check_usability(tool: Tool, permissions: Permissions) -> Usability:
    """Check how far a tool can be used with these permissions."""
    held = {path: frozenset(privileges) for path, privileges in permissions.items()}
    missing = {
        path: lacking
        for path, needed in tool.privileges.items()
        if (lacking := sorted(set(needed) - _find_effective(path, held)))
    }
    if not missing:
        return Usability(tool.name, "yes", {})
    somewhere = all(set(lacking) <= _find_below(path, held) for path, lacking in missing.items())
    return Usability(tool.name, "partly" if somewhere else "no", missing)


def _find_effective(path: str, held: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """Find the privileges on a path: those of the longest path above it that has any; `/` is above all."""
    paths_above = [known for known in held if known in ("/", path) or path.startswith(f"{known}/")]
    return held[max(paths_above, key=len)] if paths_above else frozenset()


def _find_below(path: str, held: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """Find the privileges on anything below a path; guests and storages may also get theirs through a pool."""
    parts = [names for known, names in held.items() if known.startswith((f"{path}/", "/pool/"))]
    return frozenset().union(*parts)


def make_grant_commands(usabilities: Iterable[Usability], user: str, token: str | None) -> list[str]:
    """Make commands for a root shell on any node that grant everything that is missing; none when nothing is."""
    missing: dict[str, set[str]] = {}
    for entry in usabilities:
        for path, names in entry.missing.items():
            missing.setdefault(path, set()).update(names)
    if not missing:
        return []
    commands = []
    for number, (path, lacking) in enumerate(sorted(missing.items()), start=1):
        role = f"Playvisor{number}"
        commands.append(f'pveum role add {role} --privs "{" ".join(sorted(lacking))}"')
        commands.append(f"pveum acl modify {path} --users {user} --roles {role}")
        if token:
            # A token with privilege separation has only what both it and its user have.
            commands.append(f"pveum acl modify {path} --tokens '{user}!{token}' --roles {role}")
    return commands
