# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Renders a result as short text, for clients that show a model no structured content. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mcp_bridge.mcp.untrusted import fence
from mcp_bridge.result import Result
from mcp_bridge.text.plain import clean_data, dump_json, one_line

_MOST_ROWS = 100


def render(result: Result) -> str:
    """Render the summary, and the data in lines of `name=value`; strings from the cluster are kept on one line."""
    return "\n".join(_render_lines(result))


def _render_lines(result: Result) -> Iterator[str]:
    yield one_line(result.summary)
    if result.failure:
        yield f"failure: {result.failure.code}"
        if result.failure.hint:
            yield f"hint: {one_line(result.failure.hint)}"
    yield from fence(_render_untrusted(result))
    yield f"run_id: {result.run_id}"


def _render_untrusted(result: Result) -> Iterator[str]:
    """The lines of what guests, the cluster or other clients have written; each begins with a word of ours."""
    if result.failure:
        yield from (f"log: {one_line(line)}" for line in result.failure.task_log)
    for warning in result.warnings:
        yield f"warning: {one_line(warning)}"
    if result.plan and result.plan.steps:
        yield "plan:"
        for step in result.plan.steps[:_MOST_ROWS]:
            params = _render_value(step.get("params") or {})
            yield f"  {step['method']} {step['path']} {params}  # {one_line(step['why'])}"
        yield from _render_rest(result.plan.steps)
        if result.plan.effects:
            yield f"  effects: {', '.join(result.plan.effects)}"
    for name, value in result.data.items():
        yield from _render_block(name, value)


def _render_block(name: str, value: Any) -> Iterator[str]:
    if isinstance(value, list) and value and isinstance(value[0], Mapping):
        yield f"{name}:"
        yield from (f"  {_render_pairs(entry)}" for entry in value[:_MOST_ROWS])
        yield from _render_rest(value)
    elif isinstance(value, Mapping):
        yield f"{name}: {_render_pairs(value)}"
    elif value not in (None, [], ""):
        yield f"{name}: {_render_value(value)}"


def _render_rest(entries: Sequence[Any]) -> Iterator[str]:
    if len(entries) > _MOST_ROWS:
        yield f"  and {len(entries) - _MOST_ROWS} more in the structured content"


def _render_pairs(entry: Mapping[str, Any]) -> str:
    return " ".join(
        f"{one_line(str(name))}={_render_value(value)}"
        for name, value in entry.items()
        if value not in (None, [], {}, "")
    )


def _render_value(value: Any) -> str:
    if isinstance(value, Mapping):
        # Readers need one level; what is nested deeper is in the structured content.
        value = {name: item for name, item in value.items() if not isinstance(item, Mapping)}
    if isinstance(value, str):
        text = one_line(value)
        return text if text and not set(text) & set(' ="') else dump_json(text)
    if isinstance(value, Sequence) and all(isinstance(item, (str, int)) for item in value):
        return ",".join(_render_value(item) for item in value)
    return json.dumps(clean_data(value), ensure_ascii=False, separators=(",", ":"))
