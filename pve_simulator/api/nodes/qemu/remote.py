# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Migration to another cluster: there is none, so nobody answers."""

from __future__ import annotations

from typing import Any

from pve_simulator.errors import invalid
from pve_simulator.requests.call import Call
from pve_simulator.requests.router import route

# How long the kernel tries to connect before it gives up, seconds: longer than the proxy waits for us.
_CONNECT_SECONDS = 130.0


@route("POST", "/nodes/{node}/qemu/{vmid}/remote_migrate")
async def remote_migrate(call: Call) -> Any:
    """Try to reach the other cluster."""
    call.guest("qemu")
    await _nobody_answers(call)


@route("POST", "/nodes/{node}/lxc/{vmid}/remote_migrate")
async def remote_migrate_container(call: Call) -> Any:
    """Try to reach the other cluster."""
    call.guest("lxc")
    await _nobody_answers(call)


async def _nobody_answers(call: Call) -> None:
    await call.world.clock.sleep(_CONNECT_SECONDS)
    raise invalid({"target-endpoint": "could not connect to remote cluster"})
