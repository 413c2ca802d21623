# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a model gets of a result: every fact once, lists in pages, times as people write them. Pure.

Text and structured content are made of this, since a client shows a model one of them, and each shows another.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from mcp_bridge.catalogue import Tool
from mcp_bridge.catalogue.hints import render_hint
from mcp_bridge.catalogue.run_tools import BridgeTool

if TYPE_CHECKING:
    from mcp_bridge.result import Failure, Result

MOST_ROWS = 100
_MOST_TAGS = 20
# Of what a guest says of itself now: what no procedure needs, and takes more room than all the rest.
_NOISE = frozenset({"proxmox-support", "blockstat", "ballooninfo", "nics"})
# Of a guest's facts, those that say some of them once more.
_PARTS = frozenset({"config", "current"})
# Names of times in seconds since the epoch, in what modules return.
_TIMES = frozenset({"ctime", "endtime", "next_run", "starttime", "snaptime", "time", "expire"})
_EARLIEST_TIME = 10**9
# Mappings of names to times.
_TIMES_BY_NAME = {"snaptimes": "snaptime"}
# What rows are counted by, when there are more than are shown.
_GROUPS = ("node", "status", "type", "storage", "content", "tags")

PAGE_OPTIONS: dict[str, dict[str, Any]] = {
    "limit": {"type": "integer", "minimum": 1, "maximum": 1000, "default": MOST_ROWS},
    "offset": {"type": "integer", "minimum": 0},
}
FIELD_OPTION: dict[str, Any] = {"type": "array", "items": {"type": "string"}}


@dataclass(frozen=True)
class View:
    """Which part of a result is shown: rows of each list from `offset` on, and of the tool's own list, which fields.

    `has_pages`: the caller can ask for another part. `is_plan_known`: the caller has named the plan that was applied,
    and is not told its steps again.
    """

    limit: int = MOST_ROWS
    offset: int = 0
    noun: str | None = None
    compact: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    has_pages: bool = False
    is_plan_known: bool = False


def make_view(entry: Tool | BridgeTool | None, options: Mapping[str, Any]) -> View:
    """Make the view of a tool's result that a caller's page options ask for."""
    lists, compact = (entry.lists, entry.compact) if isinstance(entry, Tool) else (None, ())
    return View(
        limit=int(options.get("limit") or MOST_ROWS),
        offset=int(options.get("offset") or 0),
        noun=lists,
        compact=compact,
        fields=tuple(options.get("fields") or ()),
        has_pages=lists is not None,
        is_plan_known=entry is not None and entry.name == "apply_plan",
    )


def make_content(result: Result, view: View | None = None) -> dict[str, Any]:
    """Make the facts of a result: what does not apply, is empty, or is said elsewhere already, is left out."""
    view = view or View()
    content: dict[str, Any] = {
        name: getattr(result, name) for name in ("run_id", "tool", "status", "changed", "summary")
    }
    if result.failure:
        content["failure"] = _describe_failure(result.failure, result.summary)
    warnings = [*result.warnings, *_find_unknown_fields(result, view)]
    if warnings:
        content["warnings"] = warnings
    if result.plan and (result.plan.id or result.plan.steps):
        plan = result.plan
        facts = {"id": plan.id, "expires_at": plan.expires_at, "digest": plan.digest, "effects": plan.effects}
        content["plan"] = {name: value for name, value in facts.items() if value}
        if plan.steps and not (view.is_plan_known and result.status == "ok"):
            steps, left_out = plan.steps[:MOST_ROWS], len(plan.steps) - MOST_ROWS
            content["plan"]["steps"] = [_describe_step(step) for step in steps]
            if left_out > 0:
                content["plan"]["more_steps"] = left_out
    if result.upids:
        content["upids"] = list(result.upids)
    pages: dict[str, Any] = {}
    for name, value in result.data.items():
        if _is_rows(value):
            content[name], page = _describe_rows(name, value, view, result)
            pages |= {name: page} if page else {}
        elif value is not None:
            content[name] = _tidy(value)
    if any((result.diff or {}).values()) and not any(
        "after" in row for rows in result.data.values() if _is_rows(rows) for row in rows
    ):
        content["diff"] = result.diff
    return {**content, "page": pages} if pages else content


def _find_unknown_fields(result: Result, view: View) -> list[str]:
    """What is to be said of fields that are asked for, and that no row has."""
    rows: Any = result.data.get(view.noun or "")
    known = {name for row in rows for name in row} if _is_rows(rows) else set()
    unknown = [name for name in view.fields if name not in known and name != "all"]
    if not (known and unknown):
        return []
    return [f"No row has {', '.join(unknown)}; there are {', '.join(sorted(known))}."]


