# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Storage definitions: compare their options, and check which of them can change. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .._api.errors import INVALID_PARAMETER, UNSUPPORTED, PveError
from .._values.kinds import Text, Value
from .._values.properties import Properties
from .._values.storages import OPTIONS

_ALWAYS = "nodes disable content bwlimit"
_FILES = "content-dirs prune-backups max-protected-backups format mkdir create-base-path create-subdirs preallocation"
_FILE_CONTENT = "images rootdir vztmpl iso backup snippets import none"
_DISKS = "images rootdir"


@dataclass(frozen=True)
class StorageType:
    """What pve-storage has for a type of storage, as words: the content that it takes, and takes by default.

    I(required) options are needed to define a storage, I(fixed) ones can't be changed once it is there.
    """

    content: str
    default_content: str
    required: str = ""
    fixed: str = ""
    options: str = ""

    def list_options(self) -> set[str]:
        return set(f"{_ALWAYS} {self.required} {self.fixed} {self.options}".split())


def _describe_fixed(content: str, default_content: str, fixed: str, options: str = "", more: str = "") -> StorageType:
    """A type whose required options are fixed; I(more) are others that are fixed."""
    return StorageType(content, default_content, fixed, f"{fixed} {more}", options)


TYPES: Mapping[str, StorageType] = {
    "btrfs": _describe_fixed(_FILE_CONTENT, _DISKS, "path", f"{_FILES} shared is_mountpoint nocow"),
    "cephfs": StorageType(
        "vztmpl iso backup snippets import",
        "backup",
        fixed="path",
        options=f"{_FILES} monhost subdir options username fuse keyring fs-name",
    ),
    "cifs": _describe_fixed(
        _FILE_CONTENT,
        "images",
        "server share",
        f"{_FILES} subdir username password domain smbversion options",
        "path snapshot-as-volume-chain",
    ),
    "dir": _describe_fixed(_FILE_CONTENT, _DISKS, "path", f"{_FILES} shared is_mountpoint", "snapshot-as-volume-chain"),
    "esxi": StorageType("import", "import", "server username password", options="skip-cert-verification port"),
    "iscsi": _describe_fixed("images none", "images", "portal target"),
    "iscsidirect": _describe_fixed("images none", "images", "portal target"),
    "lvm": _describe_fixed(
        _DISKS,
        "images",
        "vgname",
        "shared saferemove saferemove-stepsize saferemove_throughput tagged_only snapshot-as-volume-chain",
        "base",
    ),
    "lvmthin": _describe_fixed(_DISKS, _DISKS, "vgname thinpool"),
    "nfs": _describe_fixed(
        _FILE_CONTENT, "images", "server export", f"{_FILES} options", "path snapshot-as-volume-chain"
    ),
    "pbs": _describe_fixed(
        "backup none",
        "backup",
        "server datastore",
        "namespace port username password encryption-key master-pubkey fingerprint prune-backups max-protected-backups",
    ),
    "rbd": StorageType(_DISKS, "images", options="monhost pool data-pool namespace username krbd keyring"),
    "zfs": _describe_fixed(
        "images",
        "images",
        "portal target pool blocksize iscsiprovider",
        "nowritecache sparse comstar_hg comstar_tg lio_tpg zfs-base-path",
    ),
    "zfspool": _describe_fixed(_DISKS, _DISKS, "pool", "blocksize sparse mountpoint"),
}
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
        return default_value(option, definition.get("type"))
    return _reduce(kind, kind.read(value))


def default_value(option: str, storage_type: str | None) -> Any:
    """What an option amounts to when it is not set for a storage of this type."""
    kind = OPTIONS.get(option, _ANY_TEXT)
    if option == "content" and storage_type in TYPES:
        return kind.check(TYPES[storage_type].default_content)
    return None if kind.default is None else kind.parse(kind.default)


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
    unset = {option: default_value(option, definition.get("type")) for option in desired}
    return sorted(
        option
        for option, value in desired.items()
        if (unset[option] if value is None else value) != read_value(option, definition)
    )


