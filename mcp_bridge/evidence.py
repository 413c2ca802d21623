"""Reading what a run left behind: the events of its playbooks, and the requests that they sent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mcp_bridge.executor.events import module_result
from mcp_bridge.gateway import trace

PHASES = ("read", "plan", "apply")


def events(folder: Path) -> Iterator[dict[str, Any]]:
    """Every event of a run in its order, as ansible-runner wrote it, with the `phase` that it belongs to."""
    for phase in PHASES:
        files = (folder / phase).glob("artifacts/*/job_events/*.json")
        for file in sorted((file for file in files if file.name.split("-")[0].isdigit()), key=_counter):
            try:
                event = json.loads(file.read_text(encoding="utf-8"))
            except ValueError:
                # Half written by a process that died; `runs verify` still covers it.
                continue
            yield {"phase": phase, **event}


def returned(folder: Path, action: str) -> tuple[str, dict[str, Any]]:
    """What the module `action` returned last, and the phase that it did so in; nothing when it did not come to it."""
    phase, found = "", {}
    for event in events(folder):
        result = module_result(event, action)
        if result is not None:
            phase, found = event["phase"], result
    return phase, found


def api_trace(folder: Path) -> Iterator[dict[str, Any]]:
    """Every request of a run to the cluster's API in its order, with the `phase` that it belongs to."""
    for phase in PHASES:
        for entry in trace.read(folder / phase):
            yield {"phase": phase, **entry}


def _counter(file: Path) -> int:
    return int(file.name.split("-")[0])
