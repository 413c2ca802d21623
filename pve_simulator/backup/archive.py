# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a backup holds: its name, the guest's configuration inside it, and its size. Pure functions."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from urllib.parse import unquote

from pve_simulator.guests.lxc.mountpoints import MountPoint, list_mounts
from pve_simulator.guests.qemu.disks import Disk, disks_of
from pve_simulator.state.conf_file import render_section
from pve_simulator.state.guest import Config, Guest
from pve_simulator.storage.names import split_volid

_COMPRESSIONS = {"1": "lzo", "lzo": "lzo", "gzip": "gz", "zstd": "zst"}
_PROGRAMS = {"lzo": "lzop", "gz": "gzip", "zst": "zstd --threads=1"}
_UNPACK = {"lzo": "lzop -d -c {}", "gz": "zcat {}", "zst": "zstd -q -d -c {}"}
_LEFT_OUT = frozenset({"lock", "parent"})
_UNUSED = re.compile(r"unused\d+")
_MAP = re.compile(r"^#qmdump#map:(\S+):(\S+):(\S*):(\S*):$", re.MULTILINE)
_KIB, _MIB, _GIB = 1024, 1024**2, 1024**3


@dataclass(frozen=True, slots=True)
class Included:
    """A volume of a guest, whether a backup takes it, and why (`GET included_volumes`)."""

    key: str
    volid: str
    included: bool
    reason: str
    size: str = ""
    drive: Disk | None = None
    mount: MountPoint | None = None


def backup_volumes(guest: Guest) -> list[Included]:
    """The volumes of a guest, excluded ones too."""
    if guest.type == "lxc":
        return [_container_volume(mount) for mount in list_mounts(guest.config)]
    return [_machine_volume(guest.config, drive) for drive in disks_of(guest.config)]


def snapshot_name(guest: Guest, now: float) -> str:
    """The name on a Proxmox Backup Server of a backup that starts now."""
    return (
        f"{'vm' if guest.type == 'qemu' else 'ct'}/{guest.vmid}/{time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(now))}"
    )


def archive_name(guest: Guest, compress: str, now: float) -> str:
    """The file name of a backup that starts now."""
    stamp = time.strftime("%Y_%m_%d-%H_%M_%S", time.gmtime(now))
    return f"vzdump-{guest.type}-{guest.vmid}-{stamp}.{archive_format(guest, compress)}"


def archive_format(guest: Guest, compress: str) -> str:
    """`vma`, `tar`, and how it is compressed."""
    base = "vma" if guest.type == "qemu" else "tar"
    suffix = _COMPRESSIONS.get(compress)
    return f"{base}.{suffix}" if suffix else base


def compressor_for(form: str) -> str | None:
    """The program that compresses to a format such as `vma.zst`."""
    return _PROGRAMS.get(form.rpartition(".")[2])


def unpack_command(path: str) -> str | None:
    """The command that uncompresses an archive; None for one that is not compressed."""
    command = _UNPACK.get(path.rpartition(".")[2])
    return command.format(path) if command else None


def config_text(guest: Guest, disks: list[Included]) -> str:
    """The configuration as the archive holds it: without snapshots, pending changes, unused volumes and locks."""
    archived = {
        key: value
        for key, value in guest.config.items()
        if key not in _LEFT_OUT and not (guest.type == "qemu" and _UNUSED.fullmatch(key))
    }
    text = render_section(None, archived)
    for disk in disks:
        if disk.included and disk.drive is not None:
            storage = (split_volid(disk.volid) or ("", ""))[0]
            text += f"#qmdump#map:{disk.key}:drive-{disk.key}:{storage}:{_format_of(disk.volid)}:\n"
    return text


def parse_config(text: str) -> Config:
    """The configuration in an archive."""
    config: Config = {}
    description: list[str] = []
    for line in text.splitlines():
        if line.startswith("#"):
            if not line.startswith("#qmdump#"):
                description.append(unquote(line[1:]))
        elif ": " in line:
            key, value = line.split(": ", 1)
            config[key] = value
    if description:
        config["description"] = "\n".join(description)
    return config


def disk_map(text: str) -> list[tuple[str, str, str]]:
    """Drive, storage and format of every disk in a virtual machine's archive."""
    return [(match[1], match[3], match[4]) for match in _MAP.finditer(text)]


def archive_size(text: str, used: int, form: str) -> int:
    """A likely size of an archive, bytes."""
    share = 1 if "." not in form else 3
    return len(text) * 4 + used // share


def short_size(size: int) -> str:
    """A size as vzdump writes it: 35KB, 1MB, 2.50GB."""
    if size < _MIB:
        return f"{size // _KIB}KB"
    return f"{size // _MIB}MB" if size < _GIB else f"{size / _GIB:.2f}GB"


def _container_volume(mount: MountPoint) -> Included:
    if mount.key == "rootfs":
        included, reason = True, "rootfs"
    elif mount.kind != "volume":
        included, reason = False, "not a volume"
    else:
        included = mount.options.get("backup") == "1"
        reason = "enabled" if included else "disabled"
    return Included(mount.key, mount.volume, included, reason, mount.options.get("size", ""), mount=mount)


def _machine_volume(config: Config, drive: Disk) -> Included:
    included = drive.options.get("backup", "1") != "0"
    reason = f"backup={'yes' if included else 'no'}"
    if drive.key.startswith("efidisk") and config.get("bios") != "ovmf":
        included, reason = False, "efidisk but no OMVF BIOS"
    return Included(drive.key, drive.file, included, reason, drive.options.get("size", ""), drive)


def _format_of(volid: str) -> str:
    suffix = volid.rpartition(".")[2]
    return suffix if suffix in ("qcow2", "vmdk", "raw") else "raw"
