# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The services that the API knows, and what systemd says of them."""

from __future__ import annotations

from typing import Any

from pve_simulator.state.cluster import Cluster
from pve_simulator.state.node_system import NodeSystem

# Name -> description, unit state; those not installed have the unit's own name as description.
SERVICES: dict[str, tuple[str, str]] = {
    "chrony": ("chrony, an NTP client/server", "enabled"),
    "corosync": ("Corosync Cluster Engine", "enabled"),
    "cron": ("Regular background program processing daemon", "enabled"),
    "ksmtuned": ("Kernel Samepage Merging (KSM) Tuning Daemon", "enabled"),
    "lxcfs": ("FUSE filesystem for LXC", "enabled"),
    "postfix": ("Postfix Mail Transport Agent", "enabled"),
    "proxmox-firewall": ("Proxmox nftables firewall", "enabled"),
    "pve-cluster": ("The Proxmox VE cluster filesystem", "enabled"),
    "pve-firewall": ("Proxmox VE firewall", "enabled"),
    "pve-ha-crm": ("PVE Cluster HA Resource Manager Daemon", "enabled"),
    "pve-ha-lrm": ("PVE Local HA Resource Manager Daemon", "enabled"),
    "pve-lxc-syscalld": ("Proxmox VE LXC Syscall Daemon", "enabled"),
    "pvedaemon": ("PVE API Daemon", "enabled"),
    "pvefw-logger": ("Proxmox VE firewall logger", "enabled"),
    "pveproxy": ("PVE API Proxy Server", "enabled"),
    "pvescheduler": ("Proxmox VE scheduler", "enabled"),
    "pvestatd": ("PVE Status Daemon", "enabled"),
    "qmeventd": ("PVE Qemu Event Daemon", "enabled"),
    "spiceproxy": ("PVE SPICE Proxy Server", "enabled"),
    "sshd": ("OpenBSD Secure Shell server", "enabled"),
    "syslog": ("syslog.service", "not-found"),
    "systemd-journald": ("Journal Service", "static"),
    "systemd-timesyncd": ("systemd-timesyncd.service", "not-found"),
}


def service_view(cluster: Cluster, node: str, name: str) -> dict[str, Any]:
    """One service as the API shows it."""
    description, unit_state = SERVICES[name]
    runs = unit_state != "not-found" and name not in cluster.nodes[node].part(NodeSystem).stopped_services
    if name == "corosync" and cluster.name is None:
        # It only starts where there is a cluster to join.
        runs = False
    return {
        "service": name,
        "name": name,
        "desc": description,
        "state": "running" if runs else "dead",
        "active-state": "active" if runs else "inactive",
        "unit-state": unit_state,
    }
