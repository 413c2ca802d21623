# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options of storage definitions, as the API of Proxmox VE 9.2 has them; those that are not here are any text.

A default is what a storage is like without the option.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .kinds import Address, Choice, Flag, Integer, Items, Number, Switch, Text, Value, to_text
from .properties import Properties

_HIGHEST_PORT = 65535


@dataclass(frozen=True)
class Directory(Text):
    """A path without needless slashes."""

    def check_text(self, value: Any) -> str:
        text = re.sub("/+", "/", Text.check_text(self, value).strip())
        return text if text == "/" else text.rstrip("/")


@dataclass(frozen=True)
class Retention(Properties):
    """Which backups are kept: all, or so many of each kind."""

    def check(self, value: Any) -> dict[str, str]:
        kept = Properties.check(self, value)
        if kept.get("keep-all") == "1" and any(number != "0" for name, number in kept.items() if name != "keep-all"):
            raise ValueError("keep-all can't be together with others")
        return kept


@dataclass(frozen=True)
class Portal(Value):
    """An address or DNS name, and maybe a port after a colon."""

    def check_text(self, value: Any) -> str:
        text = to_text(value).strip()
        host, _colon, port = text.rpartition(":")
        has_port = port.isdecimal() and int(port) <= _HIGHEST_PORT
        if text and not (_is_server(text) or (has_port and _is_server(host))):
            raise ValueError("it must be an address or a DNS name, with a port after a colon if need be")
        return text


def _is_server(text: str) -> bool:
    try:
        return bool(SERVER.check_text(text.removeprefix("[").removesuffix("]")))
    except ValueError:
        return False


SERVER, PORTAL = Address(may_be_name=True), Portal()
_LVM_NAME = Text(pattern=r"[A-Za-z0-9][A-Za-z0-9._-]*[A-Za-z0-9]", what="letters, digits, '.', '_' and '-'")
_LIMITS = ("clone", "default", "migration", "move", "restore")
_KEPT = ("daily", "hourly", "last", "monthly", "weekly", "yearly")
_CONTENT = ("backup", "images", "import", "iso", "none", "rootdir", "snippets", "vztmpl")
_SET = Items(separator=",", has_order=False)
OPTIONS: Mapping[str, Value] = {
    "bwlimit": Properties(table=dict.fromkeys(_LIMITS, Number(minimum=0))),
    "content": Items(separator=",", item=Choice(choices=_CONTENT), has_order=False),
    "content-dirs": Properties(is_open=True),
    "create-base-path": Flag("1"),
    "create-subdirs": Flag("1"),
    "disable": Flag("0"),
    "export": Directory(),
    "fingerprint": Text(
        pattern="(?:[0-9A-Fa-f]{2}:){31}[0-9A-Fa-f]{2}", what="32 pairs of hexadecimal digits with colons between them"
    ),
    "format": Choice(choices=("raw", "qcow2", "subvol", "vmdk")),
    "fuse": Flag("0"),
    "is_mountpoint": Switch("no"),
    "krbd": Flag("0"),
    "max-protected-backups": Integer(minimum=-1),
    "mkdir": Flag("1"),
    "monhost": Items(separator=",", item=PORTAL, has_order=False),
    "nocow": Flag("0"),
    "nodes": _SET,
    "nowritecache": Flag("0"),
    "port": Integer(minimum=1, maximum=65535),
    "preallocation": Choice("metadata", ("off", "metadata", "falloc", "full")),
    "options": Text(pattern=r"\S*", what="options with commas and no spaces between them"),
    "path": Directory(),
    "prune-backups": Retention(
        "keep-all=1", {"keep-all": Flag("0"), **{f"keep-{unit}": Integer("0", minimum=0) for unit in _KEPT}}
    ),
    "saferemove": Flag("0"),
    "saferemove-stepsize": Choice("32", ("1", "2", "4", "8", "16", "32")),
    "portal": PORTAL,
    "server": SERVER,
    "shared": Flag("0"),
    "skip-cert-verification": Flag("0"),
    "smbversion": Choice("default", ("default", "2.0", "2.1", "3", "3.0", "3.11")),
    "snapshot-as-volume-chain": Flag("0"),
    "sparse": Flag("0"),
    "subdir": Directory(),
    "tagged_only": Flag("0"),
    "thinpool": _LVM_NAME,
    "vgname": _LVM_NAME,
}
