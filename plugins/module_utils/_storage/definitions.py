# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Storage definitions: compare their options, and check which of them can change. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .._api.errors import INVALID_PARAMETER, UNSUPPORTED, PveError
from .._values.kinds import Text, Value
from .._values.properties import Properties
from .._values.storages import OPTIONS

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
_ANY_TEXT = Text()
_IDENTITY = frozenset({"storage", "type", "digest", "delete"})


def normalize_value(option: str, value: Any) -> Any:
    """What a task wishes, in the form in which Proxmox VE returns it; None if it is not to be set.

    Raises C(invalid_parameter) for what Proxmox VE would refuse.
    """
    if value is None or value in ("", [], {}):
        return None
    kind = OPTIONS.get(option, _ANY_TEXT)
    try:
        checked = kind.check(value)
    except ValueError as error:
        raise PveError(
            INVALID_PARAMETER, f"{value!r} can't be a value of {option}: {error}.", f"Correct {option}."
        ) from error
    return _reduce(kind, checked)


def read_value(option: str, definition: Mapping[str, Any]) -> Any:
    """An option of a definition in the same form, or what it amounts to when it is not set."""
    kind, value = OPTIONS.get(option, _ANY_TEXT), definition.get(option)
    if value is None or value == "":
        return None if kind.default is None else kind.parse(kind.default)
    return _reduce(kind, kind.read(value))


def default_value(option: str) -> Any:
    """What an option amounts to when it is not set."""
    return read_value(option, {})


def render_value(option: str, value: Any) -> Any:
    """A value by L(normalize_value), as the API takes it."""
    return OPTIONS.get(option, _ANY_TEXT).render(value)


def _reduce(kind: Value, value: Any) -> Any:
    """A value without what amounts to nothing; None where nothing is left."""
    if isinstance(kind, Properties):
        value = kind.reduce(value)
    return None if value in ({}, []) else value


def find_differing_options(definition: Mapping[str, Any], desired: Mapping[str, Any]) -> list[str]:
    """The names of the options whose values in a definition are not as desired."""
    return sorted(
        option
        for option, value in desired.items()
        if (default_value(option) if value is None else value) != read_value(option, definition)
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
