# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What each type of task can change of a guest: fields by their paths. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import Any

Options = Mapping[str, Collection[str | None]]
"""What requests set of a configuration: by option the values, None for one that they delete."""

_DISKS = ("config.disks", "overview.maxdisk")
_DISK = re.compile(r"config\.(scsi|sata|ide|virtio|efidisk|tpmstate|unused|mp|rootfs)\d*(\.|$)")
_LOCKS = ("overview.lock", "config.lock", "config.digest")
# What a machine has while it is hibernated.
_HIBERNATED = tuple(f"config.{name}" for name in ("vmstate", "runningcpu", "runningmachine", "running-nets-host-mtu"))
# What changes in a configuration without being named by the request that changes it.
_SIDE_EFFECT = re.compile(r"unused\d+|boot|bootdisk|lock|digest|meta|smbios1|vmgenid|parent|vmstate|runningcpu")
# Options that show in the overview of a guest, by their names there; any other may show as well.
_IN_OVERVIEW = {
    "name": ("name", "hostname"),
    "tags": ("tags",),
    "cpus": ("cores", "sockets", "vcpus", "cpulimit"),
    "maxmem": ("memory",),
}
_NUMBER = re.compile(r"\d+")
_RUNNING = (
    "overview.status =running",
    "overview.hastate",
    "overview.cpus",
    "overview.maxmem",
    "pending",
    *_HIBERNATED,
)
_STOPPED = ("overview.status =stopped", "overview.hastate", "pending")
_MOVED = ("overview.node", "overview.status", "overview.hastate", *_DISKS, *_LOCKS)
_CONFIGURED = (
    "config",
    "pending",
    *(f"overview.{name}" for name in ("name", "tags", "cpus", "maxmem", "maxdisk", "template", "lock")),
)
_ALL = ("overview", "config", "pending", "snapshots", "firewall")

# What each type of task can change of the guest that it names: paths of fields, with `=value` only if that came of it,
# with `+` or `-` only what was added or removed. `config.disks` are all disks.
_EFFECTS: Mapping[str, Sequence[str]] = {
    **dict.fromkeys(("start", "resume", "hastart", "startall"), (*_RUNNING, *_LOCKS)),
    **dict.fromkeys(("stop", "shutdown", "hastop", "stopall"), (*_STOPPED, *_LOCKS)),
    **dict.fromkeys(("reboot", "reset"), (*_RUNNING, *_STOPPED, *_LOCKS)),
    **dict.fromkeys(("suspend", "pause", "suspendall"), ("overview.status", *_STOPPED, *_HIBERNATED, *_LOCKS)),
    **dict.fromkeys(("igrate", "migrate", "hamigrate", "migrateall"), _MOVED),
    **dict.fromkeys(("create", "restore"), _ALL),
    "clone": ("overview.lock", "config.lock"),
    "destroy": _ALL,
    "config": _CONFIGURED,
    "template": ("overview.template", "config.template", *_DISKS, *_LOCKS),
    **dict.fromkeys(("resize", "move", "move_volume"), _DISKS + _LOCKS),
    "snapshot": ("snapshots +", "config.parent", *_LOCKS),
    "delsnapshot": ("snapshots -", "config.parent", *_LOCKS),
    "rollback": _ALL,
    "dump": ("overview.status", *_LOCKS),
    "firewall": ("firewall",),
    **dict.fromkeys(("vncproxy", "vncshell", "spiceproxy", "spiceshell", "termproxy"), ()),
}


def can_change(type_: str, path: str, before: Any, after: Any, options: Options | None = None) -> bool:
    """Whether a task of a type, or a request that set these options, can have changed a field of its guest so."""
    if options is not None and not _can_set(options, path, after):
        return False
    effects = _EFFECTS.get(shorten_type(type_))
    if effects is None:
        # A type of task that is not known may do anything.
        return True
    return any(_matches(effect, path, before, after) for effect in effects)


def is_known(type_: str) -> bool:
    """Whether it is known what a type of task can change."""
    return shorten_type(type_) in _EFFECTS


@cache
def shorten_type(type_: str) -> str:
    """The type of a task without the kind of guest: qmstart and vzstart are both start."""
    return type_[2:] if type_[:2] in ("qm", "vz") and type_ != "qm" else type_


def _can_set(options: Options, path: str, after: Any) -> bool:
    """Whether a field of a guest can have become so by a request that set these options."""
    section, name = [*path.split("."), ""][:2]
    if section == "overview":
        return name not in _IN_OVERVIEW or any(option in options for option in _IN_OVERVIEW[name])
    if section not in ("config", "pending"):
        return True
    if name not in options:
        return _SIDE_EFFECT.fullmatch(name) is not None
    wished = read_wished(path, after)
    if section == "pending" and wished is None:
        # It waits no more, or what it would replace is another one.
        return True
    # Whatever else it was set to, Proxmox VE may write another way.
    is_plain = all(value is not None and _NUMBER.fullmatch(value) for value in options[name])
    return not is_plain or (wished is not None and str(wished) in options[name])


def read_wished(path: str, value: Any) -> Any:
    """What an option was set to, by the value of a field; of one that waits for a restart, what it will be."""
    if not path.startswith("pending."):
        return value
    if isinstance(value, Mapping):
        return value.get("pending")
    return value if path.endswith(".pending") else None


def _matches(effect: str, path: str, before: Any, after: Any) -> bool:
    prefix, _space, condition = effect.partition(" ")
    if prefix == "config.disks":
        return _DISK.match(path) is not None
    if path != prefix and not path.startswith(f"{prefix}."):
        return False
    if condition.startswith("="):
        return str(after) == condition[1:]
    return {"": True, "+": before is None, "-": after is None}[condition]
