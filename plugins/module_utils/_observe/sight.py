# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which lists of the API show everything, for the rights that these credentials have. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping


class Sight:
    """What can be seen with I(permissions): privileges by path, as C(/access/permissions) lists them.

    Proxmox VE leaves out of lists what the caller may not see, and does not say so.
    """

    def __init__(self, permissions: Mapping[str, Mapping[str, int]] | None) -> None:
        self._permissions = permissions or {}

    def has(self, path: str, privileges: Collection[str]) -> bool:
        """Whether one of the privileges is there on a path."""
        top = self._find_top(path)
        names = self._permissions.get(top or "", {})
        return any(name in names and (top == path or names[name]) for name in privileges)

    def sees_all(self, path: str, privileges: Collection[str]) -> bool:
        """Whether one of the privileges is there on a path and on everything below it."""
        names = self._permissions.get(self._find_top(path) or "", {})
        if not any(names.get(name) for name in privileges):
            return False
        below = (names for other, names in self._permissions.items() if other.startswith(f"{path.rstrip('/')}/"))
        return all(any(name in names for name in privileges) for names in below)

    def _find_top(self, path: str) -> str | None:
        """The path, or the nearest above it, of which the privileges are listed."""
        top: str | None = path
        while top is not None and top not in self._permissions:
            top = _find_parent(top)
        return top


def _find_parent(path: str) -> str | None:
    return None if path == "/" else path.rpartition("/")[0] or "/"
