# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What differs between two moments: what objects were then and then, whatever they were meanwhile."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, ScalarSelect, Select, bindparam, case, func, select

from mcp_bridge.database.tables import history_objects as objects
from mcp_bridge.database.tables import history_versions as versions
from mcp_bridge.history.changes import Attribution, Change, FieldChange, What, diff_documents, parse_fields
from mcp_bridge.history.rows import format_time, parse_time

_BATCH = 500
_COLUMNS = ("id", "document", "fields", "what", "source", "run_id", "upid", "user", "not_before", "valid_from")
_NEWER = [versions.c[name] for name in _COLUMNS]


def diff_moments(
    connection: Connection, start: datetime, end: datetime, wanted: Sequence[ColumnElement[bool]]
) -> Iterator[Change]:
    """The net changes of the wanted objects from one moment to another, in the order of kind and key.

    An object of which nothing is known of the first moment, though it had not appeared since, counts as having been
    then what it was as far back as anybody knows. Who made the last change of an object is named, and, of fields that
    were changed before that, that it was earlier.
    """
    since, until = format_time(start), format_time(end)
    columns = [objects.c[name] for name in ("id", "cluster", "kind", "key", "name", "node")]
    # Where nobody saw it appear, it had been there before.
    oldest = select(case((versions.c.what != "appeared", versions.c.id))).where(versions.c.object_id == objects.c.id)
    query = select(
        *columns,
        func.coalesce(_find_version(since), _take_first(oldest, versions.c.valid_from)).label("before"),
        _find_version(until).label("after"),
    ).where(objects.c.changed_at > since, objects.c.first_seen <= until, *wanted)
    spans = connection.execute(query.order_by(objects.c.kind, objects.c.key, objects.c.id)).mappings()
    differing = [span for span in spans if span["before"] != span["after"] and span["after"] is not None]
    for first in range(0, len(differing), _BATCH):
        batch = differing[first : first + _BATCH]
        older = select(versions.c.id, versions.c.document).where(_have_ids(span["before"] for span in batch))
        former = {row.id: row.document for row in connection.execute(older)}
        newer = select(*_NEWER).where(_have_ids(span["after"] for span in batch))
        rows = {row["id"]: row for row in connection.execute(newer).mappings()}
        for span in batch:
            yield from _compare(span, former, rows[span["after"]])


def _have_ids(ids: Iterable[int | None]) -> ColumnElement[bool]:
    """That a version is one of these. They stand in the statement itself: so many parameters take longer than rows."""
    listed = [number for number in ids if number is not None]
    return versions.c.id.in_(bindparam("ids", listed, expanding=True, literal_execute=True))


def _find_version(moment: str | None) -> ScalarSelect[Any]:
    """The version of an object that was valid at a moment."""
    older = select(versions.c.id).where(versions.c.object_id == objects.c.id, versions.c.valid_from <= moment)
    return _take_first(older, versions.c.valid_from.desc())


def _take_first(query: Select[Any], order: Any) -> ScalarSelect[Any]:
    return query.order_by(order).limit(1).scalar_subquery()


def _compare(span: RowMapping, former: Mapping[int, str | None], after: RowMapping) -> Iterator[Change]:
    old, new = former.get(span["before"]), after["document"]
    if old == new:
        return
    fields: tuple[FieldChange, ...] = ()
    what: What
    if new is None:
        what = "gone"
    elif old is None:
        what = "back" if span["before"] in former else "appeared"
    else:
        what = "changed"
        fields = diff_documents(json.loads(old), json.loads(new))
        if not fields:
            return
    change = make_change(span, after, what)
    by = _name_earlier(change, fields) if after["what"] == "changed" else change.attribution
    yield replace(change, fields=fields, attribution=by)


def _name_earlier(last: Change, fields: Sequence[FieldChange]) -> Attribution:
    """Who made the last change, and of which fields that is not known by it: they were changed before."""
    by, known = last.attribution, {field.path for field in last.fields}
    earlier = {field.path for field in fields} - known
    if not earlier:
        return by
    nobody = replace(by, source="earlier", run_id=None, upid=None, user=None, of_fields={})
    of_fields = {field.path: nobody if field.path in earlier else by.get_doer(field.path) for field in fields}
    return replace(by, source="several", of_fields=of_fields)


def make_change(thing: Any, version: RowMapping, what: What) -> Change:
    """The change of an object that made a version."""
    by = Attribution(
        version["source"] or "outside",
        version["run_id"],
        version["upid"],
        version["user"],
        parse_time(version["not_before"]),
        datetime.fromisoformat(version["valid_from"]),
    )
    place = {name: thing[name] for name in ("kind", "key", "name", "node", "cluster")}
    fields, by = parse_fields(json.loads(version["fields"]), by)
    return Change(**place, what=what, fields=fields, attribution=by, object_id=thing["id"], id=version["id"])
