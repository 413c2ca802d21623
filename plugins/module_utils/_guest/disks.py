# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Disks, CD-ROM drives and mount points of guests: read them, compare them with wishes, and render new values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from .._api import property_strings
from .._api.errors import INVALID_PARAMETER, PveError
from .._values.drives import find_drive
from .._values.names import VOLUME
from .._values.properties import Properties

_GIB = 1024**3
_UNITS = {"": 1, "K": 1024, "M": 1024**2, "G": _GIB, "T": 1024**4}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)([KMGT]?)")
_GROWTH = re.compile(r"\+?(\d+(?:\.\d+)?)([MGT]?)(?:I?B)?")
_TO_255 = r"(?:\d{1,2}|1\d\d|2[0-4]\d|25[0-5])"
_SLOTS = {
    "qemu": re.compile(
        r"ide[0-3]|sata[0-5]|scsi(?:[12]?\d|30)|virtio(?:\d|1[0-5])|efidisk0|tpmstate0" + rf"|unused{_TO_255}"
    ),
    "lxc": re.compile(rf"rootfs|(?:mp|unused){_TO_255}"),
}
_FIXED_SIZE = ("efidisk0", "tpmstate0")
# Our options that are properties with the same name in the API.
_TYPED_OPTIONS = (
    "cache",
    "discard",
    "ssd",
    "iothread",
    "backup",
    "mp",
)
_VOLUME_OPTIONS = (
    "storage",
    "size",
    "grow_by",
    "format",
    "cdrom",
    "volume",
    "import_from",
)
# What is no property of its own, and the option that there is for it.
_OPTIONS_FOR = {
    "file": "volume",
    "format": "format",
    "import-from": "import_from",
    "media": "cdrom",
    "size": "size",
    "volume": "volume",
}
_SOURCES = ("cdrom", "volume", "import_from")
# Media that no storage has.
_WORDS = ("none", "cdrom")
# What makes a volume instead of naming one: a cloud-init drive, or one of so many GiB.
_NEW_VOLUME = re.compile(r"[^:/]+:(?:cloudinit|(\d+(?:\.\d+)?))")
_LOOK = "The guest's configuration shows which disks it has"


@dataclass(frozen=True)
class Disk:
    """A disk, CD-ROM drive or mount point of a configuration; I(volume) is a volume id, a path or C(none)."""

    slot: str
    volume: str
    properties: dict[str, str]

    @property
    def storage(self) -> str | None:
        storage, colon, _name = self.volume.partition(":")
        return storage if colon and not self.volume.startswith("/") else None

    @property
    def is_cdrom(self) -> bool:
        return self.properties.get("media") == "cdrom"

    @property
    def is_cloudinit(self) -> bool:
        return "-cloudinit" in self.volume or self.volume.endswith(":cloudinit")

    @property
    def format(self) -> str:
        ending = self.volume.rpartition(".")[2]
        return ending if ending in ("qcow2", "vmdk") else "raw"

    @property
    def size_bytes(self) -> int | None:
        """Its size, where the configuration has it."""
        match = _SIZE.fullmatch(self.properties.get("size", ""))
        return int(float(match[1]) * _UNITS[match[2]]) if match else None

    @property
    def has_own_volume(self) -> bool:
        """Whether it is a volume that the guest uses as a disk: no medium, no path and no unused volume."""
        return self.storage is not None and not self.is_cdrom and not self.slot.startswith("unused")

    def with_size(self, size: int) -> Disk:
        """The same disk with another size, in bytes."""
        return replace(self, properties={**self.properties, "size": _render_size(size)})

    def render(self) -> str:
        return ",".join(filter(None, (self.volume, property_strings.render(self.properties))))


def is_slot(kind: str, key: str) -> bool:
    """Whether an option of a guest of type I(kind) is a disk, a drive, a mount point or an unused volume."""
    return _SLOTS[kind].fullmatch(key) is not None


def read_disk(config: Mapping[str, Any], slot: str) -> Disk | None:
    """What a slot of a configuration holds; None: nothing."""
    if slot not in config:
        return None
    properties = property_strings.parse(str(config[slot]), "volume")
    volume = properties.pop("volume", None) or properties.pop("file", "none")
    return Disk(slot, volume, properties)


