# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Changing a container's configuration: what is checked, what applies at once, what waits for a restart."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from pve_simulator.errors import ApiError, failure
from pve_simulator.guests.lxc import mountpoints as mp
from pve_simulator.guests.lxc.disks import create_volume
from pve_simulator.guests.lxc.values import check_network, network, network_options, normalize_value
from pve_simulator.nodes.network import list_bridges
from pve_simulator.state.guest import Config, Guest
from pve_simulator.storage.lookup import parse_volid, storage_of
from pve_simulator.storage.names import split_volid
from pve_simulator.storage.volumes import Volumes

# Options that a running container takes at once, without its kernel.
_AT_ONCE = frozenset(
    {"description", "onboot", "startup", "protection", "hostname", "hookscript", "cores", "tags", "lock"}
)
_LIMITS = frozenset({"cpulimit", "cpuunits", "memory", "swap"})
_REMOVABLE = frozenset({"cpulimit", "cpuunits", "swap"})
_REQUIRED = frozenset({"memory", "rootfs", "ostype"})
_NET = re.compile(r"net\d+")
# The real server takes away only the first ten of a running container.
_REMOVABLE_NET = re.compile(r"net\d")
_DEVICE = re.compile(r"dev\d+")


class _WaitsForRestart(Exception):
    """The change has to wait for the next start."""


