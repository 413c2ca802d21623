# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Doing one thing to many guests inside a task: in startup order, some at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any

from pve_simulator.errors import ApiError, failure
from pve_simulator.requests.auth import Subject
from pve_simulator.requests.dispatch import NodeUnreachable, ProxyTimeout, dispatch
from pve_simulator.state.cluster import Cluster
from pve_simulator.state.guest import Guest
from pve_simulator.state.ha import Ha, service_id
from pve_simulator.world.tasks import Task
from pve_simulator.world.world import World

# A guest without an order comes after all that have one.
_LAST = 1 << 62

# Starts the work on one guest: its task, or None when there is nothing to do; raises ApiError.
Start = Callable[[Guest], Awaitable[Task | None]]
# What to do when a guest's task has ended.
Finished = Callable[[Guest, Task], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Startup:
    """A guest's `startup` option: its place in the order, and seconds to wait after start and for shutdown."""

    order: int = _LAST
    up: int | None = None
    down: int | None = None


def startup_of(guest: Guest) -> Startup:
    """The parsed `startup` option; a bare number is the order."""
    fields: dict[str, int] = {}
    for item in guest.config.get("startup", "").split(","):
        key, equals, value = item.partition("=")
        if not equals:
            key, value = "order", key
        if value.strip().isdecimal():
            fields[key.strip()] = int(value)
    return Startup(fields.get("order", _LAST), fields.get("up"), fields.get("down"))


def choose_guests(
    cluster: Cluster,
    vmids: Iterable[int],
    *,
    node: str | None = None,
    templates: bool = False,
    managed: bool = False,
) -> list[Guest]:
    """The existing guests that are named, or all; HA-managed ones only when named or with `managed`."""
    named = set(vmids)
    resources = cluster.part(Ha).resources
    return [
        guest
        for guest in sorted(cluster.guests.values(), key=lambda guest: guest.vmid)
        if (node is None or guest.node == node)
        and (not named or guest.vmid in named)
        and (templates or not guest.template)
        and (named or managed or service_id(guest) not in resources)
    ]


async def call_api(
    world: World, subject: Subject, method: str, path: str, params: dict[str, Any] | None = None
) -> Task | None:
    """Make an API call and return the task that it started, if any. A dead node raises ApiError too."""
    try:
        result = await dispatch(world, subject, method, path, params or {})
    except NodeUnreachable:
        raise ApiError(595, "Connection refused") from None
    except ProxyTimeout:
        raise ApiError(596, "Connection timed out") from None
    return world.tasks.get(result) if isinstance(result, str) else None


async def run_for_each(
    guests: Iterable[Guest],
    workers: int,
    start: Start,
    finished: Finished,
    *,
    refused: Callable[[Guest, ApiError], None],
    reverse: bool = False,
) -> list[int]:
    """Run `start` for every guest, group by group in startup order; vmids of the guests that failed."""
    groups: dict[int, list[Guest]] = {}
    for guest in guests:
        groups.setdefault(startup_of(guest).order, []).append(guest)
    failures: list[int] = []
    free = asyncio.Semaphore(max(1, workers))

    async def run_for_one(guest: Guest) -> None:
        async with free:
            try:
                task = await start(guest)
            except ApiError as error:
                refused(guest, error)
                failures.append(guest.vmid)
                return
            if task is None:
                return
            await task.wait()
            if task.failed:
                failures.append(guest.vmid)
            await finished(guest, task)

    for order in sorted(groups, reverse=reverse):
        jobs = [asyncio.ensure_future(run_for_one(guest)) for guest in groups[order]]
        try:
            await asyncio.gather(*jobs)
        finally:
            for job in jobs:
                job.cancel()
    return failures


def check_failures(failures: list[int], what: str) -> None:
    """Raise when any guest failed."""
    if failures:
        raise failure(f"Some guests failed to {what}{', '.join(map(str, failures))}")


def max_workers(cluster: Cluster, requested: int, default: int) -> int:
    """How many at a time: as requested, as the cluster's options say, or the default."""
    return requested or int(cluster.options.get("max_workers", 0)) or default
