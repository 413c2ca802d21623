# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Formats of guest configurations that are no property strings (qemu-server, pve-container)."""

from __future__ import annotations

import re
import zoneinfo

from pve_simulator.schema.formats._base import Validator, format_error
from pve_simulator.schema.perl import split_list

_DRIVE = re.compile(r"^(ide[0-3]|scsi([0-9]|[12][0-9]|30)|virtio([0-9]|1[0-5])|sata[0-5]|efidisk0|tpmstate0)$")
_BOOT_DEVICE = re.compile(
    r"^(ide[0-3]|scsi([0-9]|[12][0-9]|30)|virtio([0-9]|1[0-5])|sata[0-5]"
    r"|net([0-9]|[12][0-9]|3[01])|usb([0-9]|1[0-3])|hostpci([0-9]|1[0-5]))$"
)
_AREAS = "Africa|America|Antarctica|Arctic|Asia|Atlantic|Australia|Europe|Indian|Pacific"
_HOTPLUG = frozenset(("network", "disk", "cpu", "memory", "usb", "cloudinit"))


def is_drive(name: str) -> bool:
    """Whether a name is that of a disk of a VM."""
    return _DRIVE.search(name) is not None


def _verify_boot_disk(value: str) -> None:
    if not is_drive(value):
        raise format_error(f"invalid boot disk '{value}'")


def _verify_boot_device(value: str) -> None:
    if not _BOOT_DEVICE.search(value):
        raise format_error(f"invalid boot device '{value}'")


def _verify_cpuset(value: str) -> None:
    for part in value.split(","):
        match = re.search(r"^\s*(\d+)(?:-(\d+))?\s*$", part)
        if not match or (match.group(2) is not None and int(match.group(1)) > int(match.group(2))):
            raise format_error("unable to parse cpuset option")


def _verify_hotplug(value: str) -> None:
    if value in ("0", "1"):
        return
    for feature in split_list(value):
        if feature not in _HOTPLUG:
            raise format_error(f"invalid hotplug feature '{feature}'")


def _verify_startup(value: str) -> None:
    parts = [part for part in value.split(",") if part.strip()]
    if not value or not all(re.search(r"^((order=)?\d+|up=\d+|down=\d+)$", part) for part in parts):
        raise format_error("unable to parse startup options")


def _verify_phys_bits(value: str) -> None:
    if value == "host":
        return
    if not re.search(r"^[1-9]\d*$", value):
        raise format_error("invalid phys-bits value, must be 'host' or an integer between 8 and 64")
    if not 8 <= int(value) <= 64:
        raise format_error("value must be between 8 and 64")


def _verify_timezone(value: str) -> None:
    zones = zoneinfo.available_timezones()
    is_known = re.search(rf"^({_AREAS})(/[A-Za-z0-9_+\-]+){{1,2}}$", value) and (value in zones or not zones)
    if value not in ("host", "UTC") and not is_known:
        raise format_error(f"invalid time zone '{value}'")


def _verify_device(value: str) -> None:
    if not value.startswith("/dev/") or re.search(r"/\.\.?(/|$)", value):
        raise format_error(f"{value} is not a valid device path")


FORMATS: dict[str, Validator] = {
    "pve-qm-bootdisk": _verify_boot_disk,
    "pve-qm-bootdev": _verify_boot_device,
    "pve-hotplug-features": _verify_hotplug,
    "pve-cpuset": _verify_cpuset,
    "pve-startup-order": _verify_startup,
    "pve-phys-bits": _verify_phys_bits,
    "pve-lxc-dev-string": _verify_device,
    "pve-ct-timezone": _verify_timezone,
}
