# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""GET /cluster/nextid."""

from __future__ import annotations

from pve_simulator.errors import failure, invalid
from pve_simulator.requests.call import Call
from pve_simulator.requests.router import route

_LOWER, _UPPER = 100, 1_000_000


@route("GET", "/cluster/nextid")
def next_id(call: Call) -> str:
    """The next free vmid as text, or whether a given one is free."""
    requested = call.params.get("vmid")
    if requested is not None:
        if int(requested) in call.cluster.guests:
            raise invalid({"vmid": f"VM {requested} already exists"})
        return str(requested)
    lower, upper = _read_limits(call)
    for vmid in range(lower, upper):
        if vmid not in call.cluster.guests:
            return str(vmid)
    raise failure(f"unable to get any free VMID in range [{lower}, {upper - 1}]")


def _read_limits(call: Call) -> tuple[int, int]:
    options = dict(
        option.split("=", 1) for option in call.cluster.options.get("next-id", "").split(",") if "=" in option
    )
    return int(options.get("lower", _LOWER)), int(options.get("upper", _UPPER))
