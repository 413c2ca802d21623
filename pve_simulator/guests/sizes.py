# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""CPUs, memory and disk that a configuration gives a guest."""

from __future__ import annotations

from collections.abc import Mapping

from pve_simulator.schema import parse_size
from pve_simulator.state.guest import Guest

MIB = 1024**2
_DEFAULT_MEMORY = 512


def cpus(guest: Guest, node_cpus: int) -> int:
    """How many CPUs the guest has."""
    config = guest.config
    if guest.type == "lxc":
        limit = float(config.get("cpulimit", "0"))
        return int(config.get("cores", 0)) or int(limit) or node_cpus
    return int(config.get("vcpus", 0)) or int(config.get("sockets", 1)) * int(config.get("cores", 1))


def memory(guest: Guest) -> int:
    """Memory in bytes."""
    text = guest.config.get("memory", str(_DEFAULT_MEMORY))
    return int(text.removeprefix("current=").split(",", 1)[0]) * MIB


def swap(guest: Guest) -> int:
    """A container's swap in bytes; one without the option has none."""
    return int(guest.config.get("swap", 0)) * MIB


def disk(guest: Guest) -> int:
    """Bytes of the disk that lists show: the root filesystem, or the first disk in boot order."""
    if guest.type == "lxc":
        return _size_option(guest.config.get("rootfs", ""))
    for device in boot_devices(guest.config):
        value = guest.config.get(device)
        if value is not None and is_disk(device) and "media=cdrom" not in value:
            return _size_option(value)
    return 0


def boot_devices(config: Mapping[str, str]) -> list[str]:
    """Devices in boot order; without one, the disks in the order the firmware tries them."""
    boot = config.get("boot")
    if boot is None:
        return sorted((key for key in config if is_disk(key)), key=_bus_order)
    dummy, dummy, order = boot.strip().partition("order=")
    return [device for device in order.split(",", 1)[0].split(";") if device]


def is_disk(key: str) -> bool:
    """Whether a configuration key is a bootable drive."""
    bus = key.rstrip("0123456789")
    return bus != key and bus in {"ide", "sata", "scsi", "virtio"}


def _bus_order(key: str) -> tuple[int, int]:
    bus = key.rstrip("0123456789")
    return ("ide", "scsi", "virtio", "sata").index(bus), int(key[len(bus) :])


def _size_option(value: str) -> int:
    for option in value.split(","):
        if option.startswith("size="):
            return parse_size(option[5:]) or 0
    return 0
