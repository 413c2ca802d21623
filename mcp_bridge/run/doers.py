# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Collects what tells who made the changes that a look has found: tasks of the cluster, and requests of our runs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from mcp_bridge.evidence import events
from mcp_bridge.evidence.requests import read_requests

if TYPE_CHECKING:
    from mcp_bridge.history.attribution import Attributor
    from mcp_bridge.history.changes import Attribution, Change
    from mcp_bridge.history.deeds import SentWrite
    from mcp_bridge.history.observation import Observation
    from mcp_bridge.history.store import History
    from mcp_bridge.ledger.records import RunRow
    from mcp_bridge.run.engine import Engine

SKEW_SECONDS = 60
"""Clocks that differ by more are wrong."""

# Tasks and runs of so long before a look may have made what it has found.
_WINDOW_SECONDS = 172_800
# Runs that are looked through for who changed something.
_MOST_RUNS = 500


class Evidence:
    """What tells who made changes: tasks, and requests of our runs. It is read when there is a change."""

    def __init__(self, engine: Engine, history: History, observation: Observation, began: float) -> None:
        self._engine, self._history, self._observation = engine, history, observation
        # How far the cluster's clock, by which it is known when something changed, is ahead of that of our runs.
        ahead = observation.at - datetime.fromtimestamp(began, UTC)
        self._ahead = ahead if abs(ahead) > timedelta(seconds=SKEW_SECONDS) else timedelta()

    def attribute(self, change: Change) -> Attribution:
        """Who made a change."""
        return self._attributor.attribute(change)

    @cached_property
    def _attributor(self) -> Attributor:
        from mcp_bridge.history.attribution import Attributor
        from mcp_bridge.history.deeds import TaskEnd, make_deeds

        since = self._observation.at - timedelta(seconds=_WINDOW_SECONDS)
        tasks = self._history.list_tasks(self._observation.cluster, since)
        ends = (TaskEnd(task.upid, task.ended, task.status) for task in tasks)
        unread = {each.node for each in self._observation.missing if each.kind == "task"}
        return Attributor(make_deeds(ends, self._list_writes(since)), unread)

    def _list_writes(self, since: datetime) -> Iterator[SentWrite]:
        ledger = self._engine.ledger
        changed = ledger.recent(_MOST_RUNS, changed=True, since=(since - self._ahead).isoformat())
        for row in (*ledger.list_unclosed(), *changed):
            if row.mode == "apply" and row.cluster in (None, self._observation.cluster):
                yield from self._list_run_writes(row)

    def _list_run_writes(self, row: RunRow) -> Iterator[SentWrite]:
        from mcp_bridge.history.deeds import SentWrite

        folder = self._engine.ledger.folder(row.run_id)
        opened = self._read_time(row.opened_at)
        ended = self._read_time(row.closed_at) if row.closed_at else None
        bare = SentWrite(row.run_id, row.asker or row.local_user, opened, ended, method="", path="")
        steps = events.read_planned_steps(folder)
        # The trace has no parameters: requests to one path may each have been any of its steps.
        makes, pools, options = _collect(steps, "newid"), _collect(steps, "pool"), _collect_options(steps)
        sent = read_requests(folder / "apply", steps) if folder.is_dir() else []
        for request in sent:
            if request.may_have_changed:
                at = self._read_time(request.sent_at) if request.sent_at else opened
                yield replace(
                    bare,
                    at=at,
                    method=request.method,
                    path=request.path,
                    upid=request.upid,
                    makes=frozenset(makes[request.path]),
                    options=options.get(request.path),
                )
                for pool in pools[request.path]:
                    yield replace(bare, at=at, method="PUT", path=f"/pools/{pool}")
        # The artifacts of a run of another host are there.
        yield from (replace(bare, upid=upid) for upid in row.upids if not sent)

    def _read_time(self, text: str) -> datetime:
        """A time of ours, by the cluster's clock."""
        return datetime.fromisoformat(text) + self._ahead


def _collect(steps: Sequence[Mapping[str, Any]], name: str) -> defaultdict[str, set[str]]:
    """The values of a parameter in steps, by the paths of the steps."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for step in steps:
        value = (step.get("params") or {}).get(name)
        if value:
            found[str(step.get("path"))].add(str(value))
    return found


def _collect_options(steps: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, set[str | None]]]:
    """What steps set, by their paths and the names of the options; None for what they delete."""
    found: dict[str, dict[str, set[str | None]]] = {}
    for step in steps:
        options = found.setdefault(str(step.get("path")), {})
        for name, value in (step.get("params") or {}).items():
            for deleted in str(value).split(",") if name == "delete" else ():
                options.setdefault(deleted.strip(), set()).add(None)
            options.setdefault(name, set()).add(str(int(value)) if isinstance(value, bool) else str(value))
    return found
