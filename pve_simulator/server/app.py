# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""From a request to its response: authentication, contract, proxying, handler, errors."""

from __future__ import annotations

import asyncio
import itertools
import logging
from functools import partial
from typing import Any

from pve_simulator.consoles.serving import serve_console
from pve_simulator.errors import ApiError, failure
from pve_simulator.guests import ha_manager
from pve_simulator.guests.feed import WORKERS, Feed, freeze_node
from pve_simulator.http.message import (
    Request,
    Response,
    bare_response,
    error_response,
    json_response,
)
from pve_simulator.http.params import BadRequest, check_method, read_params
from pve_simulator.http.websocket import is_upgrade
from pve_simulator.requests.auth import Subject, Unauthorized, authenticate, is_public
from pve_simulator.requests.consoles import Consoles
from pve_simulator.requests.dispatch import NodeUnreachable, ProxyTimeout, dispatch
from pve_simulator.requests.router import RawReply, Reply, load_handlers
from pve_simulator.server.control import handle_control
from pve_simulator.world import fault_effects, quorum
from pve_simulator.world.tasks import Task
from pve_simulator.world.world import World

_LOGGER = logging.getLogger(__name__)
_PREFIX = "/api2/json"


class Application:
    """The API server of a world; `requests` remembers (method, API path, status) of what it answered."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.requests = world.requests
        self._turns = itertools.count()
        load_handlers()
        world.node_watchers += [freeze_node, ha_manager.handle_lost_node]
        world.tasks.interceptor = self._intercept_task

    async def _intercept_task(self, task: Task) -> None:
        quorum.check_task(self.world, task)
        await fault_effects.intercept_task(self.world, task)

    async def __call__(self, request: Request) -> Response:
        """Answer one request; never raises."""
        self.world.part(Feed).start(self.world)
        if request.path == "/sim" or request.path.startswith("/sim/"):
            return await handle_control(self.world, request)
        path = self._api_path(request.path)
        if path is None:
            return bare_response(404, f"no such file '{request.path}'")
        response = await self._answer(request, path)
        response.moment = self.world.clock.time()
        self.requests.append((request.method, path, response.status))
        return response

    @staticmethod
    def _api_path(path: str) -> str | None:
        if path != _PREFIX and not path.startswith(f"{_PREFIX}/"):
            return None
        return path.removeprefix(_PREFIX).rstrip("/") or "/"

    async def _answer(self, request: Request, path: str) -> Response:
        if self.world.settings.latency:
            await asyncio.sleep(self.world.settings.latency)
        injected = await fault_effects.answer_request(self.world, request, path)
        if injected is not None:
            return injected
        response = await self._carry_out(request, path)
        return fault_effects.deliver(self.world, request, path, response)

    async def _carry_out(self, request: Request, path: str) -> Response:
        try:
            check_method(request)
            subject = self._authenticate(request, path)
            params = read_params(request)
            method = "GET" if request.method == "HEAD" else request.method
            worker = self._choose_worker(request)
            result = await dispatch(self.world, subject, method, path, params.values, params.upload, worker)
            if path.endswith("/vncwebsocket") and is_upgrade(request):
                return self._answer_upgrade(path, result["port"])
            return _respond(result)
        except Unauthorized as error:
            await asyncio.sleep(self.world.settings.auth_delay)
            return bare_response(401, str(error), close=True)
        except BadRequest as error:
            return error.response
        except ApiError as error:
            if error.status == 401:
                await asyncio.sleep(self.world.settings.auth_delay)
            return error_response(error)
        except NodeUnreachable:
            return bare_response(595, "Connection refused")
        except ProxyTimeout:
            return bare_response(596, "Connection timed out", close=True)
        except Exception as error:
            # A defect of ours must reach the client that asked, and not end the connection for others.
            _LOGGER.exception("%s %s", request.method, path)
            return error_response(failure(f"simulator defect: {error!r}"))

    def _answer_upgrade(self, path: str, port: str) -> Response:
        """Connect a client with the console at a node's port, unless nothing listens there."""
        node = path.split("/")[2]
        node = self.world.cluster.local_node if node == "localhost" else node
        console = self.world.part(Consoles).take(node, int(port))
        if console is None:
            return bare_response(599, "Connection refused", close=True)
        return Response(101, "Switching Protocols", talk=partial(serve_console, console, self.world.clock))

    def _choose_worker(self, request: Request) -> int:
        """The worker that answers: always the same on one connection, else each in turn."""
        return (next(self._turns) if request.connection is None else request.connection) % WORKERS

    def _authenticate(self, request: Request, path: str) -> Subject:
        if is_public(request.method, path):
            return Subject(self.world.cluster, None)
        return authenticate(self.world.cluster, request, self.world.clock.time())


def _respond(result: Any) -> Response:
    if isinstance(result, RawReply):
        return Response(body=result.body, content_type=result.content_type)
    if isinstance(result, Reply):
        return json_response({"data": result.data, **result.extra})
    return json_response({"data": result})
