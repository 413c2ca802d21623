# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""`playvisor runs`: the ledger for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mcp_bridge.errors import UsageError
from mcp_bridge.evidence import events
from mcp_bridge.evidence.export import export_playbook
from mcp_bridge.ledger.records import RunRow
from mcp_bridge.ledger.store import Ledger
from mcp_bridge.ledger.verify import LIMITS
from mcp_bridge.run.factory import make_authority
from mcp_bridge.run.recovery.interrupted import close_interrupted
from mcp_bridge.settings import load_settings
from playvisor.cli import console, results

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

_OUTCOME_STYLES = {
    "ok": "green",
    "planned": "cyan",
    "failed": "red",
    "refused": "yellow",
    "held": "yellow",
    None: "blue",
}


def open_ledger() -> Ledger:
    """Open the ledger, and close the entries that a process that died has left open in it."""
    settings = load_settings()
    authority = make_authority(settings)
    close_interrupted(authority)
    return authority.ledger


def list_runs(limit: int, filters: Mapping[str, str | None], *, as_json: bool) -> None:
    """Print the newest runs, or the newest of those that the filters let through."""
    rows = open_ledger().recent(limit, **filters)
    if as_json:
        console.print_json([row.as_dict() for row in rows])
        return
    console.get_stdout().print(make_runs_table(rows))


def list_acts(limit: int, kind: str | None, *, as_json: bool) -> None:
    """Print the newest acts of the ledger: what was done with authority besides runs."""
    acts = open_ledger().list_acts(limit, kind)
    if as_json:
        console.print_json(acts)
        return
    rows = [
        [
            act["seq"],
            _format_local_time(act["at"]),
            act["kind"].replace("_", " "),
            act["who"],
            act["subject"][:8] if act["subject"] != act["kind"] else "",
            _shorten(results.format_compact({name: act["facts"].get(name) for name in _TOLD_OF_ACTS})),
        ]
        for act in acts
    ]
    console.print_table(["entry", "when", "what", "by", "about", "facts"], rows)


_TOLD_OF_ACTS = ("why", "source", "count", "tool", "name", "face", "mode", "guests", "effects", "approval", "used_by")
_COLUMNS = ("run", "when", "tool", "arguments", "mode", "outcome", "changed", "asked by", "client", "summary")
_LONGEST_CELL = 80
_MOST_EXPORTED = 1000
_BRIEF = ("run", "tool", "arguments", "outcome", "changed", "client")


def make_runs_table(rows: list[RunRow], *, brief: bool = False) -> Table:
    """A table of runs; a brief one has fewer columns."""
    columns = _BRIEF if brief else _COLUMNS
    return console.make_table(list(columns), [[_describe_row(row)[column] for column in columns] for row in rows])


def _describe_row(row: RunRow) -> dict[str, Any]:
    from rich.text import Text

    outcome = row.outcome
    changed = "" if row.changed is None else "yes" if row.changed else "no"
    return {
        "run": row.run_id[:8],
        "when": _format_local_time(row.opened_at),
        "tool": row.tool,
        "arguments": _shorten(results.format_compact(row.arguments)),
        "mode": row.mode,
        "outcome": Text(outcome or "running", _OUTCOME_STYLES.get(outcome, "yellow")),
        "changed": changed,
        "asked by": row.asker or "",
        "client": row.client_name,
        "summary": row.summary,
    }


def show_run(run_id: str, *, as_json: bool) -> None:
    """Print one run, with the plan in its artifacts."""
    ledger = open_ledger()
    row = ledger.find(run_id)
    folder = ledger.folder(row.run_id)
    steps = events.read_planned_steps(folder)
    if as_json:
        console.print_json(
            {**row.as_dict(), "plan": {"digest": row.plan_digest, "steps": steps}, "artifacts": str(folder)}
        )
        return
    shown = {
        name.replace("_", " "): results.format_compact(value)
        for name, value in row.as_dict().items()
        if not _is_internal(name)
    }
    shown["follow up"] = _describe_follow_up(ledger, row)
    if row.outcome is None:
        shown["now"] = str(events.read_progress(folder))
    console.print_facts(
        {**shown, "entries": _describe_entries(row), "artifacts": str(folder) if folder.is_dir() else None}
    )
    if steps:
        results.show_plan(steps)


def _describe_follow_up(ledger: Ledger, row: RunRow) -> str:
    """What became of an interrupted run, or how to ask the cluster; empty for any other run."""
    if row.outcome != "interrupted":
        return ""
    follow_ups = ledger.recent(1, tool="follow_up", guest=row.run_id)
    return str(follow_ups[0].summary) if follow_ups else f"`playvisor runs wait {row.run_id[:8]}` asks the cluster."


def show_events(run_id: str, *, as_json: bool) -> None:
    """Print every event of a run."""
    ledger = open_ledger()
    entries = list(events.read_events(ledger.folder(ledger.find(run_id).run_id)))
    if as_json:
        console.print_json(entries)
        return
    rows = [
        [
            event["phase"],
            event.get("counter"),
            event.get("created", "")[11:23],
            event.get("event"),
            _get_event_text(event),
        ]
        for event in entries
    ]
    console.print_table(["phase", "nr", "UTC", "event", "text"], rows)


