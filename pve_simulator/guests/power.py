# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Starting and stopping guests: the state changes that power tasks end in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pve_simulator.errors import failure
from pve_simulator.guests.lxc.changes import ConfigUpdate
from pve_simulator.guests.qemu.pending import apply_cold
from pve_simulator.guests.runs import Runs
from pve_simulator.state.guest import Guest
from pve_simulator.storage.volumes import Volumes

if TYPE_CHECKING:
    from pve_simulator.world.world import World

_SUSPEND_KEYS = ("lock", "vmstate", "runningmachine", "runningcpu", "running-nets-host-mtu")


def check_lock(guest: Guest, *, skiplock: bool = False) -> None:
    """Raise `VM is locked (…)` when the configuration holds a lock."""
    if guest.lock and not skiplock:
        raise failure(f"{guest.label} is locked ({guest.lock})")


def check_startable(guest: Guest, *, skiplock: bool = False) -> None:
    """Raise what keeps a start from beginning: a template, a lock, or that it already runs."""
    if guest.template:
        raise failure(f"you can't start a {guest.label.lower() if guest.type == 'qemu' else 'CT'} if it's a template")
    if not is_hibernated(guest):
        check_lock(guest, skiplock=skiplock)
    if guest.running:
        raise failure(f"{guest.label} {guest.vmid} already running")


def is_hibernated(guest: Guest) -> bool:
    """Whether the guest was suspended to disk."""
    return guest.lock == "suspended"


def power_on(world: World, guest: Guest) -> None:
    """The guest runs from now on, with its pending changes applied."""
    _apply_pending(guest, world)
    guest.running = True
    guest.paused = False
    guest.started_at = world.clock.time()
    guest.pid = world.tasks.new_pid(guest.node)


def power_off(guest: Guest, world: World | None = None) -> None:
    """The guest does not run any more. A machine's pending changes are real then, a container's at its next start.

    Virtual machines need the `world`: volumes of drives that waited to be detached become unused, or go.
    """
    if guest.running and world is not None:
        world.part(Runs).end(world, guest)
    guest.running = False
    guest.paused = False
    guest.started_at = 0.0
    guest.pid = 0
    if guest.type == "qemu":
        _apply_pending(guest, world)


def _apply_pending(guest: Guest, world: World | None) -> None:
    if not (guest.pending or guest.pending_delete) or (world is not None and not world.cluster.quorate):
        return
    if world is None:
        guest.apply_pending()
        return
    volumes = Volumes(world.cluster, guest.node, int(world.clock.time()))
    if guest.type == "qemu":
        apply_cold(volumes, guest)
    else:
        ConfigUpdate(guest, volumes).apply_pending()


def forget_hibernation(world: World, guest: Guest) -> None:
    """Remove the saved state that a hibernated guest has just been started from."""
    volid = guest.config.get("vmstate")
    for key in _SUSPEND_KEYS:
        guest.config.pop(key, None)
    storage = world.cluster.storages.get(volid.partition(":")[0]) if volid else None
    if storage is not None and volid is not None:
        storage.volumes_on(guest.node).pop(volid, None)
