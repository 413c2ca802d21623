# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the views are made of, on each database. Pure."""

from __future__ import annotations

import re

from mcp_bridge.database.tables import METRICS

BASES = ("history_objects", "history_versions", "history_tasks", "history_metrics", "history_state", "runs")
"""The tables that they read."""

_PLACE = "o.cluster, o.kind, o.key, o.name"
_GUEST = "o.id AS object_id, o.cluster, CAST(o.key AS INTEGER) AS vmid, o.name"
_IS_GUEST = "o.gone_at IS NULL AND o.kind = 'guest'"
_IS_NEWEST = "v.object_id = o.id AND v.valid_to IS NULL"
_DOER = ("source", "run_id", "upid", "user")
_RUN = (
    *(
        "run_id",
        "opened_at",
        "closed_at",
        "tool",
        "mode",
        "asker",
        "asker_kind",
        "client_name",
        "proxmox_user",
        "cluster",
    ),
    *("decision", "approver", "outcome", "changed", "failure_code", "summary", "upids"),
)
_OVERVIEW = ("type", "status", "template", "pool", "tags", "lock", "hastate", "cpus", "maxmem", "maxdisk")
_NUMBERS = frozenset({"cpus", "maxmem", "maxdisk"})


class _Sqlite:
    """SQL for JSON in SQLite."""

    greatest = "max"
    document = ""
    # Without it, the view would be meant.
    runs = "main.runs"

    def extract(self, *path: str) -> str:
        return f"json_extract(v.document, '$.{'.'.join(path)}')"

    number = flag = extract

    def find_uuid(self) -> str:
        return "json_extract(o.identity, '$.uuid')"

    def list_sections(self) -> str:
        return "JOIN json_each(v.document) AS e"

    def list_options(self) -> str:
        return "JOIN json_each(v.document, '$.config') AS e"

    def list_snapshots(self) -> str:
        return "JOIN json_each(v.document, '$.snapshots') AS e"

    def list_fields(self) -> str:
        return "LEFT JOIN json_each(v.fields) AS e"

    def get_item(self, *numbers: int) -> str:
        path = "".join(f"[{number}]" for number in numbers)
        return f"CAST(json_extract(e.value, '${path}') AS TEXT)"

    def get_member(self, name: str) -> str:
        return f"json_extract(e.value, '$.{name}')"

    def get_moment(self, name: str) -> str:
        return f"strftime('%Y-%m-%dT%H:%M:%SZ', json_extract(e.value, '$.{name}'), 'unixepoch')"


class _Postgresql(_Sqlite):
    """SQL for JSON in PostgreSQL; a document is parsed once."""

    greatest = "greatest"
    runs = "runs"
    document = "CROSS JOIN LATERAL (SELECT v.document::jsonb AS data OFFSET 0) AS d"

    def extract(self, *path: str) -> str:
        return f"(d.data #>> '{{{','.join(path)}}}')"

    def number(self, *path: str) -> str:
        return f"(d.data #>> '{{{','.join(path)}}}')::numeric"

    def flag(self, *path: str) -> str:
        return f"(d.data #>> '{{{','.join(path)}}}' = 'true')::integer"

    def find_uuid(self) -> str:
        return "(o.identity::jsonb ->> 'uuid')"

    def list_sections(self) -> str:
        return "CROSS JOIN LATERAL jsonb_each_text(v.document::jsonb) AS e(key, value)"

    def list_options(self) -> str:
        return "CROSS JOIN LATERAL jsonb_each_text(v.document::jsonb -> 'config') AS e(key, value)"

    def list_snapshots(self) -> str:
        return "CROSS JOIN LATERAL jsonb_array_elements(v.document::jsonb -> 'snapshots') AS e(value)"

    def list_fields(self) -> str:
        return "LEFT JOIN LATERAL jsonb_array_elements(v.fields::jsonb) AS e(value) ON true"

    def get_item(self, *numbers: int) -> str:
        return f"(e.value #>> '{{{','.join(map(str, numbers))}}}')"

    def get_member(self, name: str) -> str:
        return f"(e.value ->> '{name}')"

    def get_moment(self, name: str) -> str:
        moment = f"to_timestamp((e.value ->> '{name}')::numeric) AT TIME ZONE 'UTC'"
        return f"""to_char({moment}, 'YYYY-MM-DD"T"HH24:MI:SS"Z"')"""


