# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finding storages and volumes; the error texts of those that are not there."""

from __future__ import annotations

from pve_simulator.errors import failure
from pve_simulator.state.cluster import Cluster
from pve_simulator.state.storage import Storage, Volume
from pve_simulator.state.web import Web
from pve_simulator.storage.names import VolumeName, parse_name, split_volid


def storage_of(cluster: Cluster, name: str) -> Storage:
    """The storage of this id; raises `storage '…' does not exist`."""
    storage = cluster.storages.get(name)
    if storage is None:
        raise failure(f"storage '{name}' does not exist")
    return storage


def enabled_storage(cluster: Cluster, name: str, node: str) -> Storage:
    """A storage that a node can use; raises why not."""
    storage = storage_of(cluster, name)
    if not storage.is_enabled:
        raise failure(f"storage '{name}' is disabled")
    if not storage.is_on_node(node):
        raise failure(f"storage '{name}' is not available on node '{node}'")
    check_online(cluster, storage)
    return storage


def check_online(cluster: Cluster, storage: Storage) -> None:
    """Raise for a storage whose server nobody can reach."""
    if storage.config.get("server", "") in cluster.part(Web).unreachable:
        raise failure(f"storage '{storage.id}' is not online")


def parse_volid(cluster: Cluster, volid: str) -> tuple[Storage, VolumeName]:
    """The storage of a volume id and what its name says; raises for unknown storages and odd names."""
    parts = split_volid(volid)
    if parts is None:
        raise failure(f"unable to parse volume ID '{volid}'")
    storage = storage_of(cluster, parts[0])
    return storage, parse_name(storage, parts[1])


def find_volume(cluster: Cluster, node: str, volid: str) -> Volume | None:
    """A volume as a node sees it, or None."""
    storage = cluster.storages.get(volid.partition(":")[0])
    return storage.volumes_on(node).get(volid) if storage and storage.is_on_node(node) else None


def require_volume(cluster: Cluster, node: str, volid: str) -> Volume:
    """A volume as a node sees it; raises for unknown storages, odd names, and volumes that are not there."""
    parse_volid(cluster, volid)
    volume = find_volume(cluster, node, volid)
    if volume is None:
        raise failure(f"volume '{volid}' does not exist")
    return volume


def guest_volumes(cluster: Cluster, node: str, vmid: int) -> list[Volume]:
    """Every image that belongs to a guest, on all storages that the node can use."""
    return [
        volume
        for storage in cluster.storages.values()
        if storage.is_enabled and storage.is_on_node(node)
        for volume in storage.volumes_on(node).values()
        if volume.vmid == vmid and volume.content in ("images", "rootdir")
    ]
