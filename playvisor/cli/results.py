# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Print a result for people: tables on stdout, messages on stderr."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from mcp_bridge.result import Result
from mcp_bridge.text.plain import one_line
from playvisor.cli import console, units

_SIZES = frozenset({"mem", "maxmem", "disk", "maxdisk", "used"})
_GUEST_STYLES = {"running": "green", "online": "green", "available": "green", "stopped": "dim", "offline": "red"}
# Too much for a column. The configuration of a single guest is shown below the table, the rest with --json only.
_DETAILS = ("config", "current")


def show(result: Result) -> None:
    """Print a result: data, plan, warnings, and the failure or the summary."""
    for name, value in result.data.items():
        _show_data(name, value)
    if result.plan and result.plan.steps:
        show_plan(result.plan.steps)
        if result.plan.effects:
            console.print_facts({"effects": ", ".join(result.plan.effects)})
    for warning in result.warnings:
        console.get_stderr().print(f"Warning: {one_line(warning)}")
    if result.failure:
        console.print_failure(result.failure.message, result.failure.hint)
        for line in result.failure.task_log:
            console.get_stderr().print(f"  | {one_line(line)}")
    else:
        console.get_stderr().print(one_line(result.summary))
    if result.run_id:
        console.get_stderr().print(f"Run {result.run_id[:8]}", style="dim")


def show_plan(steps: Sequence[Mapping[str, Any]]) -> None:
    """Print the API requests of a plan."""
    rows = [
        [f"{step['method']} {step['path']}", format_compact(step.get("params") or {}), step["why"]] for step in steps
    ]
    console.print_table(["API request", "parameters", "why"], rows, title="Plan")


def show_diff(diff: Mapping[str, Any]) -> None:
    """Print what would change, target by target."""
    before, after = diff.get("before") or {}, diff.get("after") or {}
    rows = [
        [target, format_compact(before.get(target)), format_compact(after.get(target))]
        for target in {**before, **after}
    ]
    if rows:
        console.print_table(["target", "before", "after"], rows, title="Changes")


def format_compact(value: Any) -> str:
    """Plain data on one line; an empty string for an empty value."""
    if value in (None, "", [], {}):
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return ", ".join(f"{name}={format_compact(item)}" for name, item in value.items() if item is not None)
    if isinstance(value, Sequence):
        return ",".join(format_compact(item) for item in value)
    return json.dumps(value)


def _show_data(name: str, value: Any) -> None:
    if isinstance(value, Mapping):
        console.print_facts({f"{name} {key}": format_compact(item) for key, item in value.items()})
    elif isinstance(value, Sequence) and value and isinstance(value[0], Mapping):
        _show_entries(value)


def _show_entries(entries: Sequence[Mapping[str, Any]]) -> None:
    names = [name for name in entries[0] if name not in _DETAILS]
    columns = [name for name in names if any(entry.get(name) not in (None, "", [], {}, False) for entry in entries)]
    console.print_table(
        columns, [[_format_cell(name, entry.get(name), entry) for name in columns] for entry in entries]
    )
    if len(entries) == 1:
        console.print_facts({name: format_compact(item) for name, item in (entries[0].get("config") or {}).items()})


def _format_cell(name: str, value: Any, entry: Mapping[str, Any]) -> Any:
    from rich.text import Text

    if name in _SIZES or (name == "total" and "used" in entry):
        return units.format_size(value)
    if name == "uptime":
        return units.format_duration(value) if value else ""
    if name == "cpu" and isinstance(value, float):
        return f"{value:.0%}"
    if name in ("status", "state"):
        return Text(str(value), _GUEST_STYLES.get(str(value), ""))
    if name == "failure" and isinstance(value, Mapping):
        return Text(one_line(str(value.get("message"))), "red")
    if isinstance(value, bool):
        return "yes" if value else "no"
    if name in ("before", "after") and isinstance(value, Mapping):
        return format_compact(next(iter(value.values())) if len(value) == 1 else value) or "none"
    return format_compact(value)
