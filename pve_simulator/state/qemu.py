# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a virtual machine's file holds beside its plain keys."""

from __future__ import annotations

from dataclasses import dataclass, field

from pve_simulator.state.guest import Guest
from pve_simulator.state.parts import state_part


@state_part("qemu")
@dataclass
class QemuState:
    """`forced` are keys waiting for deletion whose volumes go, too; `gone` are drives that the running machine
    has let go of already although they could not be unplugged altogether.

    The cloud-init drive of a running machine may be older than its configuration: `cloudinit` holds the values
    that are on the drive and differ, `cloudinit_added` the keys that the drive does not know.
    """

    forced: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    cloudinit: dict[str, str] = field(default_factory=dict)
    cloudinit_added: list[str] = field(default_factory=list)


def gone_drives(guest: Guest) -> list[str]:
    """The drives that a running machine has let go of."""
    state = guest.parts.get("qemu")
    return state.gone if isinstance(state, QemuState) else []


def forced_deletions(guest: Guest) -> list[str]:
    """The keys waiting for deletion whose volumes go, too."""
    state = guest.parts.get("qemu")
    return state.forced if isinstance(state, QemuState) else []