@dataclass
class ConfigUpdate:
    """One update of a container; works on copies, and writes them back when nothing was refused."""

    guest: Guest
    volumes: Volumes
    errors: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.config: Config = dict(self.guest.config)
        self.pending: Config = dict(self.guest.pending)
        self.deleted: set[str] = set(self.guest.pending_delete)

    def apply(self, changes: Config, delete: Iterable[str] = (), revert: Iterable[str] = ()) -> dict[str, str]:
        """Make the update; returns the errors by key of what could not be applied. Raises ApiError if refused."""
        for key in revert:
            self.pending.pop(key, None)
            self.deleted.discard(key)
        touched = {key for key in delete if self._plan_deletion(key)}
        for key in sorted(changes):
            touched.add(key)
            self.pending[key] = self._check_and_normalize(key, changes[key])
            self.deleted.discard(key)
        self._drop_unchanged()
        if self.guest.running:
            self._hotplug(touched)
        else:
            self._apply_stopped(touched)
        self._write()
        return self.errors

    def apply_pending(self) -> dict[str, str]:
        """Apply all pending changes, as a start does; returns the errors by key of those that stay pending."""
        self._apply_stopped(self.pending.keys() | self.deleted)
        self._write()
        return self.errors

    def _plan_deletion(self, key: str) -> bool:
        if key not in self.config and key not in self.pending:
            return False
        if key in _REQUIRED:
            raise failure(f"unable to delete required option '{key}'")
        if key == "unprivileged":
            raise failure(f"unable to delete read-only option: '{key}'")
        if mp.is_unused_key(key) or mp.is_mount_key(key):
            self._check_protection(f"can't remove CT {self.guest.vmid} drive '{key}'")
        self.deleted.add(key)
        return True

    def _check_and_normalize(self, key: str, value: str) -> str:
        if mp.is_mount_key(key):
            self._check_protection(f"can't update CT {self.guest.vmid} drive '{key}'")
            mount = mp.parse_mount(key, value)
            if mount.kind == "volume":
                self._check_content(mount.volume)
        elif key == "unprivileged":
            raise failure(f"unable to modify read-only option: '{key}'")
        elif _NET.fullmatch(key):
            check_network(key, value)
        return normalize_value(self.volumes.cluster, key, value)

    def _check_protection(self, what: str) -> None:
        if self.config.get("protection") == "1":
            raise failure(f"{what} - protection mode enabled")

    def _check_content(self, volume: str) -> None:
        parts = split_volid(volume)
        if parts is None:
            raise failure(f"unable to parse volume ID '{volume}'")
        if "rootdir" not in storage_of(self.volumes.cluster, parts[0]).content:
            raise failure(f"storage '{parts[0]}' does not allow content type 'rootdir' (Container)")

    def _drop_unchanged(self) -> None:
        """Drop pending changes that change nothing."""
        self.pending = {key: value for key, value in self.pending.items() if self.config.get(key) != value}
        self.deleted &= self.config.keys()

    def _hotplug(self, touched: set[str]) -> None:
        for key in sorted(self.pending.keys() & touched & _AT_ONCE):
            self.config[key] = self.pending.pop(key)
        for key in sorted(self.deleted & touched):
            if key in _AT_ONCE or key in _REMOVABLE or _REMOVABLE_NET.fullmatch(key) or mp.is_unused_key(key):
                self._try(key, "unable to hotplug {}: {}", self._remove)
        for key in sorted(self.pending.keys() & touched):
            self._try(key, "unable to hotplug {}: {}", self._plug)

    def _apply_stopped(self, touched: set[str]) -> None:
        for key in sorted(self.deleted & touched):
            self._try(key, "unable to apply pending change {} : {}", self._remove)
        self._drop_unchanged()
        for key in sorted(self.pending.keys() & touched):
            self._try(key, "unable to apply pending change {} : {}", self._put)

    def _try(self, key: str, text: str, action: Callable[[str], None]) -> None:
        try:
            action(key)
        except _WaitsForRestart:
            return
        except ApiError as error:
            self.errors[key] = text.format(key, f"{error.message}\n")

    def _remove(self, key: str) -> None:
        value = self.config[key]
        if mp.is_mount_key(key):
            self._release(mp.parse_mount(key, value), also=key)
        elif mp.is_unused_key(key) and not mp.is_in_use(self.guest, self.config, self.pending, value):
            free_if_owned(self.volumes, self.guest.vmid, value)
        del self.config[key]
        self.deleted.discard(key)

    def _plug(self, key: str) -> None:
        mount = mp.is_mount_key(key)
        if not (mount or _NET.fullmatch(key) or _DEVICE.fullmatch(key) or key in _LIMITS):
            raise _WaitsForRestart
        if (mount or _DEVICE.fullmatch(key)) and (key in self.config or key == "rootfs"):
            raise _WaitsForRestart
        self._put(key)

    def _put(self, key: str) -> None:
        value = self.pending[key]
        if _NET.fullmatch(key):
            value = network(self.volumes.cluster, key, value)
            if self.guest.running:
                self._check_bridge(value)
        elif mp.is_mount_key(key) and key != "rootfs":
            value = self._resolve_mount(key, value)
        del self.pending[key]
        replaced = self.config.get(key)
        if key == "description" and not value:
            self.config.pop(key, None)
        else:
            self.config[key] = value
        if replaced is not None and mp.is_mount_key(key) and key != "rootfs":
            self._release(mp.parse_mount(key, replaced))

    def _check_bridge(self, value: str) -> None:
        bridge = network_options(value).get("bridge")
        if bridge is not None and bridge not in list_bridges(self.volumes.cluster.nodes[self.guest.node]):
            raise failure(f"bridge '{bridge}' does not exist")

    def _resolve_mount(self, key: str, value: str) -> str:
        """A mount point's final value: with a new volume, or with the size that its volume has."""
        mount = mp.parse_mount(key, value)
        if mount.kind != "volume":
            return mount.text()
        if mount.new_volume is not None:
            return create_volume(self.volumes, self.guest.vmid, mount).text()
        volume = self.volumes.find(mount.volume)
        return mount.with_volume(mount.volume, volume.size if volume else None).text()

    def _release(self, mount: mp.MountPoint, *, also: str | None = None) -> None:
        """Keep the volume of a removed mount point as unused, unless something still mounts it."""
        remaining = {key: value for key, value in self.config.items() if key != also}
        if mount.kind == "volume" and not mp.is_in_use(self.guest, remaining, self.pending, mount.volume):
            mp.add_unused(self.config, mount.volume)

    def _write(self) -> None:
        mp.drop_mounted_unused(self.config)
        self.guest.config = self.config
        self.guest.pending = self.pending
        self.guest.pending_delete = sorted(self.deleted)


def free_if_owned(volumes: Volumes, vmid: int, volume: str) -> None:
    """Free a volume if it belongs to the container."""
    if not volume.startswith("/") and parse_volid(volumes.cluster, volume)[1].vmid == vmid:
        volumes.free(volume)
