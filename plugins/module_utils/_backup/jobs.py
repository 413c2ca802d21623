# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Scheduled backup jobs (C(/cluster/backup)): their options as users give and see them, and as the API has them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .._api.property_strings import parse, render
from .._values.calendar import normalize_schedule
from .backups import parse_notes, render_notes

_SEPARATORS = re.compile(r"[,; \0]+")


@dataclass(frozen=True)
class Field:
    """One option of a job: its name in the API, and how to parse its value from there and render it for a request.

    I(clearable): an empty value unsets it.
    """

    name: str
    parse: Callable[[Any], Any] = str
    render: Callable[[Any], Any] = str
    clearable: bool = False


def _split(value: Any) -> list[str]:
    return [item for item in _SEPARATORS.split(str(value)) if item]


def split_items(values: list[Any]) -> list[str]:
    """A list as the API makes one of it: what separates items may stand in them, too."""
    return [item for value in values for item in _split(value)]


def _parse_vmids(value: Any) -> list[int]:
    return sorted({int(item) for item in _split(value)})


def _join(values: list[Any]) -> str:
    return ",".join(map(str, values))


def _parse_flag(value: Any) -> bool:
    return bool(int(value))


def _parse_properties(value: Any, prefix: str = "", flags: tuple[str, ...] = ()) -> dict[str, Any]:
    """A property string, or the dict that the API already made of it, with numbers as integers."""
    parts = value if isinstance(value, Mapping) else parse(str(value), default_key="enabled")
    properties: dict[str, Any] = {}
    for key, text in parts.items():
        name = key.removeprefix(prefix).replace("-", "_")
        number = int(text) if str(text).isdigit() else text
        properties[name] = bool(number) if name in flags else number
    return properties


def normalize_retention(kept: Mapping[str, Any]) -> dict[str, Any]:
    """Which backups are kept, as Proxmox VE understands it: those of which none are kept are left out, or it is all."""
    numbers = {name: number for name, number in kept.items() if name != "all" and number}
    return {**({"all": True} if kept.get("all") or not numbers else {}), **numbers}


def _render_properties(values: Mapping[str, Any], prefix: str = "") -> str:
    return render({f"{prefix}{name.replace('_', '-')}": value for name, value in values.items()})


FIELDS = {
    "schedule": Field("schedule", lambda value: normalize_schedule(str(value))),
    "all": Field("all", _parse_flag, int),
    "vmids": Field("vmid", _parse_vmids, _join),
    "pool": Field("pool"),
    "exclude": Field("exclude", _parse_vmids, _join, clearable=True),
    "storage": Field("storage"),
    "node": Field("node", clearable=True),
    "enabled": Field("enabled", _parse_flag, int),
    "comment": Field("comment", clearable=True),
    "mode": Field("mode"),
    "compress": Field("compress"),
    "retention": Field(
        "prune-backups",
        lambda value: normalize_retention(_parse_properties(value, "keep-", ("all",))),
        lambda values: _render_properties(values, "keep-"),
        clearable=True,
    ),
    "notes": Field("notes-template", parse_notes, render_notes, clearable=True),
    "protected": Field("protected", _parse_flag, int),
    "repeat_missed": Field("repeat-missed", _parse_flag, int),
    "bwlimit": Field("bwlimit", int, int),
    "fleecing": Field(
        "fleecing", lambda value: _parse_properties(value, flags=("enabled",)), _render_properties, clearable=True
    ),
    "performance": Field("performance", _parse_properties, _render_properties, clearable=True),
    "notification_mode": Field("notification-mode"),
    "mailto": Field("mailto", _split, _join, clearable=True),
    "mailnotification": Field("mailnotification"),
}


def parse_job(entry: Mapping[str, Any]) -> dict[str, Any]:
    """The options that are set in a job, from an entry of C(GET /cluster/backup)."""
    return {
        option: field.parse(entry[field.name]) for option, field in FIELDS.items() if entry.get(field.name) is not None
    }


def render_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """Options as the parameters of a request."""
    return {FIELDS[option].name: FIELDS[option].render(value) for option, value in options.items()}


def describe_job(entry: Mapping[str, Any]) -> dict[str, Any]:
    """A job as results show it; I(next_run) is in seconds since the epoch, None where it is unknown."""
    next_run = entry.get("next-run")
    return {
        "id": entry["id"],
        "enabled": True,
        **parse_job(entry),
        "next_run": None if next_run is None else int(next_run),
    }
