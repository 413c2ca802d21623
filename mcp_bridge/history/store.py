# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The history: what was observed of clusters. Nothing else writes its tables."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Engine, RowMapping, and_, func, or_, select

from mcp_bridge.database.open import Database
from mcp_bridge.database.tables import history_objects as objects
from mcp_bridge.database.tables import history_tasks as tasks
from mcp_bridge.database.tables import history_versions as versions
from mcp_bridge.database.transactions import reading
from mcp_bridge.history import backfill, metrics, retention
from mcp_bridge.history.changes import KNOWN, Change
from mcp_bridge.history.documents import GUEST
from mcp_bridge.history.ingest import BEHIND, COMPLETE, OBSERVED, Attribute, Ingest
from mcp_bridge.history.net_diff import diff_moments, make_change
from mcp_bridge.history.observation import Observation, ObservedTask
from mcp_bridge.history.retention import Keep, Removal
from mcp_bridge.history.rows import format_time, parse_time, read_state, write_state, writing
from mcp_bridge.text.redaction import Redactor

_CURSOR = "cursor"


@dataclass(frozen=True)
class Object:
    """A thing that is, or was, in a cluster. One that is `missing_since` may be there, but could not be read since."""

    id: int
    cluster: str
    kind: str
    key: str
    name: str
    node: str | None
    identity: Mapping[str, str]
    first_seen: datetime
    last_seen: datetime
    changed_at: datetime
    missing_since: datetime | None
    gone_at: datetime | None


