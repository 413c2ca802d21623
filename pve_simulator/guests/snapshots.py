# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Snapshots of guests as configuration: what a snapshot keeps, the tree, locks and checks, for both guest types.

The steps are those of a real task, so that a caller can work on volumes and RAM between them:
`prepare` → volumes → `commit`; `begin_delete` → volumes → `finish_delete`; `begin_rollback` → volumes →
`finish_rollback`. Each raises ApiError with the server's text. What volumes can do is the caller's to say.
"""

from __future__ import annotations

import re
from typing import Any

from pve_simulator.errors import failure
from pve_simulator.guests import power
from pve_simulator.state.guest import Config, Guest, Snapshot

CURRENT = "current"
_UNUSED = re.compile(r"unused\d+")
# Keys of the snapshot itself, and keys that belong to the guest alone.
_NOT_COPIED = frozenset({"snapstate", "snaptime", "vmstate", "lock", "description"})


def check_new_name(name: str, *reserved: str) -> None:
    """Refuse the name that means the guest's present, and others that have a meaning."""
    if name in (CURRENT, *reserved):
        raise failure(f"unable to use snapshot name '{name}' (reserved name)")


def require_snapshot(guest: Guest, name: str) -> Snapshot:
    """A snapshot of a guest; raises `snapshot '…' does not exist`."""
    snapshot = guest.snapshots.get(name)
    if snapshot is None:
        raise failure(f"snapshot '{name}' does not exist")
    return snapshot


def list_view(guest: Guest) -> list[dict[str, Any]]:
    """GET snapshot: every snapshot, and `current`."""
    entries = []
    for name, snapshot in guest.snapshots.items():
        config = snapshot.config
        entry: dict[str, Any] = {
            "name": name,
            "snaptime": int(config.get("snaptime", 0)),
            "description": _get_description(guest, config),
        }
        if guest.type == "qemu":
            entry["vmstate"] = int("vmstate" in config)
        entries.append({**entry, **_links(config)})
    present = {
        "name": CURRENT,
        "digest": guest.digest,
        "running": int(guest.running),
        "description": "You are here!",
    }
    entries.append({**present, **({"parent": guest.config["parent"]} if "parent" in guest.config else {})})
    return entries


def set_description(guest: Guest, name: str, text: str | None) -> None:
    """PUT …/snapshot/{name}/config."""
    snapshot = require_snapshot(guest, name)
    if text is None:
        return
    text = _to_kept(guest, text)
    if text:
        snapshot.config["description"] = text
    else:
        snapshot.config.pop("description", None)


def prepare(guest: Guest, name: str, now: float, description: str | None, *, possible: bool) -> Snapshot:
    """Begin a snapshot and lock the guest; `possible` says whether all volumes can be snapshotted."""
    if guest.template:
        raise failure("you can't take a snapshot if it's a template")
    power.check_lock(guest)
    if name in guest.snapshots:
        raise failure(f"snapshot name '{name}' already used")
    if not possible:
        raise failure("snapshot feature is not available")
    for other in guest.snapshots.values():
        if other.config.get("parent") == name:
            del other.config["parent"]
    config = copy_config(guest.config)
    config |= {"snapstate": "prepare", "snaptime": str(int(now))}
    if description:
        config["description"] = _to_kept(guest, description)
    guest.config["lock"] = "snapshot"
    snapshot = guest.snapshots[name] = Snapshot(config)
    return snapshot


def commit(guest: Guest, name: str) -> None:
    """End a snapshot: it becomes the parent of the present."""
    require_snapshot(guest, name).config.pop("snapstate", None)
    guest.config.pop("lock", None)
    guest.config["parent"] = name


def begin_delete(guest: Guest, name: str) -> Snapshot:
    """Lock the guest to delete a snapshot."""
    snapshot = require_snapshot(guest, name)
    power.check_lock(guest)
    if guest.template:
        # As the real server, which locks first and then fails before it unlocks.
        guest.config["lock"] = "snapshot-delete"
        raise failure("you can't delete a snapshot if vm is a template")
    guest.config["lock"] = "snapshot-delete"
    snapshot.config["snapstate"] = "delete"
    return snapshot


def finish_delete(guest: Guest, name: str) -> None:
    """Take a snapshot out of the tree: its children get its parent."""
    parent = guest.snapshots.pop(name).config.get("parent")
    for config in (guest.config, *(other.config for other in guest.snapshots.values())):
        if config.get("parent") == name:
            if parent is None:
                del config["parent"]
            else:
                config["parent"] = parent
    guest.config.pop("lock", None)


def begin_rollback(guest: Guest, name: str) -> Snapshot:
    """Check that a guest can go back to a snapshot; the caller stops it, then calls `lock_rollback`."""
    if guest.template:
        raise failure("you can't rollback if vm is a template")
    snapshot = require_snapshot(guest, name)
    state = snapshot.config.get("snapstate")
    if state:
        raise failure(f"unable to rollback to incomplete snapshot (snapstate = {state})")
    power.check_lock(guest)
    return snapshot


def lock_rollback(guest: Guest) -> None:
    """Lock a stopped guest while its volumes go back."""
    guest.config["lock"] = "rollback"


def finish_rollback(guest: Guest, name: str) -> None:
    """Make the snapshot's configuration the guest's; description and unused volumes stay, pending changes go."""
    snapshot = require_snapshot(guest, name)
    kept = {key: value for key, value in guest.config.items() if _UNUSED.fullmatch(key) or key == "description"}
    guest.config = {**kept, **copy_config(snapshot.config), "parent": name}
    guest.pending = {}
    guest.pending_delete = []


def copy_config(config: Config) -> Config:
    """The part of a configuration that a snapshot keeps, and that a rollback restores."""
    return {key: value for key, value in config.items() if key not in _NOT_COPIED and not _UNUSED.fullmatch(key)}


def _to_kept(guest: Guest, description: str) -> str:
    """A description as it reads back from the comment lines of the guest's file."""
    return description.rstrip() if guest.type == "qemu" else description.rstrip("\n")


def _get_description(guest: Guest, config: Config) -> str:
    text = config.get("description", "")
    # Containers keep the newline that ends a comment line of their file.
    return f"{text}\n" if guest.type == "lxc" and text and not text.endswith("\n") else text


def _links(config: Config) -> dict[str, str]:
    return {key: config[key] for key in ("parent", "snapstate") if key in config}
