#!/usr/bin/python
# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: pve_firewall_info
short_description: Show the firewall of Proxmox VE
version_added: 0.1.0
author:
  - Playvisor contributors (@playvisor)
description:
  - Shows rules, options, aliases, IP sets and security groups of the cluster, of nodes, of guests and of groups.
  - One API request serves each of O(kinds) at each place, and one more each IP set and each security group.
  - A node or one of several guests that can't be read is a warning, not a failure.
extends_documentation_fragment:
  - playvisor.proxmox.auth
  - playvisor.proxmox.guests
  - playvisor.proxmox.guests.selection
  - playvisor.proxmox.attributes.info
options:
  level:
    description:
      - Whose firewall it is. V(guest) is that of the guests chosen by O(vmid), O(name) or O(guests), or else of all,
        V(node) that of O(node), or else of all nodes, V(group) the rules of the security group O(group), or else of all
        groups.
      - Without this it is V(guest) when guests are named, V(group) or V(node) when one of them is, or else V(cluster).
    type: str
    choices: [cluster, node, guest, group]
  node:
    description:
      - With O(level=node), the only node to show.
      - With O(level=guest), the node on which the guests must be; the task fails when they are elsewhere.
    type: str
  group:
    description: With O(level=group), the only security group to show.
    type: str
  kinds:
    description: What to read. Without this, everything that O(level) has; not used with O(level=group).
    type: list
    elements: str
    choices: [options, aliases, ipsets, groups, rules]
seealso:
  - module: playvisor.proxmox.pve_firewall
"""

EXAMPLES = r"""
- name: Show the firewall of one guest
  playvisor.proxmox.pve_firewall_info:
    level: guest
    name: web-01

- name: Find the guests whose firewall is off
  playvisor.proxmox.pve_firewall_info:
    level: guest
    kinds: [options]
  register: all

- name: Show the rules of all security groups
  playvisor.proxmox.pve_firewall_info:
    level: group
"""

RETURN = r"""
firewalls:
  description: The firewalls that were read, guests by vmid, nodes and groups by name.
  returned: success
  type: list
  elements: dict
  contains:
    level:
      description: As O(level).
      type: str
      returned: always
      sample: guest
    vmid:
      description: Id of the guest.
      type: int
      returned: when O(level=guest)
      sample: 101
    name:
      description: Name of the guest.
      type: str
      returned: when O(level=guest)
      sample: web-01
    node:
      description: The node, or the one that the guest is on.
      type: str
      returned: when O(level=guest) or O(level=node)
      sample: pve1
    type:
      description: Type of the guest, V(qemu) or V(lxc).
      type: str
      returned: when O(level=guest)
      sample: qemu
    group:
      description: The security group.
      type: str
      returned: when O(level=group)
      sample: webservers
    comment:
      description: Comment of the security group.
      type: str
      returned: when O(level=group)
      sample: What every web server needs
    options:
      description: Options that are set. Others have the defaults of Proxmox VE.
      type: dict
      returned: when asked for, at a level that has them
      sample: {enable: true, policy_in: DROP}
    aliases:
      description: Aliases by name, each with C(name), C(cidr) and C(comment).
      type: list
      elements: dict
      returned: when asked for, at a level that has them
      sample: [{name: office, cidr: 192.0.2.0/24, comment: ''}]
    ipsets:
      description: IP sets by name, each with C(name), C(comment) and its C(entries).
      type: list
      elements: dict
      returned: when asked for, at a level that has them
      sample: [{name: admins, comment: '', entries: [{cidr: 192.0.2.0/24, nomatch: false, comment: ''}]}]
    groups:
      description: Security groups by name, each with C(name), C(comment) and its C(rules) as in RV(firewalls[].rules).
      type: list
      elements: dict
      returned: when asked for, at a level that has them
      sample: [{name: webservers, comment: '', rules: []}]
    rules:
      description: Rules in order, with those fields of each that are set.
      type: list
      elements: dict
      returned: when asked for, and when O(level=group)
      contains:
        pos:
          description: Position of the rule, from 0.
          type: int
          returned: always
        key:
          description: Key of the rule in C(pve_firewall), from the end of its comment; null when it has none.
          type: str
          returned: always
          sample: ssh
        enable:
          description: Whether the rule is in force.
          type: bool
          returned: always
        type:
          description: V(in), V(out), V(forward) or V(group).
          type: str
          returned: always
        action:
          description: V(ACCEPT), V(DROP) or V(REJECT), or the name of a group.
          type: str
          returned: always
        comment:
          description: Comment without the key.
          type: str
          returned: always
        errors:
          description: What is wrong with fields of the rule, such as an alias that is not there (any more).
          type: dict
          returned: when there is something
failure:
  description: Why the task failed, with C(code), C(message), C(hint), C(http_status), C(fields) and C(task_log).
  returned: failure
  type: dict
