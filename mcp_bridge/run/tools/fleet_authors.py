# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who has changed what a fleet declares, as the history of what was observed knows it: of every kind of object.

The history looks at what is concerned before it is asked, and at nothing else.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from mcp_bridge.catalogue.fleets import find_declared_path, parse_path
from mcp_bridge.errors import PlayvisorError
from mcp_bridge.evidence.fleets import PLAN, TOOLS
from mcp_bridge.executor import Progress
from mcp_bridge.run.engine import Engine
from mcp_bridge.run.request import Request
from mcp_bridge.run.sync import Manner, sync_history
from mcp_bridge.system.identity import format_timestamp

if TYPE_CHECKING:
    from mcp_bridge.history.changes import Attribution, Change, FieldChange, Source
    from mcp_bridge.history.store import History
    from mcp_bridge.ledger.records import RunRow
    from mcp_bridge.ledger.store import Ledger

Row = Mapping[str, Any]
_MOST_CHANGES = 50
_GUEST = "guest"
# Where Proxmox VE calls an option otherwise.
_GUEST_NAMES = {
    "state": "status",
    "user": "ciuser",
    "password": "cipassword",
    "ssh_keys": "sshkeys",
    "nameservers": "nameserver",
    "upgrade": "ciupgrade",
    "custom": "cicustom",
    "name": "hostname",
    "add_tags": "tags",
    "remove_tags": "tags",
}
_OTHER_NAMES = {
    "pool": {"vmids": "members", "storages": "members"},
    "storage": {"retention": "prune-backups"},
    "backup_job": {"vmids": "vmid", "retention": "prune-backups", "notes": "notes-template"},
    "ha_rule": {"guests": "resources", "state": "disable"},
    "ha_resource": {"request_state": "state"},
    "role": {"privileges": "privs"},
}
# What the history calls the objects of a section.
_KINDS = {"pools": "pool", "storages": "storage", "backup_jobs": "backup_job", "ha_rules": "ha_rule"}
_SECTIONS = ("config", "overview", "pending")
_ACCESS = {"roles": "role", "groups": "group", "users": "user", "tokens": "token", "acls": "acl"}


@dataclass(frozen=True)
class Trace:
    """Where the history has a field: in objects of a kind, by their key, which may be a pattern, under these paths.

    Without `paths`, whatever changed of them counts.
    """

    kind: str
    key: str
    paths: frozenset[str] = frozenset()

    def find_author(self, change: Change) -> Attribution | None:
        """Who changed the field, if a change of such an object is one of it."""
        whole = change.what != "changed" or not self.paths
        own = next((field for field in change.fields if self._covers(field)), None)
        found = change.attribution.get_doer(own.path) if own else change.attribution if whole else None
        # What only now shows was changed before.
        return None if found is None or found.source == "earlier" else found

    def may_come_from(self, upid: str, change: Change) -> bool:
        """Whether a task may have changed the field so."""
        from mcp_bridge.history.deeds import parse_upid
        from mcp_bridge.history.effects import can_change

        parts, fields = parse_upid(upid), [field for field in change.fields if self._covers(field)]
        if parts is None or self.kind != _GUEST or change.what != "changed":
            return True
        return any(can_change(parts["type"], field.path, field.before, field.after) for field in fields)

    def _covers(self, field: FieldChange) -> bool:
        return any(field.path == path or field.path.startswith(f"{path}.") for path in self.paths)


def list_traces(row: Row, field: Row) -> list[Trace]:
    """Where the history has a field of an object of a fleet, as it was found: `path`, and values before and after."""
    start = parse_path(str(row["path"]))
    section, *names = start
    inner = parse_path(str(field["path"]))[len(start) :]
    if section == "guests":
        return _list_guest_traces(row, inner)
    if section == "firewall" and names:
        return _list_firewall_traces(names, inner, field)
    if section == "access" and len(names) == 2:
        kind = _ACCESS.get(names[0], "")
        # The history has one for each role.
        return [Trace(kind, f"{names[1]} *" if kind == "acl" else names[1], _list_paths(kind, inner))] if kind else []
    kind = _KINDS.get(section, "")
    return [Trace(kind, names[-1], _list_paths(kind, inner))] if kind and names else []


