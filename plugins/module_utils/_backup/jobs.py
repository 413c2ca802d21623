# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Scheduled backup jobs (C(/cluster/backup)): their options as users give and see them, and as the API words them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .._api.property_strings import parse, render
from .backups import notes_from_template, template_from_notes

_SEPARATORS = re.compile(r"[,; \0]+")


@dataclass(frozen=True)
class Field:
    """One option of a job: its name in the API, and how a value is read from there and worded for it.

    I(clearable): an empty value takes it away.
    """

    name: str
    read: Callable[[Any], Any] = str
    word: Callable[[Any], Any] = str
    clearable: bool = False


def _items(value: Any) -> list[str]:
    return [item for item in _SEPARATORS.split(str(value)) if item]


def _vmids(value: Any) -> list[int]:
    return sorted({int(item) for item in _items(value)})


def _joined(values: list[Any]) -> str:
    return ",".join(map(str, values))


def _flag(value: Any) -> bool:
    return bool(int(value))


def _properties(value: Any, prefix: str = "", flags: tuple[str, ...] = ()) -> dict[str, Any]:
    """A property string, which the API may have taken apart already, with its numbers as such."""
    parts = value if isinstance(value, Mapping) else parse(str(value), default_key="enabled")
    found: dict[str, Any] = {}
    for key, text in parts.items():
        name = key.removeprefix(prefix).replace("-", "_")
        number = int(text) if str(text).isdigit() else text
        found[name] = bool(number) if name in flags else number
    return found


def _property_string(values: Mapping[str, Any], prefix: str = "") -> str:
    return render({f"{prefix}{name.replace('_', '-')}": value for name, value in values.items()})


FIELDS = {
    "schedule": Field("schedule"),
    "all": Field("all", _flag, int),
    "vmids": Field("vmid", _vmids, _joined),
    "pool": Field("pool"),
    "exclude": Field("exclude", _vmids, _joined, clearable=True),
    "storage": Field("storage"),
    "node": Field("node", clearable=True),
    "enabled": Field("enabled", _flag, int),
    "comment": Field("comment", clearable=True),
    "mode": Field("mode"),
    "compress": Field("compress"),
    "retention": Field(
        "prune-backups",
        lambda value: _properties(value, "keep-", ("all",)),
        lambda values: _property_string(values, "keep-"),
        clearable=True,
    ),
    "notes": Field("notes-template", notes_from_template, template_from_notes, clearable=True),
    "protected": Field("protected", _flag, int),
    "repeat_missed": Field("repeat-missed", _flag, int),
    "bwlimit": Field("bwlimit", int, int),
    "fleecing": Field(
        "fleecing", lambda value: _properties(value, flags=("enabled",)), _property_string, clearable=True
    ),
    "performance": Field("performance", _properties, _property_string, clearable=True),
    "notification_mode": Field("notification-mode"),
    "mailto": Field("mailto", _items, _joined, clearable=True),
    "mailnotification": Field("mailnotification"),
}


def read_job(entry: Mapping[str, Any]) -> dict[str, Any]:
    """The options that are set in a job, from an entry of C(GET /cluster/backup)."""
    return {
        option: field.read(entry[field.name]) for option, field in FIELDS.items() if entry.get(field.name) is not None
    }


def word_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """Options as parameters of a request."""
    return {FIELDS[option].name: FIELDS[option].word(value) for option, value in options.items()}


def describe_job(entry: Mapping[str, Any]) -> dict[str, Any]:
    """A job as results show it; I(next_run) is in seconds since the epoch, None where it is not known."""
    following = entry.get("next-run")
    return {
        "id": entry["id"],
        "enabled": True,
        **read_job(entry),
        "next_run": None if following is None else int(following),
    }