def export_runs(run_ids: Sequence[str], client: str | None, output: Path | None) -> None:
    """Write runs as a playbook: those with the given ids, or all of a client, oldest first."""
    ledger = open_ledger()
    if not run_ids and not client:
        raise UsageError("No run is given.", "Give ids of runs, or --client for all runs of a client.")
    rows = [ledger.find(run_id) for run_id in run_ids] or ledger.recent(_MOST_EXPORTED + 1, client_name=client)[::-1]
    if not run_ids and len(rows) > _MOST_EXPORTED:
        rows = rows[-_MOST_EXPORTED:]
        console.get_stderr().print(f"Left out: all runs but the newest {_MOST_EXPORTED}; give older ones by their ids.")
    exported = export_playbook(rows)
    for left_out in exported.left_out:
        console.get_stderr().print(f"Left out: {left_out}")
    if output is None:
        console.get_stdout().print(exported.text, end="", soft_wrap=True)
    else:
        output.write_text(exported.text, encoding="utf-8")
        console.get_stderr().print(f"Written to {output}. Try it: ansible-playbook {output} --check --diff")


def show_trace(run_id: str, *, as_json: bool) -> None:
    """Print every request of a run to the cluster's API."""
    ledger = open_ledger()
    entries = list(events.read_api_trace(ledger.folder(ledger.find(run_id).run_id)))
    if as_json:
        console.print_json(entries)
        return
    columns = ["phase", "nr", "time", "method", "path", "status", "ms", "bytes", "note"]
    rows = [[*(entry[column] for column in columns[:-1]), _render_note(entry)] for entry in entries]
    console.print_table(["phase", "nr", "UTC", *columns[3:]], [[*row[:2], row[2][11:23], *row[3:]] for row in rows])


def verify_runs(*, as_json: bool) -> int:
    """Verify the ledger and print the outcome; returns 0 when everything is as it was written, else 1."""
    settings = load_settings()
    # As it is: nothing is written before it is verified.
    verification = Ledger(settings.state_dir, settings.ledger_url).verify()
    first = verification.faults[0] if verification.faults else None
    if as_json:
        faults = [{"run_id": fault.run_id, "entry": fault.seq, "what": fault.what} for fault in verification.faults]
        counts = {"runs": verification.runs, "entries": verification.entries, "artifacts": verification.artifacts}
        counts |= {"artifacts_elsewhere": verification.elsewhere, "artifacts_removed": verification.removed}
        newest = {"entry": verification.newest[0], "hash": verification.newest[1]}
        console.print_json(
            {
                "intact": first is None,
                **counts,
                "newest": newest,
                "begins_after_entry": verification.start,
                "removed_before": verification.since,
                "notes": verification.notes,
                "faults": faults,
                "limits": LIMITS,
            }
        )
    elif first is None:
        console.get_stdout().print(
            f"Intact: {verification.runs} runs, {verification.entries} chained entries, "
            f"artifacts of {verification.artifacts} runs."
        )
        if verification.since:
            oldest = _format_local_time(verification.since)
            console.get_stdout().print(f"Runs from before {oldest}, up to entry {verification.start}, were removed.")
        if verification.elsewhere:
            console.get_stdout().print(
                f"The artifacts of {verification.elsewhere} runs are on the hosts that ran them."
            )
        if verification.removed:
            console.get_stdout().print(f"The artifacts of {verification.removed} runs were removed, as recorded.")
        number, digest = verification.newest
        for line in (*verification.notes, f"The newest entry is {number}: {digest}", LIMITS):
            console.get_stdout().print(line, soft_wrap=True)
    else:
        console.print_failure(f"The ledger is not as it was written, from entry {first.seq} on.", None)
        rows = [[fault.seq, fault.run_id[:8], fault.what] for fault in verification.faults]
        console.print_table(["entry", "run", "what differs"], rows)
    return 0 if first is None else 1


def _shorten(text: str) -> str:
    """The text, cut to what fits in a table; `runs show` prints all of it."""
    return text if len(text) <= _LONGEST_CELL else f"{text[:_LONGEST_CELL]}…"


def _is_internal(name: str) -> bool:
    return name.endswith(("_seq", "_prev", "_hash")) or name in ("pid", "process_started")


def _describe_entries(row: RunRow) -> str:
    closed = f", closed by {row.closed_seq}" if row.closed_seq else ", not closed yet"
    return f"opened by {row.opened_seq}{closed}"


def _render_note(entry: dict[str, Any]) -> Text:
    from rich.text import Text

    note = entry["note"] or ("" if entry["status"] else "no answer seen")
    return Text(note, "" if note == "shared" else "red")


def _get_event_text(event: dict[str, Any]) -> str:
    data = event.get("event_data") or {}
    return str(event.get("stdout") or data.get("task") or data.get("play") or "")


def _format_local_time(time: str) -> str:
    return datetime.fromisoformat(time).astimezone().strftime("%Y-%m-%d %H:%M:%S")
