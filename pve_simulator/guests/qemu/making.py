# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Making the disks that a request asks for: `local:32`, `local:cloudinit`, `local:0,import-from=…`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pve_simulator.errors import ApiError, failure
from pve_simulator.guests.qemu.drives import (
    Drive,
    drives_of,
    has_medium,
    is_cdrom,
    is_cloudinit,
    parse_new_cloudinit,
    parse_new_disk,
    print_drive,
)
from pve_simulator.requests.rendering import render_bytes
from pve_simulator.schema import format_size
from pve_simulator.state.guest import Config
from pve_simulator.storage.lookup import enabled_storage, parse_volid
from pve_simulator.storage.names import is_directory, split_volid
from pve_simulator.storage.volumes import Volumes

_GIB = 1024**3
_CLOUDINIT_SIZE = 4 * 1024**2
_TPM_SIZE = 4 * 1024**2
_EFI_SIZES = {"4m": 528 * 1024, "2m": 128 * 1024}


@dataclass
class DiskMaker:
    """Makes disks for one guest; `made` are the new volumes, to be freed when something fails later.

    `present` is the configuration that the disks are for. `imported` tells whether a disk has content already.
    """

    volumes: Volumes
    vmid: int
    default_storage: str | None = None
    present: Mapping[str, str] = field(default_factory=dict)
    made: list[str] = field(default_factory=list)
    imported: bool = False
    _done: Config = field(default_factory=dict)

    def make(self, settings: Mapping[str, str]) -> Config:
        """The drives of `settings` as configurations hold them, on volumes that are there."""
        try:
            for key, drive in sorted(drives_of(settings)):
                self._done[key] = print_drive(key, self._make_drive(key, drive))
        except BaseException:
            self.undo()
            raise
        return self._done

    def undo(self) -> None:
        """Free what was made."""
        for volid in self.made:
            self.volumes.free(volid)
        self.made.clear()

    def _make_drive(self, key: str, drive: Drive) -> Drive:
        if not has_medium(drive):
            return {name: value for name, value in drive.items() if name != "size"}
        cloudinit = parse_new_cloudinit(drive)
        if cloudinit is not None:
            self._check_single(key)
            return self._report(key, self._make_cloudinit(drive, cloudinit[0]))
        new_disk = parse_new_disk(drive)
        if new_disk is not None:
            return self._report(key, self._allocate_disk(key, drive, self._choose_storage(new_disk[0]), new_disk[1]))
        return self._use_existing(key, drive)

    def _check_single(self, key: str) -> None:
        for other, drive in drives_of({**self.present, **self._done}):
            if other != key and is_cloudinit(drive):
                raise failure(f"{key} - cloud-init drive is already attached at '{other}'")

    def _report(self, key: str, drive: Drive) -> Drive:
        self.volumes.say(f"{key}: successfully created disk '{print_drive(key, drive)}'")
        return drive

    def _make_cloudinit(self, drive: Drive, storage: str | None) -> Drive:
        name = self._choose_storage(storage)
        storage_is_directory = is_directory(enabled_storage(self.volumes.cluster, name, self.volumes.node))
        form = drive.get("format", "qcow2" if storage_is_directory else "raw")
        file_name = self.volumes.complete_name(name, f"vm-{self.vmid}-cloudinit", form)
        volume = self.volumes.allocate(name, self.vmid, _CLOUDINIT_SIZE, form, file_name)
        self.made.append(volume.volid)
        return {**_with_volume(drive, volume.volid), "media": "cdrom"}

    def _allocate_disk(self, key: str, drive: Drive, storage: str, gigabytes: float) -> Drive:
        source = drive.get("import-from")
        form = drive.get("format")
        if source is not None:
            return self._import_disk(drive, storage, source, form)
        size, content = int(gigabytes * _GIB), 0
        if key == "efidisk0":
            size = content = _EFI_SIZES[drive.get("efitype", "2m")]
        elif key == "tpmstate0":
            size = _TPM_SIZE
        volume = self.volumes.allocate(storage, self.vmid, size, form)
        if self.present.get("template") == "1":
            volume = self.volumes.make_base(volume.volid)
        self.made.append(volume.volid)
        if content:
            self._say_transfer(content)
        return {**_with_volume(drive, volume.volid), "size": format_size(size)}

    def _import_disk(self, drive: Drive, storage: str, source: str, form: str | None) -> Drive:
        volumes = self.volumes
        if volumes.find(source) is None:
            raise self._missing_source(source)
        volumes.say(f"create full clone of drive ({source})")
        volume = volumes.copy(source, storage, self.vmid, form)
        self.made.append(volume.volid)
        self.imported = True
        volumes.say(f"allocated target volume '{volume.volid}'")
        self._say_transfer(volume.size)
        return {**_with_volume(drive, volume.volid), "size": format_size(volume.size)}

    def _missing_source(self, source: str) -> ApiError:
        if split_volid(source) is None:
            return failure(f"failed to stat '{source}'")
        problem = f"failed to stat '{self.volumes.path(source)}'"
        storage, parsed = parse_volid(self.volumes.cluster, source)
        if parsed.content == "import":
            return failure(problem)
        if is_directory(storage):
            self.volumes.say(problem)
        return failure(f"cannot import from '{source}' - could not get size of {source}")

    def _use_existing(self, key: str, drive: Drive) -> Drive:
        if split_volid(drive["file"]) is None:
            return drive
        storage, parsed = parse_volid(self.volumes.cluster, drive["file"])
        if drive.get("format", parsed.format) != parsed.format:
            text = f"'format={drive['format']}' option different from storage format '{parsed.format}'"
            raise failure(f"drive '{key}' - volume '{drive['file']}' - {text}")
        if is_cloudinit(drive):
            self._check_single(key)
        enabled_storage(self.volumes.cluster, storage.id, self.volumes.node)
        volume = self.volumes.require(drive["file"])
        self.imported = self.imported or not is_cdrom(drive)
        return {**drive, "size": format_size(volume.size)}

    def _choose_storage(self, name: str | None) -> str:
        chosen = name or self.default_storage
        if chosen is None:
            raise failure("no storage ID specified (and no default storage)")
        return chosen

    def _say_transfer(self, size: int) -> None:
        total = render_bytes(size, 1)
        self.volumes.say(f"transferred 0.0 B of {total} (0.00%)")
        self.volumes.say(f"transferred {total} of {total} (100.00%)")


def _with_volume(drive: Drive, volid: str) -> Drive:
    options = {name: value for name, value in drive.items() if name not in ("format", "import-from")}
    return {**options, "file": volid}
