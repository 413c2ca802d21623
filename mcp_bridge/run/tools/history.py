# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The history as tools, and for the command line: what changed, who did it, and how things were."""

from __future__ import annotations

import threading
from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from mcp_bridge.errors import UsageError
from mcp_bridge.executor import Progress
from mcp_bridge.ledger.periods import parse_period, parse_time, require_past
from mcp_bridge.result import Failure, Result
from mcp_bridge.run.engine import Engine
from mcp_bridge.run.request import Request
from mcp_bridge.run.sync import list_parts
from mcp_bridge.run.tools import ToolFunction
from mcp_bridge.run.tools.results import failed_result, make_result
from mcp_bridge.system.identity import format_timestamp

if TYPE_CHECKING:
    from mcp_bridge.database.open import Database
    from mcp_bridge.history.changes import Change
    from mcp_bridge.history.store import History, Object

_CHANGES = 50
_ROWS = 100
# Bytes of an answer to a client; a model is not helped by more.
_LARGEST_ANSWER = 50_000
_NAMED = 5
# Among so many names, those are looked for that are like one that is not known.
_MOST_NAMES = 20_000
# After so long it matters that nobody has looked since.
_LATE = timedelta(hours=1)
_LOOK = "`playvisor history sync` looks at the cluster now"
_NEVER = (
    f"Nobody has looked at a cluster yet. {_LOOK}; a running `playvisor mcp` or `playvisor serve` does every few "
    "minutes (PLAYVISOR_HISTORY_SECONDS)."
)


