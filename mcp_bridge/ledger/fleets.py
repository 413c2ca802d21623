# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fleets: the revisions that were applied, and what was applied last to each object, which is the fleet's mark on it.

Every change of these rows is an act of the chain, with the hash of the document and that of all rows of the fleet. Rows
that say something else do not count.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Select, bindparam, delete, func, insert, select

from mcp_bridge.database.open import Database
from mcp_bridge.database.tables import acts, fit_row, fleet_objects, fleet_revisions
from mcp_bridge.database.transactions import reading
from mcp_bridge.errors import UsageError
from mcp_bridge.ledger.acts import list_acts, make_unproven, read_facts, require_proven
from mcp_bridge.ledger.chain import Fault
from mcp_bridge.ledger.entries import append_act
from mcp_bridge.ledger.records import Act, FleetChange, FleetObject, FleetSummary, Revision, dump_canonically
from mcp_bridge.system.identity import current_timestamp
from mcp_bridge.text.redaction import make_writable

APPLIED, RELEASED = KINDS = ("fleet_applied", "fleet_released")
"""The acts about a fleet: a revision was applied; objects carry its mark no longer."""
# How the uuid of a machine begins that has none, and is known by its vmgenid.
_GENERATION = "vmgenid:"
_SAID = ("fleet", "cluster", "revision", "sha256", "run_id", "at", "who", "outcome", "changes")
_ENTRY = ("path", "entry", "uuid", "vmid", "revision", "run_id", "is_certain")


class Fleets:
    """The fleets of one cluster, to be read: what is returned is as the entries say, or UnprovenError is raised."""

    def __init__(self, database: Database, cluster: str) -> None:
        self._database = database
        self._cluster = cluster

    def list_fleets(self) -> list[FleetSummary]:
        """Every fleet that was applied here, by name."""
        newest, marks = fleet_revisions.c, fleet_objects.c
        of_revisions = select(newest.fleet, func.max(newest.revision)).where(newest.cluster == self._cluster)
        of_objects = select(marks.fleet, func.count()).where(marks.cluster == self._cluster)
        with reading(self._database.engine) as connection:
            revisions = {row.fleet: row[1] for row in connection.execute(of_revisions.group_by(newest.fleet))}
            counts = {row.fleet: row[1] for row in connection.execute(of_objects.group_by(marks.fleet))}
            return [
                FleetSummary(name, self._read_revisions(connection, name, [number])[0], counts.get(name, 0))
                for name, number in sorted(revisions.items())
            ]

    def list_objects(self, fleet: str) -> list[FleetObject]:
        """The objects that carry a fleet's mark, by path."""
        with reading(self._database.engine) as connection:
            rows = _list_rows(connection, self._cluster, fleet)
            _require_as_written(connection, self._cluster, fleet, rows)
            return [_read_object(row) for row in rows]

    def find_claims(self, fleet: str, objects: Collection[FleetObject]) -> dict[str, FleetObject]:
        """What of this carries the mark of another fleet, by its path here; known by path, uuid or vmid.

        Machines of one vmid and two UUIDs are two: the mark is of one that is there no more.
        """
        paths = {one.path: one for one in objects}
        uuids = {one.uuid.lower(): one for one in objects if one.uuid}
        vmids = {one.vmid: one for one in objects if one.vmid is not None}
        others = select(fleet_objects).where(fleet_objects.c.cluster == self._cluster, fleet_objects.c.fleet != fleet)
        claims: dict[str, FleetObject] = {}
        with reading(self._database.engine) as connection:
            for row in connection.execute(others).mappings():
                found = _read_object(row)
                uuid = (found.uuid or "").lower()
                numbered = vmids.get(found.vmid or 0)
                if numbered is not None and _are_two(uuid, (numbered.uuid or "").lower()):
                    numbered = None
                same = paths.get(found.path) or uuids.get(uuid) or numbered
                if same is not None:
                    claims.setdefault(same.path, found)
        return claims

    def list_revisions(self, fleet: str, limit: int = 20) -> list[Revision]:
        """The newest revisions of a fleet, newest first."""
        column = fleet_revisions.c
        query = select(column.revision).where(column.cluster == self._cluster, column.fleet == fleet)
        with reading(self._database.engine) as connection:
            numbers = connection.execute(query.order_by(column.revision.desc()).limit(limit)).scalars().all()
            return self._read_revisions(connection, fleet, numbers)

    def find_revision(self, fleet: str, number: int) -> Revision:
        """One revision of a fleet. Raises UsageError when there is none."""
        with reading(self._database.engine) as connection:
            return self._read_revisions(connection, fleet, [number])[0]

    def _read_revisions(self, connection: Connection, fleet: str, numbers: Sequence[int]) -> list[Revision]:
        column = fleet_revisions.c
        query = select(fleet_revisions).where(column.cluster == self._cluster, column.fleet == fleet)
        rows = {
            row["revision"]: row for row in connection.execute(query.where(column.revision.in_(numbers))).mappings()
        }
        about = {
            read_facts(act).get("revision"): act
            for act in _list_acts(connection, self._cluster, fleet)
            if act["kind"] == APPLIED
        }
        found = []
        for number in numbers:
            if number not in rows:
                raise UsageError(
                    f"Fleet {fleet} has no revision {number} on this cluster.",
                    f"`playvisor fleet history {fleet}` shows those that there are.",
                )
            row, act, what = rows[number], about.get(number), f"Revision {number} of fleet {fleet}"
            flaw = _find_flaw(row, act)
            if flaw or act is None:
                raise make_unproven(what, flaw)
            require_proven(connection, [act], what)
            facts = {name: row[name] for name in _SAID if name != "cluster"}
            found.append(Revision(**facts, document=json.loads(row["document"])))
        return found


