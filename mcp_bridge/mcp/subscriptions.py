# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Telling clients what has changed: the ledger is watched while somebody wants to know, so every process's runs count.

Since 2026-07-28 clients listen on a stream of their own; before, they subscribe to a resource, and are told on the
connection itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
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
from mcp_bridge.mcp import callers
from mcp_bridge.mcp.uris import address, changed_by, parsed
from mcp_bridge.run import Bridge

Context = ServerRequestContext[Any, Any]

_LISTENING_SINCE = "2026-07-28"
_SECONDS = 1.0
# Clients that left without a word are forgotten, the oldest first, when there are so many; and so many addresses each.
_MOST_SESSIONS = 1000
_MOST_ADDRESSES = 1000


@dataclass
class _Subscriber:
    """A client of the older era: how to reach it, and what it wants to know."""

    session: ServerSession
    addresses: set[str] = field(default_factory=set)
    lists: bool = False


class Changes:
    """Who wants to know of which changes, and the watch that tells them."""

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge
        self._bus = InMemorySubscriptionBus()
        self._streams = ListenHandler(self._bus)
        self._listened: Counter[str] = Counter()
        self._subscribers: dict[str, _Subscriber] = {}
        # The last entry of the ledger that was looked at, and the states of the plans that are watched.
        self._seen: int | None = None
        self._states: dict[str, str] = {}
        self._starting = anyio.Lock()
        self._wanted = anyio.Event()
        self._due = anyio.Event()

    async def listen(
        self, ctx: Context, params: types.SubscriptionsListenRequestParams
    ) -> types.SubscriptionsListenResult:
        """Serve one stream of changes until its client leaves."""
        addresses = list(params.notifications.resource_subscriptions or ())[:_MOST_ADDRESSES]
        with self._listening(addresses):
            await self._watch_from_now(addresses)
            return await self._streams(ctx, params)

    async def subscribe(self, ctx: Context, uri: str) -> None:
        """Tell this client when a resource changes."""
        wanted = self._subscriber(ctx).addresses
        if len(wanted) < _MOST_ADDRESSES:
            wanted.add(uri)
        await self._watch_from_now([uri])

    def unsubscribe(self, ctx: Context, uri: str) -> None:
        """Tell it no longer."""
        self._subscriber(ctx).addresses.discard(uri)

    async def listed(self, ctx: Context) -> None:
        """A client has seen the list of resources, and is told when there are others. A stream says so itself."""
        if not is_version_at_least(ctx.protocol_version, _LISTENING_SINCE):
            self._subscriber(ctx).lists = True
            await self._watch_from_now([])

    def look(self) -> None:
        """A run has ended here: look now, and not only in a second."""
        self._due.set()

    def close(self) -> None:
        """End every stream."""
        self._streams.close()

    async def watch(self) -> None:
        """Watch the ledger, while anybody wants to know, until cancelled."""
        while True:
            await self._wanted.wait()
            with anyio.move_on_after(_SECONDS):
                await self._due.wait()
            self._due = anyio.Event()
            if not (self._subscribers or self._listened):
                self._wanted, self._seen = anyio.Event(), None
                self._states.clear()
                continue
            # A ledger that can't be read just now is looked at again; whoever calls a tool is told.
            with suppress(LedgerError):
                plans = list(_plans(self._addresses()))
                for event in await anyio.to_thread.run_sync(self._news, plans, abandon_on_cancel=True):
                    await self._tell(event)

    @contextmanager
    def _listening(self, addresses: Iterable[str]) -> Iterator[None]:
        # Streams that only want to hear of lists count, too.
        counted = Counter([*addresses, ""])
        self._listened += counted
        try:
            yield
        finally:
            self._listened -= counted

    def _subscriber(self, ctx: Context) -> _Subscriber:
        key, dummy = callers.call(ctx)
        found = self._subscribers.pop(key, None) or _Subscriber(ctx.session)
        found.session = ctx.session
        self._subscribers[key] = found
        if len(self._subscribers) > _MOST_SESSIONS:
            del self._subscribers[next(iter(self._subscribers))]
        return found

    async def _watch_from_now(self, addresses: Iterable[str]) -> None:
        """From here on nothing is missed. Raises MCPError when the ledger can't be read."""
        async with self._starting:
            try:
                if self._seen is None:
                    self._seen = await anyio.to_thread.run_sync(self._last_entry)
                for plan_id in _plans(addresses):
                    state = await anyio.to_thread.run_sync(self._state, plan_id)
                    self._states.setdefault(plan_id, state)
            except LedgerError as error:
                raise MCPError(types.INTERNAL_ERROR, f"{error.message} {error.hint or ''}".strip()) from None
        self._wanted.set()

    def _news(self, plans: Iterable[str]) -> list[ServerEvent]:
        """What has happened since the last look, also to these plans."""
        rows = self._bridge.ledger.list_ended(self._seen or 0)
        addresses: dict[str, None] = {}
        for row in rows:
            self._seen = row["closed_seq"]
            addresses |= dict.fromkeys(changed_by(row, self._guests(row)))
        for plan_id in plans:
            state = self._state(plan_id)
            if self._states.get(plan_id, state) != state:
                addresses[address("plan", id=plan_id)] = None
            self._states[plan_id] = state
        lists = any(row["playbook"] and _writes(row["tool"]) for row in rows)
        return [*(ResourceUpdated(uri) for uri in addresses), *([ResourcesListChanged()] if lists else [])]

    def _addresses(self) -> set[str]:
        subscribed = (subscriber.addresses for subscriber in self._subscribers.values())
        return set(self._listened).union(*subscribed)

    def _last_entry(self) -> int:
        # The ledger is opened here, not in the server's own thread.
        return self._bridge.ledger.last_entry()

    def _state(self, plan_id: str) -> str:
        try:
            return self._bridge.ledger.plans.find(plan_id).state
        except UsageError:
            return "unknown"

    def _guests(self, row: dict[str, Any]) -> list[dict[str, Any]]:
        """The guests that a run has changed, from its artifacts, where they are on this host."""
        tool = catalogue.load().get(row["tool"])
        if tool is None or not row["changed"]:
            return []
        folder = self._bridge.ledger.folder(row["run_id"])
        try:
            found = events.returned(folder, tool.action).result
            if found is None:
                # What was applied did not come to say so, but what was planned did.
                found = events.result_in(folder, "plan", tool.action)
        except OSError:
            # They were just removed, or moved away; the ledger's own row has to do.
            return []
        guests = (found or {}).get("guests") or []
        return [guest for guest in guests if isinstance(guest, dict)]

    async def _tell(self, event: ServerEvent) -> None:
        await self._bus.publish(event)
        for key, subscriber in list(self._subscribers.items()):
            try:
                if isinstance(event, ResourceUpdated) and event.uri in subscriber.addresses:
                    await subscriber.session.send_resource_updated(event.uri)
                elif isinstance(event, ResourcesListChanged) and subscriber.lists:
                    await subscriber.session.send_notification(types.ResourceListChangedNotification())
            except (anyio.BrokenResourceError, anyio.ClosedResourceError):
                self._subscribers.pop(key, None)


def _plans(addresses: Iterable[str]) -> Iterator[str]:
    """The ids of the plans among some addresses."""
    for uri in addresses:
        found = parsed(uri)
        if found and found[0].name == "plan":
            yield found[1]["id"]


def _writes(name: str) -> bool:
    tool = catalogue.load().get(name)
    return tool is not None and tool.writes
