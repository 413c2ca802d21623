# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Syncs the history with the cluster: runs that only read, and what they saw goes into the database."""

from __future__ import annotations

import math
import tempfile
import threading
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mcp_bridge import catalogue, version
from mcp_bridge.auth.caller import make_local_client
from mcp_bridge.authority.cluster import shorten_identity
from mcp_bridge.errors import PlayvisorError
from mcp_bridge.executor import Progress
from mcp_bridge.ledger.records import LOOK, SELF
from mcp_bridge.result import Result
from mcp_bridge.run.doers import SKEW_SECONDS, Evidence
from mcp_bridge.run.request import Request
from mcp_bridge.system.identity import format_timestamp

if TYPE_CHECKING:
    from mcp_bridge.history.changes import Change
    from mcp_bridge.history.ingest import StaleObservation
    from mcp_bridge.run.engine import Engine

# Within so long every guest is read in full again, whether a task names it or not, and all that is no guest.
_GUESTS_SECONDS = 86_400
_PARTS_SECONDS = 3600
_PRUNE_SECONDS = 86_400
# So many are read each time in any case; of guests, those of a small cluster.
_LEAST_GUESTS = 25
_LEAST_PARTS = 2
# Of one run: guests to read in full, and requests, beside those that are always sent. The next run goes on.
_MOST_GUESTS = 2000
_MOST_REQUESTS = 5000
# Objects of which each look asks for what Proxmox VE measured before, with two requests each, until it knows of all.
_MOST_UNFILLED = 25
# The share of the pace after which a look is due.
_DUE = 0.9
# Requests of a server's own look that are in flight at a time.
_QUIET_THROTTLE = 3
# Acts of the ledger that are looked through for the guests that runs of ours may have touched.
_MOST_ACTS = 500
# Addresses that a cluster is known by.
_MOST_URLS = 50
# What of a guest's overview shows that its configuration has changed.
_CONFIGURED = frozenset(f"overview.{name}" for name in ("name", "tags", "cpus", "maxmem", "maxdisk", "template"))


@dataclass(frozen=True)
class Manner:
    """How to look: at `everything`, at these `guests` and `parts`, at `all_parts` beside guests, by so many `rounds` at
    most. One that `takes_turns` looks at what was not read for longest, too.

    Who `may_wait` waits for another process that looks. A look that is younger than `fresh_seconds` is enough. At most
    `throttle` requests are in flight at a time.
    """

    everything: bool = False
    guests: Collection[int] = ()
    parts: Collection[str] = ()
    all_parts: bool = False
    takes_turns: bool = True
    rounds: int = 1
    may_wait: bool = False
    fresh_seconds: float = 0.0
    throttle: int = 10


@dataclass(frozen=True)
class Synced:
    """What a sync came to: the result of its last run, what changed, and how many guests are yet to be read in full.

    `skipped` says why nothing was kept: another look was newer, or the cluster's clock `is_behind`.
    """

    result: Result
    changes: Sequence[Change] = field(default=())
    left: int = 0
    requests: int = 0
    is_first: bool = False
    skipped: str = ""
    is_behind: bool = False

    @property
    def summary(self) -> str:
        """What it came to, in sentences."""
        if self.skipped:
            return self.skipped
        count = len(self.changes)
        changed = f"{count} change{'' if count == 1 else 's'} since the last look" if count else "Nothing changed"
        begun = "This was the first look; changes are known from now on" if self.is_first else changed
        rest = f" {self.left} guests are yet to be read in full; the next sync goes on." if self.left else ""
        return f"{begun}. It took {self.requests} requests.{rest}"


def list_parts() -> list[str]:
    """The kinds of what a look sees beside guests."""
    parts: list[str] = catalogue.load()[LOOK].input_schema["properties"]["parts"]["items"]["enum"]
    return parts


def sync_history(
    engine: Engine, request: Request, progress: Progress, cancel: threading.Event, manner: Manner
) -> Synced | None:
    """Look at the cluster and keep what is seen; None where another process does, or has just done so.

    `request` says for whom. Raises UnknownCluster, and LedgerError.
    """
    cluster = engine.authority.identify_cluster()
    held = engine.authority.hold_history(
        cluster,
        cancel,
        may_wait=manner.may_wait,
        on_wait=lambda _target, _holder: progress("Waits for another process that looks at the cluster"),
    )
    with held as is_alone:
        sync = _Sync(engine, request, cluster, manner)
        if not is_alone or sync.age < manner.fresh_seconds:
            return None
        return sync.run(progress, cancel)


