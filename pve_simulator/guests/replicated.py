# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Guests that replication jobs copy to other nodes, when they themselves move."""

from __future__ import annotations

from pve_simulator.errors import failure
from pve_simulator.state.cluster import Cluster
from pve_simulator.state.guest import Guest
from pve_simulator.state.replication import Replication, ReplicationJob


def check_live_target(cluster: Cluster, guest: Guest, target: str, *, force: bool = False) -> None:
    """Raise when a replicated guest is to migrate live to a node that has no replica of it."""
    jobs = _list_jobs(cluster, guest)
    if guest.running and jobs and not force and all(job.config.get("target") != target for job in jobs):
        text = f"Cannot live-migrate replicated VM to node '{target}' - not a replication target."
        raise failure(f"{text} Use 'force' to override.")


def reverse_jobs(cluster: Cluster, guest: Guest, source: str) -> None:
    """Redirect jobs to the guest's new node to the node that it came from."""
    for job in _list_jobs(cluster, guest):
        if job.config.get("target") == guest.node:
            job.config["target"] = source


def _list_jobs(cluster: Cluster, guest: Guest) -> list[ReplicationJob]:
    return [job for name, job in cluster.part(Replication).jobs.items() if name.startswith(f"{guest.vmid}-")]
