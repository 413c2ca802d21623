#!/usr/bin/python
# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: pve_node_info
short_description: Show nodes of a Proxmox VE cluster
version_added: 0.1.0
author:
  - Playvisor contributors (@playvisor)
description:
  - Shows the nodes with load, memory, versions and uptime, from one request for the list and one for each node.
  - A node that is down, or that the credentials may not look into, is listed with what the cluster knows of it, and is
    a warning, not a failure.
extends_documentation_fragment:
  - playvisor.proxmox.auth
  - playvisor.proxmox.attributes.info
options:
  node:
    description: Show this node only.
    type: str
seealso:
  - module: playvisor.proxmox.pve_cluster_info
"""

EXAMPLES = r"""
- name: Show all nodes
  playvisor.proxmox.pve_node_info:
  register: found

- name: Name nodes that run another version than the first one
  ansible.builtin.debug:
    var: found.nodes | rejectattr('version', 'equalto', found.nodes[0].version) | map(attribute='node')
"""

RETURN = r"""
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
      description: Seconds since it booted.
      type: int
      returned: always
    loadavg:
      description: Load averages of the last 1, 5 and 15 minutes. Null when the node could not be read.
      type: list
      elements: float
      returned: always
    swap:
      description: Swap in use and in all, in bytes, as C(used) and C(total). Null when the node could not be read.
      type: dict
      returned: always
    version:
      description: Version of Proxmox VE. Null when the node could not be read.
      type: str
      returned: always
      sample: 9.2.11
    kernel:
      description: Release of its kernel. Null when the node could not be read.
      type: str
      returned: always
    cpu_model:
      description: Model of its CPU. Null when the node could not be read.
      type: str
      returned: always
failure:
  description: Why the task failed, with C(code), C(message), C(hint), C(http_status), C(fields) and C(task_log).
  returned: failure
  type: dict
"""

from typing import Any

from ..module_utils._api.client import Client, segment
from ..module_utils._api.concurrency import READS_AT_ONCE, bounded_map
from ..module_utils._api.errors import PveError
from ..module_utils._api.missing import missing_error
from ..module_utils._module.module import PveModule, run_info

LIST_FIELDS = ("cpu", "maxcpu", "mem", "maxmem", "disk", "maxdisk", "uptime")
STATUS_FIELDS = ("loadavg", "swap", "version", "kernel", "cpu_model")


def gather(client: Client, params: dict[str, Any]) -> dict[str, Any]:
    listed = {entry["node"]: entry for entry in client.get("/nodes")}
    node = params["node"]
    if node is not None and node not in listed:
        raise missing_error("node", node, listed)
    warnings: list[str] = []

    def read(name: str) -> dict[str, Any]:
        entry = listed[name]
        details: dict[str, Any] = dict.fromkeys(STATUS_FIELDS)
        if entry.get("status") == "offline":
            warnings.append(f"Node {name} is offline.")
        else:
            try:
                details = describe_status(client.get(f"/nodes/{segment(name)}/status"))
            except PveError as error:
                warnings.append(f"Node {name} could not be read: {error.message}")
        known = {field: entry.get(field) for field in LIST_FIELDS}
        return {"node": name, "status": entry.get("status", "unknown"), **known, **details}

    names = [node] if node else sorted(listed)
    return {"nodes": bounded_map(READS_AT_ONCE, read, names), "warnings": warnings}


def describe_status(status: dict[str, Any]) -> dict[str, Any]:
    """What C(GET /nodes/{node}/status) adds to the list of nodes."""
    swap = status.get("swap") or {}
    # "pve-manager/9.2.11/14a22df35955d97d"
    version = str(status.get("pveversion") or "").split("/")
    kernel = status.get("current-kernel") or {}
    return {
        "loadavg": [float(load) for load in status.get("loadavg") or ()],
        "swap": {"used": swap.get("used"), "total": swap.get("total")},
        "version": version[1] if len(version) > 1 else None,
        "kernel": kernel.get("release"),
        "cpu_model": (status.get("cpuinfo") or {}).get("model"),
    }


def main() -> None:
    run_info(PveModule(argument_spec={"node": {"type": "str"}}), gather)


if __name__ == "__main__":
    main()
