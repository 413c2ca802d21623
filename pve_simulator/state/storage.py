# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Storage definitions, their space, and the volumes on them."""

from __future__ import annotations

from dataclasses import dataclass, field

GIB = 1024**3


@dataclass
class ArchivedGuest:
    """A guest in a backup: its configuration file's text, and whether something inside listens (see Guest)."""

    config: str = ""
    acpi: bool = True
    agent_alive: bool = True


@dataclass
class Volume:
    """One volume; sizes in bytes. `vmid` is 0 when no guest owns it.

    `snapshots` are those inside the volume, with the size that it had when each was taken.
    """

    volid: str
    content: str
    format: str
    size: int
    used: int | None = None
    vmid: int = 0
    ctime: int = 0
    parent: str | None = None
    protected: bool = False
    notes: str | None = None
    # What is inside a backup.
    archived: ArchivedGuest | None = None
    snapshots: dict[str, int] = field(default_factory=dict)


@dataclass
class Storage:
    """A storage: its definition as in storage.cfg (text values), its size, and its volumes.

    A shared storage keeps its volumes under the node name ''; a local one under each node's name.
    `base_used` is space taken by things that are not volumes, bytes.
    """

    id: str
    config: dict[str, str] = field(default_factory=dict)
    total: int = 500 * GIB
    base_used: int = 20 * GIB
    volumes: dict[str, dict[str, Volume]] = field(default_factory=dict)

    @property
    def type(self) -> str:
        """The plugin, such as `dir`."""
        return self.config.get("type", "dir")

    @property
    def is_shared(self) -> bool:
        """Whether all nodes see the same volumes."""
        return self.config.get("shared") == "1" or self.type in {"nfs", "cifs", "cephfs", "rbd", "pbs"}

    @property
    def is_enabled(self) -> bool:
        """Whether the storage is not disabled."""
        return self.config.get("disable", "0") == "0"

    @property
    def content(self) -> list[str]:
        """The content types it may hold."""
        return [item for item in self.config.get("content", "").split(",") if item]

    def is_on_node(self, node: str) -> bool:
        """Whether the definition includes this node."""
        nodes = self.config.get("nodes")
        return not nodes or node in nodes.split(",")

    def volumes_on(self, node: str) -> dict[str, Volume]:
        """The volumes that this node sees, by volume id; changes to the mapping are changes to the state."""
        return self.volumes.setdefault("" if self.is_shared else node, {})

    def used_on(self, node: str) -> int:
        """Bytes in use as this node sees them."""
        volumes = self.volumes_on(node).values()
        return min(self.total, self.base_used + sum(vol.size if vol.used is None else vol.used for vol in volumes))
