# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Print a result for people: what was asked for on stdout, messages on stderr."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from mcp_bridge.result import Result
from mcp_bridge.text.plain import one_line
from playvisor.cli import console, speech
from playvisor.cli.output import (
    TABLE,
    Output,
    find_main_table,
    print_data_rows,
    print_document,
    print_sections,
    print_table,
    require_rows,
)
from playvisor.cli.rendering.differences import describe_differences
from playvisor.cli.rendering.tables import Section, Table, read_rows
from playvisor.cli.rendering.views import make_view

Speak = Callable[[str], str]

_PLAN = Table("steps", "request", below="parameters=params why effects=effects:list", title="Plan")
_CHANGES = Table("", "what change", title="Changes")


def print_result(result: Result, output: Output = TABLE, speak: Speak = speech.speak) -> None:
    """Print a result in the format that is wanted; `speak` says failures in the words of the command that was used."""
    if output.is_document:
        print_document(result.as_dict(), output)
        return
    main = find_main_table(make_view(result.tool, result.data))
    require_rows(output, main)
    if output.is_quiet and main and not result.failure:
        print_data_rows(read_rows(result.data, main.source), main, output)
    show(result, output, speak)


def show(result: Result, output: Output = TABLE, speak: Speak = speech.speak) -> None:
    """Print a result for people: data, plan, warnings, and the failure or the summary."""
    view = make_view(result.tool, result.data)
    is_empty = _is_empty(result, view)
    # What could not be looked for may be there all the same.
    if not output.is_quiet and not (is_empty and result.failure):
        print_sections(result.data, view, output)
        if result.plan and result.plan.steps and (output.is_wide or result.status != "ok"):
            show_plan(result.plan.steps, result.plan.effects)
    for warning in result.warnings:
        console.get_stderr().print(f"Warning: {one_line(warning)}")
    if result.failure:
        console.print_failure(
            speak(result.failure.message), speak(result.failure.hint) if result.failure.hint else None
        )
        for line in result.failure.task_log:
            console.get_stderr().print(f"  | {one_line(line)}")
    elif not output.is_quiet and not is_empty:
        console.get_stderr().print(one_line(result.summary))
    if result.run_id and not output.is_quiet:
        console.print_note(f"Run {result.run_id[:8]}")


def _is_empty(result: Result, view: Sequence[Section]) -> bool:
    """Whether what was asked for is a list without entries, which the table has said in its own words."""
    main = find_main_table(view)
    return bool(main and main.empty and not result.plan and not read_rows(result.data, main.source))


def show_plan(steps: Sequence[Mapping[str, Any]], effects: Sequence[str] | None = None) -> None:
    """Print the API requests of a plan, and what they do."""
    differ = len({tuple(step.get("effects") or ()) for step in steps}) > 1
    rows = [
        {**step, "request": f"{step['method']} {step['path']}", "effects": step.get("effects") if differ else None}
        for step in steps
    ]
    print_table(rows, _PLAN)
    if effects:
        console.get_stdout().print(f"Effects: {', '.join(effects)}")


def show_diff(diff: Mapping[str, Any]) -> None:
    """Print what would change, target by target."""
    before, after = diff.get("before") or {}, diff.get("after") or {}
    rows = [
        {"what": target, "before": before.get(target), "after": after.get(target)}
        for target in {**before, **after}
        if describe_differences(before.get(target), after.get(target))
    ]
    if rows:
        print_table(rows, _CHANGES)
