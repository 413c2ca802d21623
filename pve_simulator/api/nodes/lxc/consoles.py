# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""/nodes/{node}/lxc/{vmid}: vncproxy, termproxy, vncwebsocket and spiceproxy."""

from __future__ import annotations

from typing import Any

from pve_simulator.errors import ApiError, failure
from pve_simulator.requests.auth import is_console_ticket_valid
from pve_simulator.requests.call import Call
from pve_simulator.requests.consoles import open_console
from pve_simulator.requests.router import route

_BASE = "/nodes/{node}/lxc/{vmid}"


@route("POST", f"{_BASE}/vncproxy")
def open_vnc(call: Call) -> dict[str, Any]:
    """A VNC console of the container's terminal."""
    guest = call.guest("lxc")
    return open_console(call, f"/vms/{guest.vmid}", guest.vmid, guest=guest)


@route("POST", f"{_BASE}/termproxy")
def open_terminal(call: Call) -> dict[str, Any]:
    """A terminal; its task has the type of a VNC proxy's."""
    guest = call.guest("lxc")
    return open_console(call, f"/vms/{guest.vmid}", guest.vmid, vnc=False, guest=guest)


@route("GET", f"{_BASE}/vncwebsocket")
def open_websocket(call: Call) -> dict[str, Any]:
    """The port of the websocket; raises for a ticket of another console."""
    path, now = f"/vms/{call.vmid}", call.world.clock.time()
    if not is_console_ticket_valid(call.cluster, call.need("vncticket"), call.subject.userid, path, now):
        raise ApiError(401, "permission denied - invalid PVEVNC ticket")
    return {"port": str(call.integer("port"))}


@route("POST", f"{_BASE}/spiceproxy")
def open_spice(call: Call) -> dict[str, Any]:
    """A SPICE terminal, of a running container only."""
    guest = call.guest("lxc")
    if not guest.running:
        raise failure(f"CT {guest.vmid} not running")
    answer = open_console(call, f"/vms/{guest.vmid}", guest.vmid, kind="spiceproxy")
    return {
        "type": "spice",
        "title": f"CT {guest.vmid}",
        "host": f"pvespiceproxy:{guest.vmid}:{call.node}::61000",
        "proxy": f"http://{call.text('proxy', call.node)}:3128",
        "tls-port": 61000,
        "ca": answer["cert"].replace("\n", "\\n"),
        "host-subject": f"OU=PVE Cluster Node,O=Proxmox Virtual Environment,CN={call.node}",
        "password": answer["ticket"][-40:],
        "delete-this-file": 1,
        "toggle-fullscreen": "Shift+F11",
        "release-cursor": "Ctrl+Alt+R",
        "secure-attention": "Ctrl+Alt+Ins",
    }
