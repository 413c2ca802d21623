#!/usr/bin/python
# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: pve_console
short_description: Open the console of a guest or the shell of a node in Proxmox VE
version_added: 0.1.0
author:
  - Playvisor contributors (@playvisor)
description:
  - Asks Proxmox VE for a ticket with which one client, such as noVNC or xterm.js, can connect within 10 seconds to the
    screen or the terminal of a running guest, or to the shell of a node.
  - Nothing about the guest changes, but whoever connects can type into it, and Proxmox VE starts a proxy for each
    ticket, whose task fails when no client connects.
  - In check mode it returns the plan, that is, the exact API requests it would send.
    M(playvisor.proxmox.pve_console_info) gives a link without a ticket.
extends_documentation_fragment:
  - playvisor.proxmox.auth
  - playvisor.proxmox.attributes
options:
  vmid:
    description:
      - Id of the guest, 100 to 999999999.
      - Together with O(name), the guest with this id must have that name.
    type: int
  name:
    description:
      - Name of the guest. Two guests of one name are an error that lists both; use O(vmid) then.
    type: str
  node:
    description:
      - Node whose shell to open; with O(vmid) or O(name), the node on which the guest must be.
    type: str
  console:
    description:
      - The screen over VNC, or a text terminal, for which a QEMU guest needs a serial port. Of a node there is the
        terminal only.
    type: str
    choices: [vnc, terminal]
    default: vnc
  serial:
    description: Serial port of a QEMU guest for O(console=terminal).
    type: str
    choices: [serial0, serial1, serial2, serial3]
  timeout:
    description: Seconds to wait; Proxmox VE gives tickets at once.
    type: int
    default: 60
  expect_plan:
    description:
      - Digest of a plan, as returned in RV(plan.digest) by a run in check mode.
      - If the plan would be another one by now, the task fails with C(failure.code=drifted) and changes nothing.
    type: str
notes:
  - The ticket opens the console to whoever has it, and is in the result because it was asked for. Set C(no_log) on the
    task where others read results. In runs of Playvisor, its gateway keeps the ticket; the result has an id instead.
seealso:
  - module: playvisor.proxmox.pve_console_info
"""

EXAMPLES = r"""
- name: Open the screen of a machine
  playvisor.proxmox.pve_console:
    name: web-01
  register: opened
  no_log: true

- name: Open the shell of a node
  playvisor.proxmox.pve_console:
    node: pve1
    console: terminal
  register: opened
  no_log: true
"""

RETURN = r"""
consoles:
  description: The console, in a list of one.
  returned: when the guest could be looked up
  type: list
  elements: dict
  contains:
    vmid:
      description: Id of the guest.
      type: int
      returned: for a guest
      sample: 101
    name:
      description: Name of the guest.
      type: str
      returned: for a guest
      sample: web-01
    node:
      description: Node that the guest is on, or whose shell it is.
      type: str
      returned: always
      sample: pve1
    type:
      description: V(qemu), V(lxc) or V(node).
      type: str
      returned: always
      sample: qemu
    before:
      description: That no such console is open.
      type: dict
      returned: always
      sample: {console: closed}
    after:
      description: That it waits for its client. Empty when unknown.
      type: dict
      returned: always
      sample: {console: waiting}
    kind:
      description: V(vnc) or V(terminal).
      type: str
      returned: always
      sample: vnc
    console:
      description: Id by which Playvisor's gateway, which keeps the ticket, knows it. Null without that gateway.
      type: str
      returned: once it was opened
    ticket:
      description: The ticket, which is a secret. Null where Playvisor's gateway keeps it.
      type: str
      returned: once it was opened
    password:
      description: Password that VNC itself asks for, which is a secret. Null where there is none, or none is shown.
      type: str
      returned: once it was opened
    user:
      description: User that the ticket is for.
      type: str
      returned: once it was opened
      sample: root@pam
    port:
      description: Port that the proxy waits at on the node.
      type: int
      returned: once it was opened
      sample: 5900
    websocket:
      description: Where a client connects, with the ticket in it. Null where Playvisor's gateway keeps the ticket.
      type: str
      returned: once it was opened
    upid:
      description: Task of Proxmox VE that is the proxy.
      type: str
      returned: once it was opened
    changed:
      description: Whether it was opened, or would be.
      type: bool
      returned: always
    upids:
      description: Always empty, as nothing waits for the proxy's task.
      type: list
      elements: str
      returned: always
    unknown:
      description: True when it can\'t be known whether it was opened, as the answer to the request was lost.
      type: bool
      returned: when it is unknown
    failure:
      description: Why it failed, as RV(failure); null when it did not.
      type: dict
      returned: always
plan:
  description: What opens the console.
  returned: when the guest could be looked up
  type: dict
  contains:
    digest:
      description: Names this plan; give it as O(expect_plan) to apply this plan or nothing.
      type: str
      returned: always
    steps:
      description: The API requests in order.
      type: list
      elements: dict
      returned: always
