#!/usr/bin/python
# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: pve_cluster_info
short_description: Sum up a Proxmox VE cluster
version_added: 0.1.0
author:
  - Playvisor contributors (@playvisor)
description:
  - Sums up a cluster or a single node from three API requests, with its version and quorum, the load of its nodes, the
    space on its storages, and how many guests run. High availability and replication are read when asked for.
  - A node that is down is listed as offline; it is not a failure.
  - HA or replication that can't be read is a warning; what was not read is null.
extends_documentation_fragment:
  - playvisor.proxmox.auth
  - playvisor.proxmox.attributes.info
options:
  ha:
    description: Read what the HA manager does, and its rules, by two more requests.
    type: bool
    default: false
  replication:
    description:
      - Read the replication jobs, by one more request, and how they went, by one for each node that has a guest with
        a job.
    type: bool
    default: false
seealso:
  - module: playvisor.proxmox.pve_guest_info
  - module: playvisor.proxmox.pve_ha
"""

EXAMPLES = r"""
- name: Sum up the cluster
  playvisor.proxmox.pve_cluster_info:
  register: overview

- name: Stop here unless the cluster is quorate
  ansible.builtin.assert:
    that: overview.cluster.quorate

- name: Read the state of HA and replication, too
  playvisor.proxmox.pve_cluster_info:
    ha: true
    replication: true
  register: overview

- name: Stop here when a replication has failed
  ansible.builtin.assert:
    that: overview.replication | selectattr('fail_count') | length == 0
"""

RETURN = r"""
cluster:
  description: The cluster as a whole.
  returned: success
  type: dict
  contains:
    name:
      description: Name of the cluster; null for a node that is in none.
      type: str
      returned: always
      sample: production
    quorate:
      description: Whether it has quorum; a single node always has.
      type: bool
      returned: always
    version:
      description: Version of Proxmox VE on the node that answered.
      type: str
      returned: always
      sample: 9.2.11
    nodes_online:
      description: Number of nodes that are online.
      type: int
      returned: always
    nodes_total:
      description: Number of nodes.
      type: int
      returned: always
nodes:
  description: The nodes, by name.
  returned: success
  type: list
  elements: dict
  contains:
    node:
      description: Name of the node.
      type: str
      returned: always
      sample: pve1
    status:
      description: V(online), V(offline) or V(unknown).
      type: str
      returned: always
    cpu:
      description: CPU load as a share of all cores, 0 to 1.
      type: float
      returned: always
    maxcpu:
      description: Number of cores.
      type: int
      returned: always
    mem:
      description: Memory in use in bytes.
      type: int
      returned: always
    maxmem:
      description: Memory in bytes.
      type: int
      returned: always
    disk:
      description: Space in use on the root file system in bytes.
      type: int
      returned: always
    maxdisk:
      description: Size of the root file system in bytes.
      type: int
      returned: always
    uptime:
      description: Seconds since the node booted.
      type: int
      returned: always
guests:
  description: How many guests there are.
  returned: success
  type: dict
  contains:
    total:
      description: All guests, templates included.
      type: int
      returned: always
    running:
      description: Running guests.
      type: int
      returned: always
    stopped:
      description: Stopped guests that are no templates.
      type: int
      returned: always
    unknown:
      description: Guests whose status is not known, such as those on a node that is down.
      type: int
      returned: always
    templates:
      description: Templates.
      type: int
      returned: always
    by_type:
      description: All guests by type, V(qemu) and V(lxc).
      type: dict
      returned: always
      sample: {qemu: 10, lxc: 2}
storage:
  description: The storages of each node, by name and node.
  returned: success
  type: list
  elements: dict
  contains:
    storage:
      description: Name of the storage.
      type: str
      returned: always
      sample: local
    node:
      description: Node that it is seen from.
      type: str
      returned: always
      sample: pve1
    type:
      description: Type of the storage, such as V(dir), V(lvmthin) or V(zfspool).
      type: str
      returned: always
      sample: dir
    shared:
      description: Whether it is the same storage on all nodes.
      type: bool
      returned: always
    status:
      description: V(available) or V(unknown).
      type: str
      returned: always
    content:
      description: What it may hold.
      type: list
      elements: str
      returned: always
      sample: [backup, iso, vztmpl]
    used:
      description: Space in use in bytes.
      type: int
      returned: always
    total:
      description: Size in bytes.
      type: int
      returned: always
ha:
  description: High availability.
  returned: with O(ha=true)
  type: dict
  contains:
    master:
      description: Node whose HA manager leads; null when it has had nothing to do yet.
      type: str
      returned: always
      sample: pve1
    armed:
      description:
        - Whether nodes that are lost get fenced, V(armed), V(standby) or V(disarmed). It is V(standby) without guests
          under HA.
      type: str
      returned: always
      sample: armed
    nodes:
      description: What the HA agent of each node says of itself, by C(node) and C(status).
      type: list
      elements: dict
      returned: always
      sample: [{node: pve1, status: 'pve1 (active, watchdog active, Sat Nov 21 00:30:09 2026)'}]
    resources:
      description:
        - The guests under HA, by C(sid), with C(vmid), C(node), C(state) as it is and C(request_state) as it is to be,
          C(max_restart), C(max_relocate), C(failback) and C(comment).
      type: list
      elements: dict
      returned: always
    rules:
      description:
        - The rules by name (C(rule)), with C(type), C(resources), C(disable) and C(comment), and either C(nodes) with
          their priorities and C(strict), or C(affinity).
      type: list
      elements: dict
      returned: always
