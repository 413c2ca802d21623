# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter C(lines): what an info module found, in lines that a person can read."""

from __future__ import annotations

DOCUMENTATION = r"""
name: lines
short_description: Write what an info module found in lines for people
version_added: 0.1.0
author:
  - Playvisor contributors (@playvisor)
description:
  - Makes a list of lines of the result of an info module of this collection, with a table for each list in it.
  - Sizes have units, times are local, and columns in which nothing stands are left out.
options:
  _input:
    description: The result of a module, as C(register) keeps it.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Read the guests
  playvisor.proxmox.pve_guest_info:
  register: found

- name: Print them
  ansible.builtin.debug:
    msg: "{{ found | playvisor.proxmox.lines }}"
"""

RETURN = r"""
_value:
  description: The lines.
  type: list
  elements: str
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

# What every result has; Ansible prints it anyway.
_OF_EVERY_RESULT = ("changed", "failed", "warnings", "deprecations", "invocation", "ansible_facts")
_SIZES = ("mem", "maxmem", "disk", "maxdisk", "size", "used", "free", "total")
_TIMES = ("time", "ctime", "snaptime", "starttime", "endtime", "next_run", "expire")
_UNITS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")


def write_lines(result: Mapping[str, Any]) -> list[str]:
    """The lines of a result: its summary objects as names and values, its lists as tables."""
    lines: list[str] = []
    for name, value in result.items():
        if name.startswith("_") or name in _OF_EVERY_RESULT:
            continue
        lines += ["", f"{name}:"] if lines else [f"{name}:"]
        if isinstance(value, Mapping):
            lines += [f"  {inner}: {text}" for inner, text in _list_pairs(value)]
        elif isinstance(value, Sequence) and value and all(isinstance(item, Mapping) for item in value):
            lines += [f"  {line}" for line in _write_table([dict(_list_pairs(item)) for item in value])]
        else:
            lines.append(f"  {_write_value(name, value) or 'none'}")
    return lines


def _list_pairs(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """The names and texts of an object; what is nested has the outer name before its own."""
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _list_pairs(value, f"{prefix}{name}.")
        else:
            is_count = name == "total" and "used" not in values
            text = _write_value("" if is_count else name, value)
            if text:
                yield f"{prefix}{name}", text


def _write_table(rows: list[dict[str, str]]) -> list[str]:
    columns = list(dict.fromkeys(name for row in rows for name in row))
    if not columns:
        return ["none"]
    table = [columns, *([row.get(column, "") for column in columns] for row in rows)]
    widths = [max(len(line[at]) for line in table) for at in range(len(columns))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in table]


def _write_value(name: str, value: Any) -> str:
    if value is None or value == "" or value == []:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (int, float)) and name in _SIZES:
        return _write_size(value)
    if isinstance(value, (int, float)) and name == "cpu":
        return f"{value:.0%}"
    if isinstance(value, (int, float)) and name == "uptime":
        return f"{value // 86400} d {value % 86400 // 3600} h {value % 3600 // 60} min" if value else ""
    if name == "used_percent":
        return f"{value} %"
    if name == "expire" and value == 0:
        return "never"
    if isinstance(value, (int, float)) and value and name in _TIMES:
        return datetime.fromtimestamp(value).strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ("; " if isinstance(value[0], Mapping) else ", ").join(_write_item(item) for item in value)
    return " ".join(str(value).split())


def _write_item(item: Any) -> str:
    if isinstance(item, Mapping):
        return " ".join(f"{name}={text}" for name, text in _list_pairs(item))
    return _write_value("", item)


def _write_size(number: float) -> str:
    power = 0
    while number >= 1024 and power < len(_UNITS) - 1:
        number, power = number / 1024, power + 1
    return f"{number:.1f} {_UNITS[power]}" if power else f"{number:.0f} B"


class FilterModule:
    """The filters of this file, as Ansible looks for them."""

    def filters(self) -> dict[str, Any]:
        return {"lines": write_lines}
