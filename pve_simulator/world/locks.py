# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Guest configuration locks: one holder at a time, waiters give up after ten seconds."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from pve_simulator.errors import failure
from pve_simulator.state.guest import GuestType
from pve_simulator.world.clock import Clock
from pve_simulator.world.tasks import Task

_TIMEOUT = 10.0


class GuestLocks:
    """The lock files of all guests."""

    def __init__(self, clock: Clock, path: Callable[[GuestType, int], str] | None = None) -> None:
        self._clock = clock
        self._path = path or _lock_path
        self._held: set[int] = set()
        self._shares: dict[int, int] = {}
        self._waiting: dict[int, list[asyncio.Future[None]]] = {}

    @asynccontextmanager
    async def hold(
        self,
        kind: GuestType,
        vmid: int,
        *,
        task: Task | None = None,
        timeout: float = _TIMEOUT,
        shared: bool = False,
    ) -> AsyncIterator[None]:
        """Hold a guest's lock; raises ApiError when it is not free within `timeout` seconds.

        A task that has to wait says so in its log, as a real worker does. `shared` locks go together, such as
        those of several clones of one template.
        """
        if self._is_busy(vmid, shared):
            if task is not None:
                task.say("trying to acquire lock...")
            await self._wait(kind, vmid, timeout, shared)
            if task is not None:
                task.say(" OK")
        if shared:
            self._shares[vmid] = self._shares.get(vmid, 0) + 1
        else:
            self._held.add(vmid)
        try:
            yield
        finally:
            self._unshare(vmid) if shared else self.release(vmid)

    def seize(self, vmid: int) -> None:
        """Hold a lock until `release`, on behalf of nobody (fault injection)."""
        self._held.add(vmid)

    def release(self, vmid: int) -> None:
        """Release a lock, to the one who has waited longest."""
        self._held.discard(vmid)
        self._wake(vmid)

    def _unshare(self, vmid: int) -> None:
        self._shares[vmid] -= 1
        if not self._shares[vmid]:
            del self._shares[vmid]
            self._wake(vmid)

    def _is_busy(self, vmid: int, shared: bool) -> bool:
        return vmid in self._held or (not shared and vmid in self._shares)

    def _wake(self, vmid: int) -> None:
        # All of them, in the order in which they came: the first takes the lock, those after it look and wait on.
        for future in self._waiting.get(vmid, []):
            if not future.done():
                future.set_result(None)

    async def _wait(self, kind: GuestType, vmid: int, timeout: float, shared: bool) -> None:
        deadline = self._clock.time() + timeout
        while self._is_busy(vmid, shared):
            free: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            queue = self._waiting.setdefault(vmid, [])
            queue.append(free)
            timer = asyncio.ensure_future(self._clock.sleep(deadline - self._clock.time()))
            try:
                await asyncio.wait({free, timer}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                timer.cancel()
                queue.remove(free)
            if self._is_busy(vmid, shared) and self._clock.time() >= deadline:
                raise failure(f"can't lock file '{self._path(kind, vmid)}' - got timeout")


def migration_lock_path(kind: GuestType, vmid: int) -> str:
    """The lock of those who must not meet a migration or replication of the guest: rollbacks, for example."""
    return f"/var/lock/pve-manager/pve-migrate-{vmid}"


def _lock_path(kind: GuestType, vmid: int) -> str:
    if kind == "qemu":
        return f"/var/lock/qemu-server/lock-{vmid}.conf"
    return f"/run/lock/lxc/pve-config-{vmid}.lock"
