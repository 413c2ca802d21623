# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a command prints: as tables for people, or as a document or rows for other programs (`-o`)."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from mcp_bridge.errors import UsageError
from playvisor.cli import console

if TYPE_CHECKING:
    from rich.text import Text

    from playvisor.cli.rendering.columns import Cell, Column
    from playvisor.cli.rendering.tables import Facts, Row, Section, Table

Format = Literal["table", "wide", "json", "yaml", "csv", "name"]


@dataclass(frozen=True)
class Output:
    """The format, and for tables which columns in which order of rows."""

    format: Format = "table"
    columns: tuple[str, ...] = ()
    sort: str = ""
    headers: bool = True

    @property
    def is_document(self) -> bool:
        """Whether everything is printed as one JSON or YAML document."""
        return self.format in ("json", "yaml")

    @property
    def is_quiet(self) -> bool:
        """Whether another program reads what is printed."""
        return self.format not in ("table", "wide")

    @property
    def is_wide(self) -> bool:
        """Whether all columns are wanted, however long lines are."""
        return self.format == "wide"


TABLE = Output()


def print_document(data: Any, output: Output) -> None:
    """Print one document on stdout."""
    if output.format == "yaml":
        console.print_yaml(data)
    else:
        console.print_json(data)


def print_rows(rows: Sequence[Row], table: Table, output: Output, *, document: Any = None) -> None:
    """Print the rows of a command that lists something; `document` is what JSON and YAML have instead."""
    if output.is_document:
        print_document(list(rows) if document is None else document, output)
    elif output.is_quiet:
        print_data_rows(rows, table, output)
    else:
        print_table(rows, table, output)


def print_data_rows(rows: Sequence[Row], table: Table, output: Output) -> None:
    """Print rows for other programs: their ids, or raw values separated by commas."""
    from playvisor.cli.rendering import tables
    from playvisor.cli.rendering.values import format_raw

    rows = _sort(rows, table, output)
    if output.format == "name":
        text = "".join(f"{name}\n" for name in tables.list_ids(table, rows))
    else:
        columns = tables.choose_columns(table, rows, output.columns) or [
            column for column in table.all_columns if column.kind not in ("change", "place")
        ]
        buffer = io.StringIO()
        writer = csv.writer(buffer, lineterminator="\n")
        if output.headers:
            writer.writerow([column.name for column in columns])
        writer.writerows([[format_raw(column.read(row)) for column in columns] for row in rows])
        text = buffer.getvalue()
    console.print_as_is(text)


def print_table(rows: Sequence[Row], table: Table, output: Output = TABLE) -> None:
    """Print a table for people, and say which columns had no room."""
    from playvisor.cli.rendering import layout, tables
    from playvisor.cli.rendering.columns import parse_columns

    rows = _sort(rows, table, output)
    chosen = tables.choose_columns(table, rows, output.columns)
    if not rows:
        console.print_note(table.empty or "None.")
        return
    columns: Sequence[Column] = chosen or _list_filled(
        [*parse_columns(table.columns), *(parse_columns(table.wide) if output.is_wide else ())], rows
    )
    below = () if chosen else _list_filled(parse_columns(table.below), rows)
    width = None if output.is_wide else console.get_width()
    laid_out = layout.lay_out(
        columns,
        below,
        _make_formatter([*columns, *below], rows),
        width,
        headers=output.headers,
        stacks=table.stacks,
    )
    if table.title and output.headers:
        console.print_title(table.title)
    for line in laid_out.lines:
        console.print_line(line)
    if laid_out.left_out:
        names = ", ".join(column.title for column in laid_out.left_out)
        console.print_note(f"Left out: {names} (-o wide shows all).")


def layout_rows(rows: Sequence[Row], table: Table) -> list[Text]:
    """The lines of a table within the width of the terminal."""
    from playvisor.cli.rendering import layout
    from playvisor.cli.rendering.columns import parse_columns

    columns = _list_filled(parse_columns(table.columns), rows)
    below = _list_filled(parse_columns(table.below), rows)
    return layout.lay_out(columns, below, _make_formatter([*columns, *below], rows), console.get_width()).lines


def _make_formatter(columns: Sequence[Column], rows: Sequence[Row]) -> Callable[[bool], list[dict[Column, Cell]]]:
    """The function that writes all cells, in full or briefly."""
    now = time.time()
    return lambda brief: [{column: column.format(row, now, brief=brief) for column in columns} for row in rows]


def print_facts(values: Mapping[str, Any], title: str = "") -> None:
    """Print names and values, one pair a line, without the empty ones; what is nested goes further in."""
    from playvisor.cli.rendering import facts

    lines = facts.lay_out_facts(values, console.get_width())
    if not lines:
        return
    if title:
        console.print_title(title)
    for line in lines:
        console.print_line(line)


def print_sections(data: Row, sections: Sequence[Section], output: Output) -> None:
    """Print the parts of a result for people; only the first table is sorted and has its columns chosen."""
    from playvisor.cli.rendering.tables import Facts, Table, read_rows

    plain = Output(output.format, headers=output.headers)
    first = find_main_table(sections)
    for section in sections:
        rows = [row for row in read_rows(data, section.source) if row]
        if section.only_wide and not output.is_wide:
            continue
        if isinstance(section, Table):
            if rows or section is first:
                print_table(rows, section, output if section is first else plain)
        elif isinstance(section, Facts):
            for row in rows:
                _print_fact_row(row, section)
        else:
            if rows and section.title:
                console.print_title(section.title)
            _print_lines(rows)


def find_main_table(sections: Sequence[Section]) -> Table | None:
    """The table that was asked for: the first one."""
    from playvisor.cli.rendering.tables import Table

    return next((section for section in sections if isinstance(section, Table)), None)


def require_rows(output: Output, table: Table | None) -> None:
    """Raise UsageError when rows or columns are wanted of something that has none."""
    if table is None and (output.format in ("csv", "name") or output.columns or output.sort):
        raise UsageError("This result has no rows.", "Use -o table, wide, json or yaml, without --columns and --sort.")


def _print_lines(rows: Sequence[Row]) -> None:
    """Print lines of text; those of several guests begin with the guest's name."""
    from playvisor.cli.rendering.columns import read_path

    names = [str(read_path(row, "of.name") or read_path(row, "of.vmid") or "") for row in rows]
    for name, row in zip(names, rows, strict=True):
        console.print_lines(f"{name}: {row['value']}" if len(set(names)) > 1 else str(row["value"]))


def _print_fact_row(row: Row, section: Facts) -> None:
    from playvisor.cli.rendering.columns import parse_columns

    now = time.time()
    columns = parse_columns(section.columns)
    if columns:
        values: dict[str, Any] = {column.title: column.format(row, now) for column in columns}
    else:
        known = {column.name: column for column in parse_columns(section.kinds)}
        inner = {name: value for name, value in row.items() if name != "of"}
        values = {name: known[name].format(row, now) if name in known else value for name, value in inner.items()}
    print_facts(values, section.title)


def _list_filled(columns: Sequence[Column], rows: Sequence[Row]) -> list[Column]:
    """The columns in which something stands."""
    return [column for column in columns if column.kind == "change" or any(map(column.is_filled, rows))]


def _sort(rows: Sequence[Row], table: Table, output: Output) -> Sequence[Row]:
    from playvisor.cli.rendering import tables

    if not output.sort:
        return rows
    column = tables.choose_columns(table, rows, [output.sort.lstrip("-+")])[0]
    return tables.sort_rows(rows, column, descending=output.sort.startswith("-"))