def read_wished_properties(wish: Mapping[str, Any]) -> dict[str, str]:
    """The properties that a wish names, by the names of the API; empty ones are to unset.

    Raises C(invalid_parameter) for what such a drive can't have.
    """
    slot, options = wish["slot"], dict(wish.get("options") or {})
    values: dict[str, Any] = {name: wish.get(name) for name in _TYPED_OPTIONS}
    if values["discard"] is False:
        values["discard"] = ""
    drive = find_drive(slot)
    named = {name: value for name, value in values.items() if value is not None}
    for name, value in options.items():
        _require_property(slot, name, named)
        if value is not None:
            named[drive.aliases.get(name, name)] = value
    # What is off needs no property, nor does a drive that can't have it.
    named = {name: value for name, value in named.items() if name in drive.table or value not in (False, "")}
    try:
        return {name: drive.check_property(name, value) for name, value in named.items()}
    except ValueError as error:
        raise PveError(
            INVALID_PARAMETER,
            f"{slot} can't be so: {error}.",
            f"Correct {slot} in disks.",
            fields={slot: str(error)},
        ) from error


def _require_property(slot: str, name: str, named: Mapping[str, Any]) -> None:
    """Raise C(invalid_parameter) for an entry of C(options) that is not one, or is given twice."""
    option = _OPTIONS_FOR.get(name, name if name in named else None)
    if option is not None:
        raise PveError(INVALID_PARAMETER, f"options of {slot} can't have {name}.", f"For it there is: {option}.")


def view(disk: Disk | None, wish: Mapping[str, Any]) -> dict[str, Any] | None:
    """A disk for results: only what the wish names, by the names of the options; None: there is none."""
    if disk is None:
        return None
    state: dict[str, Any] = {}
    if wish.get("state") not in (None, "present"):
        return {"volume": disk.volume}
    if wish.get("cdrom") is not None:
        state["cdrom"] = disk.volume
    if wish.get("volume") is not None:
        state["volume"] = disk.volume
    if wish.get("storage") is not None:
        state["storage"] = disk.storage
    if wish.get("size") is not None:
        state["size"] = None if disk.size_bytes is None else _to_gibibytes(disk.size_bytes)
    if wish.get("format") is not None:
        state["format"] = disk.format
    drive = find_drive(disk.slot)
    for name in read_wished_properties(wish):
        state[name] = _read_property(drive, disk, name)
    return state


def view_wish(wish: Mapping[str, Any]) -> dict[str, Any] | None:
    """What L(view) returns for a disk that is as wished."""
    if wish["state"] != "present":
        return None
    state = {name: wish[name] for name in ("cdrom", "volume", "storage", "size", "format") if wish.get(name)}
    drive = find_drive(wish["slot"])
    return {
        **state,
        **{name: value or drive.find_default(name) for name, value in read_wished_properties(wish).items()},
    }


def render_new_disk(kind: str, wish: Mapping[str, Any]) -> str:
    """The value of a slot that holds nothing yet; raises C(invalid_parameter) for a wish that lacks an option."""
    slot, properties = wish["slot"], {name: value for name, value in read_wished_properties(wish).items() if value}
    if kind == "lxc" and slot != "rootfs" and not properties.get("mp"):
        raise _lacking_error(slot, "mp, the path that it is mounted on in the container")
    if wish.get("cdrom"):
        return Disk(slot, wish["cdrom"], {**properties, "media": "cdrom"}).render()
    if wish.get("volume"):
        return Disk(slot, wish["volume"], properties).render()
    if not wish.get("storage"):
        raise _lacking_error(slot, "storage" if kind == "lxc" else "storage, volume or cdrom")
    if wish.get("format"):
        properties = {"format": wish["format"], **properties}
    if wish.get("import_from"):
        return Disk(slot, f"{wish['storage']}:0", {"import-from": wish["import_from"], **properties}).render()
    if not wish.get("size") and slot not in _FIXED_SIZE:
        raise _lacking_error(slot, "size")
    return Disk(slot, f"{wish['storage']}:{wish.get('size') or 1}", properties).render()


