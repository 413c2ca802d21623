"""GET /version and GET /nodes/{node}/version."""

from __future__ import annotations

from pve_simulator.call import Call
from pve_simulator.product import VERSION_INFO
from pve_simulator.router import route


@route("GET", "/version")
@route("GET", "/nodes/{node}/version")
def version(call: Call) -> dict[str, str]:
    """The version of the API server."""
    return VERSION_INFO
