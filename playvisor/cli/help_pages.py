# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Help pages in which no word is broken: names of options and files can be copied from them."""

from __future__ import annotations

import re
from typing import Any

# Names that are longer have their text on the next line.
_LONGEST_NAME = 30
_GAP = 2
# What an option or argument takes, as the parser calls it.
_KIND = re.compile(r" <(?:list\[)?([\w ]+)\]?>")
_WORDS = {"int": "NUMBER", "integer": "NUMBER", "float": "NUMBER", "path": "PATH", "file": "PATH"}


def use_whole_words(command: Any) -> Any:
    """Give a command, and all below it, help pages that break lines between words only; returns the command."""
    base = command.context_class
    if not hasattr(base.formatter_class, "write_words"):
        formatter = type("WholeWords", (_WholeWords, base.formatter_class), {})
        base = type("Context", (base,), {"formatter_class": formatter})
    command.context_class = base
    # Beside others, it is cut off otherwise.
    command.short_help = command.short_help or _find_first_sentence(command.help or "")
    for inner in getattr(command, "commands", {}).values():
        use_whole_words(inner)
    return command


def _find_first_sentence(text: str) -> str:
    return re.split(r"(?<=\.)\s|\n\s*\n", text.strip(), maxsplit=1)[0]


def _say_kinds(name: str) -> str:
    """The name of an option with what it takes in words, and that of an argument without."""
    if not name.startswith("-"):
        return _KIND.sub("", name)
    return _KIND.sub(lambda found: f" {_WORDS.get(found[1].partition(' ')[0], 'TEXT')}", name)


def _say_limits(text: str) -> str:
    between = re.sub(r"\b([\d.]+)<=x<=([\d.]+)", r"\1 to \2", text)
    return re.sub(r"\bx>=([\d.]+)", r"at least \1", between)


class _WholeWords:
    """The part of a formatter of help pages that breaks lines."""

    def write_text(self: Any, text: str) -> None:
        """Write paragraphs."""
        for number, paragraph in enumerate(text.split("\n\n")):
            self.write("\n" if number else "")
            self.write_words(" ".join(paragraph.split()), self.current_indent)

    def write_dl(self: Any, rows: Any, *_limits: int) -> None:
        """Write names, each with a text beside it or, beside a long name, below it."""
        rows = [(_say_kinds(name), _say_limits(text)) for name, text in rows]
        column = self.current_indent + min(max(len(name) for name, _text in rows), _LONGEST_NAME) + _GAP
        for name, text in rows:
            start = f"{' ' * self.current_indent}{name}"
            is_long = len(start) > column - _GAP
            self.write(f"{start}\n" if is_long or not text else start.ljust(column))
            if text:
                self.write_words(" ".join(text.split()), column, is_first_started=not is_long)

    def write_words(self: Any, text: str, indent: int, *, is_first_started: bool = False) -> None:
        """Write a text between an indentation and the end of the page."""
        from playvisor.cli.rendering.layout import wrap

        for number, line in enumerate(wrap(text, max(10, self.width - indent))):
            self.write(f"{'' if is_first_started and not number else ' ' * indent}{line}\n")