def _list_guest_traces(row: Row, inner: Sequence[str]) -> list[Trace]:
    if row.get("vmid") is None:
        return []
    vmid, (first, *rest) = str(row["vmid"]), inner or [""]
    if first == "firewall":
        return [Trace(_GUEST, vmid, frozenset({".".join(("firewall", *rest[:2]))}))]
    if first == "ha":
        service = f"{'ct' if row.get('type') == 'lxc' else 'vm'}:{vmid}"
        return [Trace("ha_resource", service, _list_paths("ha_resource", rest))]
    return [Trace(_GUEST, vmid, frozenset(f"{part}.{name}" for part in _SECTIONS for name in list_raw_names(inner)))]


def _list_firewall_traces(names: Sequence[str], inner: Sequence[str], field: Row) -> list[Trace]:
    level, *place = names
    if level == "cluster" and inner[:1] == ["groups"]:
        return [Trace("firewall", f"group/{name}") for name in _find_differing_names(field)]
    # Proxmox VE has names of groups in lower case.
    key = {"nodes": f"node/{''.join(place)}", "groups": f"group/{''.join(place).lower()}"}.get(level, level)
    is_whole = not inner or inner[0] == "state"
    return [Trace("firewall", key, frozenset() if is_whole else frozenset({".".join(("firewall", *inner[:2]))}))]


def _find_differing_names(field: Row) -> list[str]:
    """The names of the entries that differ between the lists before and after."""
    lists = [field.get(name) for name in ("last", "observed", "before", "after")]
    named = [{str(one.get("name")): one for one in found} for found in lists if isinstance(found, list)]
    names = dict.fromkeys(name for found in named for name in found)
    return [name for name in names if any(found.get(name) != named[0].get(name) for found in named)]


def _list_paths(kind: str, inner: Sequence[str]) -> frozenset[str]:
    """The paths of a field of an object that is no guest; none for the object itself."""
    name = next((one for one in inner if one != "config"), "state")
    raw = _OTHER_NAMES.get(kind, {}).get(name, "" if name == "state" else name)
    return frozenset(
        {"members"} if raw == "members" else {f"config.{raw}", f"config.{raw.replace('_', '-')}"} if raw else ()
    )


def list_raw_names(segments: Sequence[str]) -> set[str]:
    """What Proxmox VE calls a field of a guest's entry."""
    first, *rest = segments or [""]
    inner = rest[0] if rest and first in ("disks", "nics", "config", "cloudinit") else first
    inner = f"ipconfig{rest[1]}" if inner == "ipconfig" and len(rest) > 1 else inner
    return {inner, _GUEST_NAMES.get(inner, inner)}


def name_authors(
    engine: Engine,
    request: Request,
    rows: Iterable[Row],
    fields: Iterable[Row],
    progress: Progress,
    cancel: threading.Event,
) -> list[dict[str, Any]]:
    """Fields of the objects of a report with who changed each last (`by`), as far as that is known.

    What was found is told without it, too.
    """
    from mcp_bridge.history.store import History

    known = {str(row["path"]): row for row in rows}
    owners = [(known.get(find_declared_path(str(field["path"]), known) or ""), field) for field in fields]
    traces = [list_traces(row, field) if row else [] for row, field in owners]
    with suppress(PlayvisorError):
        cluster, history = engine.authority.identify_cluster(), History(engine.ledger.database)
        is_fresh = _look_at(engine, request, cluster, [one for found in traces for one in found], progress, cancel)
        finder = _Finder(history, cluster, _OwnRuns(engine.ledger, request).find, is_fresh=is_fresh)
        return [finder.name(field, found) for (_row, field), found in zip(owners, traces, strict=True)]
    return [dict(field) for _row, field in owners]


def _look_at(
    engine: Engine,
    request: Request,
    cluster: str,
    traces: Collection[Trace],
    progress: Progress,
    cancel: threading.Event,
) -> bool:
    """Bring the history up to date on these, where there is one; returns whether it is."""
    from mcp_bridge.history.store import History

    if not traces or request.plan_digest is not None or not History(engine.ledger.database).get_cursor(cluster):
        return False
    guests = sorted({int(one.key) for one in traces if one.kind == _GUEST})
    parts = sorted({one.kind for one in traces} - {_GUEST})
    look = replace(request, mode="read", offered=None, check=False, plan_id=None, answer_seconds=None)
    with suppress(PlayvisorError):
        # Who plans does not wait for another one that looks.
        manner = Manner(guests=guests, parts=parts, takes_turns=False, may_wait=request.tool != PLAN)
        synced = sync_history(engine, look, progress, cancel, manner)
        return synced is not None and synced.result.failure is None and synced.result.status == "ok"
    return False


