# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The boot order of virtual machines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pve_simulator.guests.qemu.drives import drive_keys, is_cdrom, read_drive
from pve_simulator.guests.qemu.networks import net_keys
from pve_simulator.schema import ParameterError, config_schema, parse_property_string
from pve_simulator.schema.perl import split_list

_NOT_BOOTABLE = ("efidisk0", "tpmstate0")


def boot_order(config: Mapping[str, str]) -> list[str]:
    """The devices of `boot: order=…`; empty for the legacy form and for none."""
    return parse_order(config.get("boot", ""))


def parse_order(text: str) -> list[str]:
    """The devices of an order."""
    try:
        parsed = parse_property_string(text, config_schema("qemu")["boot"], "boot")
    except ParameterError:
        return []
    return split_list(parsed.get("order", ""))


def print_order(devices: Iterable[str]) -> str:
    """An order as configurations hold it; that of no devices reads back as a space."""
    joined = ";".join(devices)
    return f"order={joined}" if joined else " "


def default_order(config: Mapping[str, str]) -> list[str]:
    """What a new machine boots from: its first disk, its first CD-ROM, its first network device."""
    first_of_kind: dict[bool, str] = {}
    for key in drive_keys(config):
        drive = read_drive(key, config[key]) if key not in _NOT_BOOTABLE else None
        if drive is not None:
            first_of_kind.setdefault(is_cdrom(drive), key)
    return [*(first_of_kind[kind] for kind in (False, True) if kind in first_of_kind), *net_keys(config)[:1]]
