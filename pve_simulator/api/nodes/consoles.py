# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""/nodes/{node}: vncshell and termproxy, shells of the node."""

from __future__ import annotations

from typing import Any

from pve_simulator.errors import failure
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
    answer = open_console(call, f"/nodes/{call.node}", "", kind=_KIND)
    if call.flag("websocket"):
        answer["password"] = make_one_time_password()
    return answer
