# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What requests will have made of guests: the configurations that later requests of the same plan are planned from.

Pure. What only Proxmox VE chooses, such as a MAC address or a UUID, is not there; names of volumes are those that it
chooses by its rules.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .._api import property_strings
from .._guest.disks import Disk, is_slot, read_disk
from .._guest.nics import is_slot as is_nic
from .._guest.nics import read_nic

if TYPE_CHECKING:
    Config = Mapping[str, Any]

# Parameters of requests that make guests, or change them, which are no options of a configuration.
_NO_OPTIONS = frozenset(
    (
        *("bwlimit", "delete", "digest", "force", "ostemplate", "password", "pool", "revert", "skiplock"),
        *("ssh-public-keys", "start", "storage", "unique", "vmid"),
    )
)
# What a clone has of its own, or not at all.
_NOT_CLONED = re.compile(
    r"digest|lock|meta|parent|running.*|smbios1|snaptime|snapstate|template|unused\d+|vmgenid|vmstate"
)
_NEW_VOLUME = re.compile(r"(?P<storage>[^:/,]+):(?P<size>\d+(?:\.\d+)?)")
_BLOCK_STORAGES = frozenset({"iscsi", "iscsidirect", "lvm", "lvmthin", "rbd", "zfs", "zfspool"})
_MOUNT = re.compile(r"mp\d+")
_NAMES = {"qemu": "name", "lxc": "hostname"}
_ADDRESSES = ("hwaddr", "macaddr")


class VolumeNames:
    """The names of a new guest's volumes; I(types) are the types of the storages."""

    def __init__(self, kind: str, vmid: int, types: Mapping[str, str]) -> None:
        self._kind, self._vmid, self._types = kind, vmid, types
        self._count: Counter[str] = Counter()

    def is_block(self, storage: str) -> bool:
        """Whether volumes are no files."""
        return self._types.get(storage) in _BLOCK_STORAGES

    def make(self, storage: str, image_format: str = "raw", base: str | None = None) -> str:
        """The next one on a storage; with a I(base), that of a linked clone."""
        prefix = "subvol" if self._kind == "lxc" and self._types.get(storage) == "zfspool" else "vm"
        name = f"{prefix}-{self._vmid}-disk-{self._count[storage]}"
        self._count[storage] += 1
        if not self.is_block(storage):
            name = f"{self._vmid}/{name}.{'qcow2' if base else image_format}"
            return f"{storage}:{base}/{name}" if base else f"{storage}:{name}"
        if base and self._types.get(storage) != "lvmthin":
            return f"{storage}:{base.rpartition('/')[2]}/{name}"
        return f"{storage}:{name}"

    def make_cloudinit(self, storage: str, image_format: str = "qcow2") -> str:
        """The one of the drive of cloud-init."""
        name = f"vm-{self._vmid}-cloudinit"
        return f"{storage}:{name}" if self.is_block(storage) else f"{storage}:{self._vmid}/{name}.{image_format}"


def build_new_config(kind: str, params: Mapping[str, Any], names: VolumeNames) -> dict[str, Any]:
    """The configuration of a guest that a request with these parameters makes."""
    config = {key: value for key, value in params.items() if key not in _NO_OPTIONS}
    return {
        key: _name_volume(Disk(key, str(value), {}), str(value), names) if is_slot(kind, key) else value
        for key, value in config.items()
    }


def build_changed_config(kind: str, config: Config, params: Mapping[str, Any], names: VolumeNames) -> dict[str, Any]:
    """A configuration after a request with these parameters has changed it."""
    gone = {name for option in ("delete", "revert") for name in str(params.get(option) or "").split(",")}
    changed = {key: value for key, value in config.items() if key not in gone and key != "digest"}
    return {**changed, **build_new_config(kind, params, names)}


