# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""/nodes/{node}: vncshell, termproxy and vncwebsocket, shells of the node."""

from __future__ import annotations

from typing import Any

from pve_simulator.errors import ApiError, failure
from pve_simulator.requests.auth import is_console_ticket_valid
from pve_simulator.requests.call import Call
from pve_simulator.requests.consoles import make_one_time_password, open_console
from pve_simulator.requests.router import route

_KIND = "vncshell"


@route("POST", "/nodes/{node}/termproxy")
def open_terminal(call: Call) -> dict[str, Any]:
    """A shell on the node."""
    return open_console(call, f"/nodes/{call.node}", "", kind=_KIND, vnc=False)


@route("POST", "/nodes/{node}/vncshell")
def open_vnc(call: Call) -> dict[str, Any]:
    """A shell on the node as a VNC console; tokens cannot have one."""
    if call.subject.token is not None:
        raise failure(f"value '{call.subject.userid}' does not look like a valid user name")
    password = make_one_time_password() if call.flag("websocket") else None
    answer = open_console(call, f"/nodes/{call.node}", "", kind=_KIND, password=password)
    return answer if password is None else {**answer, "password": password}


@route("GET", "/nodes/{node}/vncwebsocket")
def open_websocket(call: Call) -> dict[str, Any]:
    """The port of the websocket; raises for a ticket of another console."""
    path, now = f"/nodes/{call.node}", call.world.clock.time()
    if not is_console_ticket_valid(call.cluster, call.need("vncticket"), call.subject.userid, path, now):
        raise ApiError(401, "permission denied - invalid PVEVNC ticket")
    return {"port": str(call.integer("port"))}