def build_queries(dialect: str, statement: str) -> dict[str, str]:
    """The query of each view that a statement may name."""
    sql = _Postgresql() if dialect == "postgresql" else _Sqlite()
    seen = _find_last_seen(sql)
    newest = f"FROM history_objects o JOIN history_versions v ON {_IS_NEWEST}"
    overview = ", ".join(
        f"{(sql.flag if name == 'template' else sql.number if name in _NUMBERS else sql.extract)('overview', name)}"
        f" AS {name}"
        for name in _OVERVIEW
    )
    numbers = ", ".join(f"m.{name}{suffix}" for suffix in ("", "_max") for name in METRICS)
    # Where it is said of each field, that counts.
    doer = ", ".join(
        f'CASE WHEN {sql.get_item(3)} IS NULL THEN v."{name}" ELSE {sql.get_item(3, at)} END'
        f" AS {'who' if name == 'user' else name}"
        for at, name in enumerate(_DOER)
    )
    queries = {
        "objects": f"SELECT o.id AS object_id, {_PLACE}, o.node, {sql.find_uuid()} AS uuid, o.first_seen, "
        f"{seen} AS last_seen, o.missing_since, o.changed_at, o.gone_at FROM history_objects o",
        "changes": f"SELECT v.id AS version_id, v.object_id, {_PLACE}, o.node, v.valid_from AS at, v.not_before, "
        f"v.what, {sql.get_item(0)} AS path, {sql.get_item(1)} AS before, {sql.get_item(2)} AS after, {doer}, "
        f"v.changes AS merged FROM history_versions v JOIN history_objects o ON o.id = v.object_id "
        f"{sql.list_fields()} WHERE v.what <> 'known'",
        "versions": f"SELECT v.id AS version_id, v.object_id, {_PLACE}, v.valid_from, v.valid_to, v.document "
        "FROM history_versions v JOIN history_objects o ON o.id = v.object_id",
        "sections": f"SELECT o.id AS object_id, {_PLACE}, e.key AS section, e.value AS content {newest} "
        f"{sql.list_sections()} WHERE o.gone_at IS NULL",
        "guests": f"SELECT {_GUEST}, o.node, {overview}, {sql.find_uuid()} AS uuid, o.first_seen, {seen} AS last_seen, "
        f"o.detailed_at {newest} {sql.document} WHERE {_IS_GUEST}",
        "guest_configs": f"SELECT {_GUEST}, e.key AS option, CAST(e.value AS TEXT) AS value {newest} "
        f"{sql.list_options()} WHERE {_IS_GUEST}",
        "snapshots": f"SELECT {_GUEST}, {sql.get_member('name')} AS snapshot, {sql.get_member('parent')} AS parent, "
        f"{sql.get_moment('snaptime')} AS taken_at, {sql.get_member('description')} AS description {newest} "
        f"{sql.list_snapshots()} WHERE {_IS_GUEST}",
        "tasks": 'SELECT cluster, upid, node, type, target, "user" AS who, token_id, started, ended, status '
        "FROM history_tasks",
        "metrics": f"SELECT o.id AS object_id, {_PLACE}, m.step, m.at, m.samples, {numbers} "
        "FROM history_metrics m JOIN history_objects o ON o.id = m.object_id",
        "runs": f"SELECT {', '.join(_RUN)} FROM {sql.runs}",
    }
    # Others can't be meant.
    words = set(re.findall(r"\w+", statement.lower()))
    return {name: query for name, query in queries.items() if name in words}


def _find_last_seen(sql: _Sqlite) -> str:
    """When an object was seen last: what is there was in every whole list since."""
    marks = ", ".join(
        "coalesce((SELECT replace(s.value, '\"', '') FROM history_state s "
        f"WHERE s.cluster = o.cluster AND s.name = 'complete/' || o.kind{place}), '')"
        for place in ("", " || '@' || o.node")
    )
    return (
        f"CASE WHEN o.gone_at IS NULL AND o.missing_since IS NULL THEN {sql.greatest}(o.last_seen, {marks}) "
        "ELSE o.last_seen END"
    )
