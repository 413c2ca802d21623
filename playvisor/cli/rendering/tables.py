# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tables and blocks of facts as they are declared, and the rows that they show of plain data. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mcp_bridge.errors import UsageError
from playvisor.cli.rendering.columns import Column, parse_columns, read_path

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Table:
    """A table: where its rows stand in the data, and its columns in the order of importance.

    `source` is a path such as guests/snapshots; each inner row has the outer one as `of`. Columns of `below` get a line
    of their own where there is little room, or always if it `stacks`, and those of `wide` are shown only if somebody
    asks for them. `ids` is the column that commands take as an argument.
    """

    source: str
    columns: str
    below: str = ""
    wide: str = ""
    ids: str = ""
    title: str = ""
    empty: str = ""
    only_wide: bool = False
    stacks: bool = False

    @property
    def all_columns(self) -> tuple[Column, ...]:
        """Every declared column."""
        return (*parse_columns(self.columns), *parse_columns(self.below), *parse_columns(self.wide))


@dataclass(frozen=True)
class Facts:
    """Names and values of one or more objects, one pair a line.

    Without columns it is whatever there is; then `kinds` has columns that say how some of it is written.
    """

    source: str
    columns: str = ""
    kinds: str = ""
    title: str = ""
    wide: str = ""
    only_wide: bool = False


@dataclass(frozen=True)
class Lines:
    """Text that is shown as it is, line by line, such as a log; with the name of the guest where there are several."""

    source: str
    title: str = ""
    only_wide: bool = False


Section = Table | Facts | Lines


def read_rows(data: Row, source: str) -> list[Row]:
    """The rows at a path: an object is one, and so is, as `value`, each value of a list and each line of a text."""
    rows: list[Row] = [data]
    for name in source.split("/") if source else ():
        rows = [item for row in rows for item in _read_inner(row, name, has_parent=row is not data)]
    return rows


def _read_inner(row: Row, name: str, *, has_parent: bool) -> Iterator[Row]:
    value = row.get(name)
    parent = {"of": row} if has_parent else {}
    if isinstance(value, Mapping):
        yield {**value, **parent} if value else {}
    elif isinstance(value, (str, list, tuple)):
        for item in value.splitlines() if isinstance(value, str) else value:
            yield {**(item if isinstance(item, Mapping) else {"value": item}), **parent}


def choose_columns(table: Table, rows: Sequence[Row], names: Sequence[str]) -> list[Column]:
    """The columns of these names: declared ones, or any value of the rows. Raises UsageError for another name."""
    known = {_simplify(column.name): column for column in table.all_columns}
    known |= {_simplify(column.path): column for column in table.all_columns if _simplify(column.path) not in known}
    chosen = []
    for name in names:
        column = known.get(_simplify(name))
        if column is None and any(name in row or read_path(row, name) is not None for row in rows):
            column = parse_columns(name)[0]
        if column is None:
            listed = dict.fromkeys([*(column.name for column in table.all_columns), *_list_scalars(rows)])
            raise UsageError(f"There is no column {name!r}.", f"There are these: {', '.join(listed)}.")
        chosen.append(column)
    return chosen


def _list_scalars(rows: Sequence[Row]) -> list[str]:
    return [name for row in rows[:1] for name, value in row.items() if not isinstance(value, (Mapping, list))]


def _simplify(name: str) -> str:
    return name.lower().replace("-", "_").replace(" ", "_")


def sort_rows(rows: Sequence[Row], column: Column, *, descending: bool) -> list[Row]:
    """The rows in the order of a column's raw values; those without one come last."""
    has_value = [row for row in rows if column.read(row) is not None]
    without = [row for row in rows if column.read(row) is None]
    return sorted(has_value, key=lambda row: _make_key(column.read(row)), reverse=descending) + without


def _make_key(value: Any) -> tuple[int, Any]:
    """What can be compared, whatever the types of the values."""
    return (0, value) if isinstance(value, (int, float)) else (1, str(value).lower())


def list_ids(table: Table, rows: Sequence[Row]) -> list[str]:
    """What names the rows, as commands take it. Guests have their names, or ids when a name would not do."""
    columns = parse_columns(table.ids) or parse_columns(table.columns)[:1]
    values = [columns[0].read(row) for row in rows]
    if len(columns) > 1 and (None in values or "" in values or len(set(values)) < len(values)):
        values = [columns[1].read(row) for row in rows]
    return [str(value) for value in values if value not in (None, "")]


def guess_table(name: str, rows: Sequence[Row]) -> Table:
    """A table for rows that nobody has declared: a change of something, or whatever is short enough."""
    names = list(dict.fromkeys(key for row in rows for key in row))
    if any("before" in row or "after" in row for row in rows):
        return Table(name, " ".join([*_list_named(names), "change"]), below="", wide=" ".join(_list_other(names)))
    return Table(name, " ".join(key for key in names if not any(isinstance(row.get(key), Mapping) for row in rows)))


_OF_A_CHANGE = ("before", "after", "changed", "failure", "unknown", "restart_required", "pending")
_NAMED = ("vmid", "name", "node", "kind", "id", "pool", "rule", "level", "group", "volid", "storage", "job")


def _list_named(names: Sequence[str]) -> list[str]:
    return [name for name in _NAMED if name in names]


def _list_other(names: Sequence[str]) -> list[str]:
    return [name for name in names if name not in (*_NAMED, *_OF_A_CHANGE)]
