"""What nodes broadcast of themselves: /cluster/resources and pool members are made of it.

Real nodes broadcast every ten seconds; `Settings.resources_lag` says how often here, 0 for always fresh.
A guest that no broadcast has mentioned yet has status `unknown` and no name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from pve_simulator.guests.usage import usage_of
from pve_simulator.guests.views import list_entry
from pve_simulator.state.guest import Guest
from pve_simulator.state.ha import Ha, service_id
from pve_simulator.state.node import Node
from pve_simulator.state.storage import Storage

if TYPE_CHECKING:
    from pve_simulator.world import World

_FIGURES = ("name", "cpu", "disk", "maxdisk", "maxmem", "mem", "netin", "netout", "status", "uptime")
# Figures are measured every ten seconds; in between they stay as they are.
_TICK = 10

_Key = tuple[Any, ...]


class Feed:
    """The last broadcast of every guest, and every guest as lists last showed it.

    Rendering ten thousand guests takes longer than a list may: an entry is made again only when the guest has
    changed or a tick has passed. The entries are shared: nobody may change them.
    """

    def __init__(self) -> None:
        self._last: dict[int, dict[str, Any]] = {}
        self._broadcasts = 0
        self._running = False
        self._shown: dict[int, tuple[_Key, dict[str, Any]]] = {}

    def figures(self, world: World, guest: Guest) -> dict[str, Any] | None:
        """What the cluster knows of a guest's state, None before its first broadcast."""
        if world.settings.resources_lag <= 0:
            return _figures(world, guest)
        return self._last.get(guest.vmid)

    def broadcast(self, world: World) -> None:
        """Every online node tells what its guests do."""
        online = {name for name, node in world.cluster.nodes.items() if node.online}
        self._last = {
            vmid: _figures(world, guest) for vmid, guest in world.cluster.guests.items() if guest.node in online
        }
        self._broadcasts += 1

    def start(self, world: World) -> None:
        """Broadcast every `resources_lag` seconds from now on, unless that is 0 or happens already."""
        if world.settings.resources_lag > 0 and not self._running:
            self._running = True
            world.background(self._run(world))

    async def _run(self, world: World) -> None:
        try:
            while world.settings.resources_lag > 0:
                self.broadcast(world)
                await world.clock.sleep(world.settings.resources_lag)
        finally:
            self._running = False

    def resources(self, world: World, guests: Iterable[Guest], pools: Mapping[int, str]) -> list[dict[str, Any]]:
        """Guests in /cluster/resources; `pools` says which is in which."""
        fresh = world.settings.resources_lag <= 0
        age = int(world.clock.now()) // _TICK if fresh else self._broadcasts
        online = {name: node.online for name, node in world.cluster.nodes.items()}
        managed = {sid: resource.state for sid, resource in world.cluster.part(Ha).resources.items()}
        shown = self._shown
        entries = []
        for guest in guests:
            vmid = guest.vmid
            pool = pools.get(vmid)
            key = (
                age,
                fresh,
                guest.node,
                online[guest.node],
                guest.running,
                guest.started_at,
                pool,
                managed.get(service_id(guest)) if managed else None,
                hash(tuple(guest.config.items())),
            )
            known = shown.get(vmid)
            if known is None or known[0] != key:
                known = shown[vmid] = (key, guest_resource(world, guest, pool))
            entries.append(known[1])
        if len(shown) > 2 * len(world.cluster.guests):
            self._shown = {vmid: item for vmid, item in shown.items() if vmid in world.cluster.guests}
        return entries


def guest_resource(world: World, guest: Guest, pool: str | None) -> dict[str, Any]:
    """A guest in /cluster/resources."""
    entry: dict[str, Any] = {
        "id": f"{guest.type}/{guest.vmid}",
        "node": guest.node,
        "type": guest.type,
        "vmid": guest.vmid,
        "status": "unknown",
    }
    figures = world.feed.figures(world, guest) if world.cluster.nodes[guest.node].online else None
    if figures is not None:
        entry |= figures
    if pool is not None:
        entry["pool"] = pool
    for key in ("lock", "tags"):
        if guest.config.get(key, "").strip():
            entry[key] = guest.config[key]
    resource = world.cluster.part(Ha).resources.get(service_id(guest))
    if resource is not None:
        entry["hastate"] = resource.state
    return entry


def node_resource(world: World, node: Node, *, details: bool) -> dict[str, Any]:
    """A node in /cluster/resources."""
    entry: dict[str, Any] = {
        "id": f"node/{node.name}",
        "level": "",
        "node": node.name,
        "status": "online" if node.online else "offline",
        "type": "node",
        "cgroup-mode": 2,
    }
    ha = world.cluster.part(Ha)
    if ha.active or ha.resources:
        entry["hastate"] = "maintenance" if node.maintenance else "online" if node.online else "unknown"
    if details and node.online:
        entry |= node_figures(world, node)
    return entry


def node_figures(world: World, node: Node) -> dict[str, Any]:
    """Figures of an online node."""
    uptime = int(world.clock.now() - node.boot_time)
    used = usage_of(f"node/{node.name}", uptime, node.maxmem)
    return {
        "cpu": used.cpu,
        "maxcpu": node.cpus,
        "mem": used.mem,
        "maxmem": node.maxmem,
        "disk": node.maxdisk // 8,
        "maxdisk": node.maxdisk,
        "uptime": uptime,
    }


def storage_resource(world: World, storage: Storage, node: Node) -> dict[str, Any]:
    """A storage in /cluster/resources, once for each node that has it."""
    entry: dict[str, Any] = {
        "id": f"storage/{node.name}/{storage.id}",
        "content": ",".join(storage.content),
        "node": node.name,
        "plugintype": storage.type,
        "shared": int(storage.shared),
        "status": "available" if node.online else "unknown",
        "storage": storage.id,
        "type": "storage",
    }
    if node.online:
        entry |= {"disk": storage.used_on(node.name), "maxdisk": storage.total}
    return entry


def _figures(world: World, guest: Guest) -> dict[str, Any]:
    entry = list_entry(world, guest)
    figures = {key: entry[key] for key in _FIGURES}
    figures["maxcpu"] = entry["cpus"]
    figures["template"] = int(guest.template)
    figures["memhost"] = entry.get("memhost", 0)
    figures["diskread"] = entry.get("diskread", 0)
    figures["diskwrite"] = entry.get("diskwrite", 0)
    return figures
