# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""`playvisor runs`: the ledger for people."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from mcp_bridge.catalogue.fleets import name_documents
from mcp_bridge.catalogue.run_tools import OUTCOMES, describe_unknown
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
from playvisor.cli.output import Output, print_document, print_facts, print_rows, print_table
from playvisor.cli.rendering.tables import Table
from playvisor.cli.rendering.values import format_moment


def open_ledger() -> Ledger:
    """Open the ledger, and close the entries that a process that died has left open in it."""
    settings = load_settings()
    authority = make_authority(settings)
    close_interrupted(authority)
    return authority.ledger


def list_runs(limit: int, filters: Mapping[str, str | None], *, changed: bool | None, output: Output) -> None:
    """Print the newest runs, or the newest of those that the filters let through."""
    outcome, tool = filters.get("outcome"), filters.get("tool")
    if outcome and outcome not in OUTCOMES:
        raise UsageError(f"No run ends as {outcome}.", f"They end as {', '.join(OUTCOMES)}.")
    rows = open_ledger().recent(limit, changed=changed, **filters)
    unknown = describe_unknown(tool) if tool and not rows else None
    if unknown:
        raise UsageError(*unknown)
    print_rows(make_run_rows(rows), RUNS, output, document=[row.as_dict() for row in rows])


def list_acts(limit: int, kind: str | None, *, output: Output) -> None:
    """Print the newest acts of the ledger: what was done with authority besides runs."""
    acts = open_ledger().list_acts(limit, kind)
    rows = [
        {
            **act,
            "what": act["kind"].replace("_", " "),
            "about": act["subject"] if act["subject"] != act["kind"] else "",
            "told": {name: act["facts"].get(name) for name in _TOLD_OF_ACTS if act["facts"].get(name)},
        }
        for act in acts
    ]
    print_rows(rows, _ACTS, output, document=acts)


RUNS = Table(
    "",
    "run=run_id:short when=opened_at tool outcome changed=changed:plain by=asker client=client_name mode",
    below="arguments summary",
    wide="id=run_id ended=closed_at proxmox_user cluster=cluster_url",
    ids="run_id",
    empty="No runs.",
)
_ACTS = Table(
    "",
    "entry=seq when=at what about=about:short by=who",
    below="facts=told",
    wide="subject",
    ids="subject",
    empty="Nothing was done with authority besides runs.",
)
_EVENTS = Table("", "phase nr=counter when=created:time event", below="text", empty="No events.")
_TRACE = Table(
    "",
    "phase nr when=time method status ms bytes=bytes:count note",
    below="path",
    empty="No requests.",
)
_FAULTS = Table("", "entry=seq run=run_id:short what_differs=what")
_TOLD_OF_ACTS = (
    *("why", "source", "count", "tool", "name", "face", "mode", "guests", "effects", "approval", "used_by"),
    *("fleet", "revision", "outcome", "released"),
    *("node", "vmid", "kind", "seconds"),
)
_MOST_EXPORTED = 1000


def make_run_rows(rows: Sequence[RunRow]) -> list[dict[str, Any]]:
    """Runs as rows of a table."""
    return [
        {**row.as_dict(), "arguments": name_documents(row.arguments), "outcome": row.outcome or "running"}
        for row in rows
    ]


def show_run(run_id: str, *, output: Output) -> None:
    """Print one run, with the plan in its artifacts."""
    ledger = open_ledger()
    row = ledger.find(run_id)
    folder = ledger.folder(row.run_id)
    steps, effects = _read_plan(ledger, row, folder)
    if output.is_document:
        plan = {"digest": row.plan_digest, "steps": steps, "effects": effects}
        print_document({**row.as_dict(), "plan": plan, "artifacts": str(folder)}, output)
        return
    print_facts(_describe_run(ledger, row, folder))
    if steps:
        results.show_plan(steps, effects)


def _describe_run(ledger: Ledger, row: RunRow, folder: Path) -> dict[str, Any]:
    """What the ledger knows about a run, in the order of questions: what, how it ended, who, and the evidence."""
    columns = {name: value for name, value in row.as_dict().items() if not _is_internal(name)}
    now = time.time()
    for name in ("opened_at", "closed_at"):
        columns[name] = format_moment(columns[name], now) if columns[name] else ""
    return {
        **{name.replace("_", " "): columns.pop(name) for name in _FIRST},
        "follow up": _describe_follow_up(ledger, row),
        "now": str(events.read_progress(folder)) if row.outcome is None else "",
        **{name.replace("_", " "): value for name, value in columns.items()},
        "entries": _describe_entries(row),
        "artifacts": str(folder) if folder.is_dir() else None,
    }


