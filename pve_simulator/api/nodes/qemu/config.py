# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""/nodes/{node}/qemu/{vmid}: config, pending, unlink."""

from __future__ import annotations

from typing import Any

from pve_simulator.errors import failure
from pve_simulator.guests.configs import config_view, pending_view
from pve_simulator.guests.qemu.update import apply_change, check_change, read_change
from pve_simulator.requests.call import Call
from pve_simulator.requests.router import route
from pve_simulator.world.tasks import Task

_CONFIG = "/nodes/{node}/qemu/{vmid}/config"


@route("GET", _CONFIG)
def read_config(call: Call) -> dict[str, Any]:
    """The configuration, its values typed as the schema says."""
    return config_view(call, "qemu")


@route("GET", "/nodes/{node}/qemu/{vmid}/pending")
def read_pending(call: Call) -> list[dict[str, Any]]:
    """The configuration with the changes that wait for a restart."""
    return pending_view(call.guest("qemu"))


@route("PUT", _CONFIG)
async def update(call: Call) -> None:
    """Change the configuration before answering."""
    await _change_now(call, call.params)


@route("PUT", "/nodes/{node}/qemu/{vmid}/unlink")
async def unlink(call: Call) -> None:
    """Detach drives or remove unused volumes: a change that only deletes."""
    params = {key: value for key, value in call.params.items() if key != "idlist"}
    await _change_now(call, {**params, "delete": call.need("idlist")})


@route("POST", _CONFIG)
async def update_in_task(call: Call) -> str | None:
    """Change the configuration in a task; with `background_delay` wait that many seconds for it to end."""
    change = read_change(call)
    check_change(call.guest("qemu"), change, resolve=False)

    async def worker(task: Task) -> None:
        async with call.world.locks.hold("qemu", call.vmid, task=task):
            check_change(call.guest("qemu"), change, resolve=True)
            task.say(f"update VM {call.vmid}: {change.line}")
            await task.work()
            apply_change(call, call.guest("qemu"), change, task.say)

    upid = call.task("qmconfig", call.vmid, worker)
    started = call.world.tasks.get(upid)
    if started is None or not await started.wait_within(call.integer("background_delay")):
        return upid
    if started.failed:
        raise failure(f"failed to update VM {call.vmid}: {started.exitstatus}")
    return None


async def _change_now(call: Call, params: dict[str, Any]) -> None:
    change = read_change(call, params)
    check_change(call.guest("qemu"), change, resolve=False)
    async with call.world.locks.hold("qemu", call.vmid):
        guest = call.guest("qemu")
        check_change(guest, change, resolve=True)
        apply_change(call, guest, change, lambda line: None)