class History:
    """The history in a database, which the ledger is in, too. Several processes may use it at once."""

    def __init__(self, database: Database, redactor: Redactor | None = None) -> None:
        self._database = database
        self._redactor = redactor or Redactor()

    def ingest(self, observation: Observation, attribute: Attribute) -> list[Change]:
        """Take an observation. Returns what has changed since the last one, who did it as `attribute` says.

        `attribute` is called within a transaction: it may not use the database. Raises StaleObservation when something
        newer is known, and LedgerError.
        """
        return Ingest(self._engine, observation, attribute, self._redactor).run()

    def find_objects(
        self, text: str, kind: str | None = None, cluster: str | None = None, *, limit: int = 100
    ) -> list[Object]:
        """The objects of which key or name is `text`, where `*` and `?` stand for any: those that are there first."""
        is_named = or_(*(_matches(column, text) for column in (objects.c.key, objects.c.name)))
        query = select(objects).where(is_named, *_select_objects(cluster=cluster, kind=kind))
        order = query.order_by(objects.c.gone_at.is_not(None), objects.c.gone_at.desc(), objects.c.kind, objects.c.key)
        with reading(self._engine) as connection:
            rows = list(connection.execute(order.limit(limit)).mappings())
            marks = {name: read_state(connection, name, f"{COMPLETE}/") for name in {row["cluster"] for row in rows}}
        return [_read_object(row, marks[row["cluster"]]) for row in rows]

    def read_document(self, object_id: int, at: datetime | None = None) -> dict[str, Any] | None:
        """An object as it was at a moment, or is; None where it was not there, or not known yet."""
        query = select(versions.c.document).where(versions.c.object_id == object_id)
        if at is None:
            query = query.where(versions.c.valid_to.is_(None))
        else:
            query = (
                query.where(versions.c.valid_from <= format_time(at)).order_by(versions.c.valid_from.desc()).limit(1)
            )
        with reading(self._engine) as connection:
            document = connection.execute(query).scalar()
        return json.loads(document) if document else None

    def list_states(
        self, kind: str, at: datetime, cluster: str | None = None, *, limit: int = 1000, after: str = ""
    ) -> list[tuple[str, dict[str, Any]]]:
        """The objects of a kind that were there at a moment, each with its key and document, in the order of keys.

        `after` is the key after which to go on.
        """
        moment = format_time(at)
        query = (
            select(objects.c.key, versions.c.document)
            .join(objects, objects.c.id == versions.c.object_id)
            .where(versions.c.valid_from <= moment, or_(versions.c.valid_to.is_(None), versions.c.valid_to > moment))
            .where(
                versions.c.document.is_not(None), objects.c.key > after, *_select_objects(kind=kind, cluster=cluster)
            )
        )
        with reading(self._engine) as connection:
            rows = connection.execute(query.order_by(objects.c.key).limit(limit))
            return [(key, json.loads(document)) for key, document in rows]

    def list_changes(
        self,
        since: datetime | None = None,
        until: datetime | None = None,
        object_ids: Collection[int] | None = None,
        kind: str | None = None,
        user: str | None = None,
        limit: int = 100,
        before_id: int | None = None,
        cluster: str | None = None,
    ) -> list[Change]:
        """The changes between two moments, newest first; with `before_id`, those that are older than that one."""
        query = (
            select(versions, *(objects.c[name] for name in ("cluster", "kind", "key", "name", "node")))
            .join(objects, objects.c.id == versions.c.object_id)
            .where(versions.c.what != KNOWN, *_select_objects(object_ids, kind, cluster))
        )
        if since is not None:
            query = query.where(versions.c.valid_from >= format_time(since))
        if until is not None:
            query = query.where(versions.c.valid_from <= format_time(until))
        if user is not None:
            query = query.where(_is_by(user))
        with reading(self._engine) as connection:
            if before_id is not None:
                at = connection.execute(select(versions.c.valid_from).where(versions.c.id == before_id)).scalar()
                is_older = versions.c.valid_from < at
                query = query.where(or_(is_older, and_(versions.c.valid_from == at, versions.c.id < before_id)))
            newest = query.order_by(versions.c.valid_from.desc(), versions.c.id.desc()).limit(limit)
            return [_read_change(row) for row in connection.execute(newest).mappings()]

    def diff(
        self,
        start: datetime,
        end: datetime,
        object_ids: Collection[int] | None = None,
        kind: str | None = None,
        cluster: str | None = None,
    ) -> list[Change]:
        """What differs between two moments, whatever happened between them, in the order of kind and key.

        Who made the last change of an object is named; who made those before is not.
        """
        with reading(self._engine) as connection:
            return list(diff_moments(connection, start, end, _select_objects(object_ids, kind, cluster)))

    def list_clusters(self) -> list[str]:
        """The clusters that were observed."""
        with reading(self._engine) as connection:
            return list(connection.execute(select(objects.c.cluster).distinct().order_by(objects.c.cluster)).scalars())

    def find_first_moment(self, cluster: str | None = None) -> datetime | None:
        """When the history begins; None while there is none."""
        query = select(func.min(objects.c.first_seen)).where(*_select_objects(cluster=cluster))
        with reading(self._engine) as connection:
            return parse_time(connection.execute(query).scalar())

    def list_tasks(self, cluster: str, since: datetime, target: str | None = None) -> list[ObservedTask]:
        """The tasks that ran since a moment, oldest first; only those that are about `target`, such as a vmid."""
        is_wanted = [tasks.c.target == target] if target is not None else []
        has_run = or_(
            tasks.c.started >= format_time(since), tasks.c.ended >= format_time(since), tasks.c.ended.is_(None)
        )
        query = select(tasks).where(tasks.c.cluster == cluster, has_run, *is_wanted).order_by(tasks.c.started)
        with reading(self._engine) as connection:
            return [_read_task(row) for row in connection.execute(query).mappings()]

    def due_details(self, cluster: str, limit: int, older_than: datetime) -> list[int]:
        """The vmids of guests whose details nobody has tried to read since a moment, the longest ago first.

        Those that were tried are noted as their observation is taken.
        """
        query = select(objects.c.key).where(*_select_due(cluster, older_than))
        longest = query.order_by(objects.c.tried_at.is_not(None), objects.c.tried_at, func.length(objects.c.key))
        with reading(self._engine) as connection:
            return [int(key) for key in connection.execute(longest.limit(limit)).scalars() if key.isdecimal()]

    def count_due_details(self, cluster: str, older_than: datetime) -> int:
        """How many guests these are in all."""
        query = select(func.count()).select_from(objects).where(*_select_due(cluster, older_than))
        with reading(self._engine) as connection:
            return int(connection.execute(query).scalar_one())

    def find_last_observation(self, cluster: str) -> datetime | None:
        """The moment of the newest observation."""
        with reading(self._engine) as connection:
            return parse_time(read_state(connection, cluster, OBSERVED).get(OBSERVED))

    def find_time(self, cluster: str) -> datetime:
        """What time it is by the clock of a cluster, as far as its last observation has shown."""
        with reading(self._engine) as connection:
            behind = read_state(connection, cluster, BEHIND).get(BEHIND, 0.0)
        return datetime.now(UTC) - timedelta(seconds=behind)

    def get_cursor(self, cluster: str) -> Any:
        """What was kept last for the next observation; None for a cluster that was not observed."""
        with reading(self._engine) as connection:
            return read_state(connection, cluster, _CURSOR).get(_CURSOR)

    def set_cursor(self, cluster: str, cursor: Any) -> None:
        """Keep plain data for the next observation."""
        with writing(self._engine, cluster) as connection:
            write_state(connection, cluster, {_CURSOR: cursor})

    def read_metrics(self, object_id: int, since: datetime, step: int = metrics.HOUR) -> list[dict[str, Any]]:
        """The numbers of an object since a moment, an hour or a day each, oldest first."""
        with reading(self._engine) as connection:
            return metrics.read_metrics(connection, object_id, since, step)

    def list_unfilled(self, cluster: str, limit: int) -> list[dict[str, Any]]:
        """Objects whose turn it is that what Proxmox VE measured before is asked for, as `pve_observe` takes them."""
        with reading(self._engine) as connection:
            due = backfill.list_due(connection, cluster, limit, datetime.now(UTC))
        return [{"kind": kind, "key": key, "timeframes": [*backfill.TIMEFRAMES]} for kind, key in due]

    def find_removable(self, keep: Keep, now: datetime | None = None) -> Removal:
        """What `prune` would remove, apart from versions that others of their day will stand for."""
        with reading(self._engine) as connection:
            return retention.find_removable(connection, keep, now or self._find_earliest_time())

    def prune(self, keep: Keep, now: datetime | None = None) -> Removal:
        """Remove what is older than it has to be. Returns how much that was."""
        return retention.prune(self._engine, keep, now or self._find_earliest_time())

    def _find_earliest_time(self) -> datetime:
        """What time it is by whichever clock is last: what a wrong one takes for old is not removed."""
        return min([datetime.now(UTC), *map(self.find_time, self.list_clusters())])

    @property
    def _engine(self) -> Engine:
        return self._database.engine