replication:
  description: The replication jobs, by guest and id. How a job went is null where its node does not report it.
  returned: with O(replication=true)
  type: list
  elements: dict
  contains:
    id:
      description: Id of the job.
      type: str
      returned: always
      sample: 101-0
    vmid:
      description: Id of the guest.
      type: int
      returned: always
      sample: 101
    source:
      description: Node that the guest is on.
      type: str
      returned: always
      sample: pve1
    target:
      description: Node that its disks are copied to.
      type: str
      returned: always
      sample: pve2
    schedule:
      description: When it runs, as a calendar event of Proxmox VE.
      type: str
      returned: always
      sample: '*/15'
    disable:
      description: Whether it is off.
      type: bool
      returned: always
    comment:
      description: Comment of the job.
      type: str
      returned: always
    last_sync:
      description: Seconds since 1970 of the last run that went well; V(0) is none.
      type: int
      returned: always
    next_sync:
      description: Seconds since 1970 of the next run.
      type: int
      returned: always
    duration:
      description: Seconds that the last run took.
      type: float
      returned: always
    fail_count:
      description: How many runs have failed since one went well.
      type: int
      returned: always
    error:
      description: Why the last run failed; null when it did not.
      type: str
      returned: always
failure:
  description: Why the task failed, with C(code), C(message), C(hint), C(http_status), C(fields) and C(task_log).
  returned: failure
  type: dict
"""

from collections import Counter
from typing import Any

from ..module_utils._api.client import Client
from ..module_utils._api.sight import warn_of_blindness
from ..module_utils._cluster.cluster import read_ha, read_replication
from ..module_utils._guest.guest import TYPES, guest_from_entry
from ..module_utils._module.module import PveModule, run_info
from ..module_utils._storage.storages import describe_storage

NODE_FIELDS = ("cpu", "maxcpu", "mem", "maxmem", "disk", "maxdisk", "uptime")


def gather(client: Client, params: dict[str, Any]) -> dict[str, Any]:
    resources = client.get("/cluster/resources")
    result = summarize(client.get("/version"), client.get("/cluster/status"), resources)
    kinds = {entry["type"] for entry in resources}
    warnings = [] if kinds & {"qemu", "lxc"} else warn_of_blindness(client, "guests", "VM.Audit", "/vms")
    if "storage" not in kinds:
        warnings += warn_of_blindness(client, "storages", "Datastore.Audit", "/storage")
    if params["ha"]:
        result["ha"] = read_ha(client, warnings)
    if params["replication"]:
        result["replication"] = read_replication(client, resources, warnings)
    return {**result, "warnings": warnings}


def summarize(version: dict[str, Any], status: list[dict[str, Any]], resources: list[dict[str, Any]]) -> dict[str, Any]:
    """The result from C(/version), C(/cluster/status) and C(/cluster/resources)."""
    cluster = next((entry for entry in status if entry["type"] == "cluster"), {})
    members = {entry["name"]: entry for entry in status if entry["type"] == "node"}
    load = {entry["node"]: entry for entry in resources if entry["type"] == "node"}
    nodes = [_describe_node(name, members.get(name, {}), load.get(name, {})) for name in sorted({*members, *load})]
    return {
        "cluster": {
            "name": cluster.get("name"),
            "quorate": bool(int(cluster.get("quorate", 1))),
            "version": version["version"],
            "nodes_online": sum(node["status"] == "online" for node in nodes),
            "nodes_total": len(nodes),
        },
        "nodes": nodes,
        "guests": _count_guests(resources),
        "storage": sorted(
            (describe_storage(entry) for entry in resources if entry["type"] == "storage"),
            key=lambda entry: (entry["storage"], entry["node"]),
        ),
    }


def _describe_node(name: str, member: dict[str, Any], load: dict[str, Any]) -> dict[str, Any]:
    status = load.get("status", "unknown")
    if "online" in member:
        status = "online" if int(member["online"]) else "offline"
    return {"node": name, "status": status, **{field: load.get(field) for field in NODE_FIELDS}}


def _count_guests(resources: list[dict[str, Any]]) -> dict[str, Any]:
    guests = [guest_from_entry(entry) for entry in resources if entry["type"] in TYPES]
    by_status = Counter(guest.status for guest in guests if not guest.template)
    by_type = Counter(guest.type for guest in guests)
    return {
        "total": len(guests),
        "running": by_status["running"],
        "stopped": by_status["stopped"],
        "unknown": by_status.total() - by_status["running"] - by_status["stopped"],
        "templates": sum(guest.template for guest in guests),
        "by_type": {kind: by_type[kind] for kind in TYPES},
    }


def main() -> None:
    options = {
        "ha": {"type": "bool", "default": False},
        "replication": {"type": "bool", "default": False},
    }
    run_info(PveModule(argument_spec=options), gather)


if __name__ == "__main__":
    main()
