# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What becomes of a guest's firewall file when the guest goes, or is copied."""

from __future__ import annotations

from copy import deepcopy

from pve_simulator.state.cluster import Cluster
from pve_simulator.state.firewall import Firewall


def remove_guest_firewall(cluster: Cluster, vmid: int) -> None:
    """Delete a guest's file, as its destruction does."""
    cluster.part(Firewall).guests.pop(vmid, None)


def copy_guest_firewall(cluster: Cluster, vmid: int, newid: int) -> None:
    """Give a clone what the original has, and nothing else."""
    guests = cluster.part(Firewall).guests
    guests.pop(newid, None)
    if vmid in guests:
        guests[newid] = deepcopy(guests[vmid])