def update_disk(disk: Disk, wish: Mapping[str, Any]) -> Disk:
    """The disk with the wished properties and volume; whatever the wish does not name is kept, as is the size."""
    drive, wished = find_drive(disk.slot), read_wished_properties(wish)
    defaults = {name: drive.find_default(name) for name in wished}
    # What amounts to nothing is not written, since a running guest may take it for a change.
    changes = {
        name: "" if value == defaults[name] else value
        for name, value in wished.items()
        if _read_property(drive, disk, name) != (value or defaults[name])
    }
    if changes:
        # Options by their names in the API are written as they are given.
        changes |= {name: value for name, value in wished.items() if name in (wish.get("options") or {})}
    properties = {name: value for name, value in {**disk.properties, **changes}.items() if value}
    volume = wish.get("cdrom") or wish.get("volume") or disk.volume
    if volume != disk.volume:
        properties.pop("size", None)
    return Disk(disk.slot, volume, properties)


def _read_property(drive: Properties, disk: Disk, name: str) -> str | None:
    """A property as the drive has it, or what it amounts to when it is not set."""
    text = disk.properties.get(name)
    return drive.read_property(name, text) if text else drive.find_default(name)


def must_move(disk: Disk, wish: Mapping[str, Any]) -> bool:
    """Whether a disk is on another storage, or in another format, than wished."""
    return (wish.get("storage") or disk.storage) != disk.storage or (wish.get("format") or disk.format) != disk.format


def must_grow(disk: Disk, wish: Mapping[str, Any]) -> bool:
    """Whether a disk is smaller than wished; raises C(invalid_parameter) if it is larger."""
    size = wished_bytes(wish)
    if size is None or disk.size_bytes == size:
        return False
    if disk.size_bytes is not None and disk.size_bytes > size:
        found = _to_gibibytes(disk.size_bytes)
        raise PveError(
            INVALID_PARAMETER,
            f"{disk.slot} has {found} GiB, and {wish['size']} GiB are asked for; disks can't shrink.",
            "Leave size out, or give at least what it has.",
        )
    return True