def build_cloned_config(
    kind: str, config: Config, params: Mapping[str, Any], names: VolumeNames, *, default_name: str
) -> dict[str, Any]:
    """The configuration of a clone of a guest that has I(config)."""
    full = bool(int(params.get("full") or 0))
    cloned: dict[str, Any] = {}
    # Machines have their drives copied by name, containers their root first.
    for key in sorted(config, key=_rank_slot):
        if _NOT_CLONED.fullmatch(key):
            continue
        disk = read_disk(config, key) if is_slot(kind, key) else None
        if disk is not None and disk.storage and (disk.has_own_volume or disk.is_cloudinit):
            cloned[key] = _clone_disk(disk, params, names, full=full)
        elif is_nic(key):
            cloned[key] = render_without_address(kind, key, config[key])
        else:
            cloned[key] = config[key]
    name = _NAMES[kind]
    cloned[name] = params.get(name) or default_name
    if params.get("description"):
        cloned["description"] = params["description"]
    return cloned


def build_resized_config(config: Config, slot: str, size: str) -> dict[str, Any]:
    """A configuration whose drive has grown to I(size), such as C(32G)."""
    disk = read_disk(config, slot)
    if disk is None:
        return dict(config)
    return {**config, slot: Disk(slot, disk.volume, {**disk.properties, "size": size}).render()}


def build_moved_config(config: Config, slot: str, params: Mapping[str, Any], names: VolumeNames) -> dict[str, Any]:
    """A configuration whose drive was moved to another storage or format."""
    disk = read_disk(config, slot)
    if disk is None or not params.get("storage"):
        return dict(config)
    volume = names.make(str(params["storage"]), str(params.get("format") or disk.format))
    return {**config, slot: Disk(slot, volume, disk.properties).render()}


def build_template_config(kind: str, config: Config) -> dict[str, Any]:
    """The configuration of a guest that was made a template, whose volumes have other names."""
    changed: dict[str, Any] = {**config, "template": 1}
    for key in config:
        disk = read_disk(config, key) if is_slot(kind, key) else None
        if disk is not None and disk.has_own_volume and not disk.is_cloudinit:
            volume = re.sub(r"\b(?:vm|subvol)-(?=\d+-disk-)", lambda m: _BASES[m[0]], disk.volume)
            changed[key] = Disk(key, volume, disk.properties).render()
    return changed


_BASES = {"vm-": "base-", "subvol-": "basevol-"}


def list_sizes(kind: str, config: Config) -> dict[str, int]:
    """The sizes in bytes of the volumes in a configuration, as far as it has them."""
    disks = (read_disk(config, key) for key in config if is_slot(kind, key))
    return {disk.volume: disk.size_bytes for disk in disks if disk is not None and disk.size_bytes is not None}


def _name_volume(disk: Disk, value: str, names: VolumeNames) -> str:
    """The value of a drive as it stands in the configuration once the volume is made."""
    volume, _comma, rest = value.partition(",")
    properties = property_strings.parse(rest) if rest else {}
    storage, _colon, what = volume.partition(":")
    if what == "cloudinit":
        properties.setdefault("media", "cdrom")
        return Disk(disk.slot, names.make_cloudinit(storage), properties).render()
    match = _NEW_VOLUME.fullmatch(volume)
    if match is None:
        return value
    source = properties.pop("import-from", None)
    image_format = properties.pop("format", "raw")
    if source is None:
        properties["size"] = f"{match['size']}G"
    return Disk(disk.slot, names.make(match["storage"], image_format), properties).render()


def _rank_slot(key: str) -> tuple[bool, int, str]:
    return key != "rootfs", int(key[2:]) if _MOUNT.fullmatch(key) else -1, key


def _clone_disk(disk: Disk, params: Mapping[str, Any], names: VolumeNames, *, full: bool) -> str:
    storage = str(params.get("storage") or disk.storage) if full else str(disk.storage)
    if disk.is_cloudinit:
        volume = names.make_cloudinit(storage)
    elif full or disk.slot == "tpmstate0":
        volume = names.make(storage, "raw" if names.is_block(storage) else str(params.get("format") or disk.format))
    else:
        volume = names.make(storage, base=disk.volume.partition(":")[2])
    return Disk(disk.slot, volume, disk.properties).render()


def render_without_address(kind: str, slot: str, value: Any) -> str:
    """The value of a network device without its MAC address."""
    nic = read_nic(kind, {slot: value}, slot) or {}
    model = nic.pop("model", None)
    rest = property_strings.render({key: value for key, value in nic.items() if key not in _ADDRESSES})
    return ",".join(filter(None, (model, rest)))
