# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""An observation of a cluster, as `pve_observe` writes it into a file: a header, objects, and what is known of them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from math import isfinite
from pathlib import Path
from typing import Any

from mcp_bridge.errors import UsageError
from mcp_bridge.text.redaction import make_writable

LARGEST_LINE = 16 * 2**20
"""Bytes of one line; no configuration comes near."""
LONGEST_NAME = 256
"""Characters of a key that tell one object from another."""
_START = b'{"line"'
_HEAD = 30
_Line = dict[str, Any]


@dataclass(frozen=True)
class ObservedObject:
    """An object with those of its sections that were read."""

    kind: str
    key: str
    document: Mapping[str, Any]


@dataclass(frozen=True)
class Complete:
    """The objects of a kind, on one node or everywhere, that were observed are all there are."""

    kind: str
    node: str | None


@dataclass(frozen=True)
class Missing:
    """What could not be read: an object, or a kind, on one node or everywhere. It is not gone."""

    kind: str
    key: str | None
    node: str | None
    why: str


@dataclass(frozen=True)
class ObservedTask:
    """A task of Proxmox VE; `ended` and `status` are None while it runs."""

    upid: str
    node: str
    type: str
    id: str
    user: str
    token_id: str | None
    started: datetime
    ended: datetime | None
    status: str | None

    @property
    def has_succeeded(self) -> bool:
        """Whether it ended well, maybe with warnings."""
        return self.status == "OK" or (self.status or "").startswith("WARNINGS")


@dataclass(frozen=True)
class ObservedMetrics:
    """The numbers of an object at a moment."""

    kind: str
    key: str
    at: datetime
    values: Mapping[str, float]


@dataclass(frozen=True)
class ObservedSeries:
    """What Proxmox VE has measured of an object over time: intervals of `step` seconds, the first one from `since` on.

    Each point has when its interval began, and its means. `why` says that it could not be read.
    """

    kind: str
    key: str
    step: int = 0
    since: int = 0
    points: tuple[tuple[int, Mapping[str, float]], ...] = ()
    why: str | None = None


@dataclass(frozen=True)
class Observation:
    """What was seen of a cluster at a moment. Objects and metrics stay in the file, and are read as they are needed."""

    cluster: str
    version: str
    at: datetime
    complete: tuple[Complete, ...]
    missing: tuple[Missing, ...]
    tasks: tuple[ObservedTask, ...]
    _path: Path

    @property
    def objects(self) -> Iterator[ObservedObject]:
        """The objects, in the order of the file. One may be there more than once, with other sections."""
        return (_read_object(line) for line in _read_lines(self._path, "object"))

    @property
    def metrics(self) -> Iterator[ObservedMetrics]:
        """The numbers, in the order of the file."""
        return (_read_metrics(line) for line in _read_lines(self._path, "metrics"))

    @property
    def series(self) -> Iterator[ObservedSeries]:
        """What was measured before, in the order of the file. An object may be there more than once."""
        return (_read_series(line) for line in _read_lines(self._path, "rrd"))


def parse_observation(path: Path) -> Observation:
    """Check a file, and read all but its objects and metrics. Raises UsageError when it is not a whole observation."""
    header: _Line | None = None
    complete, missing, tasks = [], [], []
    for number, line in enumerate(_read_lines(path), 1):
        try:
            if header is None:
                header = _require_header(line)
                continue
            match line["line"]:
                case "object":
                    _read_object(line)
                case "complete":
                    complete.append(Complete(_read_text(line["kind"]), _read_optional(line["scope"])))
                case "missing":
                    missing.append(_read_missing(line))
                case "task":
                    tasks.append(_read_task(line))
                case "metrics":
                    _read_metrics(line)
                case "rrd":
                    _read_series(line)
                # What a newer module adds is not for this version.
        except (KeyError, TypeError, ValueError, OverflowError, OSError) as error:
            raise _describe_broken(path, number, repr(error)) from error
    if header is None:
        raise _describe_broken(path, 1, "it is empty")
    return Observation(
        _read_text(header["cluster"]["id"]),
        str(header["version"]),
        _read_time(header["at"]),
        tuple(complete),
        tuple(missing),
        tuple(tasks),
        path,
    )


