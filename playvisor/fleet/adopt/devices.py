# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Disks, mount points and network devices of a configuration, as entries of `disks` and `nics` of pve_guest."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from playvisor.fleet.adopt.values import find_options, parse_properties, read_value, to_number

_DISKS = {
    "qemu": re.compile(r"(?:ide|sata|scsi|virtio)\d+|efidisk0|tpmstate0"),
    "lxc": re.compile(r"rootfs|mp\d+"),
}
_NIC = re.compile(r"net\d+")
_SIZE = re.compile(r"(\d+)([KMGT]?)")
_GIB = {"K": 1024**-2, "M": 1024**-1, "G": 1, "T": 1024}
# Proxmox VE chooses their size.
_FIXED_SIZE = ("efidisk0", "tpmstate0")
# The id of the guest that a volume was made for.
_OWNER = re.compile(r"(?:vm|base|subvol|basevol)-(\d+)-[^/]*$")
_BASE = re.compile(r"(?:base|basevol)-(\d+)-[^/]*/")
_MAC = re.compile(r"[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){5}")
_MACS = {"qemu": "macaddr", "lxc": "hwaddr"}


def is_disk(kind: str, key: str) -> bool:
    return _DISKS[kind].fullmatch(key) is not None


def is_nic(key: str) -> bool:
    return _NIC.fullmatch(key) is not None


def is_cloudinit_drive(kind: str, key: str, value: Any) -> bool:
    volume = str(value).split(",", 1)[0]
    return kind == "qemu" and is_disk(kind, key) and ("-cloudinit" in volume or volume.endswith(":cloudinit"))


def find_origin(volume: str) -> int | None:
    """The id of the template whose volume a linked clone's volume is based on."""
    match = _BASE.search(volume)
    return int(match[1]) if match else None


def read_disk(vmid: int, slot: str, text: str) -> dict[str, Any]:
    """An entry of `disks` that a disk is met by, wherever its volume is called what it is called.

    The volume is named only where nothing else says which it is: a path of the node, or a volume that was made for
    another guest.
    """
    properties = parse_properties(text, "volume")
    volume = properties.pop("volume", None) or properties.pop("file", "none")
    size, media = properties.pop("size", ""), properties.pop("media", "disk")
    properties.pop("format", None)
    entry: dict[str, Any] = {"slot": slot}
    if media == "cdrom":
        entry["cdrom"] = volume
    elif _is_own(vmid, volume):
        entry["storage"] = volume.partition(":")[0]
        # Those of a container have none to choose.
        if volume.endswith((".qcow2", ".vmdk")) and slot not in _FIXED_SIZE and not _DISKS["lxc"].fullmatch(slot):
            entry["format"] = volume.rpartition(".")[2]
    else:
        entry["volume"] = volume
    gibibytes = _read_size(size)
    if media != "cdrom" and gibibytes and slot not in _FIXED_SIZE:
        entry["size"] = gibibytes
    options = find_options("pve_guest", "disks")
    return {**entry, **_type_properties(options, properties)}


def read_nic(kind: str, slot: str, text: str) -> dict[str, Any]:
    """An entry of `nics`."""
    properties = parse_properties(text, "model")
    first, value = next(iter(properties.items()), ("", ""))
    if kind == "qemu" and _MAC.fullmatch(value):
        properties = {"model": first, "macaddr": value, **{k: v for k, v in properties.items() if k != first}}
    mac = properties.pop(_MACS[kind], None)
    if kind == "lxc":
        # The only type that there is.
        properties.pop("type", None)
    options = find_options("pve_guest", "nics")
    entry = _type_properties(options, properties)
    order = ["model", "name", "bridge"]
    named = {name: entry.pop(name) for name in order if name in entry}
    return {"slot": slot, **named, **({"mac": mac} if mac else {}), **entry}


def rank_slot(slot: str) -> tuple[bool, str, int]:
    """Slots are sorted by bus and number; the root file system of a container comes first."""
    bus, number = re.sub(r"\d+$", "", slot), re.search(r"\d+$", slot)
    return slot != "rootfs", bus, int(number[0]) if number else 0


def _type_properties(options: Mapping[str, Mapping[str, Any]], properties: Mapping[str, str]) -> dict[str, Any]:
    """Properties as the options of their names, the others in `options`."""
    # `ignore` is what discard is when it is off.
    properties = {name: "0" if (name, value) == ("discard", "ignore") else value for name, value in properties.items()}
    typed = {name: read_value(options[name], value) for name, value in properties.items() if name in options}
    further = {name: to_number(value) for name, value in properties.items() if name not in options}
    return {**typed, **({"options": further} if further else {})}


def _is_own(vmid: int, volume: str) -> bool:
    """Whether a volume is one that Proxmox VE made for this guest."""
    if volume.startswith("/") or ":" not in volume:
        return False
    owner = _OWNER.search(volume)
    return owner is None or int(owner[1]) == vmid


def _read_size(text: str) -> int | None:
    """A size in whole GiB; None for one that is none, which the option can't say."""
    match = _SIZE.fullmatch(text)
    size = int(match[1]) * _GIB.get(match[2], 1024**-3) if match else 0
    return int(size) if size >= 1 and float(size).is_integer() else None
