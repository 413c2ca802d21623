# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""One migration: what was asked for, and what its steps share."""

from __future__ import annotations

from dataclasses import dataclass, field

from pve_simulator.errors import failure
from pve_simulator.guests.migration import Journal, StorageMap
from pve_simulator.state.cluster import Cluster
from pve_simulator.state.guest import Guest
from pve_simulator.storage.lookup import enabled_storage
from pve_simulator.storage.volumes import Volumes
from pve_simulator.world.tasks import Task
from pve_simulator.world.world import World


@dataclass(frozen=True, slots=True)
class Options:
    """How to migrate; `network` is the migration network, `bwlimit` KiB/s."""

    target: str
    online: bool = False
    force: bool = False
    with_local_disks: bool = False
    with_conntrack: bool = False
    storages: StorageMap = field(default_factory=StorageMap)
    insecure: bool = False
    network: str | None = None
    bwlimit: int = 0


@dataclass
class Migration:
    """A migration under way; `moved` says for every volume copied so far which one it is on the other node."""

    world: World
    task: Task
    guest: Guest
    options: Options
    journal: Journal
    moved: dict[str, str] = field(default_factory=dict)

    @property
    def cluster(self) -> Cluster:
        """The state."""
        return self.world.cluster

    @property
    def target_ip(self) -> str:
        """The address of the other node."""
        return self.cluster.nodes[self.options.target].ip

    def volumes_on(self, node: str) -> Volumes:
        """The volumes of a node; nothing is logged."""
        return Volumes(self.cluster, node, int(self.world.clock.time()))

    def target_storage(self, name: str, volid: str, content: str) -> str:
        """The target storage of a volume; raises unless the other node has it and it takes such volumes."""
        shared = enabled_storage(self.cluster, name, self.guest.node).is_shared
        target = name if shared else self.options.storages.target(name)
        storage = enabled_storage(self.cluster, target, self.options.target)
        if content not in storage.content:
            raise failure(f"{volid}: content type '{content}' is not available on storage '{target}'")
        return target

    def undo(self) -> None:
        """Free the copies and unlock the guest; a node that has crashed can do neither."""
        if self.task.has_crashed:
            return
        there = self.volumes_on(self.options.target)
        for volid in self.moved.values():
            there.free(volid)
        self.moved.clear()
        self.guest.config.pop("lock", None)
