# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""GET /version and GET /nodes/{node}/version."""

from __future__ import annotations

from pve_simulator.requests.call import Call
from pve_simulator.requests.router import route
from pve_simulator.world.product import VERSION_INFO


@route("GET", "/version")
@route("GET", "/nodes/{node}/version")
def version(call: Call) -> dict[str, str]:
    """The version of the API server."""
    return VERSION_INFO
