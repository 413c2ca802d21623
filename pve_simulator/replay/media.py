# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Installation media that a recording uses without showing them: servers were recorded with the same files."""

from __future__ import annotations

from copy import deepcopy

from pve_simulator.state.cluster import Cluster

_MEDIA = frozenset({"iso", "vztmpl"})


def copy_media(cluster: Cluster, other: Cluster) -> None:
    """Put the media of another cluster's storages on the storages of the same name, on every node."""
    for name, storage in cluster.storages.items():
        lender = other.storages.get(name)
        files = [volume for volumes in lender.volumes.values() for volume in volumes.values()] if lender else []
        for node in cluster.nodes:
            for volume in files:
                if volume.content in _MEDIA and volume.content in storage.content:
                    storage.volumes_on(node).setdefault(volume.volid, deepcopy(volume))
