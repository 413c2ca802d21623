#!/usr/bin/python
# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: pve_console_info
short_description: Give the link to a guest's console in Proxmox VE, and a ticket for it
version_added: 0.1.0
author:
  - Playvisor contributors (@playvisor)
description:
  - Says where the console of a running guest opens in a browser, and asks Proxmox VE for a ticket with which a client
    of one's own, such as noVNC or xterm.js, can connect within 10 seconds.
  - Nothing about the guest changes, but Proxmox VE starts a proxy for each ticket, whose task fails when no client
    connects.
extends_documentation_fragment:
  - playvisor.proxmox.auth
  - playvisor.proxmox.attributes.info
attributes:
  check_mode:
    support: partial
    description: Gives the link in check mode as well.
    details: The API gives tickets for a C(POST) only, so there is none in check mode.
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
      - Node on which the guest must be; the task fails when it is elsewhere. It is needed only to choose one of several
        guests of one name.
    type: str
  console:
    description: The screen over VNC, or a text terminal, for which a QEMU guest needs a serial port.
    type: str
    choices: [vnc, terminal]
    default: vnc
  serial:
    description: Serial port of a QEMU guest for O(console=terminal).
    type: str
    choices: [serial0, serial1, serial2, serial3]
  ticket:
    description: Whether to ask for a ticket. Without one nothing but the link is returned.
    type: bool
    default: true
notes:
  - The ticket opens the guest's console to whoever has it, and is in the result because it was asked for. Set
    C(no_log) on the task, or O(ticket=false), where others read results.
  - The link contains no secret. Whoever opens it logs in to Proxmox VE and needs C(VM.Console) on the guest.
seealso:
  - module: playvisor.proxmox.pve_guest_info
"""

EXAMPLES = r"""
- name: Get the link to a guest's screen
  playvisor.proxmox.pve_console_info:
    name: web-01
    ticket: false
  register: console

- name: Get a ticket for the terminal of a container
  playvisor.proxmox.pve_console_info:
    vmid: 201
    console: terminal
  register: console
  no_log: true
"""

RETURN = r"""
console:
  description: How to reach the console.
  returned: success
  type: dict
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
    link:
      description: Page of Proxmox VE that shows the console to users who are logged in.
      type: str
      returned: always
      sample: https://pve.example.com:8006/?console=kvm&novnc=1&vmid=101&vmname=web-01&node=pve1&resize=off&cmd=
    ticket:
      description: The ticket, which is a secret. Null when there is none.
      type: str
      returned: always
    password:
      description: Password that VNC itself asks for, which is a secret. Null when there is none.
      type: str
      returned: always
    user:
      description: User that the ticket is for. Null when there is none.
      type: str
      returned: always
      sample: root@pam
    port:
      description: Port that the proxy waits at on the node. Null when there is no ticket.
      type: int
      returned: always
      sample: 5900
    websocket:
      description: Where a client connects, with the ticket in it. Null when there is no ticket.
      type: str
      returned: always
    upid:
      description: Task of Proxmox VE that is the proxy. Null when there is no ticket.
      type: str
      returned: always
failure:
  description: Why the task failed, with C(code), C(message), C(hint), C(http_status), C(fields) and C(task_log).
  returned: failure
  type: dict
"""

from typing import Any
from urllib.parse import urlencode

from ..module_utils._api.client import Client
from ..module_utils._api.tasks import write_journal
from ..module_utils._guest.consoles import build_ticket_request, describe_ticket, require_console
from ..module_utils._guest.guest import Guest
from ..module_utils._guest.lookup import find_guest, read_status
from ..module_utils._module.module import PveModule, run_info

NO_TICKET = dict.fromkeys(("ticket", "password", "user", "port", "websocket", "upid"))


def gather(client: Client, params: dict[str, Any], with_ticket: bool) -> dict[str, Any]:
    """The console of the chosen guest, with a ticket when I(with_ticket)."""
    inventory, guest = find_guest(client, params, read_status)
    require_console(inventory, guest, params)
    console = {**guest.identity(), "link": build_link(client.connection.url, guest, params["console"]), **NO_TICKET}
    if with_ticket:
        answer = client.request("POST", *build_ticket_request(guest.path, guest.type, params))
        write_journal(answer["upid"])
        console |= describe_ticket(client.connection.url, guest.path, answer)
    return {"console": console}


def build_link(url: str, guest: Guest, console: str) -> str:
    """The URL of the web interface's page for a console."""
    query = {"console": "kvm" if guest.type == "qemu" else "lxc", "novnc" if console == "vnc" else "xtermjs": 1}
    query |= {"vmid": guest.vmid, "vmname": guest.name, "node": guest.node}
    query |= {"resize": "off", "cmd": ""} if console == "vnc" else {"cmd": ""}
    return f"{url}/?{urlencode(query)}"


def main() -> None:
    module = PveModule(
        argument_spec={
            "vmid": {"type": "int"},
            "name": {"type": "str"},
            "node": {"type": "str"},
            "console": {"type": "str", "choices": ["vnc", "terminal"], "default": "vnc"},
            "serial": {"type": "str", "choices": ["serial0", "serial1", "serial2", "serial3"]},
            "ticket": {"type": "bool", "default": True},
        },
        required_one_of=[("vmid", "name")],
    )
    with_ticket = module.params["ticket"] and not module.check_mode
    run_info(module, lambda client, params: gather(client, params, with_ticket))


if __name__ == "__main__":
    main()
