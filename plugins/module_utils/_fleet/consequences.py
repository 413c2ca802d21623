# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a change of a field means for a guest: at once, with its restart, not while it runs, or for good. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from .._guest.disks import read_disk
from .._guest.options import parse_flag, read_option
from .._guest.pending import drive_needs_restart, find_restart_options

# From the least to the most severe. What replaces takes a device, or the whole guest, and puts another in its place.
LIVE, PENDING, NEEDS_STOP, REPLACES, LOSES_DATA = CONSEQUENCES = (
    "live",
    "pending",
    "needs_stop",
    "replaces",
    "loses_data",
)
# What only a new guest can have.
_OF_NEW_GUESTS = ("type", "clone", "ostemplate", "unprivileged", "uuid", "vmid")
# What is beside the guest's configuration, and the guest takes no notice of.
_BESIDE = (
    "firewall",
    "ha",
    "name",
    "pool",
    "restart",
    "state",
    "add_tags",
    "remove_tags",
)
# The features of hotplug by which a running machine takes other options than devices.
_HOTPLUGGED = {"memory": "memory", "vcpus": "cpu", "tablet": "usb"}
_FIXED_NIC = ("model", "mac", "queues", "mtu")


@dataclass(frozen=True)
class Situation:
    """A guest that a field is changed of: its type, its configuration as it runs, and whether it does."""

    kind: str
    config: Mapping[str, Any] = field(default_factory=dict)
    running: bool = False
    exists: bool = True


def find_consequence(
    path: Sequence[str], before: Any, after: Any, entry: Mapping[str, Any], guest: Situation | None
) -> str:
    """What a change of the field at I(path), of the entry of an object, from I(before) to I(after) means.

    I(guest) is None where the object is no guest. Its configuration is looked at only where it makes a difference.
    """
    first = path[0]
    if entry.get("state") == "absent" and first == "state":
        return LOSES_DATA if guest is not None else LIVE
    if guest is None or not guest.exists:
        return LIVE
    if first in _OF_NEW_GUESTS:
        return REPLACES
    if first == "disks":
        return _find_for_disk(path[1:], before, after, entry, guest)
    if first == "state" and guest.running and entry.get("state") == "template":
        return NEEDS_STOP
    if not guest.running or first in _BESIDE:
        return LIVE
    if first == "nics":
        return _find_for_nic(path[1:], guest)
    if first == "cloudinit":
        # Its drive is new at once; the guest reads it when it boots.
        return PENDING
    key = path[1] if first == "config" and len(path) > 1 else first
    return LIVE if _is_taken_at_once(guest, key, before, after) else PENDING


def choose_worst(consequences: Sequence[str]) -> str:
    """The most severe of them."""
    return max(consequences, key=CONSEQUENCES.index, default=LIVE)


def _find_for_disk(path: Sequence[str], before: Any, after: Any, entry: Mapping[str, Any], guest: Situation) -> str:
    slot = path[0]
    wish = next((one for one in entry.get("disks") or () if one["slot"] == slot), {})
    disk = read_disk(guest.config, slot)
    if len(path) == 1 and after is None and disk is not None:
        if wish.get("state") == "absent" and (disk.has_own_volume or slot.startswith("unused")):
            return LOSES_DATA
        return _wait_if(guest.running and (guest.kind == "lxc" or bool(_list_waiting(guest, slot, without=True))))
    if len(path) == 1 or disk is None:
        return _wait_if(guest.running and bool(_list_waiting(guest, slot, without=True)))
    name = path[-1]
    if name in ("volume", "import_from"):
        return REPLACES
    if name in ("storage", "format"):
        return NEEDS_STOP if guest.kind == "lxc" and guest.running else LIVE
    if name in ("size", "grow_by", "cdrom") or not guest.running:
        return LIVE
    changed = replace(disk, properties={**disk.properties, name: f"other than {disk.properties.get(name)}"})
    return _wait_if(drive_needs_restart(guest.kind, guest.config, disk, changed))


def _find_for_nic(path: Sequence[str], guest: Situation) -> str:
    if guest.kind == "lxc" or (len(path) > 1 and path[-1] not in _FIXED_NIC):
        return LIVE
    if _list_waiting(guest, path[0]):
        return PENDING
    # The machine loses its link for a moment.
    return REPLACES if len(path) > 1 else LIVE


def _list_waiting(guest: Situation, key: str, *, without: bool = False) -> list[str]:
    """The key, where a change of it waits; I(without): what it holds now makes no difference."""
    config = {name: value for name, value in guest.config.items() if name != key} if without else guest.config
    return find_restart_options(guest.kind, config, [key])


def _is_taken_at_once(guest: Situation, key: str, before: Any, after: Any) -> bool:
    if guest.kind == "qemu":
        if key in _HOTPLUGGED:
            is_plugged = _HOTPLUGGED[key] in (read_option("qemu", guest.config, "hotplug") or ())
            return is_plugged and (key != "memory" or parse_flag(guest.config.get("numa", 0)))
        if key == "balloon":
            # A machine has the device, or has not, until it is restarted.
            return (str(before) == "0") == (str(after) == "0") and before is not None and after is not None
        if key == "hotplug":
            return not {"cpu", "memory"} & {*(before or ()), *(after or ())}
    return not _list_waiting(guest, key)


def _wait_if(condition: bool) -> str:
    return PENDING if condition else LIVE
