# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Proxmox VE measured before anybody looked: asked for once of each object that was there at the first look.

What has appeared since is looked at from its beginning on; of a vmid that is used again, Proxmox VE still has the
numbers of the guest that had it before.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, exists, select

from mcp_bridge.database.tables import history_objects as objects
from mcp_bridge.database.tables import history_versions as versions
from mcp_bridge.database.transactions import reading
from mcp_bridge.history.changes import KNOWN
from mcp_bridge.history.documents import GUEST
from mcp_bridge.history.metrics import HOUR, STEPS, Sample, fill_gaps
from mcp_bridge.history.observation import ObservedSeries
from mcp_bridge.history.retention import HOURS_DAYS
from mcp_bridge.history.rows import read_state, write_state, writing

TIMEFRAMES = ("month", "year")
"""What is asked for: hours come from the one, days from both."""

_KINDS = ("node", "volumes", GUEST)
# What could not be read is asked for again, after so long and so often.
_AGAIN_SECONDS = 86_400
_MOST_TRIES = 7
_STATE = "backfill"
# Where a virtual machine's configuration says when it was made.
_MADE = re.compile(r"(?:^|,)ctime=(\d{1,11})(?:,|$)")


def list_due(connection: Connection, cluster: str, limit: int, now: datetime) -> list[tuple[str, str]]:
    """Kind and key of the objects whose turn it is: nodes first, then storages, then guests."""
    done, tried = _read_state(connection, cluster)
    was_known = exists().where(versions.c.object_id == objects.c.id, versions.c.what == KNOWN)
    query = select(objects.c.id, objects.c.kind, objects.c.key).where(
        objects.c.cluster == cluster,
        objects.c.kind.in_(_KINDS),
        objects.c.gone_at.is_(None),
        objects.c.missing_since.is_(None),
    )
    found = [row for row in connection.execute(query.where(was_known)) if row.id not in done]
    last = {row.id: tried.get(str(row.id), [0, 0.0])[1] for row in found}
    due = [row for row in found if abs(now.timestamp() - last[row.id]) >= _AGAIN_SECONDS]
    due.sort(key=lambda row: (last[row.id], _KINDS.index(row.kind), row.id))
    return [(row.kind, row.key) for row in due[:limit]]


def add_series(engine: Engine, cluster: str, observed: Iterator[ObservedSeries], at: datetime) -> None:
    """Fill hours and days of which nothing is known with what was measured, and note of whom that is done."""
    first = next(observed, None)
    if first is None:
        return
    with reading(engine) as connection:
        query = select(objects.c.kind, objects.c.key, objects.c.id).where(
            objects.c.cluster == cluster, objects.c.kind.in_(_KINDS), objects.c.gone_at.is_(None)
        )
        ids = {(kind, key): object_id for kind, key, object_id in connection.execute(query)}
    outcomes: dict[int, bool] = defaultdict(lambda: True)
    for each in (first, *observed):
        object_id = ids.get((each.kind, each.key))
        if object_id is None:
            continue
        outcomes[object_id] &= each.why is None
        with writing(engine, cluster) as connection:
            made = _find_creation(connection, object_id)
            fill_gaps(connection, _make_samples(object_id, each, max(each.since, made), at))
    with writing(engine, cluster) as connection:
        _note(connection, cluster, outcomes, set(ids.values()))


def _make_samples(object_id: int, series: ObservedSeries, since: int, at: datetime) -> Iterable[Sample]:
    """The numbers of hours and days, if they are whole, not shorter than the intervals, and not removed soon again."""
    oldest_hour = (at - timedelta(days=HOURS_DAYS)).timestamp()
    for begin, values in series.points:
        steps = [
            step
            for step in STEPS
            if series.step <= step
            and begin // step * step >= series.since
            and (step != HOUR or begin // step * step >= oldest_hour)
        ]
        if values and steps and begin >= since:
            yield Sample(object_id, datetime.fromtimestamp(begin, UTC), values, steps)


def _find_creation(connection: Connection, object_id: int) -> int:
    """When a virtual machine was made, by its configuration; 0 where nothing says it."""
    query = select(versions.c.document).where(versions.c.object_id == object_id, versions.c.valid_to.is_(None))
    document: Mapping[str, Any] = json.loads(connection.execute(query).scalar() or "{}")
    config = document.get("config")
    found = _MADE.search(str(config.get("meta") or "")) if isinstance(config, Mapping) else None
    return int(found[1]) if found else 0


def _note(connection: Connection, cluster: str, outcomes: Mapping[int, bool], there: set[int]) -> None:
    done, tried = _read_state(connection, cluster)
    now = datetime.now(UTC).timestamp()
    for object_id, is_read in outcomes.items():
        tries = tried.pop(str(object_id), [0, 0.0])[0] + 1
        if is_read or tries >= _MOST_TRIES:
            done.add(object_id)
        else:
            tried[str(object_id)] = [tries, now]
    kept = {name: value for name, value in tried.items() if int(name) in there}
    write_state(connection, cluster, {_STATE: {"done": sorted(done & there), "tried": kept}})


def _read_state(connection: Connection, cluster: str) -> tuple[set[int], dict[str, list[float]]]:
    state = read_state(connection, cluster, _STATE).get(_STATE, {})
    return set(state.get("done", ())), dict(state.get("tried", {}))
