# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a change of a field means for a guest: at once, with its restart, not while it runs, or for good. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from .._guest.disks import is_slot, read_disk
from .._guest.options import parse_flag, read_option
from .._guest.pending import can_hotplug, drive_needs_restart, find_restart_options, is_cloudinit_option

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
# By type, the properties with which a network device is another one.
_FIXED_NIC = {
    "qemu": ("model", "mac", "macaddr", "queues", "mtu"),
    "lxc": ("mac", "hwaddr", "name"),
}
# A container's network devices from the eleventh on are taken away only when it stops.
_UNPLUGGED_NIC = re.compile(r"net\d")
# A drive that a running machine can't be given on another storage.
_UNMOVABLE = "tpmstate0"


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
        return _find_for_nic(path[1:], before, after, guest)
    key = path[1] if first == "config" and len(path) > 1 else first
    if first == "cloudinit" or is_cloudinit_option(guest.kind, key):
        # Its drive is new at once; the guest reads it when it boots.
        return _wait_if(first == "cloudinit" or _has_cloudinit_drive(guest))
    if key.startswith("usb") and before and after and can_hotplug(guest.config, key):
        return REPLACES
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
        return NEEDS_STOP if guest.running and (guest.kind == "lxc" or slot == _UNMOVABLE) else LIVE
    if name in ("size", "grow_by", "cdrom") or not guest.running:
        return LIVE
    changed = replace(disk, properties={**disk.properties, name: f"other than {disk.properties.get(name)}"})
    return _wait_if(drive_needs_restart(guest.kind, guest.config, disk, changed))


def _find_for_nic(path: Sequence[str], before: Any, after: Any, guest: Situation) -> str:
    slot, name = path[0], path[-1] if len(path) > 1 else None
    if name is None:
        is_kept = guest.kind == "lxc" and after is None and not _UNPLUGGED_NIC.fullmatch(slot)
        return _wait_if(is_kept or bool(_list_waiting(guest, slot)))
    is_other = name in _FIXED_NIC[guest.kind] or (name == "bridge" and guest.kind == "qemu" and not (before and after))
    if not is_other:
        return LIVE
    # The guest loses its link for a moment.
    return PENDING if _list_waiting(guest, slot) else REPLACES


def _has_cloudinit_drive(guest: Situation) -> bool:
    disks = (read_disk(guest.config, slot) for slot in guest.config if is_slot(guest.kind, slot))
    return any(disk is not None and disk.is_cloudinit for disk in disks)


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
            return (str(before) == "0") == (str(after) == "0")
        if key == "agent":
            return _is_agent_alike(guest, before, after)
        if key == "hotplug":
            return not {"cpu", "memory"} & {*(before or ()), *(after or ())}
    return not _list_waiting(guest, key)


def _is_agent_alike(guest: Situation, before: Any, after: Any) -> bool:
    """Whether a machine's device for the agent stays as it is: only what Proxmox VE does by it changes."""
    if "agent" not in guest.config or str(guest.config["agent"]) == "0":
        return False
    old, new = (
        {name: text for name, text in (value or {}).items() if name != "fstrim_cloned_disks"}
        for value in (before, after)
    )
    return old == new or not (parse_flag(old.get("enabled", 0)) or parse_flag(new.get("enabled", 0)))


def _wait_if(condition: bool) -> str:
    return PENDING if condition else LIVE
