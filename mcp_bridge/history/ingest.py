# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Taking an observation into the history, a batch of objects at a time.

Each batch is a transaction of its own. A process that dies between two loses nothing: the same observation, or the next
one, goes on where it stopped, and what was taken already is found to be as it is.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, select

from mcp_bridge.database.tables import fit_row
from mcp_bridge.database.tables import history_objects as objects
from mcp_bridge.database.tables import history_tasks as tasks
from mcp_bridge.database.transactions import reading
from mcp_bridge.errors import UsageError
from mcp_bridge.history import backfill, metrics
from mcp_bridge.history.changes import Attribution, Change, FieldChange, What, diff_documents
from mcp_bridge.history.clocks import set_back
from mcp_bridge.history.documents import (
    GUEST,
    OVERVIEW,
    clean_document,
    compute_digest,
    find_home,
    find_identity,
    find_name,
    find_node,
    render_json,
)
from mcp_bridge.history.object_rows import (
    MUTABLE,
    Row,
    Writes,
    is_tomb,
    list_batches,
    load_current,
    load_gone,
    load_known,
    load_open,
    make_version,
    read_identity,
    update_rows,
    write_batch,
)
from mcp_bridge.history.observation import Missing, Observation, ObservedObject, ObservedTask
from mcp_bridge.history.rows import LEAST, format_time, parse_time, read_state, upsert, write_state, writing
from mcp_bridge.system.identity import format_timestamp
from mcp_bridge.text.redaction import Redactor

Attribute = Callable[[Change], Attribution]
"""Says who made a change; what it gets has nothing but the interval. It may not use the database."""

OBSERVED, BEHIND, COMPLETE, SEEN = "observed", "behind", "complete", "seen"
"""Names of state: the newest observation, and by how many seconds its clock was behind; when a kind was read last, as a
whole and at all."""

# An object that is still there is written again after so long; the marks of `complete` are exact.
_SEEN_SECONDS = 3600
# The lists of Proxmox VE are up to so old.
_LATE_SECONDS = 15
# What is so far ahead of the clock was written by a clock that was wrong.
_SKEW_SECONDS = 60
_DESTROYS = frozenset({"qmdestroy", "vzdestroy"})
_CREATES = frozenset({"qmcreate", "vzcreate"})


class StaleObservation(UsageError):
    """An observation that is older than what is known: it is of `at`, and there is one of `newest`."""

    def __init__(self, at: datetime, newest: datetime | None) -> None:
        self.at, self.newest = at, newest
        known = f"one of {newest:%Y-%m-%d %H:%M:%S} UTC" if newest else "another one"
        super().__init__(
            f"The observation of {at:%Y-%m-%d %H:%M:%S} UTC was not taken: {known} is known already.", "Observe again."
        )


