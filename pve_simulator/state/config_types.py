# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""JSON types of guest configuration values (schema of /nodes/{node}/qemu|lxc/{vmid}/config)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from pve_simulator.schema import config_schema
from pve_simulator.state.guest import GuestType

_MASKED = frozenset({"cipassword"})
# Keys that only snapshots have, which the schema does not name.
_SNAPSHOT_INTEGERS = frozenset({"snaptime"})


def typed_value(kind: GuestType, key: str, value: str) -> str | int:
    """A value as GET returns it: integers and booleans as numbers, the rest as text, passwords masked."""
    if key in _MASKED:
        return "**********"
    if key in _integers(kind):
        try:
            return int(value)
        except ValueError:
            return value
    if kind == "lxc" and key == "description" and not value.endswith("\n"):
        return f"{value}\n"
    return value


@cache
def _integers(kind: GuestType) -> frozenset[str]:
    schemas = config_schema(kind)
    return _SNAPSHOT_INTEGERS | {key for key, schema in schemas.items() if schema.type in ("integer", "boolean")}


def typed_config(kind: GuestType, config: Mapping[str, str]) -> dict[str, str | int]:
    """A whole configuration as GET returns it (without the digest)."""
    return {key: typed_value(kind, key, value) for key, value in config.items()}
