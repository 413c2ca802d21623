# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Running one playbook: what an executor is given, and what it returns."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

from mcp_bridge.executor import runner_events

if TYPE_CHECKING:
    from mcp_bridge.authority.verdict import Permit

Progress = Callable[[str], None]
"""Called with one short line whenever a run makes progress."""


@dataclass(frozen=True)
class PlaybookRun:
    """One playbook to run. `variables` are data: none of their strings may ever be templated.

    `folder` must not exist yet; the executor makes it (0700), and everything that the run leaves behind is in it.
    `action` is the full name of the module whose result counts. `environment` is what this run gets in addition to what
    every run gets; it is kept with the artifacts, so nothing in it may be secret. `timeout` is in seconds.

    Besides any GET, the run may send what its `permit` allows, and requests that match `request_patterns`, such as
    `POST /nodes/{node}/qemu/{vmid}/vncproxy`, at any time.

    As soon as the playbook has read its variables, those in `kept_variables` take their place in what is left behind.
    """

    folder: Path
    playbook: Path
    action: str
    variables: Mapping[str, Any]
    check: bool = False
    timeout: int = 3600
    environment: Mapping[str, str] = field(default_factory=dict)
    permit: Permit | None = None
    request_patterns: Sequence[str] = ()
    kept_variables: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class PlaybookOutcome:
    """How a playbook run ended: `result` is what the module returned, if it did, with `failed`.

    A result with nothing but `failed` was lost on its way here.

    `output` holds the last lines that Ansible printed, `upids` the tasks that were started in Proxmox VE, which are
    known even when the module did not get as far as returning them. Of a run that was gated, `denied` are the requests
    that it was not granted, and `gateway_upids` the tasks that the gateway saw it start, since its own files could say
    anything.
    """

    status: Literal["ended", "cancelled", "timeout"]
    result: dict[str, Any] | None = None
    output: list[str] = field(default_factory=list)
    upids: list[str] = field(default_factory=list)
    denied: tuple[str, ...] = ()
    gateway_upids: tuple[str, ...] = ()


def is_lost(outcome: PlaybookOutcome) -> bool:
    """Whether the module ended, and what it returned did not arrive."""
    return outcome.status == "ended" and outcome.result is not None and runner_events.is_lost(outcome.result)


class RunError(Exception):
    """A playbook run failed for a `reason` of Playvisor's own; `denied` are requests that it was not granted."""

    def __init__(self, reason: Exception, denied: tuple[str, ...]) -> None:
        super().__init__(str(reason))
        self.reason = reason
        self.denied = denied


RESULTS = "results"
"""The folder in a run's folder to which each module writes its whole result: `<full name of the module>.json`."""


def read_result(folder: Path, action: str) -> dict[str, Any] | None:
    """The result that the module `action` wrote there, with `failed`; None when there is none that can be read."""
    try:
        result = json.loads((folder / RESULTS / f"{action}.json").read_bytes())
    except (OSError, ValueError):
        return None
    return result if isinstance(result, dict) and isinstance(result.get("failed"), bool) else None


JOURNAL = "upids"
"""The file in a run's folder to which its module writes the UPIDs of the tasks that it starts."""


TASK_LOG = "task_log"
"""The file in a run's folder to which its module copies the logs of the tasks that it waits for."""


def read_task_log(folder: Path, offset: int = 0) -> tuple[list[str], int]:
    """The complete lines of the task log from an offset in bytes on, and the offset after them."""
    try:
        with (folder / TASK_LOG).open("rb") as file:
            file.seek(offset)
            text = file.read()
    except OSError:
        return [], offset
    whole = text[: text.rfind(b"\n") + 1]
    return whole.decode("utf-8", "replace").splitlines(), offset + len(whole)


WAITS = "waits"
"""The file in a run's folder to which its module writes what it waits for, once that takes some seconds."""


@dataclass(frozen=True)
class Wait:
    """What a module waits for, since when (of the clock), and for how many seconds at most."""

    what: str
    since: float
    seconds: float

    def describe(self, now: float) -> str:
        """`qmshutdown 109: 40 of 180 s`."""
        return f"{self.what}: {max(0, now - self.since):.0f} of {self.seconds:.0f} s"


def read_waits(folder: Path) -> list[Wait]:
    """What the module of a run in this folder waits for right now."""
    waits: dict[str, Wait] = {}
    with suppress(OSError, ValueError, KeyError, TypeError):
        for line in (folder / WAITS).read_text(encoding="utf-8").splitlines():
            facts = json.loads(line)
            waits.pop(facts["id"], None)
            if "what" in facts:
                waits[facts["id"]] = Wait(str(facts["what"]), float(facts["since"]), float(facts["seconds"]))
    return list(waits.values())


def read_started_tasks(folder: Path) -> list[str]:
    """The UPIDs of the tasks that a run in this folder started."""
    try:
        return (folder / JOURNAL).read_text(encoding="utf-8").splitlines()
    except OSError:
        return []


class Executor(Protocol):
    """Runs playbooks; safe to use from several threads."""

    def run(self, run: PlaybookRun, progress: Progress, cancel: threading.Event) -> PlaybookOutcome:
        """Run a playbook to its end, or stop all of its processes soon after `cancel` is set."""

    def close(self) -> None:
        """End everything that the executor keeps running; no playbook can run afterwards."""
