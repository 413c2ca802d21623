# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who may set what in a virtual machine's configuration (qemu-server's own checks, beside the schema's)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from pve_simulator.errors import failure, invalid
from pve_simulator.guests.qemu.drives import (
    Drive,
    drives_of,
    has_medium,
    is_cdrom,
    is_cloudinit,
    is_drive,
    parse_drive,
    parse_new_cloudinit,
    parse_new_disk,
)
from pve_simulator.guests.qemu.networks import net_keys, parse_net
from pve_simulator.guests.rights import require_bridge, require_tags
from pve_simulator.requests.auth import Subject
from pve_simulator.state.cluster import Cluster
from pve_simulator.storage.access import check_volume_access
from pve_simulator.storage.lookup import parse_volid, storage_of
from pve_simulator.storage.names import split_volid

# What is judged by its value: see `check_devices` and the drive checks.
_BY_VALUE = re.compile(r"(?:unused|serial|usb|hostpci|virtiofs)\d+|cdrom|tags")
_OPTIONS = {
    "VM.Config.CPU": "cores cpu runningcpu cpulimit cpuunits numa smp sockets vcpus",
    "VM.Config.Memory": "memory balloon shares allow-ksm",
    "VM.Config.HWType": "acpi hotplug kvm machine runningmachine scsihw smbios1 tablet vga watchdog audio0 rng0",
    "VM.Config.Options": (
        "agent autostart bios description keyboard localtime migrate_downtime migrate_speed name onboot ostype"
        " protection reboot startdate startup tdf template"
    ),
    "VM.PowerMgmt": "freeze",
    "VM.Config.Disk": "boot bootdisk vmstatestorage",
}
_PRIVILEGES = {option: (privilege,) for privilege, names in _OPTIONS.items() for option in names.split()}
CLOUDINIT_OPTIONS = ("cicustom", "cipassword", "citype", "ciuser", "ciupgrade", "nameserver", "searchdomain", "sshkeys")
_CLOUDINIT = ("VM.Config.Cloudinit", "VM.Config.Network")


