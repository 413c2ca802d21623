# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What GET config and pending answer, for both types of guests."""

from __future__ import annotations

from typing import Any

from pve_simulator.errors import failure
from pve_simulator.requests.call import Call
from pve_simulator.state.config_types import typed_config, typed_value
from pve_simulator.state.guest import Guest, GuestType
from pve_simulator.state.qemu import forced_deletions


def config_view(call: Call, kind: GuestType) -> dict[str, Any]:
    """The configuration with pending changes (or the running one, or a snapshot's), and its digest."""
    guest = call.guest(kind)
    snapshot = call.text("snapshot")
    if snapshot is not None:
        if snapshot not in guest.snapshots:
            raise failure(f"snapshot '{snapshot}' does not exist")
        config = guest.snapshots[snapshot].config
    elif call.flag("current"):
        config = guest.config
    else:
        config = guest.effective_config()
    return {**typed_config(kind, config), "digest": guest.digest}


def pending_view(guest: Guest) -> list[dict[str, Any]]:
    """Every key with its running value, its pending one, and whether it waits to be deleted."""
    entries: list[dict[str, Any]] = []
    forced = forced_deletions(guest)
    for key, value in guest.config.items():
        entry: dict[str, Any] = {"key": key, "value": typed_value(guest.type, key, value)}
        if key in guest.pending and guest.pending[key] != value:
            entry["pending"] = typed_value(guest.type, key, guest.pending[key])
        if key in guest.pending_delete:
            entry["delete"] = 2 if key in forced else 1
        entries.append(entry)
    for key, value in guest.pending.items():
        if key not in guest.config:
            entries.append({"key": key, "pending": typed_value(guest.type, key, value)})
    entries.append({"key": "digest", "value": guest.digest})
    return entries
