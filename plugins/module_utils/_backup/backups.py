# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Backups as storages list them, and how retention and notes are worded for the API."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from .._api.errors import INVALID_PARAMETER, PveError
from .._guest.guest import Guest

KEEP = ("last", "hourly", "daily", "weekly", "monthly", "yearly")

# Proxmox Backup Server names archives its own way, such as C(pbs:backup/vm/101/2026-11-21T00:23:53Z).
_TYPES = {"vzdump-qemu": "qemu", "vm": "qemu", "vzdump-lxc": "lxc", "ct": "lxc"}
_NAME = re.compile(r"[^:]+:backup/(vzdump-qemu|vzdump-lxc|vm|ct)[-/]")
_ESCAPE = re.compile(r"\\\\|\\n")


def read_guest_type(entry: Mapping[str, Any]) -> str | None:
    """C(qemu) or C(lxc); None for an archive that Proxmox VE did not name."""
    subtype = entry.get("subtype")
    if subtype in ("qemu", "lxc"):
        return str(subtype)
    named = _NAME.match(entry["volid"])
    return _TYPES[named[1]] if named else None


def is_backup_of(entry: Mapping[str, Any], guest: Guest) -> bool:
    """Whether a backup is of this guest, rather than of one of the other type that had its vmid before."""
    return int(entry.get("vmid") or 0) == guest.vmid and read_guest_type(entry) in (None, guest.type)


def select_backups(listed: Sequence[dict[str, Any]], guest: Guest) -> tuple[dict[str, Any], ...]:
    """A guest's backups from a storage's content, latest first."""
    mine = [entry for entry in listed if is_backup_of(entry, guest)]
    return tuple(sorted(mine, key=lambda entry: (int(entry.get("ctime") or 0), entry["volid"]), reverse=True))


def parse_storage(volid: str) -> str:
    """The storage that a volume id names."""
    storage, sign, _rest = volid.partition(":")
    if not sign:
        raise PveError(
            INVALID_PARAMETER,
            f"{volid!r} is not a volume id.",
            "They look like local:backup/vzdump-qemu-101-….vma.zst.",
        )
    return storage


def render_retention(retention: Mapping[str, Any]) -> str:
    """Retention as the API words it, such as C(keep-last=3,keep-daily=7)."""
    return ",".join(f"keep-{name}={retention[name]}" for name in KEEP if retention[name])


def render_notes(notes: str) -> str:
    """Notes as the one line in which the API takes a template."""
    return notes.rstrip("\n").replace("\\", "\\\\").replace("\n", "\\n")


def parse_notes(template: str) -> str:
    """The notes that L(template_from_notes) made a line of."""
    return _ESCAPE.sub(lambda found: "\n" if found[0] == "\\n" else "\\", template)
