# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A column of a table: where its value stands in a row, and how it is written for people. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from mcp_bridge.text.plain import one_line
from playvisor.cli.rendering.differences import describe_change
from playvisor.cli.rendering.values import FORMATS, format_moment, format_part

_STYLES = {
    **dict.fromkeys(("running", "online", "available", "OK", "ok", "active", "started"), "green"),
    **dict.fromkeys(("stopped", "denied", "expired"), "dim"),
    **dict.fromkeys(("offline", "failed", "error", "fence"), "red"),
    **dict.fromkeys(("paused", "unknown", "held", "refused", "interrupted", "cancelled"), "yellow"),
    "planned": "cyan",
}


@dataclass(frozen=True)
class Cell:
    """What stands in a cell: text, which may have several lines, and a style of the terminal."""

    text: str
    style: str = ""


@dataclass(frozen=True)
class Column:
    """One column. It is declared as `name`, `name=path`, or `name=path:kind/whole`; kinds are known for most names.

    `path` leads to the value in a row, a dot to the row itself, and `of` to the row that it stands in. `whole` is the
    path of what the value is a part of, or the name of what is read of each entry of a list.
    """

    name: str
    path: str
    kind: str
    whole: str = ""

    @property
    def title(self) -> str:
        """The heading."""
        return one_line(self.name.replace("_", " "))

    @property
    def may_wrap(self) -> bool:
        """Whether a value may go on in another line, between words."""
        return self.kind in _WRAPPED

    @property
    def is_number(self) -> bool:
        """Whether values are written flush right."""
        return self.kind in _NUMBERS

    def read(self, row: Mapping[str, Any]) -> Any:
        """The raw value in a row; None where there is none."""
        return row if self.path == "." else read_path(row, self.path)

    def is_filled(self, row: Mapping[str, Any]) -> bool:
        """Whether something stands in it for this row; a plain no does."""
        value = self.read(row)
        return value not in (None, "", [], {}) and (value is not False or self.kind == "plain")

    def format(self, row: Mapping[str, Any], now: float, *, brief: bool = False) -> Cell:
        """The value for people; `brief` where there is little room. `now` is in seconds since the epoch."""
        value = self.read(row)
        if self.kind == "lines":
            return Cell("\n".join(map(one_line, value or ())))
        if self.kind == "change":
            return Cell("\n".join(map(one_line, describe_change(row))))
        if value is None or value == "":
            return Cell("none" if self.kind == "named" else "")
        if self.kind == "share":
            return Cell(one_line(format_part(value, read_path(row, self.whole))))
        if self.kind == "time":
            return Cell(one_line(format_moment(value, now, brief=brief)))
        if self.whole:
            value = [entry.get(self.whole) for entry in value]
        text = one_line(FORMATS[self.kind](value))
        return Cell(text, _STYLES.get(text, "") if self.kind == "state" else "")


def read_path(row: Mapping[str, Any], path: str) -> Any:
    """The value at a path such as `latest.size`; a whole name with a dot in it is found, too."""
    if path in row:
        return row[path]
    first, _dot, rest = path.partition(".")
    inner = row.get(first)
    return read_path(inner, rest) if rest and isinstance(inner, Mapping) else None


@cache
def parse_columns(text: str) -> tuple[Column, ...]:
    """The columns that a line of declarations describes."""
    return tuple(map(_parse_column, text.split()))


def _parse_column(text: str) -> Column:
    name, equals, rest = text.partition("=")
    path, _colon, kind = (rest if equals else name).partition(":")
    kind, _slash, whole = kind.partition("/")
    return Column(name.partition(":")[0], path, kind or _KINDS.get(path.rpartition(".")[2], "text"), whole)


_WRAPPED = frozenset({"text", "list", "change", "lines"})
_NUMBERS = frozenset({"count", "size", "mebibytes", "rate", "percent", "share"})
_KINDS = {
    **dict.fromkeys(("maxmem", "mem", "maxdisk", "disk", "size", "total", "used", "memory_used"), "size"),
    **dict.fromkeys(("diskread", "diskwrite", "netin", "netout"), "size"),
    **dict.fromkeys(("cpu", "cpu_average", "cpu_peak", "cpu_last"), "percent"),
    **dict.fromkeys(("mem_average", "mem_peak", "mem_last"), "size"),
    **dict.fromkeys(("cpu_peak_time", "mem_peak_time"), "time"),
    **dict.fromkeys(
        [f"{name}_{kind}" for name in ("netin", "netout", "diskread", "diskwrite") for kind in ("average", "peak")],
        "rate",
    ),
    **dict.fromkeys(("uptime", "age", "duration"), "duration"),
    **dict.fromkeys(
        ("time", "ctime", "snaptime", "starttime", "endtime", "next_run", "last_sync", "next_sync"), "time"
    ),
    **dict.fromkeys(("at", "opened_at", "closed_at", "expires_at", "made_at", "expire"), "time"),
    **dict.fromkeys(("status", "state", "exitstatus", "outcome", "hastate"), "state"),
    **dict.fromkeys(("vmid", "volid", "upid", "run_id", "name", "node", "storage", "pool", "id", "user", "type"), "id"),
    **dict.fromkeys(("cpus", "maxcpu", "count", "cores"), "count"),
    **dict.fromkeys(("template", "protected", "shared", "vmstate", "changed", "encrypted", "disable"), "yes"),
    "change": "change",
}
