# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Applying changes to a running machine: what takes effect at once, and what has to wait for a restart."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from pve_simulator.errors import ApiError, failure
from pve_simulator.guests.qemu.access import CLOUDINIT_OPTIONS
from pve_simulator.guests.qemu.cloudinit_state import generate, record_change
from pve_simulator.guests.qemu.drives import Drive, is_cdrom, is_cloudinit, is_drive, parse_drive
from pve_simulator.guests.qemu.networks import is_net, parse_net
from pve_simulator.guests.qemu.pending import detach, remove_deletion
from pve_simulator.guests.qemu.unplug import unplug
from pve_simulator.guests.qemu.unused import drop_used, keep_as_unused
from pve_simulator.schema import config_schema, parse_property_string
from pve_simulator.schema.perl import split_list
from pve_simulator.state.guest import Guest
from pve_simulator.storage.volumes import Volumes

_DEFAULT_FEATURES = "network,disk,usb"
# Options that a running machine does not notice.
_UNNOTICED = """
lock name onboot shares startup description protection vmstatestorage hookscript tags migrate_downtime migrate_speed
"""
_FAST = frozenset(_UNNOTICED.split()) | frozenset(CLOUDINIT_OPTIONS)
# Changes of these need the disk to be unplugged.
_DISK_FIXED = ("aio", "discard", "iothread", "queues", "product", "cache", "ssd", "vendor", "ro")
_NET_FIXED = ("model", "macaddr", "queues", "mtu")


class _WaitsForRestart(Exception):
    """The change has to wait."""


def hotplug_features(config: Mapping[str, str]) -> frozenset[str]:
    """What may be plugged into a machine while it runs."""
    value = config.get("hotplug", "1")
    if value == "0":
        return frozenset()
    return frozenset(split_list(_DEFAULT_FEATURES if value == "1" else value))


def is_fast(key: str) -> bool:
    """Whether a change of the key never waits."""
    return key in _FAST or re.fullmatch(r"ipconfig\d+", key) is not None


def apply_hot(volumes: Volumes, guest: Guest, keys: Collection[str]) -> dict[str, str]:
    """Apply what a running machine can take, of the pending changes of `keys`; the errors by key."""
    for key in [key for key in guest.pending if is_fast(key)]:
        _set(guest, key)
    hot = _HotplugUpdate(volumes, guest)
    for key in sorted(key for key in guest.pending_delete if key in keys):
        hot.delete(key)
    new_drives = [key for key in guest.pending if key in keys and hot.is_cloudinit_drive(key)]
    for key in [key for key in guest.pending if key in keys and key not in new_drives] + new_drives:
        hot.change(key)
    drop_used(guest)
    if "cloudinit" in hot.features or any(key in guest.config and key not in guest.pending for key in new_drives):
        generate(guest)
    return hot.errors


def _set(guest: Guest, key: str) -> None:
    value = guest.pending.pop(key)
    record_change(guest, key, guest.config.get(key), value)
    guest.config[key] = value


