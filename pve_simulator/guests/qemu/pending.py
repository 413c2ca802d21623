# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Changes that wait: noting them, dropping those that change nothing, and applying them to a stopped machine."""

from __future__ import annotations

from pve_simulator.errors import ApiError
from pve_simulator.guests.qemu.drives import is_drive, parse_drive
from pve_simulator.guests.qemu.unused import deallocate, drop_used, keep_as_unused
from pve_simulator.state.guest import Guest
from pve_simulator.state.qemu import QemuState
from pve_simulator.storage.volumes import Volumes


def add_deletion(guest: Guest, key: str, *, force: bool = False) -> None:
    """Note that a key is to be deleted (`force`: with its volume); whatever else waited for it is dropped."""
    guest.pending.pop(key, None)
    remove_deletion(guest, key)
    guest.pending_delete.append(key)
    if force:
        guest.part(QemuState).forced.append(key)


def remove_deletion(guest: Guest, key: str) -> None:
    """Withdraw the deletion of a key."""
    guest.pending_delete = [name for name in guest.pending_delete if name != key]
    state = guest.part(QemuState)
    state.forced = [name for name in state.forced if name != key]


def clean_up(guest: Guest) -> None:
    """Drop what would change nothing."""
    for key in [key for key, value in guest.pending.items() if guest.config.get(key) == value]:
        del guest.pending[key]
    for key in [key for key in guest.pending_delete if key not in guest.config]:
        remove_deletion(guest, key)


def detach(volumes: Volumes, guest: Guest, key: str) -> None:
    """Detach a drive: its volume becomes unused, or is removed if the deletion is forced."""
    drive = parse_drive(key, guest.config[key])
    if key in guest.part(QemuState).forced:
        deallocate(volumes, guest, key, drive, None)
    else:
        keep_as_unused(volumes, guest, drive)


def apply_cold(volumes: Volumes, guest: Guest) -> dict[str, str]:
    """Apply all pending changes, as a stopped machine can; returns the errors by key."""
    errors: dict[str, str] = {}
    for key in sorted(guest.pending_delete):
        try:
            if key in guest.config and is_drive(key):
                detach(volumes, guest, key)
        except ApiError as error:
            errors[key] = _describe_error(key, error)
        else:
            remove_deletion(guest, key)
            guest.config.pop(key, None)
    clean_up(guest)
    for key in list(guest.pending):
        try:
            if key in guest.config and is_drive(key):
                keep_as_unused(volumes, guest, parse_drive(key, guest.config[key]))
        except ApiError as error:
            errors[key] = _describe_error(key, error)
        else:
            guest.config[key] = guest.pending.pop(key)
    drop_used(guest)
    return errors


def _describe_error(key: str, error: ApiError) -> str:
    return f"unable to apply pending change {key} : {error.message}\n"
