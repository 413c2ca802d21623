# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The snapshots of a guest as a tree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from .._api.errors import PveError
from .guest import Guest


@dataclass(frozen=True)
class Snapshot:
    """A snapshot as the API lists it; I(snaptime) is in seconds since the epoch."""

    name: str
    parent: str | None = None
    description: str = ""
    vmstate: bool = False
    snaptime: int = 0

    def describe(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "parent": self.parent,
            "description": self.description,
            "vmstate": self.vmstate,
        }


@dataclass(frozen=True)
class Tree:
    """A guest with its snapshots by name, read at I(now), or with the problem that prevented reading them."""

    guest: Guest
    snapshots: dict[str, Snapshot]
    current: str | None = None
    running: bool = False
    now: float = 0.0
    config_digest: str | None = None
    problem: PveError | None = None

    def describe(self) -> dict[str, Any]:
        return {
            "current": self.current,
            "snapshots": [self.snapshots[name].describe() for name in sorted(self.snapshots)],
        }

    def list_times(self) -> dict[str, int]:
        """When each snapshot was taken, in seconds since the epoch, by their names."""
        return {name: snapshot.snaptime for name, snapshot in sorted(self.snapshots.items())}

    def depth(self, name: str) -> int:
        """How many ancestors a snapshot has."""
        ancestors, parent = 0, self.snapshots[name].parent
        while parent in self.snapshots and ancestors < len(self.snapshots):
            ancestors, parent = ancestors + 1, self.snapshots[parent].parent
        return ancestors

    def with_snapshot(self, snapshot: Snapshot) -> Tree:
        return replace(self, snapshots={**self.snapshots, snapshot.name: snapshot}, current=snapshot.name)

    def without_snapshot(self, name: str) -> Tree:
        """The tree after a snapshot was deleted: its children become its parent's."""
        deleted = self.snapshots[name]
        rest = {
            snapshot.name: replace(snapshot, parent=deleted.parent) if snapshot.parent == name else snapshot
            for snapshot in self.snapshots.values()
            if snapshot.name != name
        }
        return replace(self, snapshots=rest, current=deleted.parent if self.current == name else self.current)


def read_tree(guest: Guest, entries: Sequence[dict[str, Any]], now: float) -> Tree:
    """The tree from the entries of C(GET .../snapshot), where C(current) stands for the guest itself."""
    guest_entry = next((entry for entry in entries if entry["name"] == "current"), {})
    return Tree(
        guest=guest,
        snapshots={
            entry["name"]: Snapshot(
                name=entry["name"],
                parent=entry.get("parent"),
                description=str(entry.get("description") or "").rstrip(),
                vmstate=bool(int(entry.get("vmstate") or 0)),
                snaptime=int(entry.get("snaptime") or 0),
            )
            for entry in entries
            if entry["name"] != "current"
        },
        current=guest_entry.get("parent"),
        running=bool(int(guest_entry.get("running") or 0)),
        now=now,
        config_digest=guest_entry.get("digest"),
    )
