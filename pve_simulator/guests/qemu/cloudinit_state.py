# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""How far the cloud-init drive of a machine is behind its configuration."""

from __future__ import annotations

import re

from pve_simulator.guests.qemu.access import CLOUDINIT_OPTIONS
from pve_simulator.guests.qemu.drives import drives_of, is_cloudinit
from pve_simulator.state.guest import Guest
from pve_simulator.state.qemu import QemuState


def has_cloudinit(guest: Guest) -> bool:
    """Whether the machine has a cloud-init drive."""
    return any(is_cloudinit(pair[1]) for pair in drives_of(guest.config))


def record_change(guest: Guest, key: str, old: str | None, new: str | None) -> None:
    """Note that a value of a running machine is not on its cloud-init drive (any more)."""
    if key not in CLOUDINIT_OPTIONS and not re.fullmatch(r"name|(?:net|ipconfig)\d+", key):
        return
    state = guest.part(QemuState)
    recorded = state.cloudinit.get(key)
    if new is None:
        if old is None or recorded is not None:
            return
        if key in state.cloudinit_added:
            state.cloudinit_added.remove(key)
        else:
            state.cloudinit[key] = old
    elif recorded is not None:
        if recorded == new:
            del state.cloudinit[key]
    elif old is not None:
        if key not in state.cloudinit_added:
            state.cloudinit[key] = old
    elif key not in state.cloudinit_added:
        state.cloudinit_added.append(key)


def generate(guest: Guest) -> bool:
    """Regenerate the drive, if there is one; nothing is pending then."""
    if not has_cloudinit(guest):
        return False
    state = guest.part(QemuState)
    state.cloudinit.clear()
    state.cloudinit_added.clear()
    return True
