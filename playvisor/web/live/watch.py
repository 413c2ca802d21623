# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Watches the ledger while anybody listens, so that the runs of every process are told.

A look is one select of the ledger's newest entry; only where that has moved, more is read. Runs that are under way are
looked at for what they do now. Runs that only read are not told: pages make them by reading, and would read again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator, Mapping
from typing import Any

from starlette.concurrency import run_in_threadpool

from mcp_bridge.errors import PlayvisorError
from mcp_bridge.evidence import events
from mcp_bridge.ledger.records import LOOK, RunRow
from mcp_bridge.run import Bridge
from playvisor.web.live.feed import Feed, Kind
from playvisor.web.tools import is_change

_WATCH_SECONDS = 1.0
# While runs are under way.
_BUSY_SECONDS = 0.4
_MOST_RUNS = 50
_log = logging.getLogger(__name__)
Found = tuple[Kind, Mapping[str, Any]]
_KIND_OF_ACT: Mapping[str, Kind] = {"frozen": "freeze", "thawed": "freeze"}


class Watch:
    """Publishes what is new in a bridge's ledger, for as long as somebody listens. Belongs to one event loop."""

    def __init__(self, bridge: Bridge, feed: Feed) -> None:
        self._bridge = bridge
        self._feed = feed
        self._listeners = 0
        self._task: asyncio.Task[None] | None = None
        self._is_due = asyncio.Event()
        self._last: int | None = None
        self._doing: dict[str, str] = {}

    async def __aenter__(self) -> None:
        self._listeners += 1
        if self._task is None:
            # From now on: what was before is what a page reads when it opens.
            self._last = await run_in_threadpool(self._read_last)
            self._task = asyncio.create_task(self._run())

    async def __aexit__(self, *_error: object) -> None:
        self._listeners -= 1
        if not self._listeners and self._task:
            self._task.cancel()
            self._task = None

    def look_now(self) -> None:
        """Look now, and not only in a second: something was done in this process."""
        self._is_due.set()

    async def _run(self) -> None:
        while True:
            try:
                for kind, data in await run_in_threadpool(self._look):
                    self._feed.publish(kind, data)
            except PlayvisorError as error:
                _log.warning("Live events wait: %s", error)
            try:
                await asyncio.wait_for(self._is_due.wait(), _BUSY_SECONDS if self._doing else _WATCH_SECONDS)
            except TimeoutError:
                continue
            self._is_due.clear()

    def _read_last(self) -> int:
        try:
            return self._bridge.ledger.last_entry()
        except PlayvisorError:
            return 0

    def _look(self) -> list[Found]:
        ledger, after = self._bridge.ledger, self._last or 0
        newest = ledger.last_entry()
        found: list[Found] = []
        if newest != self._last:
            numbered = [
                *(
                    (row.opened_seq, ("run", _describe_opened(row)))
                    for row in ledger.list_opened(after)
                    if _is_under_way(row)
                ),
                *((act["seq"], _describe_act(act)) for act in ledger.list_acts_after(after)),
                *((row.closed_seq or 0, one) for row in ledger.list_ended(after) for one in _describe_ended(row)),
            ]
            found = [one for _seq, one in sorted(numbered, key=lambda entry: entry[0])]
            self._last = newest
        if found or self._doing:
            found += self._find_progress(ledger.list_unclosed()[:_MOST_RUNS])
        return found

    def _find_progress(self, rows: list[RunRow]) -> Iterator[Found]:
        doing = {row.run_id: str(events.read_progress(self._bridge.ledger.folder(row.run_id))) for row in rows}
        before, self._doing = self._doing, doing
        for row in rows:
            if before.get(row.run_id) != doing[row.run_id]:
                yield "task", self._bridge.redact({"run_id": row.run_id, "tool": row.tool, "doing": doing[row.run_id]})


def _is_under_way(row: RunRow) -> bool:
    return row.outcome is None and is_change(row.tool)


def _describe_opened(row: RunRow) -> dict[str, Any]:
    return {"run_id": row.run_id, "tool": row.tool, "asker": row.asker, "outcome": row.outcome or "running"}


def _describe_ended(row: RunRow) -> Iterator[Found]:
    if is_change(row.tool):
        yield "run", {**_describe_opened(row), "changed": bool(row.changed)}
    if row.tool == LOOK:
        yield "change", {"run_id": row.run_id}


def _describe_act(act: Mapping[str, Any]) -> Found:
    kind = str(act["kind"])
    if kind.startswith("plan_"):
        return "plan", {"plan_id": act["subject"], "state": kind.removeprefix("plan_")}
    return _KIND_OF_ACT.get(kind, "session"), {"act": kind}
