# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Drives a world without a server and without waiting: its clock stands still and jumps to what comes next."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from urllib.parse import quote, urlencode

from pve_simulator.http.message import Request, Response
from pve_simulator.server.app import Application
from pve_simulator.state.access import ROOT, Token
from pve_simulator.state.cluster import Cluster
from pve_simulator.world.clock import Clock
from pve_simulator.world.settings import Settings
from pve_simulator.world.world import World

_LONGEST_WAIT = 3600.0
_START = 1795222000.0
_NAME = "driver"
_FORM = "application/x-www-form-urlencoded"


class Driver:
    """One world at one frozen moment; tests and replays send requests and let tasks run to their end."""

    def __init__(self, cluster: Cluster, settings: Settings | None = None, start: float = _START) -> None:
        self.clock = Clock(start, speed=0)
        self.world = World(cluster, settings or Settings(task_seconds=1.0), self.clock)
        self.application = Application(self.world)

    async def send(self, request: Request) -> Response:
        """Answer a request; when the answer itself has to wait, time passes until it is there."""
        answer = asyncio.ensure_future(self.application(request))
        await self.clock.run_until_idle()
        limit = self.clock.time() + _LONGEST_WAIT
        while not answer.done():
            if not await self._jump(limit):
                # Nothing in the cluster will wake it: it waits for real time.
                await asyncio.sleep(0.001)
        await self.clock.run_until_idle()
        return answer.result()

    async def finish(self, upid: str) -> str | None:
        """Let time pass until a task has ended; its exit status."""
        task = self.world.tasks.get(upid)
        limit = self.clock.time() + _LONGEST_WAIT
        while task is not None and task.running and await self._jump(limit):
            pass
        await self.clock.run_until_idle()
        return task.exitstatus if task else None

    async def call(self, method: str, path: str, /, **params: Any) -> tuple[int, str, Any]:
        """An API call as a token of root: status, reason, and the JSON body (or text).

        In names of parameters `_` is `-`, and `__` is `_`.
        """
        named = {name.replace("__", "\0").replace("_", "-").replace("\0", "_"): params[name] for name in params}
        encoded = urlencode(named, doseq=True)
        in_body = method in ("POST", "PUT")
        headers = {"authorization": self._token()}
        if in_body:
            headers["content-type"] = _FORM
        target = f"/api2/json{quote(path, safe='/:!@')}" + (f"?{encoded}" if encoded and not in_body else "")
        request = Request.from_target(method, target, headers, encoded.encode() if in_body else b"")
        response = await self.send(request)
        return response.status, response.reason, decode_body(response)

    def _token(self) -> str:
        tokens = self.world.cluster.access.users[ROOT].tokens
        token = tokens.setdefault(_NAME, Token(privsep=False))
        return f"PVEAPIToken={ROOT}!{_NAME}={token.secret}"

    async def _jump(self, limit: float) -> bool:
        moment = self.clock.next_deadline()
        if moment is None or moment > limit:
            return False
        await self.clock.run_until(moment)
        return True


def decode_body(response: Response) -> Any:
    """The JSON of a response, or its text when it is not JSON."""
    if (response.content_type or "").startswith("application/json"):
        return json.loads(response.body)
    return response.body.decode()