def choose_new_options(storage_type: str, desired: Mapping[str, Any]) -> dict[str, Any]:
    """The options that are set for a new storage, without those that others have and that amount to nothing."""
    own = TYPES[storage_type].list_options()
    return {
        option: value
        for option, value in desired.items()
        if value is not None and (option in own or value != default_value(option, storage_type))
    }


def check_options(storage_type: str, desired: Mapping[str, Any]) -> None:
    """Raise C(invalid_parameter) for options to set, and for content, that no storage of this type has."""
    own = TYPES.get(storage_type)
    if own is None:
        return
    others = set().union(*(each.list_options() for each in TYPES.values())) - own.list_options()
    foreign = sorted(option for option in others if desired.get(option) is not None)
    if foreign:
        raise PveError(
            INVALID_PARAMETER,
            f"A storage of type {storage_type} has no {', '.join(foreign)}.",
            f"It has these: {', '.join(sorted(own.list_options()))}.",
        )
    path = desired.get("path")
    # Whether it is absolute is judged by the request.
    if storage_type == "dir" and str(path).startswith("/") and not re.fullmatch("[A-Za-z0-9/_.@-]+", str(path)):
        hint = "Use letters, digits, '/', '_', '.', '@' and '-'."
        raise PveError(INVALID_PARAMETER, f"{path!r} can't be the path of a storage of type dir.", hint)
    content = set(desired.get("content") or ())
    unusable = sorted(content.difference(own.content.split()))
    if unusable:
        raise PveError(
            INVALID_PARAMETER,
            f"A storage of type {storage_type} does not take {', '.join(unusable)}.",
            f"It takes {', '.join(own.content.split())}.",
        )
    if "none" in content and len(content) > 1:
        raise PveError(INVALID_PARAMETER, "content is none together with others.", "Leave out none, or the others.")


def check_complete(storage_type: str, given: Iterable[str]) -> None:
    """Raise C(invalid_parameter) where options are lacking without which no storage of this type can be defined."""
    lacking = sorted(set(TYPES[storage_type].required.split()).difference(given))
    if lacking:
        message = f"There is no such storage, and a new one of type {storage_type} needs {', '.join(lacking)}."
        raise PveError(INVALID_PARAMETER, message, "Give them to define it.")


def check_changeable(name: str, definition: Mapping[str, Any], options: Iterable[str]) -> None:
    """Raise C(unsupported) for options that are set at creation only."""
    own = TYPES.get(definition["type"])
    fixed = sorted(set(options).intersection(own.fixed.split() if own else ()))
    if not fixed:
        return
    current = ", ".join(f"{option} {definition.get(option, 'not set')}" for option in fixed)
    raise PveError(
        UNSUPPORTED,
        f"Storage {name} has {current}, which can't change for type {definition['type']} once a storage is defined.",
        "Leave it as it is, or delete the definition (what is on the storage stays) and define it again.",
    )


def find_unknown_options(names: Iterable[str]) -> list[str]:
    """The names that are options of no type of storage as of Proxmox VE 9.2."""
    return sorted(set(names).difference(*(each.list_options() for each in TYPES.values())))


def check_config(config: Mapping[str, Any], own_options: Iterable[str]) -> None:
    """Raise C(invalid_parameter) for names that must not be in C(config): secrets, and what is an option of its own."""
    for option in config:
        if option in SECRETS:
            hint = f"Use the option {option.replace('-', '_')}, which is kept out of results and logs."
            raise PveError(INVALID_PARAMETER, f"config contains the secret {option}.", hint)
        if option in _IDENTITY or option in own_options:
            hint = "Give it once, as that option."
            raise PveError(INVALID_PARAMETER, f"config contains {option}, which is an option of its own.", hint)