_FIRST = (
    "run_id",
    "tool",
    "arguments",
    "outcome",
    "summary",
    "changed",
    "failure_code",
    "opened_at",
    "closed_at",
    "mode",
)


def _read_plan(ledger: Ledger, row: RunRow, folder: Path) -> tuple[list[dict[str, Any]], list[str]]:
    """The steps that a run planned, and what they do, as the authority judged them where it kept the plan."""
    steps = events.read_planned_steps(folder)
    if row.mode != "apply" or row.outcome == "held":
        with suppress(UsageError):
            shown = ledger.plans.find(row.run_id).shown
            return shown.get("steps", steps), shown.get("effects", [])
    return steps, ledger.find_effects(row.run_id)


def _describe_follow_up(ledger: Ledger, row: RunRow) -> str:
    """What became of an interrupted run, or how to ask the cluster; empty for any other run."""
    if row.outcome != "interrupted":
        return ""
    follow_ups = ledger.recent(1, tool="follow_up", guest=row.run_id)
    return str(follow_ups[0].summary) if follow_ups else f"`playvisor runs wait {row.run_id[:8]}` asks the cluster."


def show_events(run_id: str, *, output: Output) -> None:
    """Print every event of a run."""
    ledger = open_ledger()
    entries = list(events.read_events(ledger.folder(ledger.find(run_id).run_id)))
    print_rows([{**event, "text": _get_event_text(event)} for event in entries], _EVENTS, output, document=entries)


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


def show_trace(run_id: str, *, output: Output) -> None:
    """Print every request of a run to the cluster's API."""
    ledger = open_ledger()
    entries = list(events.read_api_trace(ledger.folder(ledger.find(run_id).run_id)))
    rows = [{**entry, "note": entry["note"] or ("" if entry["status"] else "no answer seen")} for entry in entries]
    print_rows(rows, _TRACE, output, document=entries)


def verify_runs(*, output: Output) -> int:
    """Verify the ledger and print the outcome; returns 0 when everything is as it was written, else 1."""
    settings = load_settings()
    # As it is: nothing is written before it is verified.
    verification = Ledger(settings.state_dir, settings.ledger_url).verify()
    first = verification.faults[0] if verification.faults else None
    if output.is_document:
        faults = [{"run_id": fault.run_id, "entry": fault.seq, "what": fault.what} for fault in verification.faults]
        counts = {"runs": verification.runs, "entries": verification.entries, "artifacts": verification.artifacts}
        counts |= {"artifacts_elsewhere": verification.elsewhere, "artifacts_removed": verification.removed}
        counts |= {"signed_decisions": verification.signed}
        newest = {"entry": verification.newest[0], "hash": verification.newest[1]}
        print_document(
            {
                "intact": first is None,
                **counts,
                "newest": newest,
                "begins_after_entry": verification.start,
                "removed_before": verification.since,
                "notes": verification.notes,
                "faults": faults,
                "limits": LIMITS,
            },
            output,
        )
    elif first is None:
        console.get_stdout().print(
            f"Intact: {verification.runs} runs, {verification.entries} chained entries, "
            f"artifacts of {verification.artifacts} runs."
        )
        if verification.since:
            oldest = format_moment(verification.since, time.time())
            console.get_stdout().print(f"Runs from before {oldest}, up to entry {verification.start}, were removed.")
        if verification.elsewhere:
            console.get_stdout().print(
                f"The artifacts of {verification.elsewhere} runs are on the hosts that ran them."
            )
        if verification.signed:
            console.get_stdout().print(
                f"Decisions that passkeys have signed: {verification.signed}; each signature is good."
            )
        if verification.removed:
            console.get_stdout().print(f"The artifacts of {verification.removed} runs were removed, as recorded.")
        number, digest = verification.newest
        for line in (*verification.notes, f"The newest entry is {number}: {digest}", LIMITS):
            console.get_stdout().print(line, soft_wrap=True)
    else:
        console.print_failure(f"The ledger is not as it was written, from entry {first.seq} on.", None)
        print_table([asdict(fault) for fault in verification.faults], _FAULTS)
    return 0 if first is None else 1


def _is_internal(name: str) -> bool:
    return name.endswith(("_seq", "_prev", "_hash")) or name in ("pid", "process_started")


def _describe_entries(row: RunRow) -> str:
    closed = f", closed by {row.closed_seq}" if row.closed_seq else ", not closed yet"
    return f"opened by {row.opened_seq}{closed}"


def _get_event_text(event: dict[str, Any]) -> str:
    data = event.get("event_data") or {}
    return str(event.get("stdout") or data.get("task") or data.get("play") or "")
