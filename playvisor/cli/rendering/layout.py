# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What of a table fits on a line: no word is ever broken, and whole columns are left out instead. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from rich.cells import cell_len
from rich.text import Text

from playvisor.cli.rendering.columns import Cell, Column

_GAP = 2
# A text is not squeezed into less, if it is longer.
_COMFORT = 16
_INDENT = 4
# What is longer may spill: the rest of its row then stands on the next line, where that saves so many columns.
_SPILLED = 24
_WORTH_SPILLING = 2


@dataclass(frozen=True)
class Layout:
    """The lines of a table, and the columns for which there was no room."""

    lines: list[Text]
    left_out: list[Column]


@dataclass(frozen=True)
class _Fit:
    """The columns that stand side by side with their widths, those on lines of their own, and those left out."""

    beside: Sequence[Column]
    widths: Sequence[int]
    below: Sequence[Column]
    left_out: Sequence[Column]


def lay_out(
    columns: Sequence[Column],
    below: Sequence[Column],
    format_rows: Callable[[bool], list[dict[Column, Cell]]],
    width: int | None,
    *,
    headers: bool = True,
    stacks: bool = False,
) -> Layout:
    """Lay out rows of cells within `width`; None is as wide as they are.

    `columns` are in the order of importance: the last ones are left out first. Those of `below` follow them, or stand
    below each row when there is no room for them, or in any case with `stacks`. `format_rows` writes the cells, briefly
    or in full.
    """
    in_full = format_rows(False)
    for is_brief, is_stacked in ((False, False), (True, False), (False, True), (True, True)):
        if stacks and not is_stacked:
            continue
        rows = format_rows(True) if is_brief else in_full
        beside = list(columns) if is_stacked else [*columns, *below]
        widths = _find_widths(beside, rows, width, headers=headers)
        if widths:
            fit = _Fit(beside, widths, below if is_stacked else (), ())
            break
    else:
        whole = _keep_most(columns, rows, width, headers=headers)
        spilled = _keep_most(columns, rows, width, headers=headers, spills=True)
        widths = spilled if len(spilled) >= len(whole) + _WORTH_SPILLING else whole
        fit = _Fit(columns[: len(widths)], widths, below, columns[len(widths) :])
    return Layout(list(_draw(fit, rows, width, headers=headers)), list(fit.left_out))


def _keep_most(
    columns: Sequence[Column], rows: list[dict[Column, Cell]], width: int | None, *, headers: bool, spills: bool = False
) -> list[int]:
    """The widths of as many columns as fit side by side, and of the first one in any case."""
    for count in range(len(columns), 0, -1):
        widths = _find_widths(columns[:count], rows, width, headers=headers, spills=spills)
        if widths:
            return widths
    return _find_widths(columns[:1], rows, None, headers=headers)


def _find_widths(
    columns: Sequence[Column],
    rows: list[dict[Column, Cell]],
    width: int | None,
    *,
    headers: bool,
    spills: bool = False,
) -> list[int]:
    """The width of each column; empty when they do not fit side by side."""
    natural = [max([_measure(column, rows, headers=headers), *_measure_texts(column, rows)]) for column in columns]
    least = [_find_least(column, rows, size, headers=headers) for column, size in zip(columns, natural, strict=True)]
    if width is None:
        return natural
    if spills:
        least = [
            size if column.is_number else min(size, max(_SPILLED, _measure(column, rows, headers=headers)))
            for column, size in zip(columns, least, strict=True)
        ]
    room = width - _GAP * (len(columns) - 1)
    if sum(least) > room:
        return []
    spare = room - sum(least)
    widths = list(least)
    # The narrowest first: who needs little gets all of it.
    waiting = sorted(range(len(columns)), key=lambda at: natural[at] - least[at])
    for count, at in enumerate(waiting):
        extra = min(natural[at] - least[at], spare // (len(waiting) - count))
        widths[at] += extra
        spare -= extra
    return widths


def _measure(column: Column, rows: list[dict[Column, Cell]], *, headers: bool) -> int:
    return cell_len(column.title) if headers else 0


def _measure_texts(column: Column, rows: list[dict[Column, Cell]]) -> Iterator[int]:
    return (cell_len(line) for row in rows for line in row[column].text.split("\n"))


def _find_least(column: Column, rows: list[dict[Column, Cell]], natural: int, *, headers: bool) -> int:
    """The least width at which no word of a column is broken, and a text can still be read."""
    if not column.may_wrap:
        return natural
    words = max((cell_len(word) for row in rows for word in row[column].text.split()), default=0)
    return max(words, min(natural, _COMFORT), _measure(column, rows, headers=headers))


def _draw(fit: _Fit, rows: list[dict[Column, Cell]], width: int | None, *, headers: bool) -> Iterator[Text]:
    if headers and fit.beside:
        titles = {column: Cell(column.title, "bold") for column in fit.beside}
        yield from _draw_row(fit, titles, width)
        yield Text(" ".join("─" * size for size in _spread(fit.widths)), "dim")
    for row in rows:
        yield from _draw_row(fit, row, width)
        for column in fit.below:
            if row[column].text:
                label = f"{column.title}: " if len(fit.below) > 1 else ""
                text = wrap(f"{label}{row[column].text}", None if width is None else max(1, width - _INDENT))
                yield from (Text(f"{' ' * _INDENT}{line}", row[column].style or "dim") for line in text)


def _spread(widths: Sequence[int]) -> list[int]:
    """The widths with a gap's first column, so that the rule has gaps of one."""
    return [size + _GAP - 1 for size in widths[:-1]] + list(widths[-1:])


def _draw_row(fit: _Fit, row: dict[Column, Cell], width: int | None) -> Iterator[Text]:
    cells = [
        [(line, row[column].style) for line in wrap(row[column].text, size)]
        for column, size in zip(fit.beside, fit.widths, strict=True)
    ]
    for line in zip_longest(*cells):
        text, start = Text(), 0
        for column, size, part in zip(fit.beside, fit.widths, line, strict=True):
            content, style = part or ("", "")
            if content:
                length = cell_len(content)
                at = start + (size - length if column.is_number else 0)
                if width is not None and at + length > width:
                    at = max(0, width - length)
                if text and cell_len(text.plain) > at - _GAP:
                    yield text
                    text = Text()
                text.append(" " * (at - cell_len(text.plain))).append(content, style)
            start += size + _GAP
        yield text


def wrap(text: str, width: int | None) -> list[str]:
    """The lines of a text, broken between words only; a word that is longer than a line has its own."""
    if width is None:
        return text.split("\n")
    lines: list[str] = []
    for paragraph in text.split("\n"):
        if cell_len(paragraph) <= width:
            lines.append(paragraph)
            continue
        line = ""
        for word in paragraph.split():
            if line and cell_len(line) + 1 + cell_len(word) > width:
                lines.append(line)
                line = word
            else:
                line = f"{line} {word}" if line else word
        lines.append(line)
    return lines
