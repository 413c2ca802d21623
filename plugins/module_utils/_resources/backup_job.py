# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The resource behind pve_backup_job: scheduled backups."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .._api.client import Client, segment
from .._api.errors import INVALID_PARAMETER, PveError
from .._backup.backups import KEEP
from .._backup.jobs import (
    FIELDS,
    normalize_retention,
    parse_job,
    render_options,
    split_items,
)
from .._module.plan import Plan, Step
from .._run.resource import Resource
from .._values.calendar import normalize_schedule

PATH = "/cluster/backup"
# The values of options that are not set; the defaults of the others may differ by node (vzdump.conf).
DEFAULTS = {"enabled": True, "repeat_missed": False}
# The API unsets these options when one of the ways to choose guests is set.
REPLACES = {"vmids": ("all", "exclude", "pool"), "all": ("vmids", "pool"), "pool": ("vmids", "all", "exclude")}
# The API takes these only together with the storage.
NEED_STORAGE = ("notes", "protected")


class Jobs(Resource["dict[str, Any] | None"]):
    noun = "jobs"
    settle_seconds = 0.0
    late_keys = frozenset()

    def __init__(self, name: str) -> None:
        self._name = name

    def observe(self, client: Client, params: dict[str, Any]) -> Sequence[dict[str, Any] | None]:
        entries = client.get(PATH)
        return [next((parse_job(entry) for entry in entries if entry["id"] == self._name), None)]

    def target(self, observed: dict[str, Any] | None) -> dict[str, Any]:
        return {"id": self._name}

    def plan(self, observed: dict[str, Any] | None, params: dict[str, Any]) -> Plan:
        path = f"{PATH}/{segment(self._name)}"
        steps: tuple[Step, ...] = ()
        after = observed
        if params["state"] == "absent":
            after = None
            if observed is not None:
                steps = (Step("DELETE", path, "it exists, and absent is asked for", task=False),)
        elif observed is None:
            options = build_new_job(parse_desired_options(params))
            after = {"enabled": True, **options}
            request = {"id": self._name, **render_options(options)}
            steps = (Step("POST", PATH, "there is no such job", request, task=False),)
        else:
            request, after = build_update(observed, parse_desired_options(params))
            if request:
                steps = (Step("PUT", path, f"it differs in {', '.join(sorted(request))}", request, task=False),)
        return Plan(self.target(observed), steps, describe_state(observed), describe_state(after))

    def read_state(self, client: Client, observed: dict[str, Any] | None, plan: Plan) -> dict[str, Any]:
        return describe_state(self.observe(client, {})[0])


def describe_state(job: dict[str, Any] | None) -> dict[str, Any]:
    return {"exists": job is not None, **(job or {})}


def parse_desired_options(params: dict[str, Any]) -> dict[str, Any]:
    """The options that are set, in the form of L(parse_job); None for those to unset."""
    desired = {}
    for option, field in FIELDS.items():
        value = params[option]
        if isinstance(value, dict):
            value = {name: part for name, part in value.items() if part is not None and (name, part) != ("all", False)}
            value = normalize_retention(value) if option == "retention" and value else value
        elif isinstance(value, list):
            value = sorted(set(value)) if option in ("vmids", "exclude") else split_items(value)
        elif isinstance(value, str):
            # As it stands in a line of the file of jobs.
            value = normalize_schedule(value) if option == "schedule" else value.strip()
        if value is None or (option, value) == ("all", False):
            continue
        if value in ("", [], {}) and not field.clearable:
            raise PveError(INVALID_PARAMETER, f"{option} is empty.", "Leave it out to keep what the job has.")
        desired[option] = None if value in ("", [], {}) else value
    if desired.get("exclude") and not desired.get("all"):
        raise PveError(INVALID_PARAMETER, "exclude is given without all.", "Guests are left out of all; add all: true.")
    return desired


def build_new_job(desired: dict[str, Any]) -> dict[str, Any]:
    """The options of a new job; raises C(invalid_parameter) if a required one is missing."""
    options = {option: value for option, value in desired.items() if value is not None}
    if "schedule" not in options:
        raise PveError(INVALID_PARAMETER, "There is no such job, and a new one needs a schedule.", "Such as 02:30.")
    if not set(options) & set(REPLACES):
        raise PveError(
            INVALID_PARAMETER,
            "There is no such job, and a new one needs guests to back up.",
            f"Give one of {', '.join(REPLACES)}.",
        )
    _require_storage(options, options)
    return options


def build_update(job: dict[str, Any], desired: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The parameters that change a job, empty when it is as desired, and the job after the change."""
    cleared = [option for option, value in desired.items() if value is None and option in job]
    changes = {
        option: value
        for option, value in desired.items()
        if value is not None and value != job.get(option, DEFAULTS.get(option))
    }
    replaced = {gone for choice, others in REPLACES.items() if choice in changes for gone in others}
    kept = {option: value for option, value in job.items() if option not in replaced and option not in cleared}
    after = {**kept, **changes}
    _require_storage(changes, after)
    params = {**changes, "storage": after["storage"]} if set(changes) & set(NEED_STORAGE) else changes
    request = render_options(params)
    # The API unsets the options of the old way to choose guests itself.
    gone = [FIELDS[option].name for option in cleared if option not in replaced]
    return {**request, **({"delete": ",".join(gone)} if gone else {})}, after


def _require_storage(options: dict[str, Any], job: dict[str, Any]) -> None:
    need_storage = [option for option in NEED_STORAGE if option in options]
    if need_storage and not job.get("storage"):
        raise PveError(
            INVALID_PARAMETER, f"{' and '.join(need_storage)} can't be set for a job without storage.", "Give storage."
        )


# What AnsibleModule checks between the options.
RULES: dict[str, Any] = {
    "mutually_exclusive": [("all", "vmids", "pool")],
}


def argument_spec() -> dict[str, Any]:
    return {
        "id": {"type": "str", "required": True},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "schedule": {"type": "str"},
        "all": {"type": "bool"},
        "vmids": {"type": "list", "elements": "int"},
        "pool": {"type": "str"},
        "exclude": {"type": "list", "elements": "int"},
        "storage": {"type": "str"},
        "node": {"type": "str"},
        "enabled": {"type": "bool"},
        "comment": {"type": "str"},
        "mode": {"type": "str", "choices": ["snapshot", "suspend", "stop"]},
        "compress": {"type": "str", "choices": ["0", "gzip", "lzo", "zstd"]},
        "retention": {
            "type": "dict",
            "options": {"all": {"type": "bool"}, **{name: {"type": "int"} for name in KEEP}},
        },
        "notes": {"type": "str"},
        "protected": {"type": "bool"},
        "repeat_missed": {"type": "bool"},
        "bwlimit": {"type": "int"},
        "fleecing": {
            "type": "dict",
            "options": {"enabled": {"type": "bool"}, "storage": {"type": "str"}},
        },
        "performance": {
            "type": "dict",
            "options": {"max_workers": {"type": "int"}, "pbs_entries_max": {"type": "int"}},
        },
        "notification_mode": {"type": "str", "choices": ["auto", "legacy-sendmail", "notification-system"]},
        "mailto": {"type": "list", "elements": "str"},
        "mailnotification": {"type": "str", "choices": ["always", "failure"]},
        "timeout": {"type": "int", "default": 300},
        "expect_plan": {"type": "str"},
    }
