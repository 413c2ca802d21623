# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every volume that a machine's configuration mentions anywhere, and how (`foreach_volid` of qemu-server)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pve_simulator.guests.qemu.disks import Disk, all_disks
from pve_simulator.state.cluster import Cluster
from pve_simulator.state.guest import Config, Guest


@dataclass
class Reference:
    """A volume (or `cdrom`, `none`, a path) with everything that is true of at least one mention of it.

    `cdrom` is true only when all mentions are CD drives.
    """

    volid: str
    cdrom: bool = True
    replicate: bool = False
    shared: bool = False
    unused: bool = False
    attached: bool = False
    vmstate: bool = False
    tpmstate: bool = False
    cloudinit: bool = False
    pending: bool = False
    size: int | None = None
    drive: str | None = None
    snapshots: list[str] = field(default_factory=list)

    @property
    def storage(self) -> str | None:
        """The storage of the volume; None for paths and drives without a volume."""
        return None if self.volid.startswith("/") or ":" not in self.volid else self.volid.partition(":")[0]

    def add_mention(self, disk: Disk, *, snapshot: str | None = None, pending: bool = False) -> None:
        """Add one more mention."""
        self.cdrom = self.cdrom and disk.is_cdrom
        self.replicate = self.replicate or disk.options.get("replicate", "1") == "1"
        self.shared = self.shared or disk.options.get("shared") == "1"
        self.unused = self.unused or disk.is_unused
        self.attached = self.attached or not (self.unused or snapshot is not None or pending)
        self.vmstate = self.vmstate or disk.key == "vmstate"
        self.tpmstate = self.tpmstate or disk.key == "tpmstate0"
        self.cloudinit = self.cloudinit or disk.is_cloudinit
        self.pending = self.pending or pending
        self.size = self.size or disk.size
        if not disk.is_unused and disk.key != "vmstate":
            self.drive = disk.key
        if snapshot is not None:
            self.snapshots.append(snapshot)

    def view(self) -> dict[str, Any]:
        """The volume as GET migrate lists it."""
        view: dict[str, Any] = {
            "volid": self.volid,
            "cdrom": int(self.cdrom),
            "replicate": int(self.replicate),
            "shared": int(self.shared),
            "is_unused": int(self.unused),
            "is_attached": int(self.attached),
            "is_vmstate": int(self.vmstate),
            "is_tpmstate": int(self.tpmstate),
            "is_cloudinit": int(self.cloudinit),
        }
        if self.size is not None:
            view["size"] = self.size
        if self.drive is not None:
            view["drivename"] = self.drive
        if self.pending:
            view["referenced_in_pending"] = 1
        if self.snapshots:
            view["referenced_in_snapshot"] = dict.fromkeys(self.snapshots, 1)
        return view


def find_references(guest: Guest) -> dict[str, Reference]:
    """The volumes of a guest by volume id: of its configuration, its pending changes and its snapshots."""
    by_volid: dict[str, Reference] = {}
    for disk, snapshot, pending in _iterate_mentions(guest):
        by_volid.setdefault(disk.file, Reference(disk.file)).add_mention(disk, snapshot=snapshot, pending=pending)
    return by_volid


def find_local_volumes(cluster: Cluster, guest: Guest) -> list[Reference]:
    """The volumes that only the guest's node has, empty CD drives left out."""
    return [
        reference
        for reference in find_references(guest).values()
        if not reference.shared
        and not (reference.cdrom and reference.volid == "none")
        and not _is_shared(cluster, reference)
    ]


def replace_volumes(guest: Guest, moved: Mapping[str, str]) -> None:
    """Let the whole configuration, snapshots included, name other volumes: `moved` says which for which."""
    for config in (guest.config, guest.pending, *(snapshot.config for snapshot in guest.snapshots.values())):
        for disk in all_disks(config, unused=True, state=True):
            if moved.get(disk.file, disk.file) != disk.file:
                config[disk.key] = disk.with_volume(moved[disk.file]).text()


def _iterate_mentions(guest: Guest) -> Iterator[tuple[Disk, str | None, bool]]:
    for disk in _list_disks(guest.config):
        yield disk, None, False
    for disk in _list_disks(guest.pending):
        yield disk, None, True
    for name, snapshot in guest.snapshots.items():
        for disk in _list_disks(snapshot.config):
            yield disk, name, False


def _list_disks(config: Config) -> list[Disk]:
    return all_disks(config, unused=True, state=True)


def _is_shared(cluster: Cluster, reference: Reference) -> bool:
    storage = cluster.storages.get(reference.storage or "")
    return storage is not None and storage.is_shared
