# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Backups as storages list them, and retention and notes in the form that the API takes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from .._api.errors import INVALID_PARAMETER, PveError
from .._guest.guest import Guest

KEEP = ("last", "hourly", "daily", "weekly", "monthly", "yearly")

# Proxmox Backup Server names archives differently, such as C(pbs:backup/vm/101/2026-11-21T00:23:53Z).
_TYPES = {"vzdump-qemu": "qemu", "vm": "qemu", "vzdump-lxc": "lxc", "ct": "lxc"}
_NAME = re.compile(r"[^:]+:backup/(vzdump-qemu|vzdump-lxc|vm|ct)[-/]")
_MADE = re.compile(r"\bctime=(\d+)")
_ESCAPE = re.compile(r"\\\\|\\n")


def read_guest_type(entry: Mapping[str, Any]) -> str | None:
    """The type of guest in a backup, C(qemu) or C(lxc); None for an archive that Proxmox VE did not name."""
    subtype = entry.get("subtype")
    if subtype in ("qemu", "lxc"):
        return str(subtype)
    named = _NAME.match(entry["volid"])
    return _TYPES[named[1]] if named else None


def is_backup_of(entry: Mapping[str, Any], guest: Guest) -> bool:
    """Whether a backup is of this guest, and not of one of the other type that had the same vmid before."""
    return int(entry.get("vmid") or 0) == guest.vmid and read_guest_type(entry) in (None, guest.type)


def read_birth(config: Mapping[str, Any]) -> int:
    """When the guest with this configuration was made: what is older is of a former guest with its vmid.

    A restored guest is as old as the one in the backup. The age of containers is not known: 0.
    """
    made = _MADE.search(str(config.get("meta") or ""))
    return int(made[1]) if made else 0


def select_backups(listed: Sequence[dict[str, Any]], guest: Guest) -> tuple[dict[str, Any], ...]:
    """A guest's backups from a storage's content, latest first."""
    backups = [entry for entry in listed if is_backup_of(entry, guest)]
    return tuple(sorted(backups, key=lambda entry: (int(entry.get("ctime") or 0), entry["volid"]), reverse=True))


def parse_storage(volid: str) -> str:
    """The storage in a volume id; raises C(invalid_parameter) for text that is no volume id."""
    storage, sign, _rest = volid.partition(":")
    if not sign:
        raise PveError(
            INVALID_PARAMETER,
            f"{volid!r} is not a volume id.",
            "They look like local:backup/vzdump-qemu-101-….vma.zst.",
        )
    return storage


def render_retention(retention: Mapping[str, Any]) -> str:
    """Retention in the API's form, such as C(keep-last=3,keep-daily=7)."""
    return ",".join(f"keep-{name}={retention[name]}" for name in KEEP if retention[name])


def render_notes(notes: str) -> str:
    """Notes as a notes template, which the API takes in one line."""
    return notes.rstrip("\n").replace("\\", "\\\\").replace("\n", "\\n")


def parse_notes(template: str) -> str:
    """The notes that L(render_notes) wrote as one line."""
    return _ESCAPE.sub(lambda match: "\n" if match[0] == "\\n" else "\\", template)