upids:
  description: Always empty, as nothing waits for the proxy's task.
  returned: when the guest could be looked up
  type: list
  elements: str
unknown:
  description: True when it can\'t be known what became of a request; RV(failure) says which, and how to find out.
  returned: when it is unknown
  type: bool
failure:
  description: Why the task failed, with C(code), C(message), C(hint), C(http_status), C(fields) and C(task_log).
  returned: failure
  type: dict
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..module_utils._api.client import Client, segment
from ..module_utils._api.errors import NODE_OFFLINE, UNSUPPORTED, PveError
from ..module_utils._api.missing import missing_error
from ..module_utils._api.tasks import write_journal
from ..module_utils._guest.consoles import build_ticket_request, describe_ticket, require_console, require_serial
from ..module_utils._guest.guest import Guest
from ..module_utils._guest.lookup import find_guest, read_status, with_config
from ..module_utils._module.module import PveModule
from ..module_utils._module.plan import Plan, Step
from ..module_utils._run.resource import Outcome, Resource
from ..module_utils._run.runner import run_plans


@dataclass(frozen=True)
class Place:
    """What has the console: a guest, or a node itself."""

    node: str
    guest: Guest | None = None

    @property
    def path(self) -> str:
        return self.guest.path if self.guest else f"/nodes/{segment(self.node)}"

    @property
    def type(self) -> str:
        return self.guest.type if self.guest else "node"


class Consoles(Resource[Place]):
    noun = "consoles"
    settle_seconds = 0

    def __init__(self) -> None:
        self.opened: set[Place] = set()

    def observe(self, client: Client, params: dict[str, Any]) -> Sequence[Place]:
        if params["vmid"] is None and not params["name"]:
            return [observe_node(client, params["node"], params["console"])]
        inventory, guest = find_guest(client, params, read_status)
        require_console(inventory, guest, params)
        guest = with_config(client, guest)
        if params["console"] == "terminal":
            require_serial(guest, params["serial"])
        return [Place(guest.node, guest)]

    def target(self, observed: Place) -> dict[str, Any]:
        return observed.guest.identity() if observed.guest else {"node": observed.node, "type": "node"}

    def affected_guest(self, observed: Place) -> Guest | None:
        return observed.guest

    def plan(self, observed: Place, params: dict[str, Any]) -> Plan:
        what = f"a {'screen' if params['console'] == 'vnc' else 'terminal'} is asked for"
        path, options = build_ticket_request(observed.path, observed.type, params)
        return Plan(
            self.target(observed),
            (Step("POST", path, what, options, task=False),),
            {"console": "closed"},
            {"console": "waiting"},
            basis={"console": params["console"]},
        )

    def send(self, client: Client, observed: Place, step: Step, outcome: Outcome) -> Any:
        answer = super().send(client, observed, step, outcome)
        self.opened.add(observed)
        write_journal(answer["upid"])
        outcome.facts |= describe_ticket(client.connection.url, observed.path, answer)
        return answer

    def read_state(self, client: Client, observed: Place, plan: Plan) -> dict[str, Any]:
        # Nothing can be read of it until its client has come: only the answer tells that it waits.
        if observed not in self.opened:
            raise PveError(UNSUPPORTED, "Proxmox VE doesn't tell whether a console waits.", is_lasting=True)
        return plan.after

    def extra_facts(self, observed: Place, plan: Plan, client: Client | None = None) -> dict[str, Any]:
        return {"kind": plan.basis["console"]} if plan.basis else {}


def observe_node(client: Client, name: str, console: str) -> Place:
    """The node whose shell is asked for. Raises C(not_found), C(node_offline) or C(unsupported)."""
    if console != "terminal":
        raise PveError(UNSUPPORTED, "The shell of a node is a terminal.", "Ask for console=terminal.")
    nodes = {entry["node"]: entry.get("status") for entry in client.get("/nodes")}
    if name not in nodes:
        raise missing_error("node", name, nodes)
    if nodes[name] != "online":
        raise PveError(NODE_OFFLINE, f"Node {name} is offline.", "Bring the node back.")
    return Place(name)


def main() -> None:
    module = PveModule(
        argument_spec={
            "vmid": {"type": "int"},
            "name": {"type": "str"},
            "node": {"type": "str"},
            "console": {"type": "str", "choices": ["vnc", "terminal"], "default": "vnc"},
            "serial": {"type": "str", "choices": ["serial0", "serial1", "serial2", "serial3"]},
            "timeout": {"type": "int", "default": 60},
            "expect_plan": {"type": "str"},
        },
        required_one_of=[("vmid", "name", "node")],
    )
    run_plans(module, Consoles())


if __name__ == "__main__":
    main()
