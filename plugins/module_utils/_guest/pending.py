# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pending changes, which wait for a guest's restart: those that exist, and which new ones may have to wait."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .disks import Disk
from .options import read_option

if TYPE_CHECKING:
    from .._api.client import Client
    from .._api.errors import PveError
    from .._module.plan import Step

# Options whose changes a running guest applies at once.
_AT_ONCE = {
    "qemu": frozenset(
        [
            "name",
            "description",
            "tags",
            "onboot",
            "startup",
            "protection",
            "hookscript",
            "vmstatestorage",
            "shares",
            "cpuunits",
            "cpulimit",
            "migrate_speed",
            "migrate_downtime",
        ]
    ),
    "lxc": frozenset(
        [
            "hostname",
            "description",
            "tags",
            "onboot",
            "startup",
            "protection",
            "hookscript",
            "cores",
            "cpuunits",
            "cpulimit",
            "memory",
            "swap",
        ]
    ),
}
# What cloud-init has for a machine: it is written at once, and the guest reads it when it boots.
_CLOUDINIT = re.compile(r"cicustom|cipassword|citype|ciupgrade|ciuser|ipconfig\d+|nameserver|searchdomain|sshkeys")
# Properties of a disk that a running QEMU guest keeps until the disk is plugged in again.
_FIXED_WHILE_PLUGGED = (
    "aio",
    "cache",
    "discard",
    "iothread",
    "product",
    "queues",
    "ro",
    "ssd",
    "vendor",
)
_HOTPLUGGED = {
    "network": re.compile(r"net\d+"),
    "disk": re.compile(r"(?:scsi|virtio)\d+"),
    "usb": re.compile(r"usb\d+"),
}
# The systems whose machines have a controller for USB devices that come and go.
_WITH_USB_HOTPLUG = frozenset({"l26", "win10", "win11", "win8"})
# The devices of a container of which a new one is plugged in at once.
_CONTAINER_DEVICE = re.compile(r"(?:mp|dev)\d+")
_REFUSED_HOTPLUG = re.compile(r"(?:hotplug problem - |unable to hot(?:un)?plug \S+: )(.+)", re.DOTALL)


def read_pending(client: Client, path: str) -> dict[str, dict[str, Any]]:
    """The pending changes of the guest at I(path), by option: its value C(now) and C(next), None: it is removed."""
    return parse_pending(client.get(f"{path}/pending"))


def parse_pending(entries: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """The pending changes in the entries of C(GET .../pending), as by L(read_pending)."""
    return {
        entry["key"]: {"now": entry.get("value"), "next": entry.get("pending")}
        for entry in sorted(entries, key=lambda entry: str(entry["key"]))
        if "pending" in entry or int(entry.get("delete") or 0)
    }


def build_current_config(config: Mapping[str, Any], pending: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """A guest's configuration as it is now, from the one that includes its I(pending) changes."""
    values = {**config, **{key: change["now"] for key, change in pending.items()}}
    return {key: value for key, value in values.items() if value is not None}


def describe_refused_hotplug(error: PveError) -> str | None:
    """Say that changes wait for a restart since the running guest did not take them; None for any other error.

    Proxmox VE answers with an error, but keeps every option that it names as a pending change.
    """
    matches = {name: _REFUSED_HOTPLUG.match(problem) for name, problem in error.fields.items()}
    if not matches or not all(matches.values()):
        return None
    reasons = "; ".join(f"{name}: {match[1]}" for name, match in sorted(matches.items()) if match)
    return f"It did not take this while it runs, so it waits for a restart: {reasons}"


def drive_needs_restart(kind: str, config: Mapping[str, Any], now: Disk | None, wished: Disk) -> bool:
    """Whether a running guest changes a drive from I(now) to I(wished) only when it is restarted.

    I(config) is the configuration that it runs with. Even where it needs no restart, it may refuse to release the old
    drive.
    """
    if now == wished:
        return False
    if kind == "lxc":
        return now is not None
    if wished.slot in ("efidisk0", "tpmstate0"):
        return True
    if now is not None and now.is_cdrom and wished.is_cdrom:
        return False
    if now is None or now.volume != wished.volume:
        return not can_hotplug(config, wished.slot)
    return any(now.properties.get(name) != wished.properties.get(name) for name in _FIXED_WHILE_PLUGGED)


def find_restart_options(kind: str, config: Mapping[str, Any], keys: Iterable[str]) -> list[str]:
    """The options whose change a running guest may apply only when it is restarted, sorted.

    Only the attempt shows whether a guest releases a device, and which properties of one can change while it runs.
    """
    return sorted(key for key in keys if not _is_applied_at_once(kind, config, key))


def find_changes_that_wait(kind: str, config: Mapping[str, Any], running: bool, steps: Sequence[Step]) -> list[str]:
    """The options that may be pending after I(steps); none where the guest does not run, or is restarted by them."""
    if not running or any("/status/" in step.path for step in steps):
        return []
    changes = [step.params for step in steps if step.path.endswith("/config")]
    keys = {key for params in changes for key in (*params, *str(params.get("delete", "")).split(",")) if key}
    return find_restart_options(kind, config, keys - {"delete", "digest", "force", "revert"})


def is_cloudinit_option(kind: str, key: str) -> bool:
    """Whether an option of a guest is one that cloud-init hands to it."""
    return kind == "qemu" and _CLOUDINIT.fullmatch(key) is not None


def can_hotplug(config: Mapping[str, Any], key: str) -> bool:
    """Whether such a device can be plugged into a running QEMU guest."""
    feature = _find_feature(key)
    if feature is None or feature not in read_option("qemu", config, "hotplug"):
        return False
    return feature != "usb" or read_option("qemu", config, "ostype") in _WITH_USB_HOTPLUG


def _is_applied_at_once(kind: str, config: Mapping[str, Any], key: str) -> bool:
    if key in _AT_ONCE[kind] or is_cloudinit_option(kind, key):
        return True
    if kind == "lxc":
        is_new_device = _CONTAINER_DEVICE.fullmatch(key) is not None and key not in config
        return is_new_device or re.fullmatch(r"net\d+", key) is not None
    # What no guest takes while it runs is told first: a configuration may be read only once it is looked at.
    is_device = _find_feature(key) is not None
    return is_device and (key.startswith(("net", "usb")) or key not in config) and can_hotplug(config, key)


def _find_feature(key: str) -> str | None:
    """The feature of hotplug by which a machine takes such a device."""
    return next((name for name, pattern in _HOTPLUGGED.items() if pattern.fullmatch(key)), None)
