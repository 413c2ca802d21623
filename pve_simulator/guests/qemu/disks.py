# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The volumes of a virtual machine: what each drive, unused volume and saved state of a configuration points to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from pve_simulator.guests.qemu.drives import drive_keys, is_cdrom, is_cloudinit, print_drive, read_drive
from pve_simulator.schema import format_size, parse_size
from pve_simulator.state.guest import Config
from pve_simulator.storage.names import split_volid

_UNUSED = re.compile(r"unused\d+")
_STATE = "vmstate"


@dataclass(frozen=True, slots=True)
class Disk:
    """A drive, an unused volume or a saved state: its configuration key, and its properties as text."""

    key: str
    options: Mapping[str, str]

    @property
    def file(self) -> str:
        """A volume id, a path, `none` or `cdrom`."""
        return self.options["file"]

    @property
    def storage(self) -> str | None:
        """The storage of its volume; None when there is no volume."""
        parts = split_volid(self.file)
        return parts[0] if parts else None

    @property
    def is_cdrom(self) -> bool:
        """Whether it is a CD drive; a cloud-init drive is one too."""
        return is_cdrom(dict(self.options))

    @property
    def is_cloudinit(self) -> bool:
        """Whether it holds generated cloud-init data."""
        return is_cloudinit(dict(self.options))

    @property
    def is_unused(self) -> bool:
        """Whether no device uses the volume."""
        return _UNUSED.fullmatch(self.key) is not None

    @property
    def size(self) -> int | None:
        """The size that the configuration gives, bytes."""
        return parse_size(self.options.get("size", ""))

    def with_volume(self, volid: str, size: int | None = None) -> Disk:
        """The same drive on another volume, whose name says the format; with its size (bytes) when given."""
        options = {key: value for key, value in self.options.items() if key != "format"}
        options["file"] = volid
        if size is not None:
            options["size"] = format_size(size)
        return replace(self, options=options)

    def text(self) -> str:
        """The value of the configuration key."""
        if self.is_unused or self.key == _STATE:
            return self.file
        return print_drive(self.key, dict(self.options))


def all_disks(config: Config, *, unused: bool = False, state: bool = False) -> list[Disk]:
    """The drives in the server's order, those that cannot be read left out; on request what else has a volume."""
    disks = [Disk(key, options) for key in drive_keys(config) if (options := read_drive(key, config[key])) is not None]
    if unused:
        keys = sorted((key for key in config if _UNUSED.fullmatch(key)), key=lambda key: int(key[6:]))
        disks += [Disk(key, {"file": config[key]}) for key in keys]
    if state and _STATE in config:
        disks.append(Disk(_STATE, {"file": config[_STATE]}))
    return disks


def disks_of(config: Config) -> list[Disk]:
    """The drives that are neither CD nor cloud-init."""
    return [disk for disk in all_disks(config) if not disk.is_cdrom]