class _OwnRuns:
    """The runs that applied the fleet which a request is about: none of them did what has changed since."""

    def __init__(self, ledger: Ledger, request: Request) -> None:
        self._ledger, self._fleet = ledger, _read_name(request.arguments)
        self._known: dict[str, RunRow | None] = {}

    def find(self, run_id: str) -> RunRow | None:
        """The run, if it is one of these."""
        if run_id not in self._known:
            row = None
            with suppress(PlayvisorError):
                row = self._ledger.find(run_id)
            is_own = row is not None and row.tool in TOOLS and _read_name(row.arguments) == self._fleet
            self._known[run_id] = row if is_own else None
        return self._known[run_id]


def _read_name(arguments: Mapping[str, Any]) -> Any:
    document = arguments.get("fleet")
    return document.get("fleet") if isinstance(document, Mapping) else document


class _Finder:
    """Finds who changed fields last; the changes of each object are read once."""

    def __init__(
        self, history: History, cluster: str, find_own: Callable[[str], RunRow | None], *, is_fresh: bool
    ) -> None:
        self._history, self._cluster, self._find_own, self._is_fresh = history, cluster, find_own, is_fresh
        self._known: dict[tuple[str, str], list[Change]] = {}

    def name(self, field: Row, traces: Sequence[Trace]) -> dict[str, Any]:
        """The field with who changed it last, if that is known."""
        changes = [(trace, change) for trace in traces if (change := self._find_newest(trace))]
        if not changes:
            return dict(field)
        trace, newest = max(changes, key=lambda pair: (pair[1].attribution.at, pair[1].id))
        author = self._leave_out_own(newest, trace, trace.find_author(newest) or newest.attribution)
        return {**field, "by": _describe_author(author)} if author else dict(field)

    def _leave_out_own(self, change: Change, trace: Trace, found: Attribution) -> Attribution | None:
        """Who made a change that came after the runs of the fleet itself; None where that can't be told."""
        own = self._find_own(found.run_id) if found.run_id else None
        if own is None and found.source != "several":
            return found
        ours = own.upids if own else ()
        upids = [upid for upid in (found.upid or "").split() if upid not in ours and trace.may_come_from(upid, change)]
        if own is None or upids:
            return _choose_tasks(found, upids, is_run_own=own is not None)
        # A history that is not fresh may show what the fleet did, and not what came after it.
        if not self._is_fresh:
            return None
        ended = datetime.fromisoformat(own.closed_at) if own.closed_at else found.at
        began = found.not_before if ended >= found.at else max(filter(None, (found.not_before, ended)))
        return replace(found, source="outside", user=None, upid=None, run_id=None, not_before=began)

    def _find_newest(self, trace: Trace) -> Change | None:
        place = (trace.kind, trace.key)
        if place not in self._known:
            self._known[place] = self._read_changes(trace)
        return next((change for change in self._known[place] if trace.find_author(change)), None)

    def _read_changes(self, trace: Trace) -> list[Change]:
        is_pattern = trace.key.endswith(" *")
        objects = self._history.find_objects(trace.key, trace.kind, self._cluster)
        ids = [one.id for one in objects if is_pattern or one.key == trace.key]
        return self._history.list_changes(object_ids=ids, cluster=self._cluster, limit=_MOST_CHANGES) if ids else []


def find_authors(history: History, cluster: str, row: Row, fields: Sequence[Row]) -> list[dict[str, Any]]:
    """Fields of an object with who changed each last (`by`), as the history knows it."""
    finder = _Finder(history, cluster, lambda _run_id: None, is_fresh=True)
    return [finder.name(field, list_traces(row, field)) for field in fields]


def _choose_tasks(found: Attribution, upids: Sequence[str], *, is_run_own: bool) -> Attribution:
    """Several who may have done it, without tasks that can't have: certain where one is left."""
    from mcp_bridge.history.deeds import parse_upid

    if not upids or "…" in upids:
        return found
    users = [parts["user"] for upid in upids if (parts := parse_upid(upid))]
    if not is_run_own and found.run_id:
        return replace(found, upid=" ".join(upids))
    source: Source = "task" if len(upids) == 1 else "several"
    return replace(found, source=source, run_id=None, upid=" ".join(upids), user=", ".join(dict.fromkeys(users)))


def _describe_author(found: Attribution) -> dict[str, Any]:
    facts = {"source": found.source, "user": found.user, "upid": found.upid, "run_id": found.run_id}
    times = {"at": format_timestamp(found.at), "not_before": found.not_before and format_timestamp(found.not_before)}
    return {name: value for name, value in {**facts, **times}.items() if value}
