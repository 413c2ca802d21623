#!/usr/bin/python
# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: pve_guest_info
short_description: List QEMU and LXC guests of Proxmox VE
version_added: 0.1.0
author:
  - Playvisor contributors (@playvisor)
description:
  - Lists the guests of a cluster, or those that are chosen, with their node, status, tags, pool and use of resources.
  - One API request serves all guests. It shows names, states and use of resources of up to 10 seconds ago. A guest
    named by O(vmid) or O(name), and guests chosen by name, type, status or O(guests.templates), are shown as
    they are now, for one request more for that guest, or one for each node and type.
  - Each of O(config), O(status), O(pending), O(snapshots), O(addresses), O(tasks) and O(history) adds one request for
    each chosen guest.
  - A node that does not answer is a warning, not a failure; its guests are listed with status V(unknown).
extends_documentation_fragment:
  - playvisor.proxmox.auth
  - playvisor.proxmox.guests
  - playvisor.proxmox.guests.selection
  - playvisor.proxmox.attributes.info
options:
  config:
    description: Add each guest's configuration as RV(guests[].config), as it will be after pending changes.
    type: bool
    default: false
  status:
    description: Add each guest's live status as RV(guests[].current), and its power state as RV(guests[].state).
    type: bool
    default: false
  pending:
    description: Add changes of each guest's configuration that wait for a restart as RV(guests[].pending).
    type: bool
    default: false
  snapshots:
    description: Add each guest's snapshots as RV(guests[].snapshots).
    type: bool
    default: false
  addresses:
    description:
      - Add the addresses of each running guest as RV(guests[].addresses). A QEMU guest needs the guest agent for that.
    type: bool
    default: false
  tasks:
    description: Add the tasks about each guest that run now as RV(guests[].tasks), such as the one that has locked it.
    type: bool
    default: false
  history:
    description: Add how busy each guest was during the last V(hour), V(day) and so on.
    type: str
    choices: [hour, day, week, month, year]
  points:
    description: Most entries of RV(guests[].history), 1 to 2000; where there are more, neighbours are averaged.
    type: int
    default: 60
seealso:
  - module: playvisor.proxmox.pve_guest_state
  - module: playvisor.proxmox.pve_task_info
"""

EXAMPLES = r"""
- name: List all guests
  playvisor.proxmox.pve_guest_info:
  register: all

- name: List running web servers of one pool
  playvisor.proxmox.pve_guest_info:
    guests:
      names: [web-*]
      pool: production
      status: running

- name: Look at one guest in full
  playvisor.proxmox.pve_guest_info:
    vmid: 101
    config: true
    status: true
