# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a volume can do on its storage: snapshots, linked clones, templates, copies, renaming (`volume_has_feature`)."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

from pve_simulator.state.storage import Storage
from pve_simulator.storage.names import VolumeName, is_directory

Feature = Literal["snapshot", "clone", "template", "copy", "rename"]
State = Literal["base", "current", "snap"]

_FILES = frozenset({"qcow2", "raw", "vmdk"})
_QCOW2 = frozenset({"qcow2"})
_BTRFS = frozenset({"qcow2", "raw", "subvol"})
# Directories: which formats have a feature, by whether it is a base volume, a snapshot, or neither.
_OF_FILES: dict[Feature, dict[State, frozenset[str]]] = {
    "snapshot": {"current": _QCOW2, "snap": _QCOW2},
    "clone": {"base": _FILES},
    "template": {"current": _FILES | {"subvol"}},
    "copy": {"base": _FILES, "current": _FILES, "snap": _QCOW2},
    "rename": {"current": _FILES},
}
_OF_BTRFS: dict[Feature, dict[State, frozenset[str]]] = {
    "snapshot": {"current": _BTRFS, "snap": _BTRFS},
    "clone": {"base": _BTRFS | _FILES, "current": frozenset({"raw"}), "snap": frozenset({"raw"})},
    "template": {"current": _BTRFS | _FILES},
    "copy": {"base": _BTRFS | _FILES, "current": _BTRFS | _FILES, "snap": _BTRFS},
    "rename": {"current": _BTRFS | _FILES},
}
_OF_BLOCKS: dict[str, dict[Feature, frozenset[State]]] = {
    "lvm": {"copy": frozenset({"base", "current"}), "rename": frozenset({"current"})},
    "lvmthin": {
        "snapshot": frozenset({"current"}),
        "clone": frozenset({"base", "snap"}),
        "template": frozenset({"current"}),
        "copy": frozenset({"base", "current", "snap"}),
        "rename": frozenset({"current"}),
    },
    "zfspool": {
        "snapshot": frozenset({"current", "snap"}),
        "clone": frozenset({"base"}),
        "template": frozenset({"current"}),
        "copy": frozenset({"base", "current"}),
        "rename": frozenset({"current"}),
    },
    "rbd": {
        "snapshot": frozenset({"current", "snap"}),
        "clone": frozenset({"base", "snap"}),
        "template": frozenset({"current"}),
        "copy": frozenset({"base", "current", "snap"}),
        "rename": frozenset({"current"}),
    },
}


def has_feature(
    storage: Storage,
    volume: VolumeName,
    feature: Feature,
    *,
    of_snapshot: bool = False,
    target_formats: Collection[str] | None = None,
) -> bool:
    """Whether a volume (or a snapshot of it) has a feature.

    `target_formats` are the formats that a linked clone may come in; directories always make it a qcow2.
    """
    state: State = "snap" if of_snapshot else ("base" if volume.is_base else "current")
    if not is_directory(storage):
        return state in _OF_BLOCKS.get(storage.type, {}).get(feature, frozenset())
    if storage.type == "btrfs":
        return volume.format in _OF_BTRFS[feature].get(state, frozenset())
    if feature == "clone" and target_formats is not None and "qcow2" not in target_formats:
        return False
    return volume.format in _OF_FILES[feature].get(state, frozenset())
