# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the volumes of a container can do together."""

from __future__ import annotations

from pve_simulator.guests.lxc.mountpoints import MountPoint, list_mounts
from pve_simulator.state.cluster import Cluster
from pve_simulator.state.guest import Config
from pve_simulator.storage.features import Feature, has_feature
from pve_simulator.storage.lookup import parse_volid

# Linked clones of containers are mounted by the kernel, which reads no qcow2.
CLONE_FORMATS = ("raw", "subvol")


def volume_has_feature(cluster: Cluster, volid: str, feature: Feature, *, of_snapshot: bool = False) -> bool:
    """Whether one volume has a feature; raises for a volume id that means nothing."""
    storage, parsed = parse_volid(cluster, volid)
    formats = CLONE_FORMATS if feature == "clone" else None
    return has_feature(storage, parsed, feature, of_snapshot=of_snapshot, target_formats=formats)


def config_has_feature(
    cluster: Cluster, config: Config, feature: Feature, *, of_snapshot: bool = False, backup_only: bool = False
) -> bool:
    """Whether all mount points of a configuration have a feature; bind mounts have none."""
    counted = [mount for mount in list_mounts(config) if not backup_only or _is_backed_up(mount)]
    return all(
        mount.kind == "volume" and volume_has_feature(cluster, mount.volume, feature, of_snapshot=of_snapshot)
        for mount in counted
    )


def _is_backed_up(mount: MountPoint) -> bool:
    return mount.key == "rootfs" or mount.options.get("backup") == "1"
