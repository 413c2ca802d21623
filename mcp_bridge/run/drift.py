# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Why a plan that somebody has seen is another one by now. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mcp_bridge.text.plain import one_line

_NAMED = 5
_LONGEST_VALUE = 80


def describe_drift(shown: Mapping[str, Any], steps: Sequence[Mapping[str, Any]], diff: Mapping[str, Any] | None) -> str:
    """What differs between what is kept of a plan and the same call planned now: requests, or what was before."""
    planned = [dict(step) for step in shown.get("steps") or ()]
    before = {"then": (shown.get("diff") or {}).get("before") or {}, "now": (diff or {}).get("before") or {}}
    found = [*_compare_steps(planned, steps), *_compare_values(before["then"], before["now"])]
    if not found:
        return "the configuration that it was made from has changed since."
    more = f"; and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
    return f"{'; '.join(found[:_NAMED])}{more}."


def _compare_steps(then: Sequence[Mapping[str, Any]], now: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    old, new = ({_name(step): step.get("params") or {} for step in steps} for steps in (then, now))
    for name in [name for name in old if name not in new]:
        yield f"{name} is not needed any more" if not now else f"{name} would not be sent any more"
    for name in [name for name in new if name not in old]:
        yield f"{name} would be sent as well"
    for name in [name for name in old if name in new]:
        yield from (f"{difference} in {name}" for difference in _compare_values(old[name], new[name], ("digest",)))


def _compare_values(then: Any, now: Any, left_out: Sequence[str] = (), path: str = "") -> Iterator[str]:
    if isinstance(then, Mapping) and isinstance(now, Mapping):
        for name in dict.fromkeys((*then, *now)):
            if name not in left_out:
                yield from _compare_values(then.get(name), now.get(name), (), f"{path} {name}".strip())
    elif then != now:
        yield f"{path or 'it'} was {_show(then)} and is {_show(now)}"


def _name(step: Mapping[str, Any]) -> str:
    return f"{step.get('method')} {step.get('path')}"


def _show(value: Any) -> str:
    text = "nothing" if value is None else one_line(value if isinstance(value, str) else json.dumps(value, default=str))
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…"