class Ingest:
    """One observation on its way into the history."""

    def __init__(self, engine: Engine, observation: Observation, attribute: Attribute, redactor: Redactor) -> None:
        self._engine = engine
        self._observation = observation
        self._cluster = observation.cluster
        self._at = observation.at
        self._attribute = attribute
        self._redactor = redactor
        self._destroyed = _list_ends(observation.tasks, _DESTROYS)
        self._created = _list_ends(observation.tasks, _CREATES)
        self._seen: dict[str, set[str]] = defaultdict(set)
        self._marks: dict[str, datetime] = {}
        self._changes: list[Change] = []

    def run(self) -> list[Change]:
        """Take it. Returns what has changed. Raises StaleObservation when something newer is known already."""
        for batch in list_batches(self._observation.tasks):
            with writing(self._engine, self._cluster) as connection:
                _add_tasks(connection, self._cluster, batch, self._redactor)
        self._begin()
        for objects_ in list_batches(self._observation.objects):
            self._take(_merge(objects_))
        kinds = {each.kind for each in self._observation.complete} | {each.kind for each in self._observation.missing}
        for kind in sorted(kinds):
            self._find_gone(kind)
        metrics.add_samples(self._engine, self._cluster, self._observation.metrics)
        backfill.add_series(self._engine, self._cluster, self._observation.series, self._at)
        self._finish()
        return self._changes

    def _begin(self) -> None:
        with writing(self._engine, self._cluster) as connection:
            newest = parse_time(read_state(connection, self._cluster, OBSERVED).get(OBSERVED))
            if newest and newest > self._at:
                ahead = timedelta(seconds=_SKEW_SECONDS)
                if newest < datetime.now(UTC) + ahead or newest < self._at + ahead:
                    raise StaleObservation(self._at, newest)
                set_back(connection, self._cluster, self._at)
            behind = (datetime.now(UTC) - self._at).total_seconds()
            write_state(connection, self._cluster, {OBSERVED: format_time(self._at), BEHIND: behind})
            for prefix in (COMPLETE, SEEN):
                marks = read_state(connection, self._cluster, f"{prefix}/")
                self._marks |= {name: min(datetime.fromisoformat(time), self._at) for name, time in marks.items()}

    def _require_newest(self, connection: Connection) -> None:
        newest = parse_time(read_state(connection, self._cluster, OBSERVED).get(OBSERVED))
        if newest != self._at:
            raise StaleObservation(self._at, newest)

    def _take(self, observed: Mapping[tuple[str, str], ObservedObject]) -> None:
        for kind, key in observed:
            self._seen[kind].add(key)
        with writing(self._engine, self._cluster) as connection:
            self._require_newest(connection)
            known = load_known(connection, self._cluster, observed)
            writes, changed, fresh = Writes(), [], {}
            for each, one in observed.items():
                row = known.get(each)
                digests = _compute_digests(one)
                differing = [name for name in digests if row is None or row["sections"].get(name) != digests[name]]
                if row is None or ((differing or one.key in self._destroyed) and self._is_other(row, one)):
                    fresh[each] = one
                elif differing:
                    changed.append((row, one, differing))
                elif self._note_seen(row, digests):
                    writes.updated.append(row)
            replaced = [known[each] for each in fresh if each in known]
            current = load_current(
                connection, [row["id"] for row in [*(row for row, _one, _names in changed), *replaced]]
            )
            for row in replaced:
                self._close(row, current[row["id"]], writes)
            for row, one, differing in changed:
                self._change(row, current[row["id"]], one, differing, writes)
            # The rows of what is gone go first: there is one open object of a key at most.
            update_rows(connection, writes.updated)
            writes.updated.clear()
            gone = load_gone(connection, self._cluster, fresh)
            tombs = load_current(connection, [row["id"] for rows in gone.values() for row in rows])
            # Of one whose versions are removed already nothing is known, and those of this moment are not gone yet.
            former = {
                each: self._find_former(one, [row for row in gone[each] if is_tomb(tombs.get(row["id"]))])
                for each, one in fresh.items()
            }
            for each, one in fresh.items():
                row = former[each]
                if row is not None:
                    self._bring_back(row, tombs[row["id"]], one, writes)
                else:
                    self._insert(one, is_known=each not in known and self._is_first_look(one), writes=writes)
            self._changes += write_batch(connection, self._cluster, writes)

    def _change(self, row: Row, version: Row, one: ObservedObject, differing: Sequence[str], writes: Writes) -> None:
        """An object of which some sections have other digests."""
        before = json.loads(version["document"])
        after = {**before, **clean_document(one.document, self._redactor)}
        not_before = self._find_not_before(row, [name for name in differing if name in before])
        self._note_seen(row, _compute_digests(one))
        self._describe(row, after, one)
        fields = diff_documents(before, after)
        if fields:
            self._add_version(row, version, "changed", after, fields, not_before, writes)
        elif after != before:
            # It was read for the first time: as far as anybody knows, it was like this.
            writes.filled.append({"_id": version["id"], "_document": render_json(after)})
        writes.updated.append(row)

    def _close(self, row: Row, version: Row, writes: Writes) -> None:
        """An object that is gone, or that another one has taken the place of."""
        seen = self._find_seen(row)
        row |= {"last_seen": format_time(seen), "missing_since": None}
        self._add_version(row, version, "gone", None, (), self._make_bound(seen), writes)
        row["gone_at"] = row["changed_at"]
        writes.updated.append(row)

    def _bring_back(self, row: Row, version: Row, one: ObservedObject, writes: Writes) -> None:
        not_before = parse_time(row["gone_at"])
        document = clean_document(one.document, self._redactor)
        row |= {"gone_at": None, "sections": {}, "last_seen": format_time(self._at), "detailed_at": None}
        self._note_seen(row, _compute_digests(one))
        self._describe(row, document, one)
        self._add_version(row, version, "back", document, (), self._make_bound(not_before), writes)
        writes.updated.append(row)

    def _insert(self, one: ObservedObject, *, is_known: bool, writes: Writes) -> None:
        document = clean_document(one.document, self._redactor)
        at = format_timestamp(self._at)
        row: Row = {**dict.fromkeys(MUTABLE), "cluster": self._cluster, "kind": one.kind, "key": one.key}
        row |= {"identity": "{}", "sections": {}, "first_seen": at, "last_seen": at, "changed_at": at}
        self._note_seen(row, _compute_digests(one))
        self._describe(row, document, one)
        mark = None if is_known else self._marks.get(_name_mark(COMPLETE, one.kind, find_home(one.kind, one.key)))
        change = None if is_known else self._make_change(row, "appeared", (), self._make_bound(mark), self._at)
        version = make_version(change, document, at)
        writes.inserted.append((row, version, change))

    def _add_version(
        self,
        row: Row,
        former: Row,
        what: What,
        document: Mapping[str, Any] | None,
        fields: tuple[FieldChange, ...],
        not_before: datetime | None,
        writes: Writes,
    ) -> None:
        since = datetime.fromisoformat(former["valid_from"])
        at = max(self._at, since + LEAST)
        change = self._make_change(row, what, fields, not_before, at)
        row["changed_at"] = format_timestamp(at)
        version = make_version(change, document, row["changed_at"]) | {"object_id": row["id"]}
        writes.versions.append((version, change))

    def _make_change(
        self, row: Row, what: What, fields: tuple[FieldChange, ...], not_before: datetime | None, at: datetime
    ) -> Change:
        bare = Attribution("outside", None, None, None, not_before, at)
        place = {name: row[name] for name in ("kind", "key", "name", "node", "cluster")}
        change = Change(**place, what=what, fields=fields, attribution=bare, object_id=row.get("id", 0))
        return Change(**{**vars(change), "attribution": self._attribute(change)})

    def _note_seen(self, row: Row, digests: Mapping[str, str]) -> bool:
        """Note in a row that it was seen, and what of it; whether the row has to be written."""
        at = format_timestamp(self._at)
        is_late = row["last_seen"] < format_timestamp(self._at - timedelta(seconds=_SEEN_SECONDS))
        is_due = row["missing_since"] is not None or is_late
        if is_due:
            row |= {"last_seen": at, "missing_since": None}
        details = row["sections"].keys() - {OVERVIEW}
        row["sections"] |= digests
        if OVERVIEW in row["sections"] and digests.keys() - {OVERVIEW}:
            row["tried_at"] = at
            # Of some that were not read this time, nobody knows since when they differ.
            if details <= digests.keys():
                row["detailed_at"] = at
            is_due = True
        return is_due

    def _describe(self, row: Row, document: Mapping[str, Any], one: ObservedObject) -> None:
        """Note in a row what its document says of it."""
        row |= {
            "name": find_name(one.kind, one.key, document),
            "node": find_node(one.kind, one.key, document),
            "identity": read_identity(row).update(find_identity(one.kind, one.document)).render(),
        }

    def _is_other(self, row: Row, one: ObservedObject) -> bool:
        """Whether it is another guest than the one that had this vmid when it was seen last."""
        if one.kind != GUEST:
            return False
        known, found = read_identity(row), find_identity(one.kind, one.document)
        if known.is_other(found):
            return True
        if known.is_proven(found):
            return False
        since = self._find_seen(row) - timedelta(seconds=_LATE_SECONDS)
        first = datetime.fromisoformat(row["first_seen"])
        return any(end >= since and first < end <= self._at for end in self._destroyed.get(one.key, ()))

    def _find_former(self, one: ObservedObject, gone: Sequence[Row]) -> Row | None:
        """The one among what is gone, newest first, that has come back."""
        if one.kind != GUEST:
            return gone[0] if gone else None
        found = find_identity(one.kind, one.document)
        for row in gone:
            known = read_identity(row)
            if known.is_proven(found) and not known.is_other(found):
                return row
        # Where nothing proves it, it is the last one, unless something speaks against it.
        if not gone or read_identity(gone[0]).is_proven(found) or read_identity(gone[0]).is_other(found):
            return None
        row, seen = gone[0], datetime.fromisoformat(gone[0]["last_seen"])
        was_created = any(end >= seen for end in self._created.get(one.key, ()))
        return None if was_created or find_name(one.kind, one.key, one.document) != row["name"] else row

    def _is_first_look(self, one: ObservedObject) -> bool:
        return _name_mark(SEEN, one.kind, find_home(one.kind, one.key)) not in self._marks

    def _find_seen(self, row: Row) -> datetime:
        """When an object was seen last, before this observation."""
        seen = datetime.fromisoformat(row["last_seen"])
        if row["missing_since"] is not None:
            return seen
        names = [_name_mark(COMPLETE, row["kind"], node) for node in (None, row["node"])]
        return max([seen, *(self._marks[name] for name in names if name in self._marks)])

    def _find_not_before(self, row: Row, sections: Sequence[str]) -> datetime | None:
        """When these sections were read last as they were."""
        times: list[datetime | None] = []
        if OVERVIEW in sections or OVERVIEW not in row["sections"] or not sections:
            times.append(self._find_seen(row))
        if OVERVIEW in row["sections"] and set(sections) - {OVERVIEW}:
            times.append(parse_time(row["detailed_at"]))
        return None if None in times else self._make_bound(min(time for time in times if time))

    def _make_bound(self, time: datetime | None) -> datetime | None:
        """A time before which something can't have happened; None where the clock was set back since."""
        return time if time and time < self._at else None

    def _find_gone(self, kind: str) -> None:
        """Close the objects of a kind that are not there any longer, and note which of them could not be seen."""
        scopes = [each.node for each in self._observation.complete if each.kind == kind]
        missing = [each for each in self._observation.missing if each.kind == kind]
        lost = any(each.key is None and each.node is not None for each in missing)
        if kind == GUEST and lost:
            # It may be on a node that could not be read.
            scopes = [node for node in scopes if node is None]
        query = select(objects.c.id, objects.c.key, objects.c.node).where(
            objects.c.cluster == self._cluster, objects.c.kind == kind, objects.c.gone_at.is_(None)
        )
        with reading(self._engine) as connection:
            rows = [dict(row) for row in connection.execute(query).mappings()]
        gone, unseen = [], []
        for row in rows:
            is_seen = row["key"] in self._seen[kind]
            is_missing = any(_covers(each, row) for each in missing)
            if is_missing and (not is_seen or kind == GUEST):
                unseen.append(row["id"])
            elif not is_seen and any(node is None or node == row["node"] for node in scopes):
                gone.append(row["id"])
        for batch in list_batches(unseen):
            self._note_missing(batch)
        for closing in list_batches(gone):
            self._close_all(closing)

    def _note_missing(self, batch: Sequence[int]) -> None:
        at = format_timestamp(self._at)
        changed = []
        with writing(self._engine, self._cluster) as connection:
            self._require_newest(connection)
            for row in load_open(connection, batch):
                is_seen = row["key"] in self._seen[row["kind"]]
                if not is_seen and row["missing_since"] is None:
                    row |= {"last_seen": format_time(self._find_seen(row)), "missing_since": at}
                elif row["kind"] != GUEST:
                    continue
                changed.append(row | {"tried_at": at})
            update_rows(connection, changed)

    def _close_all(self, batch: Sequence[int]) -> None:
        with writing(self._engine, self._cluster) as connection:
            self._require_newest(connection)
            writes = Writes()
            current = load_current(connection, batch)
            for row in load_open(connection, batch):
                self._close(row, current[row["id"]], writes)
            self._changes += write_batch(connection, self._cluster, writes)

    def _finish(self) -> None:
        at = format_time(self._at)
        marks: dict[str, Any] = {}
        for each in self._observation.complete:
            marks |= {_name_mark(name, each.kind, each.node): at for name in (COMPLETE, SEEN)}
        for kind, keys in self._seen.items():
            marks |= {_name_mark(SEEN, kind, home): at for home in {find_home(kind, key) for key in keys}}
        with writing(self._engine, self._cluster) as connection:
            self._require_newest(connection)
            write_state(connection, self._cluster, marks)


