# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which lists of the API show everything, for the rights that these credentials have. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping

# What is in a pool may be seen, or not be seen, by what its pool gives.
_POOLED = frozenset({"/vms", "/storage"})


class Sight:
    """What can be seen with I(permissions): privileges by path, as C(/access/permissions) lists them. It leaves out
    paths on which there are none; I(acl_paths), those of C(/access/acl) as far as they can be seen, tell of them.

    Proxmox VE leaves out of lists what the caller may not see, and does not say so.
    """

    def __init__(self, permissions: Mapping[str, Mapping[str, int]] | None, acl_paths: Collection[str] = ()) -> None:
        self._permissions = permissions or {}
        self._acl_paths = frozenset(acl_paths)

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
        below = {
            other for other in self._acl_paths | self._permissions.keys() if other.startswith(f"{path.rstrip('/')}/")
        }
        if not all(any(name in self._permissions.get(other, {}) for name in privileges) for other in below):
            return False
        pools = {other for other in self._acl_paths if other.startswith("/pool/")} if path in _POOLED else set()
        return pools <= self._permissions.keys()

    def _find_top(self, path: str) -> str | None:
        """The path, or the nearest above it, of which the privileges are listed."""
        top: str | None = path
        while top is not None and top not in self._permissions:
            top = _find_parent(top)
        return top


def _find_parent(path: str) -> str | None:
    return None if path == "/" else path.rpartition("/")[0] or "/"
