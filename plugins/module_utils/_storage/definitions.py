# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Storage definitions: compare their options, and check which of them can change. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from .._api.errors import INVALID_PARAMETER, UNSUPPORTED, PveError
from .._api.property_strings import parse

# Options that are set at creation only, by type, as pve-storage has it.
FIXED = {
    "btrfs": {"path"},
    "cephfs": {"path"},
    "cifs": {"path", "server", "share", "snapshot-as-volume-chain"},
    "dir": {"path", "snapshot-as-volume-chain"},
    "esxi": set(),
    "iscsi": {"portal", "target"},
    "iscsidirect": {"portal", "target"},
    "lvm": {"vgname", "base"},
    "lvmthin": {"vgname", "thinpool"},
    "nfs": {"path", "server", "export", "snapshot-as-volume-chain"},
    "pbs": {"server", "datastore"},
    "rbd": set(),
    "zfs": {"portal", "target", "pool", "blocksize", "iscsiprovider"},
    "zfspool": {"pool"},
}
TYPES = tuple(FIXED)
# The API takes these and never returns them.
SECRETS = ("password", "keyring", "encryption-key", "master-pubkey")
_LISTS = frozenset({"content", "nodes", "monhost"})
_PROPERTIES = frozenset({"prune-backups", "bwlimit", "content-dirs"})
# With their values when they are not set.
_FLAGS = {
    **dict.fromkeys(
        (
            "disable",
            "fuse",
            "krbd",
            "nocow",
            "nowritecache",
            "saferemove",
            "shared",
            "skip-cert-verification",
            "snapshot-as-volume-chain",
            "sparse",
            "tagged_only",
        ),
        False,
    ),
    "create-base-path": True,
    "create-subdirs": True,
    "mkdir": True,
}
_IDENTITY = frozenset({"storage", "type", "digest", "delete"})


def normalize_value(option: str, value: Any) -> Any:
    """A value of the API or of a task in one form, to compare: equal for all spellings of it; None if it is not set."""
    if option in _FLAGS:
        return _FLAGS[option] if value is None else str(value).lower() in ("1", "true", "yes", "on")
    if value is None:
        return None
    if option in _LISTS:
        items = value if isinstance(value, list) else re.split(r"[,; ]+", str(value))
        return sorted({str(item) for item in items if item}) or None
    if option in _PROPERTIES:
        return parse(str(value)) or None
    return str(int(value)) if isinstance(value, bool) else str(value)


def render_value(value: Any) -> Any:
    """A value as the API takes it."""
    if isinstance(value, bool):
        return int(value)
    return ",".join(map(str, value)) if isinstance(value, list) else value


def find_differing_options(definition: Mapping[str, Any], desired: Mapping[str, Any]) -> list[str]:
    """The names of the options whose values in a definition are not as desired."""
    return sorted(
        option
        for option, value in desired.items()
        if normalize_value(option, value) != normalize_value(option, definition.get(option))
    )


def check_changeable(name: str, definition: Mapping[str, Any], options: Iterable[str]) -> None:
    """Raise C(unsupported) for options that are set at creation only."""
    fixed = sorted(set(options) & FIXED.get(definition["type"], set()))
    if not fixed:
        return
    current = ", ".join(f"{option} {definition.get(option, 'not set')}" for option in fixed)
    raise PveError(
        UNSUPPORTED,
        f"Storage {name} has {current}, which can't change for type {definition['type']} once a storage is defined.",
        "Leave it as it is, or delete the definition (what is on the storage stays) and define it again.",
    )


def check_config(config: Mapping[str, Any], own_options: Iterable[str]) -> None:
    """Raise C(invalid_parameter) for names that must not be in C(config): secrets, and what is an option of its own."""
    for option in config:
        if option in SECRETS:
            hint = f"Use the option {option.replace('-', '_')}, which is kept out of results and logs."
            raise PveError(INVALID_PARAMETER, f"config contains the secret {option}.", hint)
        if option in _IDENTITY or option in own_options:
            hint = "Give it once, as that option."
            raise PveError(INVALID_PARAMETER, f"config contains {option}, which is an option of its own.", hint)
