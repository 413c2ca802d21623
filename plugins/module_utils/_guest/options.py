# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options of guest configurations by their names in the API: how each is read, compared, written and left unset."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .._api import property_strings

_FLAGS = frozenset(
    [
        "acpi",
        "allow-ksm",
        "autostart",
        "ciupgrade",
        "console",
        "debug",
        "freeze",
        "keephugepages",
        "kvm",
        "localtime",
        "numa",
        "onboot",
        "protection",
        "reboot",
        "tablet",
        "tdf",
        "template",
        "unprivileged",
    ]
)
_NUMBERS = frozenset(
    [
        "balloon",
        "cores",
        "cpulimit",
        "cpuunits",
        "migrate_downtime",
        "migrate_speed",
        "shares",
        "smp",
        "sockets",
        "swap",
        "tty",
        "vcpus",
    ]
)
# Sets have no order; lists keep theirs.
_SETS = frozenset({"hotplug", "tags"})
_LISTS = frozenset({"nameserver", "searchdomain"})
# Property strings, with the property that may be written without its name. A number may follow the option's name.
_PROPERTIES = {
    "agent": "enabled",
    "amd-sev": "type",
    "audio": "",
    "boot": "legacy",
    "cicustom": "",
    "cpu": "cputype",
    "dev": "path",
    "features": "",
    "hostpci": "host",
    "intel-tdx": "type",
    "ipconfig": "",
    "ivshmem": "",
    "machine": "type",
    "numa": "",
    "rng": "source",
    "smbios": "",
    "spice_enhancements": "",
    "startup": "order",
    "usb": "host",
    "vga": "type",
    "virtiofs": "dirid",
    "watchdog": "model",
}
# The value that a guest without the option has in effect.
_DEFAULTS: dict[str, dict[str, Any]] = {
    "qemu": {
        "acpi": True,
        "agent": {"enabled": "0"},
        "autostart": False,
        "bios": "seabios",
        "cores": 1,
        "freeze": False,
        "hotplug": ["disk", "network", "usb"],
        "kvm": True,
        "memory": 512,
        "numa": False,
        "ostype": "other",
        "scsihw": "lsi",
        "sockets": 1,
        "tablet": True,
    },
    "lxc": {"console": True, "debug": False, "memory": 512, "swap": 512, "tty": 2},
}
_COMMON_DEFAULTS = {"description": "", "onboot": False, "protection": False, "tags": []}
_FLAG_WORDS = {"true": "1", "yes": "1", "on": "1", "false": "0", "no": "0", "off": "0"}


def default_value(kind: str, key: str) -> Any:
    """The value, as by L(normalize), that an option has for a guest of type I(kind) when it is not set."""
    return _DEFAULTS[kind].get(key, _COMMON_DEFAULTS.get(key))


def read_option(kind: str, config: Mapping[str, Any], key: str) -> Any:
    """An option of a configuration, as by L(normalize), or its default."""
    value = normalize(key, config.get(key))
    return default_value(kind, key) if value is None else value


def normalize(key: str, value: Any) -> Any:
    """A value, from a configuration or from users, for results and comparisons; None: it is not set."""
    if value is None or value in ("", " ", [], {}):
        return None
    if key == "memory":
        return int(float(property_strings.parse(str(value), "current")["current"]))
    if key in _FLAGS:
        return parse_flag(value)
    if key in _NUMBERS:
        return parse_number(value)
    if key in _SETS:
        return _parse_set(key, value) or None
    if key in _LISTS:
        return _parse_items(value) or None
    default_key = _default_key(key)
    if default_key is not None:
        return parse_properties(value, default_key)
    text = _to_text(value)
    # Containers keep a line break at the end, which QEMU guests don't have.
    return (text.rstrip("\n") or None) if key == "description" else text


def encode(key: str, value: Any) -> Any:
    """A value that L(normalize) returned, as the API takes it."""
    if isinstance(value, dict):
        default_key = _default_key(key) or ""
        first = value.get(default_key)
        rest = property_strings.render({name: item for name, item in value.items() if name != default_key})
        return ",".join(part for part in (first, rest) if part)
    if isinstance(value, list):
        return {"tags": ";", "hotplug": ","}.get(key, " ").join(value)
    return int(value) if isinstance(value, bool) else value


def align_with_wish(key: str, found: Any, wished: Any) -> Any:
    """The value I(found), or I(wished) where both mean the same: a machine type without a version means any version.

    Proxmox VE keeps Windows guests at the version that they were created with.
    """
    if key == "machine" and found and wished:
        family = {"pc": "pc-i440fx-", "q35": "pc-q35-"}.get(wished.get("type", ""))
        if family and str(found.get("type")).startswith(family):
            return {**found, "type": wished["type"]}
    return found


def parse_flag(value: Any) -> bool:
    return _to_text(value) == "1"


def parse_number(value: Any) -> int | float:
    parsed = float(value)
    return int(parsed) if parsed.is_integer() else parsed


def parse_properties(value: Any, default_key: str) -> dict[str, str]:
    """The properties of a property string, or of the mapping that users may write instead."""
    if isinstance(value, Mapping):
        return {str(name): _to_text(item) for name, item in value.items() if item is not None}
    parsed = property_strings.parse(_to_text(value), default_key)
    switch = parsed.get("enabled")
    # Users write `agent: true`.
    return {**parsed, "enabled": _FLAG_WORDS.get(switch.lower(), switch)} if switch else parsed


def _default_key(key: str) -> str | None:
    if key in _PROPERTIES:
        return _PROPERTIES[key]
    return _PROPERTIES.get(key.rstrip("0123456789")) if key[-1:].isdigit() else None


def _parse_set(key: str, value: Any) -> list[str]:
    if key == "hotplug" and _to_text(value) == "1":
        return list(_DEFAULTS["qemu"]["hotplug"])
    # Clusters may tell tags by their case.
    return sorted({item if key == "tags" else item.lower() for item in _parse_items(value)})


def _parse_items(value: Any) -> list[str]:
    if isinstance(value, list):
        return [str(item) for item in value if item not in (None, "")]
    return [item for item in re.split(r"[,;\s\0]+", str(value)) if item]


def _to_text(value: Any) -> str:
    if isinstance(value, bool):
        return str(int(value))
    return str(value)
