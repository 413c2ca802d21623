# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pools: their members, and which pools are nested in which."""

from __future__ import annotations

from collections.abc import Iterable

from pve_simulator.access.acl import modifying_privileges
from pve_simulator.errors import failure
from pve_simulator.requests.auth import Subject
from pve_simulator.state.cluster import Cluster, Pool


def find_pool(cluster: Cluster, name: str) -> Pool:
    """A pool, or the error of one that is not there."""
    pool = cluster.pools.get(name)
    if pool is None:
        raise failure(f"pool '{name}' does not exist")
    return pool


def check_new(cluster: Cluster, name: str) -> None:
    """Raise unless a pool of this name can be made."""
    if name in cluster.pools:
        raise failure(f"pool '{name}' already exists")
    parent = name.rpartition("/")[0]
    if parent and parent not in cluster.pools:
        raise failure(f"parent '{parent}' of pool '{name}' does not exist")


def check_empty(cluster: Cluster, name: str) -> None:
    """Raise while the pool has nested pools, guests or storages; members that are gone do not count."""
    pool = find_pool(cluster, name)
    below = sorted(other for other in cluster.pools if other.rpartition("/")[0] == name)
    guests = sorted((vmid for vmid in pool.vms if vmid in cluster.guests), key=str)
    storages = sorted(storage for storage in pool.storages if storage in cluster.storages)
    contents = [
        *(f"pool '{other}'" for other in below),
        *(f"VM {vmid}" for vmid in guests),
        *(f"storage '{storage}'" for storage in storages),
    ]
    if contents:
        raise failure(f"pool '{name}' is not empty (contains {contents[0]})")


class MembershipChange:
    """Changes to the members of one pool: all are checked first, then made together."""

    def __init__(self, cluster: Cluster, subject: Subject, name: str) -> None:
        self._cluster = cluster
        self._subject = subject
        self._name = name
        self._pool = find_pool(cluster, name)
        self.vms = {key: list(pool.vms) for key, pool in cluster.pools.items()}
        self.storages = list(self._pool.storages)

    def add(self, vmids: Iterable[int], storages: Iterable[str], *, move: bool) -> None:
        """Add guests and storages; guests of another pool only with `move`."""
        for vmid in vmids:
            self._require_allocation(f"/vms/{vmid}")
            if vmid in self.vms[self._name]:
                raise failure(f"VM {vmid} is already a pool member")
            self._leave_other_pool(vmid, move=move)
            self.vms[self._name].append(vmid)
        for storage in storages:
            self._require_allocation(f"/storage/{storage}")
            if storage in self.storages:
                raise failure(f"Storage '{storage}' is already a pool member")
            self.storages.append(storage)

    def remove(self, vmids: Iterable[int], storages: Iterable[str]) -> None:
        """Remove guests and storages."""
        for vmid in vmids:
            self._require_allocation(f"/vms/{vmid}")
            if vmid not in self.vms[self._name]:
                raise failure(f"VM {vmid} is not a pool member")
            self.vms[self._name].remove(vmid)
        for storage in storages:
            self._require_allocation(f"/storage/{storage}")
            if storage not in self.storages:
                raise failure(f"Storage '{storage}' is not a pool member")
            self.storages.remove(storage)

    def commit(self) -> None:
        """Apply the changes."""
        for name, vmids in self.vms.items():
            self._cluster.pools[name].vms = vmids
        self._pool.storages = self.storages

    def _leave_other_pool(self, vmid: int, *, move: bool) -> None:
        other = next((name for name, vmids in self.vms.items() if vmid in vmids), None)
        if other is None:
            return
        if not move:
            raise failure(f"VM {vmid} belongs already to pool '{other}' and 'allow-move' is not set")
        self._subject.require(f"/pool/{other}", "Pool.Allocate")
        self.vms[other].remove(vmid)

    def _require_allocation(self, path: str) -> None:
        self._subject.require(path, *modifying_privileges(path))
