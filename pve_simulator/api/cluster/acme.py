# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""/cluster/acme/account: no authority can be reached from a simulated cluster, so there is never an account."""

from __future__ import annotations

from typing import Any

from pve_simulator.errors import failure, invalid
from pve_simulator.requests.call import Call
from pve_simulator.requests.router import route
from pve_simulator.world.tasks import Task

_PATH = "/cluster/acme/account"


@route("POST", _PATH)
def register(call: Call) -> str:
    """A task that asks an authority for an account, and gets no answer."""

    async def worker(task: Task) -> None:
        task.say("Generating ACME account key..")
        task.say("Registering ACME account..")
        await task.work()
        raise failure("Registration failed!")

    return call.task("acmeregister", "", worker)


@route("GET", f"{_PATH}/{{name}}")
def read(call: Call) -> Any:
    """Refused: there is none."""
    raise _missing(call)


@route("PUT", f"{_PATH}/{{name}}")
def update(call: Call) -> Any:
    """Refused: there is none."""
    raise _missing(call)


@route("DELETE", f"{_PATH}/{{name}}")
def deactivate(call: Call) -> Any:
    """Refused: there is none."""
    raise _missing(call)


def _missing(call: Call) -> Exception:
    return invalid({"name": f"ACME account config file '{call.need('name')}' does not exist."})
