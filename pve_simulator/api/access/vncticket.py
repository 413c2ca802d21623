# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""POST /access/vncticket: what console servers check before they let a client in."""

from __future__ import annotations

from pve_simulator.errors import ApiError
from pve_simulator.requests.auth import is_console_ticket_valid
from pve_simulator.requests.call import Call
from pve_simulator.requests.privileges import privileges
from pve_simulator.requests.router import route


@route("POST", "/access/vncticket")
def verify(call: Call) -> None:
    """Nothing, when the ticket opens this console and its user has the privileges."""
    authid, path, now = call.need("authid"), call.need("path"), call.world.clock.time()
    good = is_console_ticket_valid(call.cluster, call.need("vncticket"), authid, path, now)
    if not good or not privileges(call.cluster, authid, path).keys() >= set(call.items("privs")):
        raise ApiError(401, "authentication failure")