def _read_lines(path: Path, wanted: str = "") -> Iterator[_Line]:
    """The lines of a file; with `wanted`, those that say so."""
    is_wanted = wanted.encode()
    try:
        with open(path, "rb") as file:
            for number, raw in enumerate(iter(lambda: file.readline(LARGEST_LINE + 1), b""), 1):
                if len(raw) > LARGEST_LINE:
                    raise _describe_broken(path, number, f"it is longer than {LARGEST_LINE // 2**20} MiB")
                # What a line is stands first in it, so that others need not be parsed.
                if is_wanted not in raw[:_HEAD] and raw.startswith(_START):
                    continue
                try:
                    line = json.loads(raw)
                except (ValueError, RecursionError):
                    raise _describe_broken(path, number, "it is no JSON") from None
                if not isinstance(line, dict) or not isinstance(line.get("line"), str) or not raw.endswith(b"\n"):
                    raise _describe_broken(path, number, "it is cut off, or none of an observation")
                if line["line"] == (wanted or line["line"]):
                    yield line
    except OSError as error:
        raise UsageError(
            f"The observation {os.fspath(path)} can't be read: {error.strerror}.", "Give the file of pve_observe."
        ) from error


def _require_header(line: _Line) -> _Line:
    if line["line"] != "header":
        raise ValueError("the first line is no header")
    _read_text(line["cluster"]["id"])
    _read_time(line["at"])
    return line


def _read_object(line: _Line) -> ObservedObject:
    document = line["doc"]
    if not isinstance(document, dict):
        raise ValueError("an object's doc is no object")
    return ObservedObject(_read_text(line["kind"]), _read_text(line["key"]), document)


def _read_missing(line: _Line) -> Missing:
    kind, why = _read_text(line["kind"]), str(line["why"])
    return Missing(kind, _read_optional(line["key"]), _read_optional(line["node"]), why)


def _read_task(line: _Line) -> ObservedTask:
    ended, token_id = line.get("end"), line.get("tokenid")
    return ObservedTask(
        upid=_read_text(line["upid"]),
        node=str(line["node"]),
        type=str(line["type"]),
        id=str(line.get("id") or ""),
        user=str(line["user"]),
        token_id=str(token_id) if token_id else None,
        started=_read_time(line["start"]),
        ended=_read_time(ended) if ended is not None else None,
        status=None if line.get("status") is None else str(line["status"]),
    )


def _read_metrics(line: _Line) -> ObservedMetrics:
    values = {name: float(value) for name, value in line["points"].items() if name != "at" and _is_number(value)}
    return ObservedMetrics(_read_text(line["kind"]), _read_text(line["key"]), _read_time(line["points"]["at"]), values)


def _read_series(line: _Line) -> ObservedSeries:
    kind, key, why = _read_text(line["kind"]), _read_text(line["key"]), line.get("why")
    if why is not None:
        return ObservedSeries(kind, key, why=str(why))
    step, since, times = int(line["step"]), int(line["since"]), [int(time) for time in line["times"]]
    if times and not (step > 0 and times[0] > since and all(old < new for old, new in pairwise(times))):
        raise ValueError("its intervals are none")
    for time in (since, *times[-1:]):
        _read_time(time)
    columns = [
        [(name, float(value)) if _is_number(value) else None for value in values]
        for name, values in line["values"].items()
    ]
    rows = [dict(filter(None, row)) for row in zip(*columns, strict=True)]
    return ObservedSeries(
        kind,
        key,
        step,
        since,
        tuple((time - step, row) for time, row in zip(times, rows or [{}] * len(times), strict=True)),
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and isfinite(value)


def _read_text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError(f"{value!r} is no name")
    return make_writable(value)[:LONGEST_NAME]


def _read_optional(value: Any) -> str | None:
    return None if value is None else _read_text(value)


def _read_time(value: Any) -> datetime:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError(f"{value!r} is no time")
    return datetime.fromtimestamp(value, UTC)


def _describe_broken(path: Path, number: int, why: str) -> UsageError:
    return UsageError(
        f"{os.fspath(path)} is no whole observation: line {number}: {why}.", "Nothing was taken of it. Observe again."
    )