"""

RETURN = r"""
guests:
  description: The chosen guests, by vmid.
  returned: success
  type: list
  elements: dict
  contains:
    vmid:
      description: Id of the guest.
      type: int
      returned: always
      sample: 101
    name:
      description: Name of the guest.
      type: str
      returned: always
      sample: web-01
    node:
      description: Node that the guest is on.
      type: str
      returned: always
      sample: pve1
    type:
      description: V(qemu) or V(lxc).
      type: str
      returned: always
      sample: qemu
    status:
      description: V(running), V(stopped) or V(unknown); always V(unknown) while the node is offline.
      type: str
      returned: always
      sample: running
    tags:
      description: Tags of the guest.
      type: list
      elements: str
      returned: always
      sample: [prod, web]
    pool:
      description: Pool that the guest is in, if any.
      type: str
      returned: always
      sample: production
    template:
      description: Whether it is a template.
      type: bool
      returned: always
    lock:
      description: The operation that holds the guest, such as V(backup), if any.
      type: str
      returned: always
    hastate:
      description: State under the HA manager, if it manages the guest.
      type: str
      returned: always
    cpus:
      description: Number of CPUs.
      type: int
      returned: always
      sample: 2
    maxmem:
      description: Memory in bytes.
      type: int
      returned: always
      sample: 2147483648
    mem:
      description: Memory in use in bytes.
      type: int
      returned: always
    maxdisk:
      description: Size of the root disk in bytes.
      type: int
      returned: always
      sample: 34359738368
    uptime:
      description: Seconds since it was started.
      type: int
      returned: always
      sample: 86400
    config:
      description: Configuration with its digest, as C(GET /nodes/{node}/{type}/{vmid}/config) answers.
      type: dict
      returned: when O(config=true)
    current:
      description: Live status, as C(GET /nodes/{node}/{type}/{vmid}/status/current) answers.
      type: dict
      returned: when O(status=true)
    state:
      description: Power state, V(running), V(paused), V(stopped), V(hibernated) or V(unknown).
      type: str
      returned: when O(status=true)
    pending:
      description: Each option that waits for a restart, as C(key), with its present C(value) and what is C(pending).
      type: list
      elements: dict
      returned: when O(pending=true)
      sample: [{key: memory, value: '2048', pending: '4096', delete: false}]
    snapshots:
      description: The guest's snapshots, oldest first, with C(parent), C(description), C(vmstate) and C(snaptime).
      type: list
      elements: dict
      returned: when O(snapshots=true)
      sample: [{name: before-upgrade, parent: null, description: '', vmstate: false, snaptime: 1795220863}]
    addresses:
      description: Addresses of the guest that are neither loopback nor link-local. Null when the guest can't be asked.
      type: list
      elements: str
      returned: when O(addresses=true)
      sample: [192.0.2.13]
    tasks:
      description: The tasks about the guest that run now, each with C(upid), C(type), C(user) and C(starttime).
      type: list
      elements: dict
      returned: when O(tasks=true)
    usage:
      description:
        - How busy the guest was, by C(cpu) (share of its CPUs in use, 0 to 1), C(mem) (bytes), and C(diskread),
          C(diskwrite), C(netin) and C(netout) (bytes per second). Null is what was not measured.
        - Of each the C(cpu_average), C(cpu_min), C(cpu_peak), C(cpu_last) and so on, and with C(cpu_peak_time) when the
          peak was, in seconds since the epoch; of all that Proxmox VE has, whatever O(points) is.
      type: dict
      returned: when O(history) is given
      sample: {timeframe: hour, cpu_average: 0.12, cpu_peak: 0.9, mem_average: 1610612736, mem_peak: 1717986918}
    history:
      description:
        - The course of it, oldest first, with C(time) in seconds since the epoch. Null is when the guest was off.
        - At most O(points) entries; where Proxmox VE has more, each is the average of several.
      type: list
      elements: dict
      returned: when O(history) is given
      sample: [{time: 1795220820, cpu: 0.12, mem: 1610612736, diskread: 20480, diskwrite: 0, netin: 900, netout: 400}]
failure:
  description: Why the task failed, with C(code), C(message), C(hint), C(http_status), C(fields) and C(task_log).
  returned: failure
  type: dict