def _select_objects(
    object_ids: Collection[int] | None = None, kind: str | None = None, cluster: str | None = None
) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if object_ids is not None:
        conditions.append(objects.c.id.in_(object_ids))
    if kind is not None:
        conditions.append(objects.c.kind == kind)
    if cluster is not None:
        conditions.append(objects.c.cluster == cluster)
    return conditions


def _is_by(user: str) -> ColumnElement[bool]:
    """Whether a change is by a user, of any realm where none is given, by a token of that user, or maybe: of several
    who may have done it."""
    column = versions.c.user
    is_one_of_several = and_(versions.c.source == "several", column.contains(user, autoescape=True))
    longer = [f"{user}!"] if "@" in user else [f"{user}@"]
    return or_(column == user, *(column.startswith(text, autoescape=True) for text in longer), is_one_of_several)


def _select_due(cluster: str, older_than: datetime) -> list[ColumnElement[bool]]:
    is_due = or_(objects.c.tried_at.is_(None), objects.c.tried_at < format_time(older_than))
    return [*_select_objects(kind=GUEST, cluster=cluster), objects.c.gone_at.is_(None), is_due]


def _matches(column: ColumnElement[str], text: str) -> ColumnElement[bool]:
    if not {"*", "?"} & set(text):
        return column == text
    pattern = text.lower().replace("/", "//").replace("%", "/%").replace("_", "/_").replace("*", "%").replace("?", "_")
    return func.lower(column).like(pattern, escape="/")


def _read_object(row: RowMapping, state: Mapping[str, Any]) -> Object:
    seen = [row["last_seen"]]
    if row["missing_since"] is None and row["gone_at"] is None:
        # It was in every whole list since.
        marks = (f"{COMPLETE}/{row['kind']}", f"{COMPLETE}/{row['kind']}@{row['node']}")
        seen += [state[name] for name in marks if name in state]
    times = {name: parse_time(row[name]) for name in ("first_seen", "changed_at", "missing_since", "gone_at")}
    facts = {name: row[name] for name in ("id", "cluster", "kind", "key", "name", "node")}
    return Object(**facts, identity=json.loads(row["identity"]), last_seen=parse_time(max(seen)), **times)  # type: ignore[arg-type]


def _read_change(row: RowMapping) -> Change:
    thing = {**{name: row[name] for name in ("kind", "key", "name", "node", "cluster")}, "id": row["object_id"]}
    return make_change(thing, row, row["what"])


def _read_task(row: RowMapping) -> ObservedTask:
    facts = {name: row[name] for name in ("upid", "node", "type", "user", "token_id", "status")}
    started = datetime.fromisoformat(row["started"])
    return ObservedTask(**facts, id=row["target"], started=started, ended=parse_time(row["ended"]))
