# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Renders the content of a result as text, for clients that show a model no structured content. Pure.

It says all that the structured content says: what is nested is flattened, as in config.memory=2048.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mcp_bridge.mcp.untrusted import fence
from mcp_bridge.text.plain import clean_data, dump_json, one_line

# What has its own place in the text.
_PLACED = frozenset({"run_id", "tool", "status", "changed", "summary", "failure", "warnings", "plan", "page"})


def render(content: Mapping[str, Any]) -> str:
    """Render the summary, and the data in lines of `name=value`; strings from the cluster are kept on one line."""
    return "\n".join(_render_lines(content))


def _render_lines(content: Mapping[str, Any]) -> Iterator[str]:
    yield one_line(content["summary"])
    yield f"status: {content['status']}{', changed' if content['changed'] else ''}"
    failure = content.get("failure", {})
    if failure:
        yield f"failure: {failure['code']}"
        if "hint" in failure:
            yield f"hint: {one_line(failure['hint'])}"
    plan = content.get("plan", {})
    if plan:
        facts = {name: value for name, value in plan.items() if name not in ("steps", "more_steps")}
        yield f"plan: {_render_pairs(facts)}"
    yield from fence(_render_untrusted(content))
    yield from (f"run_id: {content['run_id']}",)


def _render_untrusted(content: Mapping[str, Any]) -> Iterator[str]:
    """The lines of what guests, the cluster or other clients have written; each begins with a word of ours."""
    failure, plan = content.get("failure", {}), content.get("plan", {})
    rest = {name: value for name, value in failure.items() if name not in ("code", "hint", "task_log")}
    if rest.get("message", "") in content["summary"]:
        rest.pop("message", None)
    if rest:
        yield f"failed: {_render_pairs(rest)}"
    yield from (f"log: {one_line(line)}" for line in failure.get("task_log", ()))
    yield from (f"warning: {one_line(warning)}" for warning in content.get("warnings", ()))
    if "steps" in plan:
        yield "steps:"
        for step in plan["steps"]:
            params = _render_value(step.get("params") or {})
            yield f"  {step['method']} {step['path']} {params}  # {one_line(step.get('why', ''))}"
        if "more_steps" in plan:
            address = f"plan://{plan['id']}" if "id" in plan else f"run://{content['run_id']}"
            yield f"  and {plan['more_steps']} more, in the resource {address}"
    for name, value in content.items():
        if name not in _PLACED:
            yield from _render_block(name, value)
            if name in content.get("page", {}):
                yield f"  {_render_page(content['page'][name])}"


def _render_page(page: Mapping[str, Any]) -> str:
    counts = {name: value for name, value in page.items() if name not in ("total", "offset", "shown", "next_offset")}
    more = f"; offset={page['next_offset']} shows more" if "next_offset" in page else ""
    shown = f"{page['offset'] + 1} to {page['offset'] + page['shown']}" if page["shown"] else "none"
    return f"({shown} of {page['total']}{more}) {_render_pairs(counts)}".rstrip()


def _render_block(name: str, value: Any) -> Iterator[str]:
    if isinstance(value, list) and value and isinstance(value[0], Mapping):
        yield f"{name}:"
        yield from (f"  {_render_pairs(entry)}" for entry in value)
    elif isinstance(value, Mapping):
        yield f"{name}: {_render_pairs(value)}"
    elif value not in (None, [], ""):
        yield f"{name}: {_render_value(value)}"


def _render_pairs(entry: Mapping[str, Any]) -> str:
    return " ".join(f"{name}={_render_value(value)}" for name, value in _flatten("", entry))


def _flatten(prefix: str, entry: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in entry.items():
        path = f"{prefix}{one_line(str(name))}"
        if isinstance(value, Mapping) and value:
            yield from _flatten(f"{path}.", value)
        else:
            yield path, value


def _render_value(value: Any) -> str:
    if isinstance(value, str):
        text = one_line(value)
        if "\n" in value.strip() or text.endswith("…"):
            # Exactly as it is, though on one line: who writes it back must not lose its lines.
            return dump_json(value)
        return text if text and not set(text) & set(' ="') else dump_json(text)
    if isinstance(value, Sequence) and value and all(isinstance(item, (str, int)) for item in value):
        return ",".join(_render_value(item) for item in value)
    return json.dumps(clean_data(value), ensure_ascii=False, separators=(",", ":"))