def resolve_growth(disk: Disk | None, size: int | None, wish: Mapping[str, Any]) -> dict[str, Any]:
    """The wish with the size that it grows to, in whole GiB, instead of by how much it grows.

    I(size) is what the disk has, in bytes. Raises C(invalid_parameter) for what can't grow.
    """
    if not wish.get("grow_by"):
        return dict(wish)
    match = _GROWTH.fullmatch(str(wish["grow_by"]).strip().upper())
    added = int(float(match[1]) * _UNITS[match[2] or "G"]) if match else 0
    problem, hint = "", "Correct the entry in disks."
    if wish.get("size") is not None:
        problem = f"{wish['slot']} has size and grow_by, of which only one can be"
    elif added <= 0:
        problem, hint = f"{wish['grow_by']!r} is no size to grow by", "Such as 20G, or 20 for GiB."
    elif disk is None or not disk.has_own_volume:
        problem, hint = f"there is no disk {wish['slot']} that could grow", f"{_LOOK}; a new one has storage and size."
    elif size is None:
        problem, hint = f"the size of {disk.volume} is not known", "Give the new size instead of grow_by."
    if problem:
        raise PveError(INVALID_PARAMETER, f"This can't be: {problem}.", hint)
    return {**wish, "size": -(-(int(size or 0) + added) // _GIB), "grow_by": None}


def wished_bytes(wish: Mapping[str, Any]) -> int | None:
    return wish["size"] * _GIB if wish.get("size") else None


def check_wishes(kind: str, wishes: list[dict[str, Any]]) -> None:
    """Raise C(invalid_parameter) for wishes that make no sense for any guest of type I(kind)."""
    slots = [wish["slot"] for wish in wishes]
    for wish in wishes:
        slot = wish["slot"]
        if not is_slot(kind, slot):
            known = "scsi0, virtio0, sata0, ide2, efidisk0, tpmstate0" if kind == "qemu" else "rootfs, mp0"
            raise PveError(INVALID_PARAMETER, f"{slot!r} is no slot for a disk of a {kind} guest.", f"Such as {known}.")
        if slots.count(slot) > 1:
            raise PveError(INVALID_PARAMETER, f"{slot} is there twice in disks.", "Name each slot once.")
        _check_wish(kind, wish)


def _check_wish(kind: str, wish: dict[str, Any]) -> None:
    slot = wish["slot"]
    names = [name for name in (*_VOLUME_OPTIONS, *_TYPED_OPTIONS, "options") if wish.get(name) is not None]
    sources = [name for name in _SOURCES if wish.get(name)]
    unnamed = [name for name in sources if not _is_volume(name, wish[name])]
    new_volume = _NEW_VOLUME.fullmatch(wish.get("volume") or wish.get("cdrom") or "")
    problem = None
    if wish["state"] != "present" and names:
        problem = f"{slot} is to be {wish['state']}, so it can't have {names[0]}"
    elif slot == "rootfs" and wish["state"] != "present":
        problem = "a container needs its rootfs"
    elif slot.startswith("unused") and wish["state"] != "absent":
        problem = f"{slot} is a volume that nothing uses; it can only be absent"
    elif kind == "lxc" and [name for name in ("cdrom", "format", "import_from") if wish.get(name)]:
        problem = f"{slot} of a container has neither cdrom, format nor import_from"
    elif len(sources) > 1:
        problem = f"{slot} has {' and '.join(sources)}, of which only one can be"
    elif wish.get("cdrom") and (slot in _FIXED_SIZE or slot.startswith("virtio")):
        problem = f"{slot} can't be a CD-ROM drive, which are ide0 to ide3, sata0 to sata5 and scsi0 to scsi30"
    elif unnamed:
        problem = f"{slot} has {wish[unnamed[0]]}, which is no volume such as local:iso/debian-13.iso"
    elif wish.get("cdrom") and [name for name in ("storage", "size", "format") if wish.get(name)]:
        problem = f"{slot} is a CD-ROM drive, which has no storage, size or format of its own"
    elif wish.get("volume") and [name for name in ("storage", "format") if wish.get(name)]:
        problem = f"{slot} has a volume, which says where it is and in what format"
    elif wish.get("size") is not None and (slot in _FIXED_SIZE or wish["size"] < 1):
        problem = f"{slot} can't have {wish['size']} GiB"
    elif wish.get("grow_by"):
        problem = f"{slot} is new and has nothing to grow from"
    elif new_volume and new_volume[1]:
        problem = f"{slot} has {new_volume[0]}, which is no volume; a new one has storage and size"
    if problem:
        raise PveError(INVALID_PARAMETER, f"This can't be: {problem}.", "Correct the entry in disks.")
    if new_volume:
        raise PveError(
            INVALID_PARAMETER,
            f"This can't be: {slot} is to be {new_volume[0]}, a drive of cloud-init, whose volume has another name.",
            "Use pve_cloudinit, with drive and drive_storage.",
        )
    if wish["state"] == "present":
        read_wished_properties(wish)


def normalize_wish(wish: dict[str, Any]) -> dict[str, Any]:
    """The wish with a medium that is a word as Proxmox VE has it."""
    word = str(wish.get("cdrom") or "").strip().lower()
    return {**wish, "cdrom": word} if word in _WORDS else wish


def _is_volume(option: str, value: str) -> bool:
    """Whether a value names a volume or a path, or no medium."""
    is_named = VOLUME.pattern is not None and re.fullmatch(VOLUME.pattern, value) is not None
    return value.startswith("/") or is_named or (option == "cdrom" and value in _WORDS)


def _lacking_error(slot: str, what: str) -> PveError:
    return PveError(
        INVALID_PARAMETER,
        f"{slot} does not exist yet, and there is no {what}.",
        f"{_LOOK}; a new one needs it in disks.",
    )


def _render_size(size: int) -> str:
    """A size in bytes as Proxmox VE writes it: in the largest unit that leaves no fraction."""
    for unit in "TGMK":
        if size % _UNITS[unit] == 0:
            return f"{size // _UNITS[unit]}{unit}"
    return str(size)


def _to_gibibytes(size: int) -> int | float:
    return size // _GIB if size % _GIB == 0 else round(size / _GIB, 3)