"""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from ..module_utils._api.client import Client, segment
from ..module_utils._api.concurrency import READS_AT_ONCE, bounded_map
from ..module_utils._api.errors import PveError
from ..module_utils._api.sight import warn_of_blindness
from ..module_utils._api.tasks import Upid
from ..module_utils._guest.addresses import find_addresses
from ..module_utils._guest.guest import Guest
from ..module_utils._guest.inventory import Inventory, require_online
from ..module_utils._guest.lookup import find_guests
from ..module_utils._guest.power import parse_power_state
from ..module_utils._guest.selection import guests_spec
from ..module_utils._guest.snapshots import read_tree
from ..module_utils._guest.usage import TIMEFRAMES, describe_history
from ..module_utils._module.module import PveModule, run_info

# Options that cost one request for each guest.
DETAILS = (
    "config",
    "status",
    "pending",
    "snapshots",
    "addresses",
    "tasks",
    "history",
)


def gather(client: Client, params: dict[str, Any]) -> dict[str, Any]:
    inventory, chosen = find_guests(client, params)
    warnings = [] if inventory.guests else warn_of_blindness(client, "guests", "VM.Audit", "/vms")

    def read(guest: Guest) -> dict[str, Any]:
        entry = guest.as_dict()
        try:
            return {**entry, **_read_details(client, inventory, guest, params)}
        except PveError as error:
            if len(chosen) == 1:
                raise
            warnings.append(f"Guest {guest.label} could not be read in full: {error.message}")
            return entry

    lost = [guest for guest in chosen if not inventory.is_online(guest.node)]
    if lost and not any(params[option] for option in DETAILS):
        warnings.append(describe_lost(lost))
    concurrency = READS_AT_ONCE if any(params[option] for option in DETAILS) else 1
    return {"guests": bounded_map(concurrency, read, chosen), "warnings": warnings}


def describe_lost(guests: Sequence[Guest]) -> str:
    """The sentence that lists up to ten guests whose nodes are offline."""
    nodes = ", ".join(sorted({guest.node for guest in guests}))
    labels = ", ".join(guest.label for guest in guests[:10]) + (" and more" if len(guests) > 10 else "")
    return f"Offline: {nodes}. What these guests do is not known, and names may be old: {labels}."


def _read_details(client: Client, inventory: Inventory, guest: Guest, params: dict[str, Any]) -> dict[str, Any]:
    details: dict[str, Any] = {}
    if any(params[option] for option in DETAILS):
        require_online(inventory, guest)
    if params["config"]:
        details["config"] = client.get(f"{guest.path}/config")
    if params["status"]:
        details["current"] = client.get(f"{guest.path}/status/current")
        details["state"] = parse_power_state(details["current"])
    if params["pending"]:
        details["pending"] = select_pending(client.get(f"{guest.path}/pending"))
    if params["snapshots"]:
        tree = read_tree(guest, client.get(f"{guest.path}/snapshot"), 0.0)
        oldest_first = sorted(tree.snapshots.values(), key=lambda snapshot: (snapshot.snaptime, snapshot.name))
        details["snapshots"] = [asdict(snapshot) for snapshot in oldest_first]
    if params["addresses"]:
        details["addresses"] = find_addresses(client, guest)
    if params["tasks"]:
        active = client.get(f"/nodes/{segment(guest.node)}/tasks", vmid=guest.vmid, source="active")
        details["tasks"] = select_running(active)
    if params["history"]:
        measured = client.get(f"{guest.path}/rrddata", timeframe=params["history"], cf="AVERAGE")
        details.update(describe_history(params["history"], measured, params["points"]))
    return details


def select_pending(entries: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The entries of C(GET .../pending) that wait for a restart, sorted by option."""
    return [
        {
            "key": entry["key"],
            "value": entry.get("value"),
            "pending": entry.get("pending"),
            "delete": bool(int(entry.get("delete") or 0)),
        }
        for entry in sorted(entries, key=lambda entry: entry["key"])
        if "pending" in entry or "delete" in entry
    ]


def select_running(entries: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The entries of C(GET .../tasks?source=active) that have not ended, latest first."""
    alive = [entry for entry in entries if not entry.get("endtime")]
    return [
        {
            "upid": entry["upid"],
            "type": entry["type"],
            "user": Upid.parse(entry["upid"]).user,
            "starttime": int(entry["starttime"]),
        }
        for entry in sorted(alive, key=lambda entry: -int(entry["starttime"]))
    ]


def main() -> None:
    module = PveModule(
        argument_spec={
            **guests_spec(),
            **{option: {"type": "bool", "default": False} for option in DETAILS if option != "history"},
            "history": {"type": "str", "choices": list(TIMEFRAMES)},
            "points": {"type": "int", "default": 60},
        },
        mutually_exclusive=[("vmid", "guests"), ("name", "guests")],
    )
    run_info(module, gather)


if __name__ == "__main__":
    main()