def tick(engine: Engine, cancel: threading.Event) -> float:
    """Sync as a server does by itself, if it is due; returns the seconds until it is due again.

    Raises PlayvisorError when it can't be done.
    """
    seconds = float(engine.settings.history_seconds)
    request = Request(LOOK, {}, "read", make_local_client(SELF, version()))
    # Others that share the ledger do it as well, and clocks are not exact. Whoever waits for an answer comes first.
    manner = Manner(fresh_seconds=seconds * _DUE, throttle=_QUIET_THROTTLE)
    synced = sync_history(engine, request, lambda _line: None, cancel, manner)
    if synced and synced.result.failure and synced.result.status != "cancelled":
        raise PlayvisorError(synced.result.failure.message, synced.result.failure.hint)
    if synced and synced.is_behind:
        raise PlayvisorError(synced.skipped)
    return seconds


class _Sync:
    """One sync of a cluster, while its history is held."""

    def __init__(self, engine: Engine, request: Request, cluster: str, manner: Manner) -> None:
        # The database takes long to import, and a server that has just started has other things to do.
        from mcp_bridge.history.store import History

        self._engine, self._request, self._cluster, self._manner = engine, request, cluster, manner
        self._history = History(engine.ledger.database, engine.settings.redactor)
        self._cursor: dict[str, Any] = self._history.get_cursor(cluster) or {}

    @property
    def age(self) -> float:
        """The seconds since the last look that took turns."""
        age = time.time() - float(self._cursor.get("turned", self._cursor.get("looked", 0.0)))
        # After one that lies in the future, a clock was set back since, by at least as much.
        return max(0.0, age) if age > -SKEW_SECONDS else min(-age, _GUESTS_SECONDS)

    def run(self, progress: Progress, cancel: threading.Event) -> Synced:
        """Look, and again as long as fewer guests are left to be read in full."""
        is_first = not self._cursor
        done = self._look(progress, cancel, is_first=True)
        for _number in range(1, self._manner.rounds):
            if done.result.failure or not done.left or done.skipped or cancel.is_set():
                break
            progress(f"{done.left} guests are yet to be read in full")
            seen = self._look(progress, cancel, is_first=False)
            is_stuck = seen.left >= done.left
            done = replace(seen, changes=[*done.changes, *seen.changes], requests=done.requests + seen.requests)
            if is_stuck:
                break
        if not done.result.failure and not done.skipped:
            self._remove_old(progress)
        return replace(done, is_first=is_first)

    def _look(self, progress: Progress, cancel: threading.Event, *, is_first: bool) -> Synced:
        from mcp_bridge.history.ingest import StaleObservation
        from mcp_bridge.history.observation import parse_observation

        began = time.time()
        chosen = self._choose(is_first=is_first)
        with tempfile.TemporaryDirectory(prefix=".history-", dir=self._engine.settings.state_dir) as folder:
            file = Path(folder, "observed.jsonl")
            arguments = {"dest": str(file), "budget": _MOST_REQUESTS, "throttle": self._manner.throttle, **chosen}
            request = replace(self._request, tool=LOOK, arguments=arguments, internal=True)
            result = self._engine.run(request, progress, cancel)
            if result.failure or result.status != "ok":
                return Synced(result)
            observation = parse_observation(file)
            if observation.cluster != self._cluster:
                found = shorten_identity(observation.cluster)
                raise PlayvisorError(f"Another cluster answered meanwhile: {found}.", "Nothing of it was kept.")
            progress("Keeping what was seen")
            evidence = Evidence(self._engine, self._history, observation, began)
            try:
                changes = self._history.ingest(observation, evidence.attribute)
            except StaleObservation as error:
                return _describe_skipped(result, error, time.time() - began)
        self._keep_cursor(result.data, chosen, changes, began)
        overdue = self._history.count_due_details(self._cluster, self._find_oldest())
        return Synced(result, changes, max(overdue, len(self._cursor["wanted"])), result.data["requests"])

    def _choose(self, *, is_first: bool) -> dict[str, Any]:
        """What to read: what may have changed, and of the rest what was not read for longest."""
        parts = list_parts()
        if not self._cursor:
            # The first look is at everything.
            return {"parts": parts}
        known = {name: self._cursor[name] for name in ("since", "running")}
        if not self._manner.takes_turns:
            return {**known, "parts": sorted(self._manner.parts), "guests": sorted(self._manner.guests)}
        if not is_first:
            parts = []
        elif not (self._manner.all_parts or self._manner.everything):
            number = max(_LEAST_PARTS, math.ceil(len(parts) * self.age / _PARTS_SECONDS))
            now = time.time()
            # When it was read by a clock that was ahead is not known.
            read = {name: at for name, at in self._cursor["parts"].items() if at <= now}
            due = sorted(parts, key=lambda name: read.get(name, 0.0))[:number]
            parts = sorted({*due, *self._manner.parts})
        guests = {*self._cursor["wanted"], *self._list_due(is_first=is_first)}
        guests |= {*self._manner.guests, *self._list_own()} if is_first else set()
        unfilled = self._history.list_unfilled(self._cluster, _MOST_UNFILLED) if is_first else []
        return {**known, "parts": parts, "guests": sorted(guests), **({"measured": unfilled} if unfilled else {})}

    def _list_due(self, *, is_first: bool) -> list[int]:
        """The guests whose turn it is: a share of all, and all that were not read for too long."""
        anytime = self._history.find_time(self._cluster) + timedelta(days=1)
        number = self._history.count_due_details(self._cluster, self._find_oldest())
        if is_first:
            total = self._history.count_due_details(self._cluster, anytime)
            share = max(_LEAST_GUESTS, math.ceil(total * self.age / _GUESTS_SECONDS))
            number = total if self._manner.everything else max(number, share)
        return self._history.due_details(self._cluster, min(number, _MOST_GUESTS), anytime)

    def _list_own(self) -> set[int]:
        """The guests that runs of ours were admitted to touch since the last look: not every change leaves a task."""
        since = format_timestamp(datetime.fromtimestamp(self._cursor["looked"], UTC))
        from mcp_bridge.ledger.admissions import ADMITTED

        admitted = self._engine.ledger.list_acts(_MOST_ACTS, ADMITTED)
        facts = [act["facts"] for act in admitted if act["at"] >= since]
        return {vmid for each in facts if each.get("cluster") == self._cluster for vmid in each.get("guests") or ()}

    def _keep_cursor(
        self, seen: dict[str, Any], chosen: dict[str, Any], changes: Sequence[Change], began: float
    ) -> None:
        """Keep from where the next look goes on."""
        wanted = {int(change.key) for change in changes if _is_unread(change)}
        if self._cursor:
            # Beyond the budget, a task may have named it. At first, that is every guest that was not tried.
            wanted |= set(seen["left"]["guests"][:_MOST_GUESTS])
        is_turn = self._manner.takes_turns or not self._cursor
        if not is_turn:
            # They wait for the next one that takes turns.
            wanted |= {*self._cursor["wanted"], *self._list_own()} - ({*chosen["guests"]} - {*seen["left"]["guests"]})
        read = [name for name in chosen["parts"] if name not in seen["left"]["parts"]]
        self._cursor = {
            "since": seen["until"],
            "running": seen["running"],
            "looked": began,
            "turned": began if is_turn else self._cursor.get("turned", self._cursor["looked"]),
            "wanted": sorted(wanted),
            "parts": {**self._cursor.get("parts", {}), **dict.fromkeys(read, began)},
            "pruned": self._cursor.get("pruned", 0.0),
            "urls": sorted({*self._cursor.get("urls", ()), self._engine.settings.endpoint.url})[-_MOST_URLS:],
        }
        self._history.set_cursor(self._cluster, self._cursor)

    def _remove_old(self, progress: Progress) -> None:
        """Once a day, remove what is older than the settings say."""
        from mcp_bridge.history.retention import Keep

        if abs(time.time() - self._cursor.get("pruned", 0.0)) < _PRUNE_SECONDS:
            return
        progress("Removing what is old")
        settings = self._engine.settings
        self._history.prune(Keep(settings.history_days, settings.history_daily_days))
        self._cursor["pruned"] = time.time()
        self._history.set_cursor(self._cluster, self._cursor)

    def _find_oldest(self) -> datetime:
        return self._history.find_time(self._cluster) - timedelta(seconds=_GUESTS_SECONDS)


def _describe_skipped(result: Result, error: StaleObservation, seconds: float) -> Synced:
    """What a look came to that took so many seconds, and is older than what is known."""
    behind = (error.newest - error.at).total_seconds() if error.newest else 0.0
    if behind <= max(SKEW_SECONDS, seconds):
        return Synced(result, skipped="Another look at the cluster was newer; nothing of this one was kept.")
    return Synced(
        result,
        skipped=f"The cluster's clock says {error.at:%Y-%m-%d %H:%M} UTC, but its last look was at "
        f"{error.newest:%Y-%m-%d %H:%M} UTC. Nothing is kept until its clock is past that: check the time of its "
        "nodes.",
        is_behind=True,
    )


def _is_unread(change: Change) -> bool:
    """Whether a guest's configuration has changed, and was not read."""
    paths = {field.path for field in change.fields}
    is_read = any(not path.startswith("overview.") for path in paths)
    return change.kind == "guest" and change.what == "changed" and bool(paths & _CONFIGURED) and not is_read
