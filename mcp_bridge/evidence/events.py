# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading what a run left behind: the events of its playbooks, and the requests that they sent."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mcp_bridge.executor import RESULTS, read_result, read_started_tasks, read_task_log
from mcp_bridge.executor.runner_events import describe_progress, is_lost, read_action, read_module_result
from mcp_bridge.gateway import trace

_DOING = {"read": "reading", "plan": "planning", "apply": "applying", "after": "looking what became of it"}
_LAST_SAID = 5

PHASES = ("read", "plan", "apply", "after")


def events(folder: Path) -> Iterator[dict[str, Any]]:
    """Every event of a run in its order, as ansible-runner wrote it, with the `phase` that it belongs to.

    A result that was too large for its event is put back into it.
    """
    for phase in PHASES:
        for event in _events_of(folder, phase):
            action = read_action(event)
            if action and event["event_data"].get("res") == {}:
                whole = read_result(folder / phase, action) or {}
                event = {**event, "event_data": {**event["event_data"], "res": whole}}
            yield event


def _events_of(folder: Path, phase: str) -> Iterator[dict[str, Any]]:
    files = (folder / phase).glob("artifacts/*/job_events/*.json")
    for file in sorted((file for file in files if file.name.split("-")[0].isdigit()), key=_counter):
        try:
            event = json.loads(file.read_text(encoding="utf-8"))
        except ValueError:
            # Half written by a process that died; `runs verify` still covers it.
            continue
        if isinstance(event, dict) and isinstance(event.get("event_data") or {}, dict):
            yield {**event, "phase": phase}


@dataclass(frozen=True)
class Returned:
    """What a run's module returned in the last phase that the run came to: `result` has `failed`.

    It is None when the module returned nothing there, or when that was lost.
    """

    phase: str
    result: dict[str, Any] | None


def returned(folder: Path, action: str) -> Returned:
    """What the module `action` returned last. The phase is empty for a run that came to none."""
    phase = next((phase for phase in reversed(PHASES[:-1]) if (folder / phase).is_dir()), "")
    return Returned(phase, result_in(folder, phase, action) if phase else None)


def result_in(folder: Path, phase: str, action: str) -> dict[str, Any] | None:
    """What the module `action` returned in a phase, with `failed`; None when that is nothing, or was lost.

    Runs from before modules wrote their results have them in events only.
    """
    written = read_result(folder / phase, action)
    if written is not None:
        return written
    found = None
    for event in _events_of(folder, phase):
        found = read_module_result(event, action) or found
    return None if found is None or is_lost(found) else found


def results(folder: Path, phases: Sequence[str] = PHASES[:-1]) -> Iterator[dict[str, Any]]:
    """What modules returned in these phases, whichever they were, without what was lost."""
    for phase in phases:
        written = [file.stem for file in (folder / phase / RESULTS).glob("*.json")]
        for action in written or dict.fromkeys(filter(None, map(read_action, _events_of(folder, phase)))):
            result = result_in(folder, phase, action)
            if result is not None:
                yield result


def planned_steps(folder: Path) -> list[dict[str, Any]]:
    """The API requests that a run has planned."""
    for result in results(folder, ["plan"]):
        if isinstance(result.get("plan"), dict):
            steps = result["plan"].get("steps")
            return list(steps) if isinstance(steps, list) else []
    return []


@dataclass(frozen=True)
class Standing:
    """How far a run is: what it does, since when (UTC), what it said last, and the tasks that it has started."""

    phase: str
    since: str | None
    said: list[str]
    upids: list[str]

    def __str__(self) -> str:
        since = f" since {self.since[:19]}Z" if self.since else ""
        return f"{self.phase}{since}{f', {self.said[-1]}' if self.said else ''}"


def standing(folder: Path) -> Standing:
    """How far the run in this folder is, by what it has left there so far."""
    phase = next((phase for phase in reversed(PHASES) if (folder / phase).is_dir()), None)
    if phase is None:
        return Standing("starting", None, [], [])
    since, ended = _stamp(folder / phase), None
    said: list[str] = []
    for event in events(folder):
        if event["phase"] == phase:
            said += filter(None, [describe_progress(event)])
            ended = event.get("created") if event.get("event") == "playbook_on_stats" else ended
    said += read_task_log(folder / phase)[0]
    traced = [entry["upid"] for entry in trace.read(folder / phase) if entry.get("upid")]
    upids = list(dict.fromkeys([*traced, *read_started_tasks(folder / phase)]))
    if phase == "plan" and ended:
        return Standing("waiting for other runs at its guests", f"{ended[:26]}Z", [], [])
    return Standing(_DOING[phase], since, said[-_LAST_SAID:], upids)


def _stamp(folder: Path) -> str | None:
    with suppress(OSError):
        # Written once, before the playbook starts.
        written = (folder / "env").stat().st_mtime
        return datetime.fromtimestamp(written, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    return None


def api_trace(folder: Path) -> Iterator[dict[str, Any]]:
    """Every request of a run to the cluster's API in its order, with the `phase` that it belongs to."""
    for phase in PHASES:
        for entry in trace.read(folder / phase):
            yield {"phase": phase, **entry}


def _counter(file: Path) -> int:
    return int(file.name.split("-")[0])
