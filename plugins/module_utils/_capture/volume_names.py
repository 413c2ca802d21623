# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pseudonyms for names of volumes: parts that Proxmox VE chose are kept, parts that people chose are replaced. Pure."""

from __future__ import annotations

import re

from .pseudonyms import Pseudonyms

_FOLDERS = frozenset({"iso", "vztmpl", "snippets", "import", "backup", ".."})
_SUFFIX = re.compile(
    r"(?:\.(?:tar|vma))?\.(?:raw|qcow2|vmdk|subvol|iso|img|ova|ovf|gz|xz|zst|bz2|lzo|tgz|tar|vma|ya?ml|pl|sh)$"
)
_OWNED = re.compile(r"(?P<owner>(?:base|basevol|vm|subvol)-\d+-)(?P<what>.+)")
_GIVEN = re.compile(r"disk-\d+|cloudinit|fleece-\d+|efidisk|tpmstate")
_BACKUP = re.compile(r"vzdump-(?:qemu|lxc|openvz)-\d+-[\d_-]+")
_PBS_BACKUP = re.compile(r"(?:vm|ct)|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def replace_volume_name(pseudonyms: Pseudonyms, name: str) -> str:
    """The pseudonym of a volume's name (the part after the storage and a colon), part by part of its path."""
    return "/".join(_replace_part(pseudonyms, part) for part in name.split("/"))


def _replace_part(pseudonyms: Pseudonyms, part: str) -> str:
    if part in _FOLDERS or part.isdecimal() or _PBS_BACKUP.fullmatch(part):
        return part
    bare, at, snapshot = part.partition("@")
    if at and snapshot not in ("__base__", "__replicate__"):
        return f"{_replace_part(pseudonyms, bare)}@{pseudonyms.replace_name('snapshot', snapshot)}"
    suffix = _SUFFIX.search(bare)
    stem, ending = (bare[: suffix.start()], suffix[0]) if suffix else (bare, "")
    if _BACKUP.fullmatch(stem):
        return part
    owned = _OWNED.fullmatch(stem)
    if owned is None:
        return f"{pseudonyms.replace_name('file', stem)}{ending}{at}{snapshot}"
    what = owned["what"]
    if what.startswith("state-"):
        what = f"state-{pseudonyms.replace_name('snapshot', what[6:])}"
    elif not _GIVEN.fullmatch(what):
        what = pseudonyms.replace_name("file", what)
    return f"{owned['owner']}{what}{ending}{at}{snapshot}"
