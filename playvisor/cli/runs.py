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
from mcp_bridge.ledger.store import Ledger, Row
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
    """The ledger; what a process that died left open in it is closed."""
    settings = load_settings()
    ledger = Ledger(settings.state_dir, settings.ledger_url)
    close_interrupted(ledger)
    return ledger


def list_runs(limit: int, wanted: Mapping[str, str | None], *, as_json: bool) -> None:
    """The newest runs, or those of them that are wanted."""
    rows = open_ledger().recent(limit, **wanted)
    if as_json:
        console.print_json(rows)
        return
    console.out().print(runs_table(rows))


_COLUMNS = ("run", "when", "tool", "arguments", "mode", "outcome", "changed", "client", "summary")
_LONGEST_CELL = 80
_MOST_EXPORTED = 1000
_BRIEF = ("run", "tool", "arguments", "outcome", "changed", "client")


def runs_table(rows: list[Row], *, brief: bool = False) -> Table:
    """Runs as a table; a brief one fits where space is short."""
    columns = _BRIEF if brief else _COLUMNS
    return console.make_table(list(columns), [[_facts(row)[column] for column in columns] for row in rows])


def _facts(row: Row) -> dict[str, Any]:
    from rich.text import Text

    outcome = row["outcome"]
    changed = "" if row["changed"] is None else "yes" if row["changed"] else "no"
    return {
        "run": row["run_id"][:8],
        "when": _local(row["opened_at"]),
        "tool": row["tool"],
        "arguments": _brief(results.compact(row["arguments"])),
        "mode": row["mode"],
        "outcome": Text(outcome or "running", _OUTCOME_STYLES.get(outcome, "yellow")),
        "changed": changed,
        "client": row["client_name"],
        "summary": row["summary"],
    }


def show_run(run_id: str, *, as_json: bool) -> None:
    """One run, with the plan that its artifacts hold."""
    ledger = open_ledger()
    row = ledger.find(run_id)
    folder = ledger.folder(row["run_id"])
    steps = events.read_planned_steps(folder)
    if as_json:
        console.print_json({**row, "plan": {"digest": row["plan_digest"], "steps": steps}, "artifacts": str(folder)})
        return
    shown = {name.replace("_", " "): results.compact(value) for name, value in row.items() if not _is_chain(name)}
    shown["follow up"] = _followed_up(ledger, row)
    if row["outcome"] is None:
        shown["now"] = str(events.read_progress(folder))
    console.facts({**shown, "entries": _entries(row), "artifacts": str(folder) if folder.is_dir() else None})
    if steps:
        results.show_plan(steps)


def _followed_up(ledger: Ledger, row: Row) -> str:
    """What became of an interrupted run, as far as somebody has asked the cluster."""
    if row["outcome"] != "interrupted":
        return ""
    followed = ledger.recent(1, tool="follow_up", guest=row["run_id"])
    return str(followed[0]["summary"]) if followed else f"`playvisor runs wait {row['run_id'][:8]}` asks the cluster."


def show_events(run_id: str, *, as_json: bool) -> None:
    """Every event of a run."""
    ledger = open_ledger()
    found = list(events.read_events(ledger.folder(ledger.find(run_id)["run_id"])))
    if as_json:
        console.print_json(found)
        return
    rows = [
        [event["phase"], event.get("counter"), event.get("created", "")[11:23], event.get("event"), _said(event)]
        for event in found
    ]
    console.table(["phase", "nr", "UTC", "event", "said"], rows)


def export_runs(run_ids: Sequence[str], client: str | None, output: Path | None) -> None:
    """Runs as a playbook: the named ones, or all of a client in their order."""
    ledger = open_ledger()
    if not run_ids and not client:
        raise UsageError("No run is named.", "Give ids of runs, or --client for everything that a client did.")
    rows = [ledger.find(run_id) for run_id in run_ids] or ledger.recent(_MOST_EXPORTED + 1, client_name=client)[::-1]
    if not run_ids and len(rows) > _MOST_EXPORTED:
        rows = rows[-_MOST_EXPORTED:]
        console.err().print(f"Left out: all runs but the newest {_MOST_EXPORTED}; name older ones by their ids.")
    exported = export_playbook(rows)
    for left_out in exported.left_out:
        console.err().print(f"Left out: {left_out}")
    if output is None:
        console.out().print(exported.text, end="", soft_wrap=True)
    else:
        output.write_text(exported.text, encoding="utf-8")
        console.err().print(f"Written to {output}. Try it: ansible-playbook {output} --check --diff")


def show_trace(run_id: str, *, as_json: bool) -> None:
    """Every request of a run to the cluster's API."""
    ledger = open_ledger()
    found = list(events.read_api_trace(ledger.folder(ledger.find(run_id)["run_id"])))
    if as_json:
        console.print_json(found)
        return
    columns = ["phase", "nr", "time", "method", "path", "status", "ms", "bytes", "note"]
    rows = [[*(entry[column] for column in columns[:-1]), _noted(entry)] for entry in found]
    console.table(["phase", "nr", "UTC", *columns[3:]], [[*row[:2], row[2][11:23], *row[3:]] for row in rows])


def verify_runs(*, as_json: bool) -> int:
    """Verify the ledger; 0 when everything is as it was written, else 1."""
    checked = open_ledger().verify()
    first = checked.faults[0] if checked.faults else None
    if as_json:
        faults = [{"run_id": fault.run_id, "entry": fault.seq, "what": fault.what} for fault in checked.faults]
        counts = {"runs": checked.runs, "entries": checked.entries, "artifacts": checked.artifacts}
        counts |= {"artifacts_elsewhere": checked.elsewhere, "begins_after_entry": checked.start}
        console.print_json({"intact": first is None, **counts, "removed_before": checked.since, "faults": faults})
    elif first is None:
        console.out().print(
            f"Intact: {checked.runs} runs, {checked.entries} chained entries, artifacts of {checked.artifacts} runs."
        )
        if checked.since:
            console.out().print(f"Runs from before {_local(checked.since)}, up to entry {checked.start}, were removed.")
        if checked.elsewhere:
            console.out().print(f"The artifacts of {checked.elsewhere} runs are on the hosts that ran them.")
    else:
        console.complain(f"The ledger is not as it was written, from entry {first.seq} on.", None)
        rows = [[fault.seq, fault.run_id[:8], fault.what] for fault in checked.faults]
        console.table(["entry", "run", "what differs"], rows)
    return 0 if first is None else 1


def _brief(text: str) -> str:
    """As much of the arguments as a table has room for; `runs show` has all of them."""
    return text if len(text) <= _LONGEST_CELL else f"{text[:_LONGEST_CELL]}…"


def _is_chain(name: str) -> bool:
    return name.endswith(("_seq", "_prev", "_hash")) or name in ("pid", "process_started")


def _entries(row: Row) -> str:
    closed = f", closed by {row['closed_seq']}" if row["closed_seq"] else ", not closed yet"
    return f"opened by {row['opened_seq']}{closed}"


def _noted(entry: dict[str, Any]) -> Text:
    from rich.text import Text

    note = entry["note"] or ("" if entry["status"] else "no answer seen")
    return Text(note, "" if note == "shared" else "red")


def _said(event: dict[str, Any]) -> str:
    data = event.get("event_data") or {}
    return str(event.get("stdout") or data.get("task") or data.get("play") or "")


def _local(time: str) -> str:
    return datetime.fromisoformat(time).astimezone().strftime("%Y-%m-%d %H:%M:%S")
