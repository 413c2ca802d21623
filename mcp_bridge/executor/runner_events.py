# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads ansible-runner's events: how far a run is, and what its module returned. Pure."""

from __future__ import annotations

from typing import Any

_RESULTS = ("runner_on_ok", "runner_on_failed", "runner_on_unreachable")
# Ansible's own keys; users see what is in them elsewhere.
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
    """A line for whoever waits for the run: the name of the task that starts; None for other events."""
    data = event.get("event_data") or {}
    if event.get("event") == "playbook_on_task_start":
        return str(data.get("name") or data.get("task") or "") or None
    return None


def read_module_result(event: dict[str, Any], action: str) -> dict[str, Any] | None:
    """The result of the module `action` with `failed`; None when this event does not carry it.

    The kind of the event says whether it failed: not every ansible-core puts that into the result.
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
    # Where one action plugin serves several modules, some ansible-cores resolve all of them to it.
    names = [name for name in (data.get("task_action"), data.get("resolved_action")) if isinstance(name, str)]
    return next((name for name in names if name.count(".") > 1), names[-1] if names else None)


def is_lost(result: dict[str, Any]) -> bool:
    """Whether a result is empty, which is what ansible-runner makes of one that is too large for an event."""
    return not strip_internal_keys(result).keys() - {"changed"}


def strip_internal_keys(result: dict[str, Any]) -> dict[str, Any]:
    """A module's result without the keys that Ansible added to it."""
    return {key: value for key, value in result.items() if key not in _INTERNAL and not key.startswith("_ansible")}


def find_crash_line(result: dict[str, Any]) -> str:
    """The last line that a crashed module printed, which is the error itself and not the traceback; empty if none."""
    for key in ("exception", "module_stderr", "module_stdout"):
        lines = [line.strip() for line in str(result.get(key) or "").splitlines() if line.strip()]
        if lines and lines != ["(traceback unavailable)"]:
            return lines[-1]
    return ""
