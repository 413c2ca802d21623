# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""`playvisor history` and `playvisor query`: what the cluster was, for people."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from mcp_bridge.errors import UsageError
from mcp_bridge.history.account import describe_change, describe_object
from mcp_bridge.history.retention import Keep
from mcp_bridge.history.store import History
from mcp_bridge.ledger.records import LOOK
from mcp_bridge.ledger.store import Ledger
from mcp_bridge.run.factory import make_bridge
from mcp_bridge.run.sync import Manner, sync_history
from mcp_bridge.run.tools.history import Readings, list_views, run_sql
from mcp_bridge.settings import load_settings
from mcp_bridge.text.plain import one_line
from playvisor.cli import console, results, units
from playvisor.cli.call import INTERRUPTED, get_exit_status, make_request, work_interruptibly
from playvisor.cli.output import Output, print_document, print_facts, print_rows
from playvisor.cli.rendering.differences import describe_differences
from playvisor.cli.rendering.tables import Table
from playvisor.cli.rendering.values import format_moment

if TYPE_CHECKING:
    from mcp_bridge.database.open import Database

_CHANGES = Table(
    "",
    "when=at:moment what object who=by",
    below="fields=told:lines",
    wide="kind key node cluster user run=run_id:short not_before=not_before:moment",
    ids="key",
    empty="Nothing changed.",
    stacks=True,
)
# A first look at 100,000 guests takes fewer.
_MOST_ROUNDS = 200
_MOMENTS = ("first_seen", "last_seen", "missing_since", "gone_at")
_SIZES = ("maxmem", "maxdisk")


def sync(*, full: bool, output: Output) -> int:
    """Sync the history with the cluster, and say what changed; returns the exit status."""
    settings = load_settings()
    bridge = make_bridge(settings)
    request = make_request(settings, LOOK, {}, mode=settings.mode or "read")
    manner = Manner(everything=full, all_parts=True, rounds=_MOST_ROUNDS, may_wait=True)
    synced = work_interruptibly(
        lambda report, cancel: sync_history(bridge, request, report, cancel, manner), quiet=output.is_quiet
    )
    if synced is None:
        # Only Ctrl-C ends the wait for another process.
        return INTERRUPTED
    changes = [describe_change(change) for change in synced.changes]
    if synced.result.failure:
        results.print_result(synced.result, output)
    elif output.is_document:
        facts = {"status": synced.result.status, "summary": synced.summary, "run_id": synced.result.run_id}
        print_document({**facts, "requests": synced.requests, "left": synced.left, "changes": changes}, output)
    else:
        if changes:
            _print_changes(changes, output)
        for warning in synced.result.warnings:
            console.get_stderr().print(f"Warning: {one_line(warning)}")
        console.get_stderr().print(synced.summary)
    return 1 if synced.is_behind else get_exit_status(synced.result)


def list_changes(
    what: str | None, *, since: str, until: str | None, kind: str | None, user: str | None, limit: int, output: Output
) -> None:
    """Print the changes of a period, newest first."""
    found = _open().list_changes(what, since=since, until=until, kind=kind, user=user, limit=limit)
    _print_found(found, output)


def diff_times(what: str | None, *, start: str, end: str, kind: str | None, output: Output) -> None:
    """Print what differs between two times."""
    _print_found(_open().diff(what, start=start, end=end, kind=kind), output)


def show_object(what: str, *, at: str, since: str | None, kind: str | None, output: Output) -> None:
    """Print one object as it was at a time, and what changed before."""
    found = _open().show(what, at=at, since=since, kind=kind)
    if output.is_document:
        print_document(found, output)
        return
    now = time.time()
    times = {name: format_moment(found[name], now) for name in _MOMENTS if found.get(name)}
    named = describe_object(found["kind"], found["key"], found["name"])
    print_facts({"cluster": found["cluster"], **times}, f"{named}, as of {format_moment(found['at'], now)}")
    overview = found["document"].get("overview") or {}
    overview |= {name: units.format_size(overview[name]) for name in _SIZES if name in overview}
    for section, value in found["document"].items():
        print_facts(value if isinstance(value, Mapping) else {section: value}, section)
    if since:
        console.print_title("Changes")
        _print_changes(found["changes"], output)
    _print_notes(found)


