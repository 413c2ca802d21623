# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lines of an observation file: what was seen, what could not be seen, and what is all there is. Pure.

The file has one JSON object a line, in this order: the C(header), each C(object), the C(complete) lists, what is
C(missing), each C(task), C(metrics), and C(rrd). The top-level keys of an object's C(doc) are sections; a section that
is not there was not read this time. An object that is in no C(object) and no C(missing) line is gone, if a C(complete)
line covers its kind and scope.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from .._api.errors import PveError


@dataclass
class Lines:
    """The lines of a file, but for its header."""

    objects: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    complete: list[dict[str, Any]] = field(default_factory=list)
    missing: list[dict[str, Any]] = field(default_factory=list)
    tasks: list[dict[str, Any]] = field(default_factory=list)
    metrics: list[dict[str, Any]] = field(default_factory=list)
    measured: list[dict[str, Any]] = field(default_factory=list)

    def add_object(self, kind: str, key: str, doc: Mapping[str, Any]) -> None:
        """An object with sections that were read; it may have others already."""
        self.objects.setdefault((kind, key), {}).update(doc)

    def add_complete(self, kind: str, node: str | None = None) -> None:
        """The objects of a kind, on one node or everywhere, that are named in the file are all there are."""
        self.complete.append({"line": "complete", "kind": kind, "scope": node})

    def add_missing(self, kind: str, why: PveError | str, *, key: str | None = None, node: str | None = None) -> None:
        """What may be there, but could not be read."""
        self.missing.append({"line": "missing", "kind": kind, "key": key, "node": node, "why": str(why)})

    def add_metrics(self, kind: str, key: str, at: int, points: Mapping[str, Any]) -> None:
        """The numbers of an object that change all the time."""
        if points:
            self.metrics.append({"line": "metrics", "kind": kind, "key": key, "points": {"at": at, **points}})

    def add_measured(self, kind: str, key: str, series: Mapping[str, Any]) -> None:
        """What Proxmox VE has measured of an object, in one timeframe."""
        self.measured.append({"line": "rrd", "kind": kind, "key": key, **series})

    def add_unmeasured(self, kind: str, key: str, why: PveError | str) -> None:
        """An object of which that could not be read."""
        self.measured.append({"line": "rrd", "kind": kind, "key": key, "why": str(why)})

    def count(self) -> dict[str, int]:
        """How many objects of each kind there are, and tasks."""
        counts: dict[str, int] = {}
        for kind, _key in self.objects:
            counts[kind] = counts.get(kind, 0) + 1
        return {**counts, "task": len(self.tasks)}

    def render(self, header: Mapping[str, Any]) -> Iterator[str]:
        """The text of each line of the file."""
        objects = (
            {"line": "object", "kind": kind, "key": key, "doc": doc} for (kind, key), doc in self.objects.items()
        )
        for line in (header, *objects, *self.complete, *self.missing, *self.tasks, *self.metrics, *self.measured):
            yield json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n"