def append_change(connection: Connection, change: FleetChange) -> None:
    """Record what a run has come to for a fleet, in the caller's transaction, which `appending` has begun.

    What carries the mark of another fleet by now keeps it. A fleet that is as it was stays without a new revision.
    """
    rows = {row["path"]: row for row in _list_rows(connection, change.cluster, change.fleet)}
    newest = connection.execute(_newest_revision(change.cluster, change.fleet)).mappings().first()
    number = newest["revision"] if newest else 0
    said = _name_fleet(change.cluster, change.fleet)
    if change.document is None:
        is_other = _write_objects(connection, change, number, rows)
    else:
        number += 1
        values = _make_revision(change, number)
        is_other = _write_objects(connection, change, number, rows) or change.changes > 0
        is_other |= newest is None or any(newest[name] != values[name] for name in ("sha256", "outcome"))
        if is_other:
            connection.execute(insert(fleet_revisions).values(**values))
        said = {name: values[name] for name in _SAID}
    if not is_other:
        return
    gone = sorted(set(change.released) & rows.keys())
    state = _hash_rows(_list_rows(connection, change.cluster, change.fleet))
    facts = {**said, "run_id": change.run_id, "state": state, **({"released": gone} if gone else {})}
    kind = RELEASED if change.document is None else APPLIED
    append_act(connection, Act(kind, facts, _make_subject(change.fleet), change.who))


def _make_revision(change: FleetChange, number: int) -> dict[str, Any]:
    document = make_writable(dump_canonically(change.document))
    values = {
        "cluster": change.cluster,
        "fleet": change.fleet,
        "revision": number,
        "document": document,
        "sha256": _hash(document),
        "run_id": change.run_id,
        "at": current_timestamp(),
        "who": change.who,
        "outcome": change.outcome,
        "changes": change.changes,
    }
    return fit_row(values, fleet_revisions)


def _write_objects(
    connection: Connection, change: FleetChange, number: int, rows: Mapping[str, Mapping[Any, Any]]
) -> bool:
    """Write what was applied to each object; returns whether something is another than before."""
    taken = set(
        connection.execute(
            select(fleet_objects.c.path).where(
                fleet_objects.c.cluster == change.cluster, fleet_objects.c.fleet != change.fleet
            )
        ).scalars()
    )
    new = []
    for one in change.objects:
        row: dict[str, Any] = {
            "cluster": change.cluster,
            "fleet": change.fleet,
            "path": one.path,
            "entry": dump_canonically(one.entry),
            "uuid": one.uuid,
            "vmid": one.vmid,
            "is_certain": one.is_certain,
        }
        row = fit_row(row, fleet_objects)
        before = rows.get(row["path"])
        is_same = before is not None and all(before[name] == value for name, value in row.items())
        if row["path"] not in taken and not is_same:
            new.append({**row, "revision": number, "run_id": change.run_id})
    old = {row["path"] for row in new} | set(change.released)
    gone = [{"of": change.cluster, "at": path} for path in sorted(old & rows.keys())]
    if gone:
        where = (fleet_objects.c.cluster == bindparam("of")) & (fleet_objects.c.path == bindparam("at"))
        connection.execute(delete(fleet_objects).where(where), gone)
    if new:
        connection.execute(insert(fleet_objects), new)
    return bool(gone or new)


