# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Removing what is old, in tiers: every version first, then one for each day and doer, then only what still is.

What was valid at the end of a tier stays, so that every moment of the tier can be read. A version that stands for
several says how many, and its fields are their net difference.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Table, delete, func, or_, select, tuple_, update

from mcp_bridge.database.tables import history_metrics as metrics
from mcp_bridge.database.tables import history_objects as objects
from mcp_bridge.database.tables import history_tasks as tasks
from mcp_bridge.database.tables import history_versions as versions
from mcp_bridge.database.transactions import reading
from mcp_bridge.history.changes import Attribution, diff_documents, parse_fields, render_fields
from mcp_bridge.history.documents import render_json
from mcp_bridge.history.metrics import DAY, HOUR
from mcp_bridge.history.rows import format_time, parse_time, read_state, write_state, writing
from mcp_bridge.system.identity import format_timestamp

HOURS_DAYS = 14
"""Days for which the numbers of each hour are kept; those of each day are kept as long as versions."""
_BATCH = 2000
_OBJECTS = 100
_THINNED = "thinned"


@dataclass(frozen=True)
class Keep:
    """Every version and task for `days`; then one version for each day and doer until `daily_days`."""

    days: int = 90
    daily_days: int = 730


@dataclass(frozen=True)
class Removal:
    """How much was removed."""

    versions: int = 0
    objects: int = 0
    tasks: int = 0
    metrics: int = 0


def find_removable(connection: Connection, keep: Keep, now: datetime) -> Removal:
    """What is older than it has to be, apart from versions that others of their day will stand for."""
    old = _list_old(keep, now)
    counts = {
        name: sum(
            connection.execute(select(func.count()).select_from(table).where(*where)).scalar_one()
            for table, where in each
        )
        for name, each in old.items()
    }
    return Removal(**counts)


def prune(engine: Engine, keep: Keep, now: datetime) -> Removal:
    """Remove what is old, a batch at a time. It may be ended at any moment, and goes on the next time."""
    removal = Removal()
    with reading(engine) as connection:
        clusters = list(connection.execute(select(objects.c.cluster).distinct()).scalars())
    for name, each in _list_old(keep, now).items():
        for table, where in each:
            count = _delete(engine, clusters, table, where)
            removal = replace(removal, **{name: getattr(removal, name) + count})
    thinned = sum(_thin(engine, cluster, _begin_day(now - timedelta(days=keep.days))) for cluster in clusters)
    return replace(removal, versions=removal.versions + thinned)


def _list_old(keep: Keep, now: datetime) -> dict[str, list[tuple[Table, list[ColumnElement[bool]]]]]:
    """Which rows may go, by what they are; those that others lead to go last."""
    recent, oldest = (format_time(now - timedelta(days=days)) for days in (keep.days, max(keep.days, keep.daily_days)))
    is_gone = objects.c.gone_at <= oldest
    gone = select(objects.c.id).where(is_gone)
    hours = format_time(now - timedelta(days=HOURS_DAYS))
    return {
        "versions": [
            (versions, [versions.c.valid_to <= oldest]),
            (
                versions,
                [versions.c.object_id.in_(gone), or_(versions.c.valid_to > oldest, versions.c.valid_to.is_(None))],
            ),
        ],
        "metrics": [
            (metrics, [metrics.c.step == HOUR, metrics.c.at < hours]),
            (metrics, [metrics.c.step == DAY, metrics.c.at < oldest]),
            (metrics, [metrics.c.object_id.in_(gone)]),
        ],
        "tasks": [(tasks, [tasks.c.started < recent, tasks.c.ended.is_not(None)])],
        "objects": [(objects, [is_gone])],
    }


def _delete(engine: Engine, clusters: Sequence[str], table: Table, where: Sequence[ColumnElement[bool]]) -> int:
    keys = list(table.primary_key.columns)
    removed = 0
    while True:
        with writing(engine, *clusters) as connection:
            found = [tuple(row) for row in connection.execute(select(*keys).where(*where).limit(_BATCH))]
            is_found = tuple_(*keys).in_(found) if len(keys) > 1 else keys[0].in_([key for (key,) in found])
            connection.execute(delete(table).where(is_found))
        removed += len(found)
        if len(found) < _BATCH:
            return removed


