# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What nodes broadcast of themselves: /cluster/resources and pool members are made of it.

Nodes broadcast every `Settings.resources_lag` seconds what their guests are called and do; until the next time, that is
what lists show, whatever has become of them. Where a guest is, its tags, lock, pool and HA state are no part of it.
A guest that no broadcast has mentioned yet has status `unknown` and no name. What a node has told is shown for five
minutes after it has gone; then its guests are `unknown`, too.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pve_simulator.guests.sample import Sample, describe_status, take_sample
from pve_simulator.guests.usage import usage_of
from pve_simulator.state.guest import Guest
from pve_simulator.state.ha import Ha, service_id
from pve_simulator.state.node import Node
from pve_simulator.state.storage import Storage

if TYPE_CHECKING:
    from pve_simulator.world.world import World

# How many processes answer requests, each with a cache of its own.
WORKERS = 3
# How long the guests and storages of a node that has gone are shown as they were, seconds.
FROZEN_SECONDS = 300.0
# Figures of running guests in a list that is always fresh move this often, in seconds.
_TICK = 10

_Samples = Mapping[int, Sample]
_Key = tuple[Any, ...]


class Feed:
    """The last broadcast of every guest, what each worker knows of it, and every guest as lists last showed it.

    A broadcast only notes what guests are like; rendering ten thousand takes longer than it may hold requests up.
    So a sample is rendered when it is first shown, one of a stopped guest is kept as long as nothing changes, and
    an entry is made again only when its sample, node, pool, HA state, lock or tags have changed. The entries are
    shared: nobody may change them.
    """

    def __init__(self) -> None:
        # Replaced, never changed: workers hold on to older ones.
        self._last: _Samples = {}
        self._known: dict[int, tuple[float, _Samples]] = {}
        self._fresh: dict[int, Sample] = {}
        self._words: dict[int, str] = {}
        self._loop: asyncio.Task[None] | None = None
        self._shown: dict[int, tuple[_Key, dict[str, Any]]] = {}

    def start(self, world: World) -> None:
        """Broadcast now and every `resources_lag` seconds, unless that is 0 or happens already."""
        if world.settings.resources_lag > 0 and (self._loop is None or self._loop.done()):
            self.restart(world)

    def restart(self, world: World) -> None:
        """Catch up, and broadcast every `resources_lag` seconds from now on, never when that is 0."""
        if self._loop is not None:
            self._loop.cancel()
            self._loop = None
        self.catch_up(world)
        if world.settings.resources_lag > 0:
            self._loop = world.run_in_background(self._run(world))

    async def _run(self, world: World) -> None:
        while world.settings.resources_lag > 0:
            await world.clock.sleep(world.settings.resources_lag)
            self.broadcast(world)

    def catch_up(self, world: World) -> None:
        """Broadcast out of turn, and let every worker see it at once: lists show what is."""
        self.broadcast(world)
        self._known.clear()

    def broadcast(self, world: World) -> None:
        """Take samples of the guests of every online node."""
        online = {name for name, node in world.cluster.nodes.items() if node.online}
        now, before, words = world.clock.time(), self._last, self._words
        samples = {}
        for vmid, guest in world.cluster.guests.items():
            if guest.node not in online:
                if vmid in before and is_shown(world, world.cluster.nodes[guest.node]):
                    samples[vmid] = before[vmid]
            else:
                status = words.get(vmid) or describe_status(guest)
                sample = before.get(vmid)
                if guest.running or sample is None or not sample.is_still(guest, status):
                    sample = take_sample(guest, status, now, sample)
                samples[vmid] = sample
        self._last = samples

    def broadcast_status(self, world: World, guest: Guest, status: str) -> None:
        """Let a guest's node broadcast now, while the guest is in a state that will not last."""
        sample = take_sample(guest, status, world.clock.time(), self._last.get(guest.vmid))
        self._last = {**self._last, guest.vmid: sample}

    @contextmanager
    def override_status(self, guest: Guest, status: str) -> Iterator[None]:
        """Within this context, broadcasts give the guest another status, one of QEMU's."""
        self._words[guest.vmid] = status
        try:
            yield
        finally:
            self._words.pop(guest.vmid, None)

    def list_resources(
        self, world: World, guests: Iterable[Guest], pools: Mapping[int, str], worker: int
    ) -> list[dict[str, Any]]:
        """Guests in /cluster/resources as a worker shows them; `pools` says which is in which."""
        find = self._make_finder(world, worker)
        shown_nodes = {name for name, node in world.cluster.nodes.items() if is_shown(world, node)}
        managed = {sid: resource.state for sid, resource in world.cluster.part(Ha).resources.items()}
        shown = self._shown
        entries = []
        for guest in guests:
            vmid, config = guest.vmid, guest.config
            sample = find(guest) if guest.node in shown_nodes else None
            state = managed.get(service_id(guest)) if managed else None
            pool = pools.get(vmid)
            key = (sample, guest.type, guest.node, pool, state, config.get("lock"), config.get("tags"))
            cached = shown.get(vmid)
            if cached is None or cached[0] != key:
                cached = shown[vmid] = (key, _render_guest(world, guest, sample, pool, state))
            entries.append(cached[1])
        if len(shown) > 2 * len(world.cluster.guests):
            self._shown = {vmid: item for vmid, item in shown.items() if vmid in world.cluster.guests}
            self._fresh = {vmid: sample for vmid, sample in self._fresh.items() if vmid in world.cluster.guests}
        return entries

    def _make_finder(self, world: World, worker: int) -> Callable[[Guest], Sample | None]:
        """A function that finds the sample that a worker knows of a guest."""
        if world.settings.resources_lag <= 0:
            return lambda guest: self._take_sample(world, guest)
        samples = self._read_samples(world, worker)
        return lambda guest: samples.get(guest.vmid)

    def _read_samples(self, world: World, worker: int) -> _Samples:
        now = world.clock.time()
        since, samples = self._known.get(worker, (0.0, self._last))
        if not 0 <= now - since < world.settings.status_cache:
            samples = self._last
            self._known[worker] = (now, samples)
        return samples

    def freeze(self, world: World, node: str) -> None:
        """Keep what the guests of a node are like, which has just gone."""
        for guest in world.cluster.guests.values():
            if guest.node == node:
                status, now = describe_status(guest), world.clock.time()
                self._fresh[guest.vmid] = take_sample(guest, status, now, self._fresh.get(guest.vmid))

    def _take_sample(self, world: World, guest: Guest) -> Sample | None:
        now = world.clock.time()
        status = self._words.get(guest.vmid) or describe_status(guest)
        sample = self._fresh.get(guest.vmid)
        if not world.cluster.nodes[guest.node].online:
            return sample
        is_recent = sample is not None and (not guest.running or now // _TICK == sample.moment // _TICK)
        if sample is None or not is_recent or not sample.is_still(guest, status):
            sample = self._fresh[guest.vmid] = take_sample(guest, status, now, sample)
        return sample


def is_shown(world: World, node: Node) -> bool:
    """Whether lists show what a node has: it is online, or has not been gone for long."""
    return node.online or world.clock.time() - node.lost_at < FROZEN_SECONDS


def freeze_node(world: World, name: str) -> None:
    """Keep what a node that has just gone has told of its guests."""
    world.part(Feed).freeze(world, name)


def _render_guest(
    world: World, guest: Guest, sample: Sample | None, pool: str | None, state: str | None
) -> dict[str, Any]:
    """A guest in /cluster/resources, of which a sample may be known; `state` is what the HA manager says of it."""
    entry: dict[str, Any] = {
        "id": f"{guest.type}/{guest.vmid}",
        "node": guest.node,
        "type": guest.type,
        "vmid": guest.vmid,
        "status": "unknown",
    }
    if sample is not None:
        entry |= sample.render(world, guest)
    if pool is not None:
        entry["pool"] = pool
    for key in ("lock", "tags"):
        if guest.config.get(key, "").strip():
            entry[key] = guest.config[key]
    if state is not None:
        entry["hastate"] = state
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
    elif details and is_shown(world, node):
        entry |= node_sizes(node)
    return entry


def node_sizes(node: Node) -> dict[str, Any]:
    """What a node has, and is remembered of one that has just gone."""
    return {"maxcpu": node.cpus, "maxmem": node.maxmem, "maxdisk": node.maxdisk}


def node_figures(world: World, node: Node) -> dict[str, Any]:
    """Figures of an online node."""
    uptime = int(world.clock.time() - node.boot_time)
    used = usage_of(f"node/{node.name}", uptime, node.maxmem)
    return {
        **node_sizes(node),
        "cpu": used.cpu,
        "mem": used.mem,
        "disk": node.maxdisk // 8,
        "uptime": uptime,
    }


def storage_resource(world: World, storage: Storage, node: Node) -> dict[str, Any]:
    """A storage in /cluster/resources, once for each node that has it."""
    entry: dict[str, Any] = {
        "id": f"storage/{node.name}/{storage.id}",
        "content": ",".join(storage.content),
        "node": node.name,
        "plugintype": storage.type,
        "shared": int(storage.is_shared),
        "status": "available" if is_shown(world, node) else "unknown",
        "storage": storage.id,
        "type": "storage",
    }
    if is_shown(world, node):
        entry |= {"disk": storage.used_on(node.name), "maxdisk": storage.total}
    return entry
