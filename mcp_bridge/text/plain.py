# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one cleaner: text from outside, made harmless to terminals, logs, line-based readers and models. Pure.

What could command a terminal, reorder or hide text, or be read by a model but not by a person is written as an escape
such as `\\x1b` or `\\u202e`, so that a person sees that something was there. Every way out goes through here: the
console (`playvisor/cli/console.py`), the MCP server's middleware (`mcp_bridge/mcp/server.py`), logs and exports.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

_LONGEST = 2000
# More marks than any language puts on one character; a longer run covers the lines around it.
_MOST_MARKS = 4
# What Python calls printable, though nobody sees it: fillers, joiners and variation selectors, which can carry text.
_UNSEEN = "\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef"
# The marks that stack: Latin, Cyrillic, Hebrew, Arabic, Thai, Lao, and those for symbols.
_MARKS = (
    "\u0300-\u034e\u0350-\u036f\u0483-\u0489\u0591-\u05bd\u0610-\u061a\u064b-\u065f\u0e31\u0e34-\u0e3a\u0e47-\u0e4e"
    "\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ece\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
)
# An emoji's selector, once after what can be seen, is no harm.
_EMOJI = "\ufe0e\ufe0f"
_SUSPECT = re.compile(f"[{_UNSEEN}]|[{_MARKS}]{{{_MOST_MARKS + 1},}}")
_MARK_RUN = re.compile(f"([{_MARKS}]{{{_MOST_MARKS}}})([{_MARKS}]+)")
_UNSEEN_PART = re.compile(f"(?<=[^\\s{_UNSEEN}])[{_EMOJI}]|([{_UNSEEN}])")
_SPACE = "\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"
_UNPRINTABLE = re.compile(f"[^ \n\t{_SPACE}]")


def clean(text: str) -> str:
    """Text in which everything that is not seen, or does more than being seen, is an escape; lines stay lines."""
    if text.isascii() and text.isprintable():
        return text
    text = text.replace("\r\n", "\n")
    if not text.isprintable():
        text = _UNPRINTABLE.sub(lambda match: _show(match[0]), text)
    if _SUSPECT.search(text):
        text = _UNSEEN_PART.sub(lambda match: _escape(match[1]) if match[1] else match[0], text)
        text = _MARK_RUN.sub(lambda match: match[1] + "".join(map(_escape, match[2])), text)
    return text


def is_clean(text: str) -> bool:
    """Whether nothing in a text had to be escaped."""
    return clean(text) == text


def one_line(text: str) -> str:
    """Clean text on one line, cut after 2000 characters."""
    flat = text if text.isascii() and text.isprintable() else clean(_flatten(text))
    flat = " ".join(flat.split())
    return flat if len(flat) <= _LONGEST else f"{flat[:_LONGEST]}…"


def clean_data(data: Any) -> Any:
    """Plain data (objects, lists, scalars) with every string in it clean, names too."""
    if isinstance(data, str):
        return clean(data)
    if isinstance(data, Mapping):
        return {clean(name) if isinstance(name, str) else name: clean_data(item) for name, item in data.items()}
    if isinstance(data, (list, tuple)):
        return [clean_data(item) for item in data]
    return data


def dump_json(data: Any, indent: int | None = None) -> str:
    """JSON of exactly this data, in which what `clean` would escape is written as `\\uXXXX`."""
    text = json.dumps(data, indent=indent, ensure_ascii=False)
    return text if is_clean(text) else "".join(map(_escape_in_json, text))


class CleanFormatter(logging.Formatter):
    """Formats messages of the log: clients, too, decide what stands in them."""

    def format(self, record: logging.LogRecord) -> str:
        return clean(super().format(record))


def _flatten(text: str) -> str:
    """The text with a space for everything that breaks lines."""
    return " ".join(text.splitlines())


@lru_cache(maxsize=1000)
def _show(character: str) -> str:
    return character if character.isprintable() else _escape(character)


def _escape(character: str) -> str:
    code = ord(character)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _escape_in_json(character: str) -> str:
    # Outside of strings JSON holds nothing but ASCII, and within them it has escaped control characters already.
    if character == "\n" or " " <= character < "\x7f":
        return character
    return "\\u007f" if character == "\x7f" else json.dumps(character)[1:-1]
