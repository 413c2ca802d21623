# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is checked before anything is moved."""

from __future__ import annotations

from pve_simulator.errors import failure
from pve_simulator.guests import power
from pve_simulator.guests.migration import check_reachable
from pve_simulator.guests.qemu.disks import all_disks
from pve_simulator.guests.qemu.migration.job import Migration
from pve_simulator.guests.qemu.resources import find_local_resources, find_unmapped
from pve_simulator.guests.replicated import check_live_target
from pve_simulator.state.cluster import Cluster
from pve_simulator.state.guest import Guest
from pve_simulator.storage.lookup import enabled_storage, parse_volid

_NO_CONNTRACK = "conntrack state migration not supported or disabled, active connections might get dropped"


def prepare(job: Migration) -> None:
    """Check the guest, its devices, both nodes' storages, and that the other node answers."""
    guest = job.guest
    power.check_lock(guest)
    if guest.running:
        if not job.options.online:
            raise failure("can't migrate running VM without --online")
        check_live_target(job.cluster, guest, job.options.target, force=job.options.force)
        if not job.options.with_conntrack:
            job.journal.say(_NO_CONNTRACK)
    _check_devices(job)
    if guest.running and "clipboard=vnc" in guest.config.get("vga", "").split(","):
        raise failure("VMs with 'clipboard' set to 'vnc' are not live migratable!")
    for volid in _list_volumes(guest):
        storage, parsed = parse_volid(job.cluster, volid)
        job.target_storage(storage.id, volid, parsed.content)
    check_reachable(job.journal, job.cluster, job.options.target)
    if job.options.network is not None:
        job.journal.say(f"use dedicated network address for sending migration traffic ({job.target_ip})")


def check_storages(cluster: Cluster, guest: Guest, target: str) -> None:
    """Raise unless both nodes have every storage that the guest's drives are on, for what they hold."""
    for volid in _list_volumes(guest):
        storage, parsed = parse_volid(cluster, volid)
        enabled_storage(cluster, storage.id, guest.node)
        enabled_storage(cluster, storage.id, target)
        if parsed.content not in storage.content:
            raise failure(f"{volid}: content type '{parsed.content}' is not available on storage '{storage.id}'")


def _check_devices(job: Migration) -> None:
    running = job.guest.running
    resources = find_local_resources(job.cluster, job.guest.config, running=running)
    if resources.blocking:
        if running or not job.options.force:
            raise failure(f"can't migrate VM which uses local devices: {', '.join(resources.blocking)}")
        job.journal.say("migrating VM which uses local devices")
    if not resources.mapped:
        return
    missing = find_unmapped(job.cluster, resources, job.options.target)
    if missing:
        raise failure(f"can't migrate to '{job.options.target}': missing mapped devices {', '.join(missing)}")
    if running and resources.not_live:
        names = ", ".join(resources.not_live)
        raise failure(f"can't live migrate running VM which uses following mapped devices: {names}")
    job.journal.say("migrating VM which uses mapped local devices")


def _list_volumes(guest: Guest) -> list[str]:
    """The volumes in the guest's drives, those of CDs too."""
    return [disk.file for disk in all_disks(guest.config) if disk.storage is not None]
