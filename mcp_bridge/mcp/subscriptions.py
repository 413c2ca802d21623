# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Notifies clients of changes: watches the ledger while anybody listens, so that every process's runs count.

Since 2026-07-28 clients listen on a stream of their own; before, they subscribe to a resource, and are notified on
the connection itself.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import anyio
from mcp import types
from mcp.server.context import ServerRequestContext
from mcp.server.session import ServerSession
from mcp.server.subscriptions import (
    InMemorySubscriptionBus,
    ListenHandler,
    ResourcesListChanged,
    ResourceUpdated,
    ServerEvent,
)
from mcp.shared.exceptions import MCPError
from mcp_types.version import is_version_at_least

from mcp_bridge import catalogue
from mcp_bridge.errors import LedgerError, UsageError
from mcp_bridge.evidence import events
from mcp_bridge.ledger.records import RunRow
from mcp_bridge.mcp import callers
from mcp_bridge.mcp.uris import find_changed_addresses, make_address, parse_address
from mcp_bridge.run import Bridge

Context = ServerRequestContext[Any, Any]

_LISTEN_VERSION = "2026-07-28"
_WATCH_SECONDS = 1.0
# Some clients tell their user of each changed list, and read it again: so often at most, however much is done.
_LIST_SECONDS = 60.0
# Clients may leave without a word: when there are more than this, the oldest is forgotten. And so many addresses each.
_MOST_SESSIONS = 1000
_MOST_ADDRESSES = 1000


@dataclass
class _Subscriber:
    """A client of the older era: how to reach it, and what it subscribed to."""

    session: ServerSession
    addresses: set[str] = field(default_factory=set)
    lists: bool = False


