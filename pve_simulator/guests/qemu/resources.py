# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Devices of the host that keep a machine on its node."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from pve_simulator.errors import failure
from pve_simulator.state.cluster import Cluster
from pve_simulator.state.guest import Config
from pve_simulator.state.sections import ClusterFiles, Section

_LOCAL = re.compile(r"(?:usb|hostpci|serial|parallel|virtiofs)\d+")
_KINDS = {"usb": "usb", "hostpci": "pci", "virtiofs": "dir"}
_OLD = ("hostusb", "hostpci", "ivshmem")


@dataclass
class LocalResources:
    """What a machine uses of its node: names of all that blocks, and the mapped ones by key."""

    names: list[str] = field(default_factory=list)
    mapped: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def blocking(self) -> list[str]:
        """Those that no mapping helps."""
        return [name for name in self.names if name not in self.mapped]

    @property
    def not_live(self) -> list[str]:
        """Mapped ones that cannot migrate while the guest runs, as `key:mapping`."""
        return [f"{key}:{info['name']}" for key, info in sorted(self.mapped.items()) if "live-migration" not in info]


def find_local_resources(cluster: Cluster, config: Config, *, running: bool) -> LocalResources:
    """The local resources of a configuration; a running guest has more that blocks."""
    resources = LocalResources(find_unsavable_devices(config) if running else [])
    resources.names += [key for key in _OLD if config.get(key)]
    for key in sorted(key for key in config if _LOCAL.fullmatch(key)):
        value = config[key]
        if (key.startswith("usb") and _property(value, "host", first=True).lower() == "spice") or (
            key.startswith("serial") and value == "socket"
        ):
            continue
        mapping = _mapping(key, value)
        if mapping:
            resources.mapped[key] = {"name": mapping}
            if key.startswith("hostpci"):
                if _section(cluster, key, mapping).get("live-migration-capable"):
                    resources.mapped[key]["live-migration"] = 1
                    continue
                if not running:
                    continue
        resources.names.append(key)
    return resources


def find_unmapped(cluster: Cluster, resources: LocalResources, node: str) -> list[str]:
    """The mapped devices that a node has nothing for."""
    return [
        key
        for key, info in resources.mapped.items()
        if not any(f"node={node}" in str(entry).split(",") for entry in _entries(cluster, key, info["name"]))
    ]


def find_unsavable_devices(config: Config) -> list[str]:
    """Devices whose state cannot be saved with a machine's RAM."""
    devices = ["amd-sev"] if config.get("amd-sev") else []
    return devices + (["virtiofs"] if any(re.fullmatch(r"virtiofs\d+", key) for key in config) else [])


def check_ram_can_be_saved(config: Config) -> None:
    """Raise when a running machine can neither migrate nor be saved with its RAM."""
    blockers = find_unsavable_devices(config)
    if blockers:
        what = "Cannot live-migrate, snapshot (with RAM), or hibernate a VM with"
        raise failure(f"{what}: {', '.join(blockers)}")


def _entries(cluster: Cluster, key: str, name: str) -> list[Any]:
    entries = _section(cluster, key, name).get("map", [])
    return entries if isinstance(entries, list) else [entries]


def _section(cluster: Cluster, key: str, name: str) -> Section:
    kind = _KINDS[key.rstrip("0123456789")]
    return cluster.part(ClusterFiles).file(f"mapping/{kind}").sections.get(name, {})


def _mapping(key: str, value: str) -> str:
    if key.startswith("virtiofs"):
        return _property(value, "dirid", first=True)
    return _property(value, "mapping") if key.startswith(("usb", "hostpci")) else ""


def _property(value: str, name: str, *, first: bool = False) -> str:
    for part in value.split(","):
        key, equals, text = part.partition("=")
        if equals and key == name:
            return text
        if first and not equals:
            return part
    return ""