def _describe_failure(failure: Failure, summary: str) -> dict[str, Any]:
    facts = failure.model_dump(exclude_none=True)
    facts["hint"] = render_hint(failure.hint) if failure.hint else None
    facts["fields"] = {name: text for name, text in failure.fields.items() if text not in summary}
    return {name: value for name, value in facts.items() if value}


def _describe_step(step: Mapping[str, Any]) -> dict[str, Any]:
    return {name: step[name] for name in ("method", "path", "params", "why") if step.get(name)}


def _is_rows(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(row, Mapping) for row in value)


def _describe_rows(
    name: str, rows: Sequence[Mapping[str, Any]], view: View, result: Result
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The rows of the page, and what else there is; nothing when that is all. What failed comes first, then changes."""
    is_own = name == view.noun
    ordered = sorted(rows, key=lambda row: (not row.get("failure"), row.get("changed") is False))
    shown = ordered[view.offset : view.offset + view.limit]
    described = [_describe_row(row, result, view if is_own else View()) for row in shown]
    if len(shown) == len(rows):
        return described, {}
    page: dict[str, Any] = {"total": len(rows), "offset": view.offset, "shown": len(shown)}
    after = view.offset + len(shown)
    if view.has_pages and shown and after < len(rows):
        page["next_offset"] = after
    return described, {**page, **_count_rows(rows)}


def _count_rows(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """How many rows there are of each node, status and so on, as far as they differ; of tags, the most frequent."""
    counts: dict[str, Any] = {}
    for name in _GROUPS:
        counter = Counter(
            str(value)
            for row in rows
            for value in (row[name] if isinstance(row.get(name), list) else [row.get(name)])
            if value not in (None, "")
        )
        if len(counter) > 1 and (name == "tags" or len(counter) <= len(rows) // 2):
            counts[f"by_{name}"] = dict(counter.most_common(_MOST_TAGS))
    return counts


def _describe_row(row: Mapping[str, Any], result: Result, view: View) -> dict[str, Any]:
    facts = dict(row)
    if view.compact and "all" not in view.fields:
        facts = {name: value for name, value in facts.items() if name in (*view.compact, *view.fields)}
    for part in _PARTS & facts.keys():
        if isinstance(facts[part], Mapping):
            facts[part] = {name: value for name, value in facts[part].items() if facts.get(name) != value}
    if set(facts.get("upids") or ()) <= set(result.upids or ()):
        facts.pop("upids", None)
    if facts.get("failure"):
        told = " ".join(filter(None, [result.summary, result.failure.message if result.failure else ""]))
        facts["failure"] = _describe_row_failure(facts["failure"], told)
    if isinstance(facts.get("before"), Mapping) and isinstance(facts.get("after"), Mapping):
        before, after = facts.pop("before"), facts.pop("after")
        names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
        if names:
            facts["before"] = {name: before.get(name) for name in names if name in before}
            facts["after"] = {name: after.get(name) for name in names if name in after}
        else:
            facts["after"] = _tidy(after)
    return {
        name: _with_times(value) if name in ("before", "after") else _tidy(value, name)
        for name, value in facts.items()
        if value not in (None, "", [], {})
    }


def _describe_row_failure(failure: Mapping[str, Any], told: str) -> dict[str, Any] | None:
    """A row's failure; nothing of it that the result's own failure says."""
    if str(failure.get("message")) in told:
        return {"code": failure["code"]} if "code" in failure else None
    facts = {name: failure[name] for name in ("code", "message", "task_log") if failure.get(name)}
    return {**facts, "hint": render_hint(failure["hint"])} if failure.get("hint") else facts


def _tidy(value: Any, name: str = "") -> Any:
    """The value without nulls and what is empty or noise, and with times as people write them."""
    if isinstance(value, Mapping):
        return {
            key: _tidy(item, _TIMES_BY_NAME.get(name) or key)
            for key, item in value.items()
            if key not in _NOISE and item is not None and item != "" and item != [] and item != {}
        }
    if isinstance(value, list):
        return [_tidy(item) for item in value]
    return _write_time(name, value)


def _with_times(value: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _write_time(name, item) for name, item in value.items()}


def _write_time(name: str, value: Any) -> Any:
    if (name in _TIMES or name.endswith("_peak_time")) and isinstance(value, (int, float)) and value > _EARLIEST_TIME:
        return datetime.fromtimestamp(int(value), UTC).isoformat().replace("+00:00", "Z")
    return value