def _add_tasks(connection: Connection, cluster: str, batch: Iterable[ObservedTask], redactor: Redactor) -> None:
    rows = [
        fit_row(
            {
                **{name: getattr(task, name) for name in ("upid", "node", "type", "user", "token_id")},
                "status": redactor.redact(task.status),
                "cluster": cluster,
                "target": task.id,
                "started": format_time(task.started),
                "ended": format_time(task.ended),
            },
            tasks,
        )
        for task in batch
    ]
    # One that has ended does not run again, whatever an older observation says.
    upsert(connection, tasks, [row for row in rows if row["ended"] is None], ["node"])
    upsert(connection, tasks, [row for row in rows if row["ended"] is not None], ["ended", "status"])


def _compute_digests(one: ObservedObject) -> dict[str, str]:
    return {name: compute_digest(section) for name, section in one.document.items()}


def _covers(missing: Missing, row: Row) -> bool:
    """Whether an object is among what could not be read."""
    if missing.key is not None:
        return bool(missing.key == row["key"])
    return missing.node is None or bool(missing.node == row["node"])


def _name_mark(name: str, kind: str, node: str | None) -> str:
    return f"{name}/{kind}@{node}" if node else f"{name}/{kind}"


def _list_ends(observed: Iterable[ObservedTask], types: Collection[str]) -> dict[str, list[datetime]]:
    """When tasks of some types ended well, by what they were about."""
    ends = defaultdict(list)
    for task in observed:
        if task.type in types and task.has_succeeded and task.ended:
            ends[task.id].append(task.ended)
    return dict(ends)


def _merge(observed: Iterable[ObservedObject]) -> dict[tuple[str, str], ObservedObject]:
    """Objects by kind and key, each with all of its sections."""
    merged: dict[tuple[str, str], ObservedObject] = {}
    for one in observed:
        former = merged.get((one.kind, one.key))
        document = {**former.document, **one.document} if former else one.document
        merged[one.kind, one.key] = ObservedObject(one.kind, one.key, document)
    return merged
