# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Drives of virtual machines: read and write `local:101/vm-101-disk-0.qcow2,size=32G` (qm.conf(5))."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache

from pve_simulator.errors import invalid
from pve_simulator.schema import ParameterError, config_schema, parse_property_string, print_property_string
from pve_simulator.state.cluster import Cluster
from pve_simulator.storage.lookup import parse_volid
from pve_simulator.storage.names import split_volid

# The properties of a drive; `file` is always there.
Drive = dict[str, str]

_DRIVE_KEY = re.compile(r"(?:ide|sata|scsi|virtio)\d+|efidisk0|tpmstate0")
_NEW_DISK = re.compile(r"(?:([^/:\s]+):)?(\d+(?:\.\d+)?)")
_CLOUDINIT = re.compile(r"(?:([^:/\s]+):)?cloudinit")
_CLOUDINIT_VOLUME = re.compile(r"vm-\d+-cloudinit(?:\.(?:raw|qcow2))?$")
_NO_MEDIUM = frozenset({"none", "cdrom"})
# What a CD-ROM cannot have.
_NOT_CDROM = frozenset({"snapshot", "trans", "format", "heads", "secs", "cyls"})


@cache
def _names() -> tuple[str, ...]:
    """Every drive there can be, in the order in which the server goes through them."""
    schemas = config_schema("qemu")
    buses = ("ide", "scsi", "virtio", "sata")
    names = [f"{bus}{number}" for bus in buses for number in range(31) if f"{bus}{number}" in schemas]
    return (*names, "efidisk0", "tpmstate0")


def is_drive(key: str) -> bool:
    """Whether a configuration key is a drive (unused volumes are not)."""
    return _DRIVE_KEY.fullmatch(key) is not None and key in config_schema("qemu")


def drive_keys(config: Mapping[str, str]) -> list[str]:
    """The drives of a configuration in the server's order."""
    return [name for name in _names() if name in config]


def parse_drive(key: str, text: str) -> Drive:
    """The properties of a drive or unused volume; raises the server's text for one that cannot be read."""
    if key.startswith("unused"):
        return {"file": text.removeprefix("file=")}
    try:
        return parse_property_string(text, config_schema("qemu")[key], key)
    except ParameterError as error:
        raise invalid({key: "unable to parse drive options"}) from error


def read_drive(key: str, text: str) -> Drive | None:
    """Like `parse_drive`, for configurations that may hold anything: None for what cannot be read."""
    try:
        return parse_property_string(text, config_schema("qemu")[key], key)
    except (ParameterError, KeyError):
        return None


def print_drive(key: str, drive: Drive) -> str:
    """A drive as configurations hold it."""
    return print_property_string(drive, config_schema("qemu")[key])


def drives_of(config: Mapping[str, str]) -> Iterator[tuple[str, Drive]]:
    """All drives of a configuration that can be read, in the server's order."""
    for key in drive_keys(config):
        drive = read_drive(key, config[key])
        if drive is not None:
            yield key, drive


def is_cloudinit(drive: Drive) -> bool:
    """Whether it is, or will be, the drive that carries the cloud-init data."""
    return bool(_CLOUDINIT.fullmatch(drive["file"]) or _CLOUDINIT_VOLUME.search(drive["file"]))


def is_cdrom(drive: Drive, *, cloudinit: bool = True) -> bool:
    """Whether it is a CD-ROM; `cloudinit=False` leaves that of cloud-init out."""
    if not cloudinit and is_cloudinit(drive):
        return False
    return drive.get("media") == "cdrom"


def parse_new_disk(drive: Drive) -> tuple[str | None, float] | None:
    """Storage (None: the default one) and GiB of a disk still to be made: `local:32`."""
    match = _NEW_DISK.fullmatch(drive["file"])
    return (match[1], float(match[2])) if match else None


def parse_new_cloudinit(drive: Drive) -> tuple[str | None] | None:
    """The storage of a cloud-init drive still to be made: `local:cloudinit`."""
    match = _CLOUDINIT.fullmatch(drive["file"])
    return (match[1],) if match else None


def has_medium(drive: Drive) -> bool:
    """Whether there is a volume or device behind it."""
    return drive["file"] not in _NO_MEDIUM


def tidy_drive(key: str, text: str) -> str:
    """A drive as the server rewrites a request's before anything else; raises for what makes no sense."""
    drive = parse_drive(key, text)
    if drive.get("media") == "cdrom" and (key.startswith("virtio") or _NOT_CDROM & drive.keys()):
        raise invalid({key: "unable to parse drive options"})
    if "import-from" in drive:
        new_disk = parse_new_disk(drive)
        if new_disk is None or new_disk[1] != 0:
            hint = "'import-from' requires special syntax - use <storage ID>:0,import-from=<source>"
            raise invalid({key: hint})
        for required in {"efidisk0": ("efitype", "pre-enrolled-keys"), "tpmstate0": ("version",)}.get(key, ()):
            if required not in drive:
                raise invalid({key: f"need to specify '{required}' when using 'import-from'"})
    file = drive["file"]
    if not (file in _NO_MEDIUM or file.startswith("/dev/") or ":" in file or file.isdecimal() or file == "cloudinit"):
        raise invalid({key: f"unable to associate path '{file}' to any storage"})
    if file in _NO_MEDIUM:
        if key.startswith(("efidisk", "tpmstate")):
            raise invalid({key: "unable to parse drive options"})
        drive.setdefault("media", "cdrom")
    return print_drive(key, drive)


def owner(cluster: Cluster, volid: str) -> int:
    """The guest that a volume belongs to by its name; 0 for nobody."""
    parts = split_volid(volid)
    if parts is None or parts[0] not in cluster.storages:
        return 0
    return parse_volid(cluster, volid)[1].vmid