class Readings:
    """What the history says of the cluster at an address, as plain data. Times are as people give them.

    Where no cluster was seen at that address, it is about all of them. The cluster itself is not asked.
    """

    def __init__(self, history: History, url: str = "") -> None:
        self._history = history
        self._now = datetime.now(UTC)
        clusters = history.list_clusters()
        named = [name for name in clusters if url and url in (history.get_cursor(name) or {}).get("urls", ())]
        self._clusters = named or clusters
        self._unseen = url if clusters and url and not named else ""
        self._cluster = self._clusters[0] if len(self._clusters) == 1 else None

    def list_changes(
        self,
        what: str | None = None,
        *,
        since: str | None = None,
        until: str | None = None,
        kind: str | None = None,
        user: str | None = None,
        limit: int = _CHANGES,
        may_be_unknown: bool = False,
    ) -> dict[str, Any]:
        """The changes of a period, newest first. Raises UsageError for what is no time, and for what is not known.

        What `may_be_unknown` has no changes then, which is warned of.
        """
        start, end = parse_period(since, until, self._now)
        _require_kind(kind)
        try:
            ids = self._find_ids(what, kind)
        except UsageError as error:
            if not may_be_unknown:
                raise
            found = self._describe([], start, end, has_more=False)
            return {**found, "warnings": [f"{error.message} {error.hint}"]}
        changes = self._history.list_changes(start, end, ids, kind, user, limit + 1, cluster=self._cluster)
        return self._describe(changes[:limit], start, end, has_more=len(changes) > limit)

    def diff(
        self,
        what: str | None = None,
        *,
        start: str = "1d",
        end: str = "now",
        kind: str | None = None,
        limit: int | None = None,
    ) -> dict[str, Any]:
        """What differs between two times. Raises UsageError for what is no time, and for what is not known."""
        begin, until = parse_time(start, self._now), parse_time(end, self._now)
        parse_period(start, end, self._now)
        _require_kind(kind)
        changes = self._history.diff(begin, until, self._find_ids(what, kind), kind, self._cluster)
        shown = changes[:limit]
        return self._describe(shown, begin, until, has_more=len(shown) < len(changes))

    def show(self, what: str, *, at: str = "now", since: str | None = None, kind: str | None = None) -> dict[str, Any]:
        """One object as it was at a time. Raises UsageError where there was none, or more than one."""
        from mcp_bridge.history.account import describe_change, describe_object

        moment = parse_time(at, self._now)
        require_past(at, moment, self._now)
        start, _end = parse_period(since, at, self._now)
        found = self._find(what, kind)
        there = [(one, document) for one in found if (document := self._history.read_document(one.id, moment))]
        begin = self._history.find_first_moment(self._cluster)
        if not there and begin and moment < begin:
            raise UsageError(
                f"How {what} was at {_format(moment)} is not known: nobody has looked before {_format(begin)}.",
                "Give a later time.",
            )
        if not there:
            names = ", ".join(
                f"{describe_object(one.kind, one.key, one.name)}, seen from {one.first_seen:%Y-%m-%d %H:%M} "
                f"until {one.last_seen:%Y-%m-%d %H:%M} UTC"
                for one in found[:_NAMED]
            )
            raise UsageError(f"{what} was not there then, as far as is known.", f"There is, or was: {names}.")
        if len(there) > 1:
            names = ", ".join(describe_object(one.kind, one.key, one.name) for one, _document in there[:_NAMED])
            raise UsageError(f"{what} is more than one thing: {names}.", "Give its key, or its kind.")
        one, document = there[0]
        shown: dict[str, Any] = {name: getattr(one, name) for name in ("cluster", "kind", "key", "name", "node")}
        for name in ("first_seen", "last_seen", "missing_since", "gone_at"):
            value = getattr(one, name)
            shown[name] = format_timestamp(value) if value else None
        shown |= {"at": format_timestamp(moment), "document": document}
        if since:
            changes = self._history.list_changes(start, moment, object_ids=[one.id], limit=_CHANGES)
            shown["changes"] = [describe_change(change) for change in changes]
        warnings = self._describe_gaps(moment, moment)
        return {**shown, "synced_at": self._find_last_look(), **({"warnings": warnings} if warnings else {})}

    def _find_ids(self, what: str | None, kind: str | None) -> Collection[int] | None:
        return [one.id for one in self._find(what, kind)] if what else None

    def _find(self, what: str, kind: str | None) -> Sequence[Object]:
        _require_kind(kind)
        found = self._history.find_objects(what, kind, self._cluster)
        if not found:
            names = {one.name for one in self._history.find_objects("*", kind, self._cluster, limit=_MOST_NAMES)}
            near = ", ".join(get_close_matches(what, names, n=_NAMED))
            meant = f"Do you mean {near}? " if near else ""
            hint = f"{meant}It may be too new: {_LOOK}." if self._find_last_look() else _NEVER
            raise UsageError(f"The history knows no {kind or 'guest, nor anything else,'} {what!r}.", hint)
        return found

    def _describe(
        self, changes: Sequence[Change], start: datetime | None, end: datetime | None, *, has_more: bool
    ) -> dict[str, Any]:
        from mcp_bridge.history.account import describe_change

        warnings = self._describe_gaps(start, end or self._now)
        if has_more:
            warnings.append(f"There are more changes than {len(changes)}: raise the limit, or narrow the period.")
        return {
            "since": format_timestamp(start) if start else None,
            "until": format_timestamp(end or self._now),
            "synced_at": self._find_last_look(),
            "warnings": warnings,
            "changes": [
                {**({} if self._cluster else {"cluster": change.cluster}), **describe_change(change)}
                for change in changes
            ],
        }

    def _describe_gaps(self, start: datetime | None, end: datetime) -> list[str]:
        """What of a period is not known, and why."""
        gaps = []
        if self._unseen:
            gaps.append(f"Nobody has looked at the cluster at {self._unseen} yet: this is about others. {_LOOK}.")
        begin, last = self._history.find_first_moment(self._cluster), self._find_last_look()
        if begin is None or last is None:
            return [*gaps, _NEVER]
        looked = datetime.fromisoformat(last)
        if end < begin:
            gaps.append(f"Nothing is known of that time: the cluster was looked at first at {_format(begin)}.")
        elif start and start < begin:
            gaps.append(f"The history begins at {_format(begin)}; what was before is not known.")
        if start and start > looked and end > looked:
            gaps.append(f"Nobody has looked since {_format(looked)}: what happened later is not known. {_LOOK}.")
        elif end > looked + _LATE:
            gaps.append(f"What happened after {_format(looked)} is not known. {_LOOK}.")
        return gaps

    def _find_last_look(self) -> str | None:
        """When the cluster was looked at last, of several the one that was not for longest."""
        looks = [self._history.find_last_observation(cluster) for cluster in self._clusters]
        known = [look for look in looks if look]
        return format_timestamp(min(known)) if known else None


