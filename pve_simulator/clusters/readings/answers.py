# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Readings, found again by path."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Reading:
    """What a GET of `path` with `params` answered under `data`."""

    path: str
    params: Mapping[str, Any] = field(default_factory=dict)
    data: Any = None


class Answers:
    """The answers by path. Where one path was read with several parameters, the plainest request counts."""

    def __init__(self, readings: Iterable[Reading]) -> None:
        self._all = list(readings)
        self._plainest: dict[str, Reading] = {}
        for reading in self._all:
            known = self._plainest.get(reading.path)
            if known is None or len(reading.params) <= len(known.params):
                self._plainest[reading.path] = reading

    def get(self, path: str) -> Any:
        """The answer to one path, None if it was not read."""
        reading = self._plainest.get(path)
        return reading.data if reading else None

    def entries(self, path: str) -> list[dict[str, Any]]:
        """A list of objects; empty if it was not read."""
        return self.get(path) or []

    def find_matching(self, pattern: str) -> Iterator[tuple[re.Match[str], Any]]:
        """Every path that fits the pattern as a whole, with its answer."""
        for path, reading in self._plainest.items():
            match = re.fullmatch(pattern, path)
            if match is not None:
                yield match, reading.data

    def find_by_parameter(self, path: str, name: str) -> Iterator[tuple[str, Any]]:
        """The answers to one path by the value of a parameter."""
        for reading in self._all:
            if reading.path == path and name in reading.params:
                yield str(reading.params[name]), reading.data


def to_texts(entry: Mapping[str, Any], *without: str) -> dict[str, str]:
    """An object's plain values as the files of a server hold them, without some keys; nested values go."""
    return {
        key: str(int(value)) if isinstance(value, bool) else str(value)
        for key, value in entry.items()
        if key not in without and value is not None and not isinstance(value, dict | list)
    }


def property_string(value: Any) -> str:
    """An object as a property string, `a=1,b=2`; a list joined by `;`."""
    if isinstance(value, dict):
        return ",".join(f"{key}={property_string(item)}" for key, item in value.items())
    if isinstance(value, list):
        return ";".join(str(item) for item in value)
    return str(value)
