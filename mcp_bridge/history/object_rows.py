# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rows of objects and of their versions: loading those that are there, and writing what changes."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, RowMapping, bindparam, insert, select, update

from mcp_bridge.database.tables import fit_row
from mcp_bridge.database.tables import history_objects as objects
from mcp_bridge.database.tables import history_versions as versions
from mcp_bridge.history.changes import KNOWN, Change, render_fields
from mcp_bridge.history.documents import Identity, render_json
from mcp_bridge.history.rows import format_time

Row = dict[str, Any]
"""What the database has of an object, or of a version, by the names of the columns."""
_T = TypeVar("_T")

_BATCH = 500
MUTABLE = (
    *("name", "node", "identity", "sections", "last_seen", "detailed_at", "tried_at"),
    *("changed_at", "missing_since", "gone_at"),
)
"""The columns of an object that change."""
_UPDATE = (
    update(objects).where(objects.c.id == bindparam("_id")).values({name: bindparam(f"_{name}") for name in MUTABLE})
)
_CLOSE = (
    update(versions)
    .where(versions.c.object_id == bindparam("_object_id"), versions.c.valid_to.is_(None))
    .values(valid_to=bindparam("_at"))
)
_FILL = update(versions).where(versions.c.id == bindparam("_id")).values(document=bindparam("_document"))


@dataclass
class Writes:
    """What one batch writes."""

    inserted: list[tuple[Row, Row, Change | None]] = field(default_factory=list)
    versions: list[tuple[Row, Change]] = field(default_factory=list)
    updated: list[Row] = field(default_factory=list)
    filled: list[Row] = field(default_factory=list)


def list_batches(items: Iterable[_T]) -> Iterator[list[_T]]:
    """Items a few at a time: as many as one transaction takes."""
    rest = iter(items)
    while batch := list(islice(rest, _BATCH)):
        yield batch


def load_known(connection: Connection, cluster: str, keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Row]:
    """The objects that are there, by kind and key."""
    return {(row["kind"], row["key"]): row for row in _find(connection, cluster, keys, objects.c.gone_at.is_(None))}


def load_gone(
    connection: Connection, cluster: str, keys: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], list[Row]]:
    """The objects that are gone, by kind and key, the newest first."""
    found = defaultdict(list)
    for row in _find(connection, cluster, keys, objects.c.gone_at.is_not(None)):
        found[row["kind"], row["key"]].append(row)
    return found


def _find(
    connection: Connection, cluster: str, keys: Iterable[tuple[str, str]], condition: ColumnElement[bool]
) -> Iterator[Row]:
    by_kind = defaultdict(list)
    for kind, key in keys:
        by_kind[kind].append(key)
    for kind, names in by_kind.items():
        query = select(objects).where(objects.c.cluster == cluster, objects.c.kind == kind, objects.c.key.in_(names))
        newest = query.where(condition).order_by(objects.c.gone_at.desc(), objects.c.id.desc())
        yield from map(_read_row, connection.execute(newest).mappings())


def load_open(connection: Connection, ids: Sequence[int]) -> list[Row]:
    """Those of some objects that are not gone."""
    query = select(objects).where(objects.c.id.in_(ids), objects.c.gone_at.is_(None))
    return [_read_row(row) for row in connection.execute(query).mappings()]


def load_current(connection: Connection, ids: Collection[int]) -> dict[int, Row]:
    """The newest versions of objects, by object."""
    found: dict[int, Row] = {}
    for batch in list_batches(ids):
        query = select(versions.c.id, versions.c.object_id, versions.c.valid_from, versions.c.document).where(
            versions.c.object_id.in_(batch), versions.c.valid_to.is_(None)
        )
        found |= {row["object_id"]: dict(row) for row in connection.execute(query).mappings()}
    return found


def _read_row(row: RowMapping) -> Row:
    return {**row, "sections": json.loads(row["sections"])}


def read_identity(row: Row) -> Identity:
    """Which guest an object is, as far as is known."""
    return Identity(**json.loads(row["identity"]))


def is_tomb(version: Row | None) -> bool:
    """Whether a version says that its object is gone."""
    return version is not None and version["document"] is None


def write_batch(connection: Connection, cluster: str, writes: Writes) -> list[Change]:
    """Write what one batch writes. Returns the changes in it, each with the id of its object."""
    made = [version for version, _change in writes.versions]
    changes = [change for _version, change in writes.versions]
    if writes.inserted:
        connection.execute(insert(objects), [_render_row(row) for row, _version, _change in writes.inserted])
        keys = [(row["kind"], row["key"]) for row, _version, _change in writes.inserted]
        ids = {each: row["id"] for each, row in load_known(connection, cluster, keys).items()}
        for row, version, change in writes.inserted:
            made.append(version | {"object_id": ids[row["kind"], row["key"]]})
            if change:
                changes.append(Change(**{**vars(change), "object_id": ids[row["kind"], row["key"]]}))
    if writes.versions:
        closed = [{"_object_id": row["object_id"], "_at": row["valid_from"]} for row, _change in writes.versions]
        connection.execute(_CLOSE, closed)
    if made:
        connection.execute(insert(versions), [fit_row(row, versions) for row in made])
    if writes.filled:
        connection.execute(_FILL, writes.filled)
    update_rows(connection, writes.updated)
    return changes


def _render_row(row: Row) -> Row:
    return fit_row({**row, "sections": render_json(row["sections"])}, objects)


def update_rows(connection: Connection, rows: Sequence[Row]) -> None:
    """Write what has changed in objects."""
    if rows:
        rendered = [_render_row(row) for row in rows]
        values = [{"_id": row["id"], **{f"_{name}": row[name] for name in MUTABLE}} for row in rendered]
        connection.execute(_UPDATE, values)


def make_version(change: Change | None, document: Mapping[str, Any] | None, at: str) -> Row:
    """The row of a version, but for its object; without a change, of what was known from the beginning."""
    who = change.attribution if change else None
    fields = render_fields(change.fields, change.attribution) if change else []
    return {
        "valid_from": at,
        "valid_to": None,
        "not_before": format_time(who.not_before) if who else None,
        "what": change.what if change else KNOWN,
        "document": None if document is None else render_json(document),
        "fields": render_json(fields),
        "source": who.source if who else None,
        "run_id": who.run_id if who else None,
        "upid": who.upid if who else None,
        "user": who.user if who else None,
        "changes": 1,
    }
