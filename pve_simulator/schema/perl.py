# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Perl habits that texts and patterns of the schema rely on."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

_FLAG_GROUP = re.compile(r"\(\?\^([a-z]*):")
_NUMBER = re.compile(r"^[+-]?(\d+\.\d+|\d+\.|\.\d+|\d+)([eE][+-]?\d+)?$")
_INTEGER = re.compile(r"^[+-]?\d+$")
_LIST_SEPARATOR = re.compile(r"[,;\s\0]+")


@cache
def compile_pattern(pattern: str) -> re.Pattern[str]:
    """Compile a pattern of the schema, to be used with `.search`: the server writes m/^$pattern$/.

    Stringified `(?^i:...)` sets exactly its own flags, whatever the group around it has. As there, the
    anchors bind to the first and last alternative only.
    """

    def flags(match: re.Match[str]) -> str:
        return "(?i:" if "i" in match.group(1) else "(?-i:"

    converted = _FLAG_GROUP.sub(flags, pattern).replace(r"\z", r"\Z")
    # In image references an empty separator adds nothing but exponential time.
    converted = converted.replace("|[-]*)", "|[-]+)")
    return re.compile(f"^{converted}$")


def is_number(text: str) -> bool:
    """Whether Perl's schema code takes a text for a number: 1, 1.5, .5, 1e3."""
    return _NUMBER.search(text) is not None


def is_integer(text: str) -> bool:
    """Whether Perl's schema code takes a text for an integer."""
    return _INTEGER.search(text) is not None


def to_number(text: str) -> int | float:
    """A number's value, an int where nothing is lost."""
    return int(text) if _INTEGER.search(text) else float(text)


def to_text(value: Any) -> str:
    """A scalar as Perl sees it: booleans are 1 and 0, whole floats have no fraction."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float):
        return f"{value:.15g}"
    return str(value)


def split_list(text: str) -> list[str]:
    """Split at commas, semicolons, white space and NUL, as every list parameter is; empty text has none.

    A list with NUL in it is split at NUL alone (PVE::Tools::split_list).
    """
    if "\0" in text:
        return [item for item in text.split("\0") if item]
    return [item for item in _LIST_SEPARATOR.split(text) if item]


def ref_name(value: Any) -> str:
    """What Perl calls the kind of a structured value."""
    return "ARRAY" if isinstance(value, list) else "HASH"