class _HotplugUpdate:
    def __init__(self, volumes: Volumes, guest: Guest) -> None:
        self.errors: dict[str, str] = {}
        self.features = hotplug_features(guest.config)
        self._volumes = volumes
        self._guest = guest

    def is_cloudinit_drive(self, key: str) -> bool:
        """Whether a pending key is the cloud-init drive, which comes last."""
        return is_drive(key) and is_cloudinit(parse_drive(key, self._guest.pending[key]))

    def delete(self, key: str) -> None:
        """Delete a key now, or leave it to the next start."""
        guest = self._guest
        try:
            self._unset(key)
        except _WaitsForRestart:
            return
        except ApiError as error:
            self._note(key, error)
            return
        record_change(guest, key, guest.config.pop(key, None), None)
        remove_deletion(guest, key)

    def change(self, key: str) -> None:
        """Set a key now, or leave it to the next start."""
        try:
            self._plug(key, self._guest.pending[key])
        except _WaitsForRestart:
            return
        except ApiError as error:
            self._note(key, error)
            return
        _set(self._guest, key)

    def _note(self, key: str, error: ApiError) -> None:
        self.errors[key] = f"hotplug problem - {error.message}\n"

    def _unset(self, key: str) -> None:
        config = self._guest.config
        if is_net(key):
            self._need("network")
            unplug(self._guest, key)
        elif is_drive(key):
            self._need_disk(key)
            unplug(self._guest, key)
            detach(self._volumes, self._guest, key)
        elif key == "hotplug":
            _wait_if(bool(re.search("cpu|memory", config["hotplug"])))
        elif key == "tablet":
            self._need("usb")
        elif key == "vcpus":
            self._need("cpu")
        elif key == "memory":
            self._need("memory")
        elif key == "balloon":
            _wait_if(config.get("balloon") == "0")
        elif re.fullmatch(r"usb\d+", key):
            self._need_usb()
        else:
            _wait_if(key not in ("cpuunits", "cpulimit") and not is_fast(key))

    def _plug(self, key: str, value: str) -> None:
        config = self._guest.config
        if is_net(key):
            self._change_net(key, value)
        elif is_drive(key):
            self._change_drive(key, value)
        elif key == "hotplug":
            before = config.get("hotplug", "")
            _wait_if(any(what in value or what in before for what in ("memory", "cpu")))
        elif key == "tablet":
            self._need("usb")
        elif key == "vcpus":
            self._need("cpu")
            if int(value) > int(config.get("sockets", 1)) * int(config.get("cores", 1)):
                raise failure("you can't add more vcpus than maxcpus")
        elif key == "memory":
            self._need("memory")
            if config.get("numa") != "1":
                raise failure("NUMA needs to be enabled for memory hotplug")
        elif key == "balloon":
            _wait_if((config.get("balloon") == "0") != (value == "0"))
        elif re.fullmatch(r"usb\d+", key):
            self._need_usb()
        elif key == "agent":
            _wait_if(config.get("agent", "0") == "0" or _agent(config["agent"]) != _agent(value))
        else:
            _wait_if(key not in ("cpuunits", "cpulimit"))

    def _change_net(self, key: str, value: str) -> None:
        old_text = self._guest.config.get(key)
        if old_text is not None:
            old, new = parse_net(old_text), parse_net(value)
            same = all(old.get(name) == new.get(name) for name in _NET_FIXED)
            if same and "bridge" in old and "bridge" in new:
                return
            self._need("network")
            unplug(self._guest, key)
        self._need("network")

    def _change_drive(self, key: str, value: str) -> None:
        _wait_if(key in ("efidisk0", "tpmstate0"))
        drive = parse_drive(key, value)
        if key in self._guest.config:
            old = parse_drive(key, self._guest.config[key])
            if is_cdrom(drive) != is_cdrom(old):
                raise failure("unable to change media type")
            if is_cdrom(old):
                if is_cloudinit(old) and drive["file"] == "none":
                    keep_as_unused(self._volumes, self._guest, old)
                return
            if drive["file"] == old["file"]:
                _wait_if(_differ(drive, old))
                return
            self._need("disk")
            unplug(self._guest, key)
            keep_as_unused(self._volumes, self._guest, old)
        self._need_disk(key)

    def _need(self, feature: str) -> None:
        _wait_if(feature not in self.features)

    def _need_disk(self, key: str) -> None:
        self._need("disk")
        _wait_if(key.startswith(("ide", "sata", "efidisk", "tpmstate")))

    def _need_usb(self) -> None:
        self._need("usb")
        _wait_if(self._guest.config.get("ostype") not in ("l26", "win8", "win10", "win11"))


def _wait_if(condition: bool) -> None:
    if condition:
        raise _WaitsForRestart


def _differ(drive: Drive, old: Drive) -> bool:
    return any(drive.get(name) != old.get(name) for name in _DISK_FIXED)


def _agent(value: str | None) -> dict[str, str]:
    parsed = parse_property_string(value or "0", config_schema("qemu")["agent"], "agent")
    if parsed.get("enabled") != "1":
        return {}
    return {name: option for name, option in parsed.items() if name != "fstrim_cloned_disks"}