"""

from collections.abc import Sequence
from typing import Any

from ..module_utils._api.client import Client, segment
from ..module_utils._api.concurrency import READS_AT_ONCE, bounded_map
from ..module_utils._api.errors import INVALID_PARAMETER, NOT_FOUND, PveError
from ..module_utils._api.sight import warn_of_blindness
from ..module_utils._firewall.firewall import (
    KINDS,
    Place,
    cluster_place,
    describe_entry,
    find_node_place,
    guest_place,
    node_place,
)
from ..module_utils._firewall.lists import parse_listing, read_listing
from ..module_utils._firewall.params import check_place
from ..module_utils._firewall.rules import describe_rule
from ..module_utils._guest.inventory import require_online
from ..module_utils._guest.lookup import find_guests
from ..module_utils._guest.selection import guests_spec
from ..module_utils._module.module import PveModule, run_info


def gather(client: Client, params: dict[str, Any]) -> dict[str, Any]:
    params = {**params, "level": params["level"] or choose_level(params)}
    check_place(params)
    level = params["level"]
    kinds = KINDS[level] if params["kinds"] is None else params["kinds"]
    unknown = [kind for kind in kinds if kind not in KINDS[level]]
    if unknown:
        hint = f"It has {', '.join(KINDS[level])}."
        raise PveError(INVALID_PARAMETER, f"The firewall of a {level} has no {', '.join(unknown)}.", hint)
    if level == "group":
        return {"firewalls": _read_group_firewalls(client, params["group"])}
    if level == "cluster":
        return {"firewalls": [_read_firewall(client, cluster_place(), kinds)]}
    return _read_guests(client, params, kinds) if level == "guest" else _read_nodes(client, params["node"], kinds)


def choose_level(params: dict[str, Any]) -> str:
    """The level that the other options speak of."""
    if params["vmid"] is not None or params["name"] or params["guests"]:
        return "guest"
    return "group" if params["group"] else "node" if params["node"] else "cluster"


def _read_guests(client: Client, params: dict[str, Any], kinds: Sequence[str]) -> dict[str, Any]:
    inventory, chosen = find_guests(client, params)
    warnings = [] if inventory.guests else warn_of_blindness(client, "guests", "VM.Audit", "/vms")

    def read_guest(guest: Any) -> dict[str, Any] | None:
        try:
            require_online(inventory, guest)
            return _read_firewall(client, guest_place(guest), kinds)
        except PveError as error:
            if len(chosen) == 1:
                raise
            warnings.append(f"The firewall of guest {guest.label} could not be read: {error.message}")
            return None

    return {
        "firewalls": [firewall for firewall in bounded_map(READS_AT_ONCE, read_guest, chosen) if firewall],
        "warnings": warnings,
    }


def _read_nodes(client: Client, node: str | None, kinds: Sequence[str]) -> dict[str, Any]:
    if node is not None:
        return {"firewalls": [_read_firewall(client, find_node_place(client, node), kinds)]}
    warnings: list[str] = []

    def read_node(entry: dict[str, Any]) -> dict[str, Any] | None:
        try:
            if entry.get("status") == "offline":
                warnings.append(f"Node {entry['node']} is offline.")
                return None
            return _read_firewall(client, node_place(entry["node"]), kinds)
        except PveError as error:
            warnings.append(f"The firewall of node {entry['node']} could not be read: {error.message}")
            return None

    nodes = sorted(client.get("/nodes"), key=lambda entry: str(entry["node"]))
    return {
        "firewalls": [firewall for firewall in bounded_map(READS_AT_ONCE, read_node, nodes) if firewall],
        "warnings": warnings,
    }


def _read_group_firewalls(client: Client, name: str | None) -> list[dict[str, Any]]:
    groups = _read_groups(client, name.lower() if name else None)
    if name and not groups:
        raise PveError(NOT_FOUND, f"There is no security group {name}.", "List the groups without group.")
    return [{"level": "group", "group": entry.pop("name"), **entry} for entry in groups]


def _read_groups(client: Client, name: str | None = None) -> list[dict[str, Any]]:
    path = "/cluster/firewall/groups"
    items = [item for item in read_listing(client, path, "groups").items if name in (None, item.name)]

    def read_group(item: Any) -> dict[str, Any]:
        return {"name": item.name, **item.content, "rules": read_rules(client, f"{path}/{segment(item.name)}")}

    return bounded_map(READS_AT_ONCE, read_group, items)


def _read_firewall(client: Client, place: Place, kinds: Sequence[str]) -> dict[str, Any]:
    firewall: dict[str, Any] = {**place.target, "level": place.level}
    if "options" in kinds:
        options = read_listing(client, f"{place.path}/options", "options")
        firewall["options"] = {item.name: item.content["value"] for item in options.items}
    if "aliases" in kinds:
        firewall["aliases"] = [item.content for item in read_listing(client, f"{place.path}/aliases", "aliases").items]
    if "ipsets" in kinds:
        path = f"{place.path}/ipset"
        firewall["ipsets"] = [
            {
                "name": item.name,
                **item.content,
                "entries": [
                    describe_entry(entry)
                    for entry in read_listing(client, f"{path}/{segment(item.name)}", "entries").items
                ],
            }
            for item in read_listing(client, path, "ipset").items
        ]
    if "groups" in kinds:
        firewall["groups"] = _read_groups(client)
    if "rules" in kinds:
        firewall["rules"] = read_rules(client, f"{place.path}/rules")
    return firewall


def read_rules(client: Client, path: str) -> list[dict[str, Any]]:
    """The rules of a list, with their positions and the errors that the API reports for them."""
    entries = sorted(client.get(path), key=lambda entry: int(entry["pos"]))
    views = [describe_rule(item) for item in parse_listing(path, "rules", entries).items]
    return [
        {"pos": pos, **view, **({"errors": entry["errors"]} if entry.get("errors") else {})}
        for pos, (view, entry) in enumerate(zip(views, entries, strict=True))
    ]


def main() -> None:
    module = PveModule(
        argument_spec={
            **guests_spec(),
            "level": {"type": "str", "choices": list(KINDS)},
            "group": {"type": "str"},
            "kinds": {
                "type": "list",
                "elements": "str",
                "choices": ["options", "aliases", "ipsets", "groups", "rules"],
            },
        },
        mutually_exclusive=[("vmid", "guests"), ("name", "guests")],
    )
    run_info(module, gather)


if __name__ == "__main__":
    main()
