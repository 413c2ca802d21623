# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pulling a device out of a running machine, which works only as far as the system in it helps."""

from __future__ import annotations

from collections.abc import Mapping

from pve_simulator.errors import failure
from pve_simulator.guests.agent.systems import answers_acpi
from pve_simulator.guests.qemu.boot import boot_order
from pve_simulator.guests.qemu.drives import drive_keys, is_drive
from pve_simulator.state.guest import Guest
from pve_simulator.state.qemu import QemuState

_PER_CONTROLLER = {"": 7, "lsi": 7, "lsi53c810": 7}
_MANY = 256


def unplug(guest: Guest, key: str) -> None:
    """Raise when the machine does not let go of a device."""
    if is_drive(key) and key in boot_order(guest.config):
        raise failure(f"can't unplug bootdisk '{key}'")
    device = _device_to_release(guest.config, key)
    if device is not None and not answers_acpi(guest):
        if key.startswith("scsi"):
            # The disk itself is released at once, only its controller is not.
            guest.part(QemuState).gone.append(key)
        raise failure(f"error on hot-unplugging device '{device}' - still busy in guest?")


def _device_to_release(config: Mapping[str, str], key: str) -> str | None:
    """The PCI device that has to go with it, which only the guest's system can release; None for none."""
    if not key.startswith("scsi"):
        return key
    number = int(key.removeprefix("scsi"))
    hardware = config.get("scsihw", "")
    if hardware == "virtio-scsi-single":
        return f"virtioscsi{number}"
    each = _PER_CONTROLLER.get(hardware, _MANY)
    others = [other for other in drive_keys(config) if other.startswith("scsi") and other != key]
    controller = number // each
    if any(int(other.removeprefix("scsi")) // each == controller for other in others):
        return None
    return f"scsihw{controller}"
