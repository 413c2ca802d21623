# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Volume names: how each kind of storage writes them (the plugins of pve-storage)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pve_simulator.errors import failure
from pve_simulator.state.storage import Storage

_STORAGE_ID = re.compile(r"[A-Za-z][A-Za-z0-9\-_.]*[A-Za-z0-9]")
_FOREIGN = re.compile(r"^(?:(\d+)/(\S+)/)?(\d+)/(\S+)$")
_IMAGE_FILE = re.compile(r"^(?:(base-)|vm-|subvol-)\d+-[^/\s]+\.(raw|qcow2|vmdk|subvol)$")
_OLD_IMAGE_FILE = re.compile(r"^(base-)?[^/\s]+\.(raw|qcow2|vmdk|subvol)$")
_ISO = re.compile(r"^iso/([^/]+\.(?:iso|img))$", re.IGNORECASE)
_TEMPLATE = re.compile(r"^vztmpl/([^/]+\.tar(?:\.(?:gz|xz|zst|bz2))?|[^/]+\.tar)$", re.IGNORECASE)
_BACKUP = re.compile(r"^backup/([^/]+\.(?:tgz|tar|vma)(?:\.(?:gz|lzo|zst|bz2))?)$")
_BACKUP_OWNER = re.compile(r"^vzdump-(?:openvz|lxc|qemu)-(\d+)-.+")
_SNIPPET = re.compile(r"^snippets/([^/]+)$")
_IMPORT = re.compile(r"^import/([^/]+\.(ova|ovf|qcow2|raw|vmdk))$")
_IN_OVA = re.compile(r"^import/([^/]+\.ova/[^/]+\.(qcow2|raw|vmdk))$")
_LVM = re.compile(r"^(?:(base-)|vm-)(\d+)-\S+$")
_ZFS = re.compile(r"^(?:((?:base|basevol)-(\d+)-\S+)/)?((?:(base|basevol)|vm|(subvol))-(\d+)-\S+)$")
_RBD = re.compile(r"^(?:(base-(\d+)-\S+)/)?((?:(base)|vm)-(\d+)-\S+)$")
_PBS = re.compile(r"^backup/((vm|ct|host)/([^\s_/]+)/\d+-\d+-\d+T\d+:\d+:\d+Z)$")
_FAMILIES = {"lvm": "lvm", "lvmthin": "lvm", "zfspool": "zfs", "zfs": "zfs", "rbd": "rbd"}
_FORMATS = {
    "dir": ("raw", "qcow2", "vmdk", "subvol"),
    "btrfs": ("raw", "qcow2", "vmdk", "subvol"),
    "nfs": ("raw", "qcow2", "vmdk"),
    "cifs": ("raw", "qcow2", "vmdk"),
    "zfspool": ("raw", "subvol"),
    "lvm": ("raw", "qcow2"),
}
_THICK = frozenset({"lvm"})


@dataclass(frozen=True, slots=True)
class VolumeName:
    """What a volume's name says: `name` without owner and base, `vmid` 0 when nobody owns it."""

    content: str
    name: str
    vmid: int = 0
    base: str | None = None
    base_vmid: int = 0
    is_base: bool = False
    format: str = "raw"


def split_volid(volid: str) -> tuple[str, str] | None:
    """Storage id and volume name of a volume id; None for anything else, such as a path."""
    storage, colon, name = volid.partition(":")
    return (storage, name) if colon and name and _STORAGE_ID.fullmatch(storage) else None


def parse_name(storage: Storage, name: str) -> VolumeName:
    """What the name of a volume says; raises the storage plugin's `unable to parse …`."""
    if storage.type == "pbs":
        return _parse_backup_server(name)
    family = _FAMILIES.get(storage.type)
    if family is None:
        return _parse_directory(name)
    parsed = {"lvm": _parse_lvm, "zfs": _parse_zfs, "rbd": _parse_rbd}[family](name)
    if parsed is None:
        raise failure(f"unable to parse {family} volume name '{name}'")
    return parsed


def is_directory(storage: Storage) -> bool:
    """Whether volumes are files below a path."""
    return storage.type not in _FAMILIES and storage.type not in ("pbs", "iscsi", "iscsidirect", "esxi")


def image_formats(storage: Storage) -> tuple[str, ...]:
    """Image formats that a storage can hold."""
    if storage.type == "lvm" and storage.config.get("snapshot-as-volume-chain") != "1":
        return ("raw",)
    return _FORMATS.get(storage.type, ("raw",))


def default_format(storage: Storage) -> str:
    """The image format that a storage uses when none is asked for."""
    requested = storage.config.get("format")
    return requested if requested in image_formats(storage) else "raw"


def is_thin(storage: Storage) -> bool:
    """Whether a new volume takes no space until it is written to."""
    return storage.type not in _THICK


