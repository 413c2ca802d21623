# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The HA manager: what is asked of it happens some seconds later, node by node.

Its rounds take time: it notices a request after part of `Settings.ha_delay`, the node's agent acts a whole one
later, and what came of it is reported after another.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any

from pve_simulator.errors import ApiError
from pve_simulator.guests import motion, power, sizes
from pve_simulator.requests.auth import Subject
from pve_simulator.requests.bulk import call_api
from pve_simulator.state.access import ROOT
from pve_simulator.state.guest import Guest
from pve_simulator.state.ha import Ha, HaResource, service_id
from pve_simulator.state.node import Node
from pve_simulator.world.world import World

_NOTICE = 0.4
# Seconds before guests that do not answer are stopped.
_STOP_TIMEOUT = 180.0
# The time until a lost node is known to be fenced, in units of `Settings.ha_delay`.
_FENCE_ROUNDS = 6
# While the manager itself acts on a guest, the guest's own calls do not pass the work back to it.
acting: ContextVar[bool] = ContextVar("acting for the HA manager", default=False)


def reconcile(world: World, sid: str) -> None:
    """Let the manager bring a guest into its requested state."""
    resource = world.cluster.part(Ha).resources[sid]
    resource.requests += 1
    world.run_in_background(_apply_request(world, sid, resource, resource.requests))


def move(world: World, sid: str, target: str) -> None:
    """Let the manager migrate a guest and those that rules keep together with it, if the target node is online."""
    node, guest = world.cluster.nodes.get(target), find_guest(world, sid)
    if node is None or not node.online or guest is None:
        return
    for moved in (sid, *motion.find_dependents(world.cluster, guest)):
        resource = world.cluster.part(Ha).resources[moved]
        resource.requests += 1
        world.run_in_background(_migrate(world, moved, resource, resource.requests, target))


def reconcile_all(world: World) -> None:
    """Reconcile every resource that is not in its requested state; after a state was loaded."""
    for sid, resource in world.cluster.part(Ha).resources.items():
        if resource.state not in (resource.requested_state, "error"):
            reconcile(world, sid)


def set_maintenance(world: World, node: Node, *, enabled: bool) -> None:
    """Maintenance mode: the manager moves the node's guests away, and lets it be chosen again afterwards."""
    node.maintenance = enabled
    if not enabled:
        return
    for sid in _list_services(world, node.name):
        target = _choose_node(world, node.name, sid)
        if target is not None:
            move(world, sid, target)


def handle_lost_node(world: World, name: str) -> None:
    """The manager fences a node that went down, and starts its guests elsewhere."""
    for sid in _list_services(world, name):
        resource = world.cluster.part(Ha).resources[sid]
        resource.requests += 1
        world.run_in_background(_recover(world, sid, resource, resource.requests))


def find_guest(world: World, sid: str) -> Guest | None:
    """The guest of a service id."""
    kind, dummy, vmid = sid.partition(":")
    guest = world.cluster.guests.get(int(vmid))
    return guest if guest is not None and guest.type == ("qemu" if kind == "vm" else "lxc") else None


async def _apply_request(world: World, sid: str, resource: HaResource, request: int) -> None:
    delay = world.settings.ha_delay
    await world.clock.sleep(delay * _NOTICE)
    guest = find_guest(world, sid)
    if guest is None or _is_superseded(world, sid, resource, request):
        return
    state = world.cluster.part(Ha)
    state.active = True
    state.agents[guest.node] = world.clock.time()
    if resource.requested_state == "started":
        if guest.running:
            resource.state = "started"
            return
        resource.state = "starting"
        await world.clock.sleep(delay)
        if not _is_superseded(world, sid, resource, request):
            await _start(world, sid, resource, request)
    elif resource.requested_state in ("stopped", "disabled"):
        if not guest.running:
            resource.state = "stopped"
            return
        resource.state = "request_stop"
        await world.clock.sleep(delay)
        if guest.running and not _answers_shutdown(guest):
            await world.clock.sleep(_STOP_TIMEOUT)
        if _is_superseded(world, sid, resource, request):
            return
        power.power_off(guest, world)
        await world.clock.sleep(delay)
        if not _is_superseded(world, sid, resource, request):
            resource.state = "stopped"


