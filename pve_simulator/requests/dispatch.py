# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""One API call past authentication: permissions, the node, parameters, the handler.

The application uses it for what clients send, bulk actions and the HA manager for what they do on their own.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Mapping
from typing import Any

from pve_simulator.errors import failure, not_implemented, not_simulated
from pve_simulator.http.multipart import Upload
from pve_simulator.requests import contract
from pve_simulator.requests.auth import Subject
from pve_simulator.requests.call import Call
from pve_simulator.requests.router import load_handlers
from pve_simulator.schema import Endpoint
from pve_simulator.world import quorum
from pve_simulator.world.world import World

# How long the proxy waits for the API server behind it, seconds.
_PROXY_TIMEOUT = 30.0


class NodeUnreachable(Exception):
    """The node that should answer is down."""


class ProxyTimeout(Exception):
    """The handler takes longer than the proxy waits; it goes on nevertheless."""


async def dispatch(
    world: World,
    subject: Subject,
    method: str,
    path: str,
    params: Mapping[str, Any],
    upload: Upload | None = None,
    worker: int = 0,
) -> Any:
    """What the handler returns; raises ApiError, NodeUnreachable or ProxyTimeout."""
    match = contract.find_endpoint(method, path)
    if match is None:
        raise not_implemented(method, path)
    endpoint = match.endpoint
    contract.admit(match, path, params, subject)
    target = _find_target(endpoint, {**params, **match.path_params})
    if target is not None:
        _check_reachable(world, target)
    typed = contract.verify(match, params)
    handler = load_handlers().get((method, endpoint.path_template))
    if handler is None:
        raise not_simulated(method, path)
    quorum.check_request(world, method, endpoint.path_template, typed)
    result = handler(Call(world, method, path, subject, typed, upload, worker))
    return await _await_answer(world, result) if inspect.isawaitable(result) else result


async def _await_answer(world: World, result: Awaitable[Any]) -> Any:
    answer = asyncio.ensure_future(result)
    # Most answers that wait at all wait only for their turn.
    await asyncio.sleep(0)
    if not answer.done():
        timer = asyncio.ensure_future(world.clock.sleep(_PROXY_TIMEOUT))
        try:
            await asyncio.wait({answer, timer}, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            answer.cancel()
            raise
        finally:
            timer.cancel()
    if not answer.done():
        answer.add_done_callback(_ignore_error)
        raise ProxyTimeout
    return answer.result()


def _ignore_error(answer: asyncio.Future[Any]) -> None:
    """Ignore the error of an answer that nobody waits for any more."""
    if not answer.cancelled():
        answer.exception()


def _find_target(endpoint: Endpoint, params: Mapping[str, Any]) -> str | None:
    """The node that a call is passed on to, if it names one."""
    name = params.get("node" if endpoint.proxyto == "node" else "check-node")
    return None if name is None else str(name)


def _check_reachable(world: World, name: str) -> None:
    """Raise what the proxy raises for a node that is unknown or down."""
    cluster = world.cluster
    node = cluster.nodes.get(cluster.local_node if name == "localhost" else name)
    if node is None:
        raise failure(
            f"hostname lookup '{name}' failed - failed to get address info for: {name}: Name or service not known"
        )
    if not node.online:
        raise NodeUnreachable
