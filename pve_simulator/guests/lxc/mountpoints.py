# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Mount points of containers: `rootfs`, `mp0`… and `unused0`… as their configuration writes them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from pve_simulator.errors import ApiError, failure
from pve_simulator.schema import (
    ParameterError,
    Schema,
    config_schema,
    format_of,
    parse_property_string,
    parse_size,
    print_property_string,
)
from pve_simulator.state.guest import Config, Guest

_NEW = re.compile(r"([^:\s]+):(\d+(?:\.\d+)?)")
_KEY = re.compile(r"rootfs|mp\d+")
_UNUSED = re.compile(r"unused\d+")
_MAX_UNUSED = 256
GIB = 1024**3
MISSING = "property is missing and it is not optional"


@dataclass(frozen=True, slots=True)
class MountPoint:
    """One mount point: its configuration key, and its properties as text."""

    key: str
    options: Mapping[str, str]

    @property
    def volume(self) -> str:
        """A volume id, a path, or `storage:size` for a new volume."""
        return self.options["volume"]

    @property
    def kind(self) -> Literal["volume", "device", "bind"]:
        """What is mounted."""
        if not self.volume.startswith("/"):
            return "volume"
        return "device" if self.volume.startswith("/dev/") else "bind"

    @property
    def new_volume(self) -> tuple[str, int] | None:
        """Storage and size (bytes) of a volume still to be made, else None."""
        match = _NEW.fullmatch(self.volume)
        return (match[1], int(float(match[2]) * 1024) * 1024**2) if match else None

    def with_volume(self, volume: str, size: int | None = None) -> MountPoint:
        """The same mount point on another volume, with its size (bytes)."""
        changed = {**self.options, "volume": volume}
        if size is not None:
            changed["size"] = str(size)
        return replace(self, options=changed)

    def text(self) -> str:
        """The configuration value."""
        values: dict[str, object] = dict(self.options)
        size = self.options.get("size")
        if size is not None:
            values["size"] = parse_size(size) or 0
        if _UNUSED.fullmatch(self.key):
            return self.volume
        return print_property_string(values, config_schema("lxc")["mp0"], skip=("mp",) if self.key == "rootfs" else ())


def is_mount_key(key: str) -> bool:
    """Whether a configuration key is a mount point in use."""
    return _KEY.fullmatch(key) is not None


def is_unused_key(key: str) -> bool:
    """Whether a configuration key is an unused volume."""
    return _UNUSED.fullmatch(key) is not None


def parse_mount(key: str, value: str | None) -> MountPoint:
    """A mount point from its configuration value; raises `format error` with what is wrong by property."""
    schema = config_schema("lxc")[key]
    try:
        return MountPoint(key, parse_property_string(value or "", schema))
    except ParameterError as error:
        raise ApiError(500, "format error", _errors_by_property(value or "", schema, error)) from error


def list_mounts(config: Config) -> list[MountPoint]:
    """The mount points of a configuration, rootfs first; those that cannot be parsed are left out."""
    parsed = []
    for key in sorted((key for key in config if is_mount_key(key)), key=_order):
        try:
            parsed.append(parse_mount(key, config[key]))
        except ApiError:
            continue
    return parsed


def volumes_of(config: Config, *, unused: bool = False) -> list[str]:
    """The volume ids that a configuration mounts (and holds as unused)."""
    volids = [mount.volume for mount in list_mounts(config) if mount.kind == "volume"]
    if unused:
        volids += [value for key, value in sorted(config.items()) if is_unused_key(key)]
    return list(dict.fromkeys(volids))


def is_in_use(guest: Guest, config: Config, pending: Config, volume: str) -> bool:
    """Whether a volume is mounted now, after pending changes, or in a snapshot."""
    return any(
        volume in volumes_of(each)
        for each in (config, pending, *(snapshot.config for snapshot in guest.snapshots.values()))
    )


def add_unused(config: Config, volume: str) -> None:
    """Keep a volume as the first free `unusedN`; once is enough."""
    if volume in (value for key, value in config.items() if is_unused_key(key)):
        return
    key = next((f"unused{n}" for n in range(_MAX_UNUSED) if f"unused{n}" not in config), None)
    if key is None:
        raise failure("Too many unused volumes - please delete them first.")
    config[key] = volume


def drop_mounted_unused(config: Config) -> None:
    """Forget `unusedN` entries of volumes that are mounted again, as writing the file does."""
    used = set(volumes_of(config))
    for key in [key for key, value in config.items() if is_unused_key(key) and value in used]:
        del config[key]


def _errors_by_property(text: str, schema: Schema, error: ParameterError) -> dict[str, str]:
    if not text:
        return {name: MISSING for name, inner in format_of(schema).items() if not inner.optional}
    by_property = {}
    for line in "\n".join(error.errors.values()).splitlines():
        name, colon, what = line.partition(": ")
        if colon and " " not in name:
            by_property[name] = what
    return by_property


def _order(key: str) -> int:
    return -1 if key == "rootfs" else int(key[2:])