class Subscriptions:
    """Who listens to which changes, and the watch that notifies them."""

    def __init__(self, bridge: Bridge, clock: Callable[[], float] = time.monotonic) -> None:
        self._bridge = bridge
        self._clock = clock
        self._is_list_due = False
        self._list_told = -_LIST_SECONDS
        self._bus = InMemorySubscriptionBus()
        self._streams = ListenHandler(self._bus)
        self._stream_addresses: Counter[str] = Counter()
        self._subscribers: dict[str, _Subscriber] = {}
        # The last entry of the ledger that was read, and the states of the plans that are watched.
        self._last_seen: int | None = None
        self._states: dict[str, str] = {}
        self._starting = anyio.Lock()
        self._has_listeners = anyio.Event()
        self._look_due = anyio.Event()

    async def listen(
        self, ctx: Context, params: types.SubscriptionsListenRequestParams
    ) -> types.SubscriptionsListenResult:
        """Serve one stream of changes until its client leaves."""
        addresses = list(params.notifications.resource_subscriptions or ())[:_MOST_ADDRESSES]
        with self._count_stream(addresses):
            await self._start_watching(addresses)
            return await self._streams(ctx, params)

    async def subscribe(self, ctx: Context, uri: str) -> None:
        """Subscribe this client to changes of a resource."""
        addresses = self._get_subscriber(ctx).addresses
        if len(addresses) < _MOST_ADDRESSES:
            addresses.add(uri)
        await self._start_watching([uri])

    def unsubscribe(self, ctx: Context, uri: str) -> None:
        """Unsubscribe it."""
        self._get_subscriber(ctx).addresses.discard(uri)

    async def subscribe_to_list(self, ctx: Context) -> None:
        """Notify a client that read the list of resources when it changes. Streams ask for that themselves."""
        if not is_version_at_least(ctx.protocol_version, _LISTEN_VERSION):
            self._get_subscriber(ctx).lists = True
            await self._start_watching([])

    def look_now(self) -> None:
        """Read the ledger now, and not only in a second: a run has ended in this process."""
        self._look_due.set()

    def close(self) -> None:
        """End every stream."""
        self._streams.close()

    async def watch(self) -> None:
        """Watch the ledger while anybody listens, until cancelled."""
        while True:
            await self._has_listeners.wait()
            with anyio.move_on_after(_WATCH_SECONDS):
                await self._look_due.wait()
            self._look_due = anyio.Event()
            if not (self._subscribers or self._stream_addresses):
                self._has_listeners, self._last_seen = anyio.Event(), None
                self._states.clear()
                continue
            # A ledger that can't be read now is read again in a second; calls of tools report the error.
            with suppress(LedgerError):
                plans = list(_find_plan_ids(self._get_addresses()))
                for event in await anyio.to_thread.run_sync(self._find_changes, plans, abandon_on_cancel=True):
                    await self._publish(event)

    @contextmanager
    def _count_stream(self, addresses: Iterable[str]) -> Iterator[None]:
        # Streams that only listen to changes of lists count, too.
        counted = Counter([*addresses, ""])
        self._stream_addresses += counted
        try:
            yield
        finally:
            self._stream_addresses -= counted

    def _get_subscriber(self, ctx: Context) -> _Subscriber:
        key, dummy = callers.identify_call(ctx)
        subscriber = self._subscribers.pop(key, None) or _Subscriber(ctx.session)
        subscriber.session = ctx.session
        self._subscribers[key] = subscriber
        if len(self._subscribers) > _MOST_SESSIONS:
            del self._subscribers[next(iter(self._subscribers))]
        return subscriber

    async def _start_watching(self, addresses: Iterable[str]) -> None:
        """Miss no change from now on. Raises MCPError when the ledger can't be read."""
        async with self._starting:
            try:
                if self._last_seen is None:
                    self._last_seen = await anyio.to_thread.run_sync(self._read_last_entry)
                for plan_id in _find_plan_ids(addresses):
                    state = await anyio.to_thread.run_sync(self._read_state, plan_id)
                    self._states.setdefault(plan_id, state)
            except LedgerError as error:
                raise MCPError(types.INTERNAL_ERROR, f"{error.message} {error.hint or ''}".strip()) from None
        self._has_listeners.set()

    def _find_changes(self, plans: Iterable[str]) -> list[ServerEvent]:
        """Find what has changed since the ledger was last read, also of these plans."""
        rows = self._bridge.ledger.list_ended(self._last_seen or 0)
        addresses: dict[str, None] = {}
        for row in rows:
            self._last_seen = row.closed_seq
            addresses |= dict.fromkeys(find_changed_addresses(row, self._read_changed_guests(row)))
        for plan_id in plans:
            state = self._read_state(plan_id)
            if self._states.get(plan_id, state) != state:
                addresses[make_address("plan", id=plan_id)] = None
            self._states[plan_id] = state
        has_list_changed = any(row.playbook and catalogue.is_writing(row.tool) for row in rows)
        updates: list[ServerEvent] = [ResourceUpdated(uri) for uri in addresses]
        return [*updates, ResourcesListChanged()] if self._may_tell_of_list(changed=has_list_changed) else updates

    def _may_tell_of_list(self, *, changed: bool) -> bool:
        """Whether to tell now that the list has changed; what is not told now is told later."""
        self._is_list_due = self._is_list_due or changed
        if not self._is_list_due or self._clock() - self._list_told < _LIST_SECONDS:
            return False
        self._is_list_due, self._list_told = False, self._clock()
        return True

    def _get_addresses(self) -> set[str]:
        subscribed_addresses = (subscriber.addresses for subscriber in self._subscribers.values())
        return set(self._stream_addresses).union(*subscribed_addresses)

    def _read_last_entry(self) -> int:
        # The ledger is opened here, not in the server's own thread.
        return self._bridge.ledger.last_entry()

    def _read_state(self, plan_id: str) -> str:
        try:
            return self._bridge.ledger.plans.find(plan_id).state
        except UsageError:
            return "unknown"

    def _read_changed_guests(self, row: RunRow) -> list[dict[str, Any]]:
        """Read the guests that a run changed from its artifacts, where they are on this host."""
        tool = catalogue.load().get(row.tool)
        if tool is None or not row.changed:
            return []
        folder = self._bridge.ledger.folder(row.run_id)
        try:
            result = events.find_last_result(folder, tool.action).result
            if result is None:
                # The apply phase has left no result, but the plan phase may have.
                result = events.find_result(folder, "plan", tool.action)
        except OSError:
            # The artifacts were just removed, or moved away; the ledger's row has to suffice.
            return []
        guests = (result or {}).get("guests") or []
        return [guest for guest in guests if isinstance(guest, dict)]

    async def _publish(self, event: ServerEvent) -> None:
        await self._bus.publish(event)
        for key, subscriber in list(self._subscribers.items()):
            try:
                if isinstance(event, ResourceUpdated) and event.uri in subscriber.addresses:
                    await subscriber.session.send_resource_updated(event.uri)
                elif isinstance(event, ResourcesListChanged) and subscriber.lists:
                    await subscriber.session.send_notification(types.ResourceListChangedNotification())
            except (anyio.BrokenResourceError, anyio.ClosedResourceError):
                self._subscribers.pop(key, None)


def _find_plan_ids(addresses: Iterable[str]) -> Iterator[str]:
    """Yield the ids of the plans among the addresses."""
    for uri in addresses:
        parsed = parse_address(uri)
        if parsed and parsed[0].name == "plan":
            yield parsed[1]["id"]
