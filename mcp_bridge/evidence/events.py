# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads what a run left behind: the events of its playbooks, and the requests that they sent."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mcp_bridge.executor import RESULTS, read_result, read_started_tasks, read_task_log, read_waits
from mcp_bridge.executor.runner_events import describe_progress, is_lost, read_action, read_module_result
from mcp_bridge.gateway import trace
from mcp_bridge.text.plain import one_line

_DOING = {"read": "reading", "plan": "planning", "apply": "applying", "after": "looking what became of it"}
_DOING["search"] = _DOING["after"]
_LAST_LINES = 5

_MODULE_PHASES = ("read", "plan", "apply")
PHASES = (*_MODULE_PHASES, "search", "after")
"""The folders of a run's playbooks, in order."""


REPLACED = "replaced"
"""The folder in a run's folder with those of plans that were made anew, each named by its number and phase."""


def read_events(folder: Path) -> Iterator[dict[str, Any]]:
    """Yield every event of a run in order, as ansible-runner wrote it, with its `phase`.

    A result that was too large for its event is put back into it.
    """
    for phase in PHASES:
        for event in _read_phase_events(folder, phase):
            action = read_action(event)
            if action and event["event_data"].get("res") == {}:
                full_result = read_result(folder / phase, action) or {}
                event = {**event, "event_data": {**event["event_data"], "res": full_result}}
            yield event


def describe_event(event: Mapping[str, Any]) -> dict[str, Any]:
    """What an event says, in few words: its phase, number, time, kind, task, and what was printed."""
    data = event.get("event_data") or {}
    facts = {
        "phase": event["phase"],
        "number": event.get("counter"),
        "time": event.get("created"),
        "event": event.get("event"),
        "task": data.get("task"),
        "said": one_line(event.get("stdout") or ""),
    }
    return {name: value for name, value in facts.items() if value}


def _read_phase_events(folder: Path, phase: str) -> Iterator[dict[str, Any]]:
    files = (folder / phase).glob("artifacts/*/job_events/*.json")
    for file in sorted((file for file in files if file.name.split("-")[0].isdigit()), key=_parse_event_number):
        try:
            event = json.loads(file.read_text(encoding="utf-8"))
        except ValueError:
            # Half written by a process that died; `runs verify` still covers it.
            continue
        if isinstance(event, dict) and isinstance(event.get("event_data") or {}, dict):
            yield {**event, "phase": phase}


@dataclass(frozen=True)
class LastResult:
    """What a run's module returned in the last phase that the run reached: `result` has `failed`.

    `result` is None when the module returned nothing in that phase, or when it was lost. `phase` is empty for a run
    that reached none.
    """

    phase: str
    result: dict[str, Any] | None


def find_last_result(folder: Path, action: str) -> LastResult:
    """Return what the module `action` returned in the last of the phases read, plan and apply."""
    phase = next((phase for phase in reversed(_MODULE_PHASES) if (folder / phase).is_dir()), "")
    return LastResult(phase, find_result(folder, phase, action) if phase else None)


def find_result(folder: Path, phase: str, action: str) -> dict[str, Any] | None:
    """Return what the module `action` returned in a phase, with `failed`; None when it is nothing or was lost.

    Runs from before modules wrote their results have them in events only.
    """
    written_by_module = read_result(folder / phase, action)
    if written_by_module is not None:
        return written_by_module
    from_events = None
    for event in _read_phase_events(folder, phase):
        from_events = read_module_result(event, action) or from_events
    return None if from_events is None or is_lost(from_events) else from_events


def read_results(folder: Path, phases: Sequence[str] = _MODULE_PHASES) -> Iterator[dict[str, Any]]:
    """Yield what every module returned in these phases; results that were lost are left out."""
    for phase in phases:
        actions = [file.stem for file in (folder / phase / RESULTS).glob("*.json")]
        for action in actions or dict.fromkeys(filter(None, map(read_action, _read_phase_events(folder, phase)))):
            result = find_result(folder, phase, action)
            if result is not None:
                yield result


def read_planned_steps(folder: Path) -> list[dict[str, Any]]:
    """Return the API requests that a run planned."""
    for result in read_results(folder, ["plan"]):
        if isinstance(result.get("plan"), dict):
            steps = result["plan"].get("steps")
            return list(steps) if isinstance(steps, list) else []
    return []


@dataclass(frozen=True)
class RunProgress:
    """How far a run is: its phase, since when (UTC), its last lines of progress, and the tasks that it started."""

    phase: str
    since: str | None
    said: list[str]
    upids: list[str]

    def __str__(self) -> str:
        since = f" since {self.since[:19]}Z" if self.since else ""
        return f"{self.phase}{since}{f', {self.said[-1]}' if self.said else ''}"


def read_progress(folder: Path) -> RunProgress:
    """Read how far the run is from what is in its folder so far."""
    phase = next((phase for phase in reversed(PHASES) if (folder / phase).is_dir()), None)
    if phase is None:
        return RunProgress("starting", None, [], [])
    since, ended_at = _read_start_time(folder / phase), None
    lines: list[str] = []
    for event in _read_phase_events(folder, phase):
        lines += filter(None, [describe_progress(event)])
        ended_at = event.get("created") if event.get("event") == "playbook_on_stats" else ended_at
    lines += read_task_log(folder / phase)[0]
    traced_upids = [entry["upid"] for entry in trace.read(folder / phase) if entry.get("upid")]
    upids = list(dict.fromkeys([*traced_upids, *read_started_tasks(folder / phase)]))
    if phase == "plan" and ended_at:
        return RunProgress("waiting for other runs at its guests", f"{ended_at[:26]}Z", [], [])
    return RunProgress(_DOING[phase], since, lines[-_LAST_LINES:], upids)


def read_current_waits(folder: Path, now: float) -> list[str]:
    """What the run waits for right now, such as `qmshutdown 109: 40 of 180 s`."""
    phase = next((phase for phase in reversed(PHASES) if (folder / phase).is_dir()), None)
    return [one_line(wait.describe(now)) for wait in read_waits(folder / phase)] if phase else []


def _read_start_time(folder: Path) -> str | None:
    with suppress(OSError):
        # Written once, before the playbook starts.
        started = (folder / "env").stat().st_mtime
        return datetime.fromtimestamp(started, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    return None


def read_api_trace(folder: Path) -> Iterator[dict[str, Any]]:
    """Yield every request of a run to the cluster's API in order, with its `phase`; those of replaced plans first."""
    replaced = [(int(number), phase) for number, phase in _list_replaced(folder)]
    for number, phase in sorted(replaced, key=lambda found: (found[0], PHASES.index(found[1]))):
        for entry in trace.read(folder / REPLACED / f"{number}-{phase}"):
            yield {"phase": phase, **entry}
    for phase in PHASES:
        for entry in trace.read(folder / phase):
            yield {"phase": phase, **entry}


def _list_replaced(folder: Path) -> Iterator[tuple[str, str]]:
    for path in (folder / REPLACED).glob("*-*"):
        number, _dash, phase = path.name.partition("-")
        if number.isdigit() and phase in PHASES:
            yield number, phase


def _parse_event_number(file: Path) -> int:
    return int(file.name.split("-")[0])
