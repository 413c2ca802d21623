# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What fault rules do when their turn has come."""

from __future__ import annotations

import asyncio
import re

from pve_simulator.errors import ApiError, failure
from pve_simulator.http.message import Request, Response, bare_response, error_response
from pve_simulator.state.guest import Guest
from pve_simulator.world.faults import FaultRule
from pve_simulator.world.tasks import Task
from pve_simulator.world.world import World

_PROXY_PAGE = b"<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"
_BAD_JSON = b'{"data":[{"vmid":'
_MESSAGES = {
    401: "Authentication failed!",
    403: "Permission check failed",
    595: "Connection refused",
    596: "Connection timed out",
    599: "Too many redirections",
}
_DEFAULT_MESSAGE = "injected fault"
# These come from the proxy and not from the API: there is no body.
_BODILESS = frozenset({401, 595, 596, 599})
# Longer than anybody waits for a lock file.
_LOCK_SECONDS = 15.0
_FOREVER = 3600.0
_GUEST = re.compile(r"/(?:qemu|lxc)/(\d+)(?:/|$)")
_NODE = re.compile(r"^/nodes/([^/]+)")


async def answer_request(world: World, request: Request, path: str) -> Response | None:
    """The response that a rule gives instead of the cluster, if any; effects on the cluster happen first."""
    for effect in world.faults.find_effects(request, path):
        await _do_before_request(world, effect, path)
    rule = world.faults.find_answer(request, path)
    return await build_answer(rule) if rule else None


def deliver(world: World, request: Request, path: str, response: Response) -> Response:
    """The real response, or what a rule makes of it on its way to the client.

    It is lost, cut in half, slow, or another status comes in its place.
    """
    rule = world.faults.find_delivery(request, path)
    if rule is None:
        return response
    if rule.action == "lost":
        return Response(abort=True)
    if rule.action == "half":
        return Response(body=_BAD_JSON, content_type="application/json;charset=UTF-8")
    if rule.action == "replaced":
        return build_status(rule)
    response.slow = rule.seconds
    return response


async def intercept_task(world: World, task: Task) -> None:
    """Apply the rules about a task before its work; raises ApiError to fail it."""
    for rule in world.faults.find_task_rules(task):
        await _do_before_work(world, rule, task)


async def build_answer(rule: FaultRule) -> Response:
    """The answer that a rule gives in place of the real one."""
    if rule.action == "reset":
        return Response(abort=True)
    if rule.action == "hang":
        # A fault of the network, not of the cluster: in real seconds.
        await asyncio.sleep(rule.seconds or _FOREVER)
        return Response(abort=True)
    if rule.action == "bad_json":
        return Response(body=_BAD_JSON, content_type="application/json;charset=UTF-8")
    if rule.action == "html":
        return Response(502, "Bad Gateway", _PROXY_PAGE, "text/html")
    return build_status(rule)


def build_status(rule: FaultRule) -> Response:
    """An answer with the rule's status and message."""
    message = rule.message or _MESSAGES.get(rule.status, _DEFAULT_MESSAGE)
    if rule.status in _BODILESS:
        return bare_response(rule.status, message, close=True)
    return error_response(ApiError(rule.status, message))


async def _do_before_request(world: World, rule: FaultRule, path: str) -> None:
    """Apply a rule to the cluster before the request is answered."""
    if rule.action == "delay":
        await world.clock.sleep(rule.seconds)
    elif rule.action == "node_offline":
        node = _NODE.search(path)
        _take_down(world, node[1] if node else world.cluster.local_node)
    else:
        named = _GUEST.search(path)
        guest = world.cluster.guests.get(rule.vmid or (int(named[1]) if named else 0))
        if guest is None:
            return
        if rule.action == "lock":
            _lock(world, rule, guest)
        else:
            _edit_guest(guest)


async def _do_before_work(world: World, rule: FaultRule, task: Task) -> None:
    """Apply a rule to a task that is about to work; raises ApiError to fail it."""
    if rule.action == "lock":
        guest = world.cluster.guests.get(int(task.upid.id)) if task.upid.id.isdecimal() else None
        if guest is not None:
            _lock(world, rule, guest)
        return
    if rule.action == "node_offline":
        world.run_in_background(_take_down_later(world, task.upid.node, rule.seconds))
        return
    if rule.action == "hang":
        await world.clock.sleep(rule.seconds or _FOREVER)
        return
    if rule.seconds:
        await world.clock.sleep(rule.seconds)
    message = rule.message or _DEFAULT_MESSAGE
    if rule.action == "warn":
        task.warn(message)
    else:
        raise failure(message)


def _lock(world: World, rule: FaultRule, guest: Guest) -> None:
    if rule.lock is not None:
        guest.config["lock"] = rule.lock
    else:
        world.locks.seize(guest.vmid)
    world.run_in_background(_unlock_later(world, rule, guest))


async def _unlock_later(world: World, rule: FaultRule, guest: Guest) -> None:
    await world.clock.sleep(rule.seconds or _LOCK_SECONDS)
    if rule.lock is None:
        world.locks.release(guest.vmid)
    elif guest.lock == rule.lock:
        del guest.config["lock"]


def _edit_guest(guest: Guest) -> None:
    """Change the guest's configuration, so that the digest that a client holds is old."""
    note = guest.config.get("description", "").rstrip("\n")
    guest.config["description"] = f"{note}\nedited by somebody else".lstrip("\n")


def _take_down(world: World, name: str) -> None:
    node = world.cluster.nodes.get(name)
    if node is not None and node.online:
        world.take_node_down(name)


async def _take_down_later(world: World, name: str, seconds: float) -> None:
    # Even without a delay, the task begins and dies in the middle of its work.
    await world.clock.sleep(seconds)
    _take_down(world, name)
