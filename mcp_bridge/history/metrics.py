# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Numbers of objects over time: means and highest values of each hour and of each day.

`/cluster/resources` counts the bytes of a guest since its start; bytes a second are kept.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from typing import Any

from sqlalchemy import Connection, Engine, case, select
from sqlalchemy.dialects import postgresql, sqlite

from mcp_bridge.database.tables import METRICS
from mcp_bridge.database.tables import history_metrics as metrics
from mcp_bridge.database.tables import history_objects as objects
from mcp_bridge.history.observation import ObservedMetrics
from mcp_bridge.history.rows import read_state, write_state, writing
from mcp_bridge.system.identity import format_timestamp

HOUR, DAY = STEPS = (3600, 86400)
SAMPLE_SECONDS = 300
"""The pace at which numbers are taken, however often a cluster is observed."""

_BATCH = 500
_COUNTERS = ("netin", "netout", "diskread", "diskwrite")
_SAMPLED, _LAST = "metrics/sampled", "metrics/counters"


@dataclass(frozen=True)
class Sample:
    """Numbers of an object at a moment, which belong to an hour and to a day, or to one of them."""

    object_id: int
    at: datetime
    values: Mapping[str, float]
    steps: Sequence[int] = STEPS


def add_samples(engine: Engine, cluster: str, observed: Iterator[ObservedMetrics]) -> None:
    """Add what was observed to the hours and days that it belongs to, if it is time for it."""
    first = next(observed, None)
    if first is None:
        return
    with writing(engine, cluster) as connection:
        state = read_state(connection, cluster, "metrics/")
        if 0 <= first.at.timestamp() - state.get(_SAMPLED, 0) < SAMPLE_SECONDS:
            return
        query = select(objects.c.kind, objects.c.key, objects.c.id).where(
            objects.c.cluster == cluster, objects.c.gone_at.is_(None)
        )
        ids = {(kind, key): object_id for kind, key, object_id in connection.execute(query)}
        last: dict[str, list[float]] = state.get(_LAST, {})
        counters: dict[str, list[float]] = {}
        samples = []
        for each in chain([first], observed):
            object_id = ids.get((each.kind, each.key))
            if object_id is not None:
                counters[str(object_id)] = [each.at.timestamp(), *(each.values.get(name, 0) for name in _COUNTERS)]
                rates = _compute_rates(last.get(str(object_id)), counters[str(object_id)])
                values = {name: value for name, value in each.values.items() if name not in _COUNTERS}
                samples.append(Sample(object_id, each.at, values | rates))
        _add(connection, samples, is_new=True)
        write_state(connection, cluster, {_SAMPLED: first.at.timestamp(), _LAST: counters})


def fill_gaps(connection: Connection, samples: Iterable[Sample]) -> None:
    """Fill the hours and days of which nothing is known."""
    _add(connection, samples, is_new=False)


def read_metrics(connection: Connection, object_id: int, since: datetime, step: int) -> list[dict[str, Any]]:
    """The numbers of an object since a moment, oldest first: `at` is when the hour or day began."""
    query = select(metrics).where(
        metrics.c.object_id == object_id, metrics.c.step == step, metrics.c.at >= format_timestamp(since)
    )
    return [
        {name: value for name, value in row.items() if name != "object_id" and value is not None}
        for row in connection.execute(query.order_by(metrics.c.at)).mappings()
    ]


def _add(connection: Connection, samples: Iterable[Sample], *, is_new: bool) -> None:
    """Add samples; where they are not new, only to hours and days that have none."""
    grouped: dict[tuple[int, int, float], list[Mapping[str, float]]] = defaultdict(list)
    for sample in samples:
        second = sample.at.timestamp()
        for step in sample.steps:
            grouped[sample.object_id, step, second // step * step].append(sample.values)
    times = {begin: format_timestamp(datetime.fromtimestamp(begin, UTC)) for _id, _step, begin in grouped}
    rows = [
        {"object_id": object_id, "step": step, "at": times[begin], "samples": len(values), **_summarize(values)}
        for (object_id, step, begin), values in sorted(grouped.items())
    ]
    make = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = make(metrics)
    if is_new:
        renewed: dict[str, Any] = {"samples": metrics.c.samples + statement.excluded.samples}
        for name in METRICS:
            renewed[name] = _weigh(metrics.c[name], statement.excluded[name], statement.excluded.samples)
            highest = f"{name}_max"
            renewed[highest] = _choose_higher(metrics.c[highest], statement.excluded[highest])
        statement = statement.on_conflict_do_update(index_elements=list(metrics.primary_key.columns), set_=renewed)
    else:
        statement = statement.on_conflict_do_nothing()
    for first in range(0, len(rows), _BATCH):
        connection.execute(statement, rows[first : first + _BATCH])


def _summarize(samples: list[Mapping[str, float]]) -> dict[str, float | None]:
    summary: dict[str, float | None] = {}
    if len(samples) == 1:
        return {f"{name}{suffix}": samples[0].get(name) for name in METRICS for suffix in ("", "_max")}
    for name in METRICS:
        values = [sample[name] for sample in samples if name in sample]
        summary[name] = sum(values) / len(values) if values else None
        summary[f"{name}_max"] = max(values, default=None)
    return summary


def _compute_rates(before: list[float] | None, after: list[float]) -> dict[str, float]:
    """Bytes a second, by counters that begin anew when a guest starts."""
    if before is None or after[0] <= before[0]:
        return {}
    seconds = after[0] - before[0]
    pairs = zip(_COUNTERS, before[1:], after[1:], strict=True)
    return {name: (new - old) / seconds for name, old, new in pairs if new >= old}


def _weigh(old: Any, new: Any, count: Any) -> Any:
    mean = (old * metrics.c.samples + new * count) / (metrics.c.samples + count)
    return case((new.is_(None), old), (old.is_(None), new), else_=mean)


def _choose_higher(old: Any, new: Any) -> Any:
    return case((new.is_(None), old), (old.is_(None), new), (new > old, new), else_=old)
