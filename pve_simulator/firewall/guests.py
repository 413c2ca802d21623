# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A guest's firewall file when the guest is destroyed or cloned."""

from __future__ import annotations

from copy import deepcopy

from pve_simulator.state.cluster import Cluster
from pve_simulator.state.firewall import Firewall


def remove_guest_firewall(cluster: Cluster, vmid: int) -> None:
    """Delete a guest's file, as its destruction does."""
    cluster.part(Firewall).guests.pop(vmid, None)


def copy_guest_firewall(cluster: Cluster, vmid: int, newid: int) -> None:
    """Give a clone the file of the original, or none."""
    guests = cluster.part(Firewall).guests
    guests.pop(newid, None)
    if vmid in guests:
        guests[newid] = deepcopy(guests[vmid])