def _thin(engine: Engine, cluster: str, until: datetime) -> int:
    """Let one version stand for those of its day and doer, in what has grown old since the last time."""
    with reading(engine) as connection:
        since = read_state(connection, cluster, _THINNED).get(_THINNED, "")
        moment = format_timestamp(until)
        crowded = (
            select(versions.c.object_id)
            .join(objects, objects.c.id == versions.c.object_id)
            .where(objects.c.cluster == cluster, *_is_between(since, moment), versions.c.what == "changed")
            .group_by(versions.c.object_id, func.substr(versions.c.valid_from, 1, 10))
            .having(func.count() > 1)
        )
        ids = sorted(set(connection.execute(crowded).scalars()))
    removed = 0
    for first in range(0, len(ids), _OBJECTS):
        with writing(engine, cluster) as connection:
            for object_id in ids[first : first + _OBJECTS]:
                removed += _thin_object(connection, object_id, since, moment)
    with writing(engine, cluster) as connection:
        write_state(connection, cluster, {_THINNED: moment})
    return removed


def _is_between(since: str, until: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return versions.c.valid_from >= since, versions.c.valid_from < until


def _thin_object(connection: Connection, object_id: int, since: str, until: str) -> int:
    columns = ("id", "valid_from", "valid_to", "not_before", "what", "source", "run_id", "user", "changes")
    query = select(*(versions.c[name] for name in columns)).where(
        versions.c.object_id == object_id, *_is_between(since, until)
    )
    rows = connection.execute(query.order_by(versions.c.valid_from)).mappings()
    groups = (list(group) for (what, *_doer), group in groupby(rows.all(), _describe_doer) if what == "changed")
    return sum(_merge(connection, object_id, group) for group in groups if len(group) > 1)


def _describe_doer(row: Any) -> tuple[Any, ...]:
    return row["what"], row["valid_from"][:10], row["source"], row["run_id"], row["user"]


def _merge(connection: Connection, object_id: int, group: Sequence[Any]) -> int:
    """Have the last version of a group stand for all; none, where nothing came of them."""
    first, last = group[0], group[-1]
    older = select(versions.c.id, versions.c.document).where(
        versions.c.object_id == object_id, versions.c.valid_from < first["valid_from"]
    )
    former = connection.execute(older.order_by(versions.c.valid_from.desc()).limit(1)).one_or_none()
    if former is None or former.document is None:
        return 0
    document = connection.execute(select(versions.c.document).where(versions.c.id == last["id"])).scalar_one()
    fields = diff_documents(json.loads(former.document), json.loads(document))
    by = _join_doers(connection, group)
    gone = [row["id"] for row in group if fields == () or row is not last]
    connection.execute(delete(versions).where(versions.c.id.in_(gone)))
    end = last["valid_from"] if fields else last["valid_to"]
    connection.execute(update(versions).where(versions.c.id == former.id).values(valid_to=end))
    if fields:
        values = {
            "fields": render_json(render_fields(fields, by)),
            "not_before": first["not_before"],
            "changes": sum(row["changes"] for row in group),
        }
        connection.execute(update(versions).where(versions.c.id == last["id"]).values(values))
    return len(gone)


def _join_doers(connection: Connection, group: Sequence[Any]) -> Attribution:
    """Who made all of these versions, and where that is said of each field, who changed it last."""
    last = group[-1]
    doer = (last["source"], last["run_id"], None, last["user"])
    by = Attribution(*doer, parse_time(last["not_before"]), datetime.fromisoformat(last["valid_from"]))
    if last["source"] != "several":
        return by
    columns = select(versions.c.fields).where(versions.c.id.in_([row["id"] for row in group]))
    of_fields: dict[str, Attribution] = {}
    for rendered in connection.execute(columns.order_by(versions.c.valid_from)).scalars():
        of_fields |= parse_fields(json.loads(rendered), by)[1].of_fields
    return replace(by, of_fields=of_fields)


def _begin_day(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