def next_name(storage: Storage, taken: list[str], vmid: int, form: str) -> str:
    """The first free disk name of a guest, with the format's suffix on directories."""
    numbers = {
        int(match[1]) for name in taken if (match := re.search(rf"(?:vm|base|subvol|basevol)-{vmid}-disk-(\d+)", name))
    }
    number = next(number for number in range(len(numbers) + 1) if number not in numbers)
    prefix = "subvol" if form == "subvol" else "vm"
    return with_suffix(storage, f"{prefix}-{vmid}-disk-{number}", form)


def with_suffix(storage: Storage, name: str, form: str) -> str:
    """A name with its format's suffix, where the storage wants one."""
    if is_directory(storage) or (storage.type == "lvm" and form == "qcow2"):
        return f"{name}.{form}"
    return name


def volume_id(storage: Storage, vmid: int, name: str) -> str:
    """The volume id of a guest's image."""
    return f"{storage.id}:{vmid}/{name}" if is_directory(storage) else f"{storage.id}:{name}"


def path_of(storage: Storage, name: str) -> str:
    """Where the node finds a volume; raises the plugin's error for names that it cannot parse."""
    parsed = parse_name(storage, name)
    if not is_directory(storage):
        return _device_path(storage, parsed)
    root = root_path(storage)
    if parsed.content in ("images", "rootdir"):
        return f"{root}/images/{parsed.vmid}/{parsed.name}"
    folders = {"iso": "template/iso", "vztmpl": "template/cache", "backup": "dump"}
    return f"{root}/{folders.get(parsed.content, parsed.content)}/{parsed.name}"


def root_path(storage: Storage) -> str:
    """The directory of a directory storage."""
    return storage.config.get("path", f"/mnt/pve/{storage.id}")


def _device_path(storage: Storage, parsed: VolumeName) -> str:
    if storage.type == "pbs":
        user, server = storage.config.get("username", "root@pam"), storage.config.get("server", "")
        return f"pbs://{user}@{server}:{storage.config.get('datastore', '')}/{parsed.name}"
    if storage.type in ("lvm", "lvmthin"):
        return f"/dev/{storage.config.get('vgname', 'pve')}/{parsed.name}"
    if storage.type == "rbd":
        return f"/dev/rbd-pve/{storage.config.get('pool', 'rbd')}/{parsed.name}"
    pool = storage.config.get("pool", "rpool")
    return f"/{pool}/{parsed.name}" if parsed.format == "subvol" else f"/dev/zvol/{pool}/{parsed.name}"


def _parse_directory(name: str) -> VolumeName:
    match = _FOREIGN.match(name)
    if match:
        form, is_base = _image_file(match[4])
        if match[2]:
            _image_file(match[2])
        return VolumeName("images", match[4], int(match[3]), match[2], int(match[1] or 0), is_base, form)
    for content, pattern in (("iso", _ISO), ("vztmpl", _TEMPLATE), ("snippets", _SNIPPET)):
        if match := pattern.match(name):
            return VolumeName(content, match[1])
    if match := re.match(r"^rootdir/(\d+)$", name):
        return VolumeName("rootdir", match[1], int(match[1]), format="subvol")
    if match := _BACKUP.match(name):
        owner = _BACKUP_OWNER.match(match[1])
        return VolumeName("backup", match[1], int(owner[1]) if owner else 0)
    if match := _IMPORT.match(name):
        return VolumeName("import", match[1], format=match[2])
    if match := _IN_OVA.match(name):
        return VolumeName("import", match[1], format=f"ova+{match[2]}")
    raise failure(f"unable to parse directory volume name '{name}'")


def _parse_backup_server(name: str) -> VolumeName:
    match = _PBS.match(name)
    if match is None:
        raise failure(f"unable to parse PBS volume name '{name}'")
    owner = int(match[3]) if match[2] != "host" and match[3].isdecimal() else 0
    return VolumeName("backup", match[1], owner, format=f"pbs-{match[2]}")


def _image_file(name: str) -> tuple[str, bool]:
    match = _IMAGE_FILE.match(name) or _OLD_IMAGE_FILE.match(name)
    if match is None:
        raise failure(f"unable to parse volume filename '{name}'")
    return match[2], match[1] is not None


def _parse_lvm(name: str) -> VolumeName | None:
    match = _LVM.match(name)
    form = "qcow2" if name.endswith(".qcow2") else "raw"
    return VolumeName("images", name, int(match[2]), is_base=match[1] is not None, format=form) if match else None


def _parse_zfs(name: str) -> VolumeName | None:
    match = _ZFS.match(name)
    if match is None:
        return None
    form = "subvol" if match[5] or match[4] == "basevol" else "raw"
    return VolumeName("images", match[3], int(match[6]), match[1], int(match[2] or 0), match[4] is not None, form)


def _parse_rbd(name: str) -> VolumeName | None:
    match = _RBD.match(name)
    if match is None:
        return None
    return VolumeName("images", match[3], int(match[5]), match[1], int(match[2] or 0), match[4] is not None)
