# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ansible-runner's events say: how far a run is, and what its module returned. Pure."""

from __future__ import annotations

from typing import Any

_RESULTS = ("runner_on_ok", "runner_on_failed", "runner_on_unreachable")
# Ansible's own keys; users are told what is in them by other means.
_INTERNAL = (
    "invocation",
    "exception",
    "warnings",
    "deprecations",
    "ansible_facts",
    "module_stdout",
    "module_stderr",
    "failed",
)


def describe_progress(event: dict[str, Any]) -> str | None:
    """What to tell somebody who waits, when an event says something worth telling."""
    data = event.get("event_data") or {}
    if event.get("event") == "playbook_on_task_start":
        return str(data.get("name") or data.get("task") or "") or None
    return None


def read_module_result(event: dict[str, Any], action: str) -> dict[str, Any] | None:
    """The result of the module `action` with `failed`, when this event carries it.

    Whether it failed is the event's own kind: not every ansible-core says it in the result, too.
    """
    if read_action(event) != action:
        return None
    result = (event.get("event_data") or {}).get("res")
    return {**result, "failed": event["event"] != "runner_on_ok"} if isinstance(result, dict) else None


def read_action(event: dict[str, Any]) -> str | None:
    """The full name of the module whose result this event is about; None for other events."""
    if event.get("event") not in _RESULTS:
        return None
    data = event.get("event_data") or {}
    action = data.get("resolved_action", data.get("task_action"))
    return action if isinstance(action, str) else None


def is_lost(result: dict[str, Any]) -> bool:
    """Whether a result says nothing, which is what ansible-runner makes of one that is too large for an event."""
    return not strip_internal_keys(result).keys() - {"changed"}


def strip_internal_keys(result: dict[str, Any]) -> dict[str, Any]:
    """A module's result without what Ansible added to it."""
    return {key: value for key, value in result.items() if key not in _INTERNAL and not key.startswith("_ansible")}


def find_crash_line(result: dict[str, Any]) -> str:
    """What a module that crashed said last, which is the error itself and not where it came from."""
    for key in ("exception", "module_stderr", "module_stdout"):
        lines = [line.strip() for line in str(result.get(key) or "").splitlines() if line.strip()]
        if lines and lines != ["(traceback unavailable)"]:
            return lines[-1]
    return ""
