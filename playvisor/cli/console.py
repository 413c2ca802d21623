# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the command line writes: data to stdout, messages to stderr, colour only on terminals.

Everything goes through the cleaner here, whatever it is made of: names and texts of guests and clients must not command
the terminal, or reorder what it shows.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from functools import cache
from typing import IO, TYPE_CHECKING, Any

from mcp_bridge.errors import PlayvisorError
from mcp_bridge.text.plain import clean, dump_json, one_line

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

# Wide enough that no table is cut when it goes into a file or a pipe.
_PIPE_WIDTH = 400
# How much further in a line goes on that is too long.
_HANGING = 4


@cache
def get_stdout() -> Console:
    """The console for data."""
    return _make_console(sys.stdout)


@cache
def get_stderr() -> Console:
    """The console for messages."""
    return _make_console(sys.stderr)


def _make_console(file: IO[str]) -> Console:
    from rich.console import Console
    from rich.segment import Segment

    class CleanConsole(Console):
        """Cleans every text that is printed; the control codes of rich itself are no text."""

        def render(self, *arguments: Any, **options: Any) -> Iterable[Segment]:
            for segment in super().render(*arguments, **options):
                cleaned = segment.text if segment.control else clean(segment.text)
                yield segment if cleaned == segment.text else Segment(cleaned, segment.style)

    width = None if file.isatty() else _PIPE_WIDTH
    return CleanConsole(file=file, highlight=False, markup=False, emoji=False, width=width)


def print_json(data: Any) -> None:
    """One JSON document on stdout."""
    sys.stdout.write(f"{dump_json(data, indent=2)}\n")


def report_error(error: PlayvisorError, *, as_json: bool) -> None:
    """Print an error and its hint; as JSON on stdout, or for people on stderr."""
    if as_json:
        failure = {"code": error.code, "message": error.message, "hint": error.hint}
        print_json({"status": "failed", "summary": error.message, "failure": failure})
        return
    print_failure(error.message, error.hint)


def print_failure(message: str, hint: str | None) -> None:
    """Print a failure and what to do next on stderr."""
    from rich.text import Text

    get_stderr().print(Text.assemble(("Error: ", "bold red"), one_line(message)))
    if hint:
        get_stderr().print(Text.assemble(("Hint: ", "bold"), one_line(hint)))


def print_lines(text: str, *, to_stderr: bool = False) -> None:
    """Print text line by line; what is too long for one goes on below it, further in."""
    from rich.text import Text

    out = get_stderr() if to_stderr else get_stdout()
    for line in text.splitlines():
        indent = len(line) - len(line.lstrip()) + _HANGING
        first, *rest = Text(line).wrap(out, out.width) or [Text()]
        out.print(first, soft_wrap=True)
        if rest:
            remaining = Text(line[len(first.plain) :].lstrip())
            for part in remaining.wrap(out, max(1, out.width - indent)):
                out.print(Text(" " * indent + part.plain), soft_wrap=True)


def print_table(columns: list[str], rows: list[list[Any]], *, title: str | None = None) -> None:
    """Print a table on stdout; None is an empty cell."""
    get_stdout().print(make_table(columns, rows, title=title))


def make_table(columns: list[str], rows: list[list[Any]], *, title: str | None = None) -> Table:
    """A table whose cells are plain values or rich's own objects."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, title=title, title_justify="left", pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(_format_cell(value) for value in row))
    return table


def print_facts(values: Mapping[str, Any]) -> None:
    """Print names and values on stdout, one pair per line, without the empty ones."""
    from rich.table import Table

    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="bold", no_wrap=True)
    grid.add_column(overflow="fold")
    for name, value in values.items():
        if value not in (None, "", [], {}):
            grid.add_row(name, _format_cell(value))
    get_stdout().print(grid)


def _format_cell(value: Any) -> Any:
    from rich.text import Text

    if value is None:
        return ""
    if isinstance(value, Text):
        return Text(one_line(value.plain), value.style)
    if isinstance(value, (str, int, float)):
        return Text(one_line(str(value)))
    return value