class GuestAccess:
    """What a subject may do to one guest; privileges of the pool count, where the guest is to be in one."""

    def __init__(self, subject: Subject, cluster: Cluster, vmid: int, pool: str | None = None) -> None:
        self.subject = subject
        self.cluster = cluster
        self.vmid = vmid
        self._pool = pool

    def require(self, *any_of: str) -> None:
        """Raise 403 unless the subject has one of the privileges on the guest or its pool."""
        if self._pool and self.subject.may(f"/pool/{self._pool}", *any_of):
            return
        self.subject.require(f"/vms/{self.vmid}", *any_of)

    def check_options(self, names: Iterable[str]) -> None:
        """Raise unless these keys may be changed, as far as that does not depend on their values."""
        if self.subject.is_root_password_login:
            return
        for name in names:
            if is_drive(name) or _BY_VALUE.fullmatch(name):
                continue
            self.require(*_privileges(name))
            if name == "startup":
                self.subject.require("/", "Sys.Modify")

    def check_drive(self, key: str, text: str) -> None:
        """Raise unless a drive of this kind may be changed."""
        drive = parse_drive(key, text)
        if is_cloudinit(drive):
            self.require("VM.Config.Cloudinit")
            self.require("VM.Config.CDROM")
        elif is_cdrom(drive):
            self.require("VM.Config.CDROM")
        else:
            self.require("VM.Config.Disk")

    def check_devices(self, settings: Mapping[str, str], *, verb: str = "set") -> None:
        """Raise unless devices of the host may be passed through, and tags and the like be set."""
        if self.subject.is_root_password_login:
            return
        for key, value in settings.items():
            if key == "tags":
                self._check_tags(value)
            elif re.fullmatch(r"serial\d+", key):
                if value != "socket":
                    raise failure(f"only root can {verb} '{key}' config for real devices")
                self.require("VM.Config.HWType")
            elif re.fullmatch(r"usb\d+", key):
                self._check_usb(key, value)
            elif re.fullmatch(r"hostpci\d+", key):
                self._check_mapping(key, value, "pci", "non-mapped devices")
            elif re.fullmatch(r"virtiofs\d+", key):
                self.require("VM.Config.Disk")
                self.subject.require(f"/mapping/dir/{value.removeprefix('dirid=').split(',')[0]}", "Mapping.Use")
            elif key == "rng0":
                self.require("VM.Config.HWType")
                if "/dev/hwrng" in value:
                    self.subject.require("/mapping/hwrng", "Mapping.Use")

    def check_bridges(self, settings: Mapping[str, str]) -> None:
        """Raise unless the bridges of network devices may be used."""
        if self.subject.is_root_password_login:
            return
        for key in net_keys(settings):
            require_bridge(self.subject, parse_net(settings[key]))

    def check_storages(self, settings: Mapping[str, str], default_storage: str | None = None) -> None:
        """Raise unless the storages and volumes that drives name may be used."""
        for key, drive in sorted(drives_of(settings)):
            if not has_medium(drive):
                if drive["file"] == "cdrom":
                    self.subject.require("/", "Sys.Console")
                continue
            if parse_new_cloudinit(drive) is not None:
                continue
            new_disk = None if is_cdrom(drive) else parse_new_disk(drive)
            if new_disk is not None:
                self._check_allocation(new_disk[0] or default_storage)
            else:
                self._check_volume(key, drive)
            if "import-from" in drive:
                self._check_import(key, drive["import-from"])
        for key in sorted(key for key in settings if key.startswith("unused")):
            if split_volid(settings[key]) is None:
                raise invalid({key: f"not a valid volid: {settings[key]}"})
            check_volume_access(self.subject, self.cluster, settings[key], vmid=self.vmid, content="images")
        if "vmstatestorage" in settings:
            self.subject.require(f"/storage/{settings['vmstatestorage']}", "Datastore.AllocateSpace")
        for part in sorted(settings.get("cicustom", "").split(",")):
            if "=" in part:
                volid = part.partition("=")[2]
                check_volume_access(self.subject, self.cluster, volid, vmid=self.vmid, content="snippets")

    def _check_allocation(self, name: str | None) -> None:
        if name is None:
            raise failure("no storage ID specified (and no default storage)")
        self.subject.require(f"/storage/{name}", "Datastore.AllocateSpace")
        if "images" not in storage_of(self.cluster, name).content:
            raise invalid({"storage": f"storage '{name}' does not support vm images"})

    def _check_volume(self, key: str, drive: Drive) -> None:
        volid = drive["file"]
        check_volume_access(self.subject, self.cluster, volid, vmid=self.vmid)
        if split_volid(volid) is not None:
            content = parse_volid(self.cluster, volid)[1].content
            if content not in ("images", "iso"):
                raise invalid({key: "content type needs to be 'images' or 'iso'"})

    def _check_import(self, key: str, volid: str) -> None:
        if split_volid(volid) is not None:
            parsed = parse_volid(self.cluster, volid)[1]
            if parsed.content not in ("images", "import"):
                text = f"{volid} has wrong type '{parsed.content}' - needs to be 'images' or 'import'"
                raise invalid({key: text})
            if parsed.vmid:
                self.subject.require(f"/vms/{parsed.vmid}", "VM.Clone")
                return
        check_volume_access(self.subject, self.cluster, volid, vmid=self.vmid)

    def _check_tags(self, value: str) -> None:
        self.require("VM.Config.Options")
        guest = self.cluster.guests.get(self.vmid)
        require_tags(self.cluster, self.subject, guest.config.get("tags", "") if guest else "", value)

    def _check_usb(self, key: str, value: str) -> None:
        self.require("VM.Config.HWType")
        if value.removeprefix("host=").split(",")[0].lower() != "spice":
            self._check_mapping(key, value, "usb", "real devices")

    def _check_mapping(self, key: str, value: str, kind: str, what: str) -> None:
        mapping = next((part[8:] for part in value.split(",") if part.startswith("mapping=")), None)
        if mapping is None:
            raise failure(f"only root can set '{key}' config for {what}")
        self.subject.require(f"/mapping/{kind}/{mapping}", "Mapping.Use")
        self.require("VM.Config.HWType")


def _privileges(option: str) -> tuple[str, ...]:
    if option in CLOUDINIT_OPTIONS or re.fullmatch(r"ipconfig\d+", option):
        return _CLOUDINIT
    if re.fullmatch(r"net\d+|running-nets-host-mtu", option):
        return ("VM.Config.Network",)
    if re.fullmatch(r"numa\d+", option):
        return ("VM.Config.CPU",)
    if option == "vmstate":
        return ("VM.Config.Disk", "VM.PowerMgmt")
    privileges = _PRIVILEGES.get(option)
    if privileges is None:
        raise failure(f"only root can set '{option}' config")
    return privileges
