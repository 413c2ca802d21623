# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What can be done with a whole machine, judged by its disks; and where its storages are."""

from __future__ import annotations

from pve_simulator.guests.qemu.disks import all_disks, disks_of
from pve_simulator.state.cluster import Cluster
from pve_simulator.state.guest import Config
from pve_simulator.storage.features import Feature, has_feature
from pve_simulator.storage.lookup import parse_volid


def all_have_feature(cluster: Cluster, config: Config, feature: Feature, *, of_snapshot: bool = False) -> bool:
    """Whether every disk has a feature."""
    return all(disk_has_feature(cluster, disk.file, feature, of_snapshot=of_snapshot) for disk in disks_of(config))


def disk_has_feature(cluster: Cluster, volid: str, feature: Feature, *, of_snapshot: bool = False) -> bool:
    """Whether one disk has a feature; raises for unknown storages."""
    storage, name = parse_volid(cluster, volid)
    return has_feature(storage, name, feature, of_snapshot=of_snapshot)


def shared_nodes(cluster: Cluster, config: Config, node: str) -> list[str]:
    """The nodes that could run a machine with this configuration from the storages as they are."""
    nodes = list(cluster.nodes)
    for name in _storages(config):
        storage = cluster.storages.get(name)
        if storage is None or not storage.is_enabled:
            return []
        if storage.config.get("nodes"):
            nodes = [other for other in nodes if storage.is_on_node(other)]
        elif not storage.is_shared:
            nodes = [other for other in nodes if other == node]
    return nodes


def missing_storages(cluster: Cluster, config: Config, node: str) -> list[str]:
    """The storages that a machine uses and a node cannot."""
    missing = set()
    for name in _storages(config):
        storage = cluster.storages.get(name)
        if storage is not None and not (storage.is_enabled and storage.is_on_node(node)):
            missing.add(name)
    return sorted(missing)


def _storages(config: Config) -> list[str]:
    return [name for drive in all_disks(config) if (name := drive.storage) is not None]