def find_faults(connection: Connection) -> Iterator[Fault]:
    """Revisions and objects that are not what the acts say, and acts without a revision."""
    about: dict[tuple[str, str], list[Mapping[Any, Any]]] = {}
    for act in connection.execute(select(acts).where(acts.c.kind.in_(KINDS)).order_by(acts.c.seq)).mappings():
        facts = read_facts(act)
        about.setdefault((str(facts.get("cluster")), str(facts.get("fleet"))), []).append(act)
    named: dict[Any, Mapping[Any, Any]] = {
        (*fleet, read_facts(act).get("revision")): act
        for fleet, found in about.items()
        for act in found
        if act["kind"] == APPLIED
    }
    for row in connection.execute(select(fleet_revisions)).mappings():
        naming = named.pop((row["cluster"], row["fleet"], row["revision"]), None)
        flaw = _find_flaw(row, naming)
        if flaw:
            what = f"revision {row['revision']} of fleet {row['fleet']}: {flaw}"
            yield Fault(row["run_id"], naming["seq"] if naming else 0, what)
    for (_cluster, fleet, number), naming in named.items():
        yield Fault(naming["subject"], naming["seq"], f"revision {number} of fleet {fleet} is missing")
    marks = connection.execute(select(fleet_objects.c.cluster, fleet_objects.c.fleet).distinct())
    for cluster, fleet in sorted(about.keys() | {(row.cluster, row.fleet) for row in marks}):
        newest = about.get((cluster, fleet), [None])[-1]
        state = read_facts(newest).get("state") if newest else None
        if state != _hash_rows(_list_rows(connection, cluster, fleet)):
            what = f"the objects of fleet {fleet} are not what the entries about it say"
            yield Fault(_make_subject(fleet), newest["seq"] if newest else 0, what)


def _are_two(uuid: str, other: str) -> bool:
    """Whether these are of two machines for sure; a vmgenid changes with each rollback."""
    return bool(uuid and other and uuid != other) and not any(one.startswith(_GENERATION) for one in (uuid, other))


def _find_flaw(row: Mapping[Any, Any], act: Mapping[Any, Any] | None) -> str:
    """Why a revision does not count; empty when it does. The chain itself is not looked at."""
    if act is None:
        return "it has no entry"
    facts = read_facts(act)
    if any(facts.get(name) != row[name] for name in _SAID):
        return "its row is not what the entry about it says"
    return "" if _hash(str(row["document"])) == row["sha256"] else "its document was changed after it was written"


def _require_as_written(connection: Connection, cluster: str, fleet: str, rows: Sequence[Mapping[Any, Any]]) -> None:
    """Raise UnprovenError unless the newest act about a fleet says that its objects are these."""
    found = _list_acts(connection, cluster, fleet)
    if not found and not rows:
        return
    what = f"What was applied last of fleet {fleet}"
    if not found or read_facts(found[-1]).get("state") != _hash_rows(rows):
        raise make_unproven(what, "its rows are not what the entries about it say")
    require_proven(connection, found[-1:], what)


def _list_acts(connection: Connection, cluster: str, fleet: str) -> list[Mapping[Any, Any]]:
    """The acts about a fleet, oldest first."""
    return [
        act
        for act in list_acts(connection, _make_subject(fleet))
        if act["kind"] in KINDS and _name_fleet(cluster, fleet).items() <= read_facts(act).items()
    ]


def _make_subject(fleet: str) -> str:
    # Fleets are called as people like; other acts have subjects, too.
    subject: str = fit_row({"subject": f"fleet/{fleet}"}, acts)["subject"]
    return subject


def _name_fleet(cluster: str, fleet: str) -> dict[str, Any]:
    return {"cluster": cluster, "fleet": fleet}


def _newest_revision(cluster: str, fleet: str) -> Select[Any]:
    column = fleet_revisions.c
    query = select(fleet_revisions).where(column.cluster == cluster, column.fleet == fleet)
    return query.order_by(column.revision.desc()).limit(1)


def _list_rows(connection: Connection, cluster: str, fleet: str) -> list[Mapping[Any, Any]]:
    query = select(fleet_objects).where(fleet_objects.c.cluster == cluster, fleet_objects.c.fleet == fleet)
    rows = connection.execute(query).mappings().all()
    # Databases sort text in their own ways.
    return sorted(rows, key=lambda row: str(row["path"]))


def _hash_rows(rows: Iterable[Mapping[Any, Any]]) -> str:
    return _hash(dump_canonically([[row[name] for name in _ENTRY] for row in rows]))


def _read_object(row: Mapping[Any, Any]) -> FleetObject:
    facts = {name: row[name] for name in ("path", "uuid", "vmid", "is_certain", "fleet", "revision", "run_id")}
    return FleetObject(**facts, entry=json.loads(row["entry"]))


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
