# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""/nodes/{node}/qemu/{vmid}/cloudinit: pending values, regenerating the drive, its files."""

from __future__ import annotations

from typing import Any

from pve_simulator.guests import power
from pve_simulator.guests.qemu.access import CLOUDINIT_OPTIONS
from pve_simulator.guests.qemu.cloudinit import render_file
from pve_simulator.guests.qemu.cloudinit_state import generate
from pve_simulator.requests.call import Call
from pve_simulator.requests.router import route
from pve_simulator.state.config_types import typed_value
from pve_simulator.state.node_system import NodeSystem
from pve_simulator.state.qemu import QemuState

_PATH = "/nodes/{node}/qemu/{vmid}/cloudinit"
_UNSET = ("", "0")


@route("GET", _PATH)
def read_pending(call: Call) -> list[dict[str, Any]]:
    """The options of cloud-init: the value on the drive, and the one that waits for the next regeneration."""
    guest = call.guest("qemu")
    state = guest.part(QemuState)
    config = guest.config
    entries = [
        {"key": key, "pending": _render_value(key, config[key])}
        for key in sorted(state.cloudinit_added)
        if key in config
    ]
    for key in CLOUDINIT_OPTIONS:
        if config.get(key, "") in _UNSET or key in state.cloudinit_added:
            continue
        entry: dict[str, Any] = {"key": key, "value": _render_value(key, state.cloudinit.get(key, config[key]))}
        if key in state.cloudinit:
            entry["pending"] = _render_value(key, config[key])
        entries.append(entry)
    entries += [{"key": key, "delete": 1} for key in sorted(state.cloudinit) if key not in config]
    return entries


@route("PUT", _PATH)
async def regenerate(call: Call) -> None:
    """Regenerate the drive."""
    async with call.world.locks.hold("qemu", call.vmid):
        guest = call.guest("qemu")
        power.check_lock(guest)
        generate(guest)


@route("GET", f"{_PATH}/dump")
def read_file(call: Call) -> str:
    """One of the drive's files, as it would be written now."""
    guest = call.guest("qemu")
    dns = call.cluster.nodes[guest.node].part(NodeSystem).dns
    return render_file(guest.config, guest.vmid, call.need("type"), dns)


def _render_value(key: str, value: str) -> str | int:
    return typed_value("qemu", key, value)