async def _start(world: World, sid: str, resource: HaResource, request: int) -> None:
    """Start a guest by a task of its node, and again if that fails; then the manager gives up."""
    for _attempt in range(1 + int(resource.config.get("max_restart", 1))):
        guest = find_guest(world, sid)
        if guest is None or not world.cluster.nodes[guest.node].online or _is_superseded(world, sid, resource, request):
            return
        if not guest.running:
            await _call(world, guest, "POST", "status/start", {})
        if guest.running:
            resource.state = "started"
            return
    resource.state = "error"


async def _call(world: World, guest: Guest, method: str, path: str, params: dict[str, Any]) -> None:
    """Call a guest's API as the manager, and wait for the task; that it failed is in the log."""
    # Only in the context of this job, and of the task that it starts.
    acting.set(True)
    try:
        full_path = f"/nodes/{guest.node}/{guest.type}/{guest.vmid}/{path}"
        task = await call_api(world, Subject(world.cluster, ROOT), method, full_path, params)
        if task is not None:
            await task.wait()
    except ApiError as error:
        world.write_log(guest.node, ROOT, f"{path} of {service_id(guest)} failed: {error.message}", "pve-ha-lrm")
    finally:
        acting.set(False)


async def _migrate(world: World, sid: str, resource: HaResource, request: int, target: str) -> None:
    delay = world.settings.ha_delay
    await world.clock.sleep(delay * _NOTICE)
    guest = find_guest(world, sid)
    if guest is None or guest.node == target or _is_superseded(world, sid, resource, request):
        return
    resource.state = "migrate"
    world.cluster.part(Ha).agents[guest.node] = world.clock.time()
    if guest.type == "lxc" and guest.running:
        # A container is shut down, moved, and started by the next round.
        await world.clock.sleep(delay)
        power.power_off(guest, world)
    online = {"online": "1", "with-local-disks": "1"}
    await _call(world, guest, "POST", "migrate", {"target": target, **(online if guest.running else {})})
    if _is_superseded(world, sid, resource, request):
        return
    if resource.requested_state == "started":
        resource.state = "started" if guest.running else "starting"
    else:
        resource.state = "request_stop"
        await world.clock.sleep(3 * delay)
    if not _is_superseded(world, sid, resource, request):
        reconcile(world, sid)


async def _recover(world: World, sid: str, resource: HaResource, request: int) -> None:
    delay = world.settings.ha_delay
    guest = find_guest(world, sid)
    if guest is None or resource.requested_state == "ignored":
        return
    lost = guest.node
    resource.state = "fence"
    # A watchdog resets a node after a minute; the manager waits for its lock to time out.
    await world.clock.sleep(_FENCE_ROUNDS * delay)
    if _is_superseded(world, sid, resource, request):
        return
    resource.state = "recovery"
    target = _choose_node(world, lost, sid)
    if target is None or not world.cluster.quorate:
        return
    guest.node = target
    resource.state = "starting" if resource.requested_state == "started" else "stopped"
    reconcile(world, sid)


def _list_services(world: World, node: str) -> list[str]:
    resources = world.cluster.part(Ha).resources
    services = ((sid, find_guest(world, sid)) for sid in resources if resources[sid].requested_state != "ignored")
    return [sid for sid, guest in services if guest is not None and guest.node == node]


def _choose_node(world: World, away_from: str, sid: str) -> str | None:
    """The node for a guest: an online one by its rules' priorities, then the one with the fewest guests."""
    cluster = world.cluster
    free = {name for name, node in cluster.nodes.items() if node.online and not node.maintenance and name != away_from}
    priorities: dict[str, int] = {}
    for rule in cluster.part(Ha).rules.values():
        if rule["type"] == "node-affinity" and sid in rule["resources"].split(",") and not rule.get("disable"):
            for item in rule["nodes"].split(","):
                name, colon, priority = item.partition(":")
                priorities[name] = int(priority) if colon else 0
            if rule.get("strict"):
                free &= set(priorities)
    load = {name: sum(guest.node == name for guest in cluster.guests.values()) for name in free}
    return min(free, key=lambda name: (-priorities.get(name, -1), load[name], name), default=None)


def _answers_shutdown(guest: Guest) -> bool:
    """Whether the guest has an operating system to shut down: a machine without disks has none."""
    return guest.acpi and (guest.type == "lxc" or any(sizes.is_disk(key) for key in guest.config))


def _is_superseded(world: World, sid: str, resource: HaResource, request: int) -> bool:
    """Whether there is a newer request, or the guest is no longer managed."""
    return world.cluster.part(Ha).resources.get(sid) is not resource or resource.requests != request