def prune(*, yes: bool, output: Output) -> None:
    """Remove what is old; without `yes`, only say how much that is."""
    settings = load_settings()
    keep = Keep(settings.history_days, settings.history_daily_days)
    history = History(_open_database())
    removal = history.prune(keep) if yes else history.find_removable(keep)
    if output.is_document:
        print_document({"removed": yes, **asdict(removal)}, output)
        return
    counts = ", ".join(f"{count} {noun}" for noun, count in asdict(removal).items() if count)
    if not counts:
        console.print_note("Nothing is old enough to be removed.")
    else:
        console.get_stderr().print(f"Removed {counts}." if yes else f"It would remove {counts}. Add --yes to do it.")


def query(sql: str, *, views: bool, limit: int, output: Output) -> None:
    """Print what one SELECT about the history returns, or with `views` what it can read."""
    if views:
        console.print_lines("\n".join(list_views()))
        return
    if not sql.strip():
        raise UsageError(
            "No query is given.",
            "Such as: playvisor query 'select name, status from guests'. --views shows what there is.",
        )
    found = run_sql(_open_database(), sql, limit)
    # A query may name two columns alike.
    names = [
        name if name not in found["columns"][:at] else f"{name}_{at + 1}" for at, name in enumerate(found["columns"])
    ]
    rows = [dict(zip(names, row, strict=True)) for row in found["rows"]]
    table = Table("", " ".join(f"{_name_column(name)}={_name_column(name)}:plain" for name in names), empty="No rows.")
    print_rows(
        [{_name_column(name): value for name, value in row.items()} for row in rows], table, output, document=rows
    )
    for warning in found["warnings"]:
        console.print_note(warning)


def _name_column(name: str) -> str:
    """A name as tables take it: count(*) is no path."""
    return re.sub(r"[\s=:/.]+", "_", name) or "column"


def _open() -> Readings:
    settings = load_settings()
    return Readings(History(Ledger(settings.state_dir, settings.ledger_url).database), settings.endpoint.url)


def _open_database() -> Database:
    settings = load_settings()
    return Ledger(settings.state_dir, settings.ledger_url).database


def _print_found(found: Mapping[str, Any], output: Output) -> None:
    if output.is_document:
        print_document(found, output)
        return
    is_whole = not found["warnings"]
    _print_changes(found["changes"], output, empty=_CHANGES.empty if is_whole else "No changes are known.")
    _print_notes(found)


def _print_notes(found: Mapping[str, Any]) -> None:
    """How old what is known is, and what to do about it."""
    for warning in found.get("warnings") or ():
        console.get_stderr().print(one_line(warning))
    if found.get("synced_at"):
        age = units.format_age(units.parse_timestamp(found["synced_at"]), time.time())
        console.print_note(f"The cluster was looked at {age}; `playvisor history sync` looks now.")


def _print_changes(changes: Sequence[Mapping[str, Any]], output: Output, empty: str = _CHANGES.empty) -> None:
    rows = [
        {
            **change,
            "object": describe_object(change["kind"], change["key"], change["name"]),
            "by": "; ".join(dict.fromkeys(part.get("who", change["who"]) for part in change.get("fields") or [change])),
            "told": _tell(change),
        }
        for change in changes
    ]
    print_rows(rows, replace(_CHANGES, empty=empty), output)


def _tell(change: Mapping[str, Any]) -> list[str]:
    """The fields of a change, one a line; who changed it, where that differs; and when, if nobody saw it happen."""
    fields = {field["path"]: field for field in change.get("fields") or ()}
    lines = [line for path in fields for line in _tell_field(path, fields)]
    if change["source"] == "outside":
        since = f"between {_format_time(change['not_before'])} and" if change.get("not_before") else "before"
        lines.append(f"{since} {_format_time(change['at'])}")
    return lines


def _tell_field(path: str, fields: Mapping[str, Mapping[str, Any]]) -> list[str]:
    section, _dot, name = path.partition(".")
    before, after = fields[path]["before"], fields[path]["after"]
    who = f" [{fields[path]['who']}]" if "who" in fields[path] else ""
    if section == "pending" and f"config.{name.partition('.')[0]}" in fields:
        # That it waits for a restart is said there.
        return []
    if section == "snapshots" and name and None in (before, after):
        return [f"{'+' if before is None else '-'} snapshot {name}{who}"]
    if section == "overview" and name in _SIZES:
        before, after = units.format_size(before), units.format_size(after)
    waiting = fields.get(f"pending.{name}") or fields.get(f"pending.{name}.pending") or {}
    if section == "config" and waiting.get("after"):
        who = f" (waits for a restart){who}"
    label = name if section in ("config", "overview") and name else path
    return [f"{line}{who}" for line in describe_differences({label: before}, {label: after})]


def _format_time(moment: str) -> str:
    return units.format_time(units.parse_timestamp(moment))
