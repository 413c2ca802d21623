# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Changes that wait for a guest's restart: which do now, and which of new ones may have to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ._guest_options import current

if TYPE_CHECKING:
    from ._client import Client
    from ._plan import Step

# What a running guest takes at once.
_QEMU = """
name description tags onboot startup protection hookscript vmstatestorage shares cpuunits cpulimit migrate_speed
migrate_downtime cicustom ciupgrade ciuser citype nameserver searchdomain
"""
_LXC = """
hostname description tags onboot startup protection hookscript cores cpuunits cpulimit memory swap
"""
_AT_ONCE = {"qemu": frozenset(_QEMU.split()), "lxc": frozenset(_LXC.split())}
_HOTPLUGGED = {
    "network": re.compile(r"net\d+"),
    "disk": re.compile(r"(?:scsi|virtio)\d+"),
    "usb": re.compile(r"usb\d+"),
}


def read_pending(client: Client, path: str) -> dict[str, dict[str, Any]]:
    """What waits for the restart of the guest at I(path), by option: its value C(now) and C(next), None if it goes."""
    return waiting(client.get(f"{path}/pending"))


def waiting(entries: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """What waits, from the entries of C(/pending)."""
    return {
        entry["key"]: {"now": entry.get("value"), "next": entry.get("pending")}
        for entry in sorted(entries, key=lambda entry: str(entry["key"]))
        if "pending" in entry or int(entry.get("delete") or 0)
    }


def may_wait(kind: str, config: Mapping[str, Any], keys: Iterable[str]) -> list[str]:
    """Those options whose change a running guest may take only when it is restarted.

    Whether a guest lets go of a device, and which properties of one can change while it runs, only the attempt shows.
    """
    return sorted(key for key in keys if not _at_once(kind, config, key))


def changes_that_wait(kind: str, config: Mapping[str, Any], running: bool, steps: Sequence[Step]) -> list[str]:
    """The options that may wait after I(steps); none where the guest does not run, or is restarted by them."""
    if not running or any("/status/" in step.path for step in steps):
        return []
    changes = [step.params for step in steps if step.path.endswith("/config")]
    keys = {key for params in changes for key in (*params, *str(params.get("delete", "")).split(",")) if key}
    return may_wait(kind, config, keys - {"delete", "digest", "force"})


def _at_once(kind: str, config: Mapping[str, Any], key: str) -> bool:
    if key in _AT_ONCE[kind]:
        return True
    if kind == "lxc":
        return bool(re.fullmatch(r"net\d+", key)) or (key.startswith("mp") and key not in config)
    if key.startswith("net") or key not in config:
        features = current(kind, config, "hotplug")
        return any(name in features and pattern.fullmatch(key) for name, pattern in _HOTPLUGGED.items())
    return False
