# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Guests as the cluster knows them: free ids, pools, and everything that mentions a guest which is gone."""

from __future__ import annotations

from pve_simulator.errors import failure, forbidden
from pve_simulator.firewall.guests import remove_guest_firewall
from pve_simulator.schema.perl import split_list
from pve_simulator.state.backup import BackupJobs
from pve_simulator.state.cluster import Cluster
from pve_simulator.state.guest import Guest
from pve_simulator.state.ha import Ha, service_id
from pve_simulator.state.replication import Replication


def check_unused(cluster: Cluster, vmid: int) -> None:
    """Raise `VM 101 already exists on node '…'` for an id that is taken."""
    guest = cluster.guests.get(vmid)
    if guest is not None:
        raise failure(f"{guest.label} {vmid} already exists on node '{guest.node}'")


def check_pool(cluster: Cluster, pool: str | None) -> None:
    """Raise what a call gets that names a pool which is not there."""
    if pool is not None and pool not in cluster.pools:
        raise forbidden(f"Permission check failed (pool '{pool}' does not exist)")


def add(cluster: Cluster, guest: Guest, pool: str | None = None) -> None:
    """Add a guest, and put it into a pool."""
    cluster.guests[guest.vmid] = guest
    if pool is not None and guest.vmid not in cluster.pools[pool].vms:
        cluster.pools[pool].vms.append(guest.vmid)


def remove(cluster: Cluster, guest: Guest, *, purge: bool = False) -> bool:
    """Remove a guest with its pool, access rules and firewall; with `purge` its HA resource and jobs, too.

    Returns whether there was an HA resource to purge.
    """
    cluster.guests.pop(guest.vmid, None)
    for pool in cluster.pools.values():
        if guest.vmid in pool.vms:
            pool.vms.remove(guest.vmid)
    path = f"/vms/{guest.vmid}"
    cluster.access.acl = [entry for entry in cluster.access.acl if entry.path != path]
    remove_guest_firewall(cluster, guest.vmid)
    if not purge:
        return False
    _forget_jobs(cluster, guest.vmid)
    return cluster.part(Ha).resources.pop(service_id(guest), None) is not None


def is_ha_configured(cluster: Cluster, guest: Guest) -> bool:
    """Whether the HA manager has a resource for the guest, whatever its state."""
    return service_id(guest) in cluster.part(Ha).resources


def check_not_replicated(cluster: Cluster, vmid: int) -> None:
    """Raise when a replication job still needs the guest."""
    for name in list_replication_jobs(cluster, vmid):
        raise failure(f"There is a replication job '{name}' for guest '{vmid}' - Please remove that first.")


def list_replication_jobs(cluster: Cluster, vmid: int) -> list[str]:
    """The replication jobs of a guest."""
    return [name for name in cluster.part(Replication).jobs if name.partition("-")[0] == str(vmid)]


def _forget_jobs(cluster: Cluster, vmid: int) -> None:
    """Replication jobs end, backup jobs go on without the guest, and end when it was their only one."""
    for name in list_replication_jobs(cluster, vmid):
        del cluster.part(Replication).jobs[name]
    jobs = cluster.part(BackupJobs).jobs
    for name, job in list(jobs.items()):
        for key in ("vmid", "exclude"):
            if str(vmid) in split_list(str(job.get(key, ""))):
                job[key] = ",".join(item for item in split_list(str(job[key])) if item != str(vmid))
                if not job[key]:
                    del job[key]
                    if key == "vmid":
                        jobs.pop(name)
