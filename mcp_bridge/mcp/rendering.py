# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A result as short text, for clients that show a model no structured content. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mcp_bridge.result import Result
from mcp_bridge.text.plain import one_line

_ROWS = 100


def render(result: Result) -> str:
    """The summary, and the data in lines of `name=value`; strings from the cluster are kept on one line."""
    return "\n".join(_lines(result))


def _lines(result: Result) -> Iterator[str]:
    yield one_line(result.summary)
    if result.failure:
        yield f"failure: {result.failure.code}"
        if result.failure.hint:
            yield f"hint: {one_line(result.failure.hint)}"
        yield from (f"log: {one_line(line)}" for line in result.failure.task_log)
    for warning in result.warnings:
        yield f"warning: {one_line(warning)}"
    if result.plan and result.plan.steps:
        yield "plan:"
        for step in result.plan.steps[:_ROWS]:
            yield f"  {step['method']} {step['path']} {_value(step.get('params') or {})}  # {one_line(step['why'])}"
        yield from _more(result.plan.steps)
    for name, value in result.data.items():
        yield from _block(name, value)
    yield f"run_id: {result.run_id}"


def _block(name: str, value: Any) -> Iterator[str]:
    if isinstance(value, list) and value and isinstance(value[0], Mapping):
        yield f"{name}:"
        yield from (f"  {_pairs(entry)}" for entry in value[:_ROWS])
        yield from _more(value)
    elif isinstance(value, Mapping):
        yield f"{name}: {_pairs(value)}"
    elif value not in (None, [], ""):
        yield f"{name}: {_value(value)}"


def _more(entries: Sequence[Any]) -> Iterator[str]:
    if len(entries) > _ROWS:
        yield f"  and {len(entries) - _ROWS} more in the structured content"


def _pairs(entry: Mapping[str, Any]) -> str:
    return " ".join(f"{name}={_value(value)}" for name, value in entry.items() if value not in (None, [], {}, ""))


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        # One level is what a reader needs; whatever is nested deeper is in the structured content.
        value = {name: item for name, item in value.items() if not isinstance(item, Mapping)}
    if isinstance(value, str):
        text = one_line(value)
        return text if text and not set(text) & set(' ="') else json.dumps(text, ensure_ascii=False)
    if isinstance(value, Sequence) and all(isinstance(item, (str, int)) for item in value):
        return ",".join(_value(item) for item in value)
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