def _require_kind(kind: str | None) -> None:
    """Raise UsageError for a kind that nothing is of."""
    kinds = ("guest", *list_parts())
    if kind is not None and kind not in kinds:
        near = get_close_matches(kind.lower(), kinds, n=1)
        meant = f"Do you mean {near[0]}? " if near else ""
        raise UsageError(f"There is no kind {kind!r}.", f"{meant}There are: {', '.join(kinds)}.")


def run_sql(database: Database, sql: str, limit: int | None = None, size: int | None = None) -> dict[str, Any]:
    """What one SELECT about the history returns, in so many rows and bytes at most. Raises UsageError."""
    from mcp_bridge.history import query

    found = query.run_query(database.engine, sql, rows=limit or query.MOST_ROWS, bytes=size or query.LARGEST_ANSWER)
    cut = f"The answer is cut off after {len(found.rows)} rows." if found.truncated else ""
    return {"columns": list(found.columns), "rows": found.rows, "warnings": [cut] if cut else []}


def list_views() -> list[str]:
    """The views that SQL may read, a line for each and for each of its columns."""
    from mcp_bridge.history.views import describe_views

    return list(describe_views())


def open_readings(engine: Engine) -> Readings:
    """The readings of an engine's history."""
    from mcp_bridge.history.store import History

    return Readings(History(engine.ledger.database), engine.settings.endpoint.url)


def _show_guest(engine: Engine, request: Request, _progress: Progress, _cancel: threading.Event) -> Result:
    wanted = dict(request.arguments)
    guest, at = str(wanted["guest"]), wanted.get("at")
    readings = open_readings(engine)
    try:
        if at:
            shown = readings.show(guest, at=at, kind="guest")
            return make_result(request, "ok", f"{shown['name']} as it was at {shown['at'][:19]}Z.", guest=shown)
        found = readings.list_changes(
            guest, since=wanted.get("since") or "7d", until=wanted.get("until"), kind="guest", limit=_read_limit(wanted)
        )
    except UsageError as error:
        return _fail(request, error)
    return _make_changes_result(request, found)


def _show_cluster(engine: Engine, request: Request, _progress: Progress, _cancel: threading.Event) -> Result:
    wanted = dict(request.arguments)
    readings, since, until = open_readings(engine), wanted.get("since") or "1d", wanted.get("until")
    kind, limit = wanted.get("kind"), _read_limit(wanted)
    try:
        if wanted.get("net"):
            found = readings.diff(start=since, end=until or "now", kind=kind, limit=limit)
        else:
            found = readings.list_changes(since=since, until=until, kind=kind, user=wanted.get("user"), limit=limit)
    except UsageError as error:
        return _fail(request, error)
    return _make_changes_result(request, found)


def _query(engine: Engine, request: Request, _progress: Progress, _cancel: threading.Event) -> Result:
    sql = request.arguments.get("sql")
    if not sql:
        return make_result(request, "ok", "These views can be read.", views="\n".join(list_views()))
    try:
        found = run_sql(engine.ledger.database, str(sql), int(request.arguments.get("limit") or _ROWS), _LARGEST_ANSWER)
    except UsageError as error:
        return failed_result(request, Failure(code=error.code, message=error.message, hint=error.hint))
    count = len(found["rows"])
    return make_result(request, "ok", f"{count} row{'' if count == 1 else 's'}.", **found)


def _make_changes_result(request: Request, found: dict[str, Any]) -> Result:
    changes, looked = found["changes"], found["synced_at"]
    if not changes and found["warnings"]:
        first, *others = found.pop("warnings")
        return make_result(request, "ok", f"No changes are known. {first}", warnings=others, **found)
    count = f"{len(changes) or 'No'} change{'' if len(changes) == 1 else 's'}"
    fresh = f" The cluster was looked at {looked[:19]}Z." if looked else ""
    warnings = found.pop("warnings")
    return make_result(request, "ok", f"{count} since {found['since'][:19]}Z.{fresh}", warnings=warnings, **found)


def _format(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def _fail(request: Request, error: UsageError) -> Result:
    return failed_result(request, Failure(code="invalid_parameter", message=error.message, hint=error.hint))


def _read_limit(wanted: dict[str, Any]) -> int:
    return int(wanted.get("limit") or _CHANGES)


FUNCTIONS: dict[str, ToolFunction] = {
    "guest_changes": _show_guest,
    "cluster_changes": _show_cluster,
    "query_history": _query,
}
