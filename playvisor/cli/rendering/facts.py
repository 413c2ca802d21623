# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names and values, one pair on a line; what is nested goes further in. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.cells import cell_len
from rich.text import Text

from mcp_bridge.text.plain import one_line
from playvisor.cli.rendering.columns import Cell
from playvisor.cli.rendering.layout import wrap
from playvisor.cli.rendering.values import format_value

_GAP = 2
# Longer names do not push all values to the right.
_LONGEST_NAME = 28
_INDENT = 2


def lay_out_facts(values: Mapping[str, Any], width: int | None) -> list[Text]:
    """Lay out the lines of names and values within `width`; None is as wide as they are. Empty values are left out."""
    pairs = list(_list_pairs(values, 0))
    longest = max((cell_len(name) for name, _cell in pairs if cell_len(name) <= _LONGEST_NAME), default=0)
    lines = []
    for name, cell in pairs:
        start = max(cell_len(name), longest) + _GAP
        room = None if width is None else max(1, width - start)
        first, *rest = [one_line(line) for line in wrap(cell.text, room)] or [""]
        text = (
            Text().append(one_line_label(name), "bold").append(" " * (start - cell_len(name))).append(first, cell.style)
        )
        text.rstrip()
        lines.append(text)
        lines += [Text(f"{' ' * start}{line}", cell.style) for line in rest]
    return lines


def one_line_label(name: str) -> str:
    """A name, clean and on one line, with its indentation."""
    stripped = name.lstrip(" ")
    return " " * (len(name) - len(stripped)) + one_line(stripped)


def _list_pairs(values: Mapping[str, Any], depth: int) -> Iterator[tuple[str, Cell]]:
    space = " " * (_INDENT * depth)
    for name, value in values.items():
        label = f"{space}{one_line_label(str(name))}"
        if isinstance(value, Cell):
            if value.text:
                yield label, value
        elif value in (None, "", [], {}):
            continue
        elif isinstance(value, Mapping):
            yield label, Cell("")
            yield from _list_pairs(value, depth + 1)
        elif isinstance(value, (list, tuple)) and any(isinstance(item, Mapping) for item in value):
            yield label, Cell("\n".join(format_value(item) for item in value))
        else:
            yield label, Cell(format_value(value))
