# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Prompts: procedures for common work, each a file: facts about it in YAML, a line of dashes, and its text.

A text names tools in backticks and arguments as {{name}}. A server offers those procedures whose tools it offers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from mcp_bridge.errors import UsageError
from mcp_bridge.text.plain import one_line
from mcp_bridge.text.yaml import load_yaml

_FOLDER = Path(__file__).parent
_LINE = "\n---\n"
_LONGEST = 500
# What a value of each kind looks like, and how that is told. Text is whatever fits on a line.
_LOOKS: dict[str, tuple[str, str]] = {
    "guest": (r"[A-Za-z0-9][A-Za-z0-9.-]{0,62}", "a guest's name or vmid"),
    "node": (r"[A-Za-z0-9][A-Za-z0-9-]{0,62}", "a node's name"),
    "storage": (r"[A-Za-z][A-Za-z0-9._-]{0,99}", "a storage's name"),
    "tool": (r"[a-z][a-z_]{0,63}", "a tool's name"),
    "number": (r"[1-9][0-9]{0,3}", "a whole number above 0"),
    "text": (rf".{{1,{_LONGEST}}}", f"one line of at most {_LONGEST} characters"),
}


@dataclass(frozen=True)
class Argument:
    """Something that a procedure is told: of a `kind` that says how it looks, and what completes it."""

    name: str
    kind: str
    description: str
    required: bool = False
    default: str = ""

    def checked(self, value: str) -> str:
        """The value as it is put into the text. Raises UsageError for one that can't be meant."""
        pattern, looks = _LOOKS[self.kind]
        flat = one_line(value)
        if not re.fullmatch(pattern, flat):
            raise UsageError(f"{self.name} is {value[:80]!r}.", f"It has to be {looks}.")
        return flat


@dataclass(frozen=True)
class Prompt:
    """One procedure. It needs its `tools`, and mentions the `optional` ones."""

    name: str
    title: str
    description: str
    text: str
    tools: tuple[str, ...]
    optional: tuple[str, ...]
    arguments: tuple[Argument, ...]

    def filled(self, given: Mapping[str, str]) -> str:
        """The text for these arguments. Raises UsageError for unknown, missing and wrong ones."""
        known = {argument.name: argument for argument in self.arguments}
        unknown = sorted(set(given) - set(known))
        if unknown:
            raise UsageError(f"{self.name} has no argument {unknown[0]}.", f"It takes: {', '.join(known)}.")
        values = {name: argument.default for name, argument in known.items()}
        for argument in self.arguments:
            value = given.get(argument.name, "").strip()
            if value:
                values[argument.name] = argument.checked(value)
            elif argument.required:
                raise UsageError(f"{self.name} needs {argument.name}.", f"{argument.description}.")
        # In one pass, so that what stands in a value is never taken for a place in the text.
        return re.sub(r"{{(\w+)}}", lambda place: values[place[1]], self.text)


@cache
def load() -> dict[str, Prompt]:
    """Every procedure by name."""
    return {file.stem: _read(file) for file in sorted(_FOLDER.glob("*.md"))}


def _read(file: Path) -> Prompt:
    head, text = file.read_text(encoding="utf-8").split(_LINE, 1)
    facts: dict[str, Any] = load_yaml(head)
    return Prompt(
        name=file.stem,
        title=facts["title"],
        description=facts["description"],
        text=text,
        tools=tuple(facts["tools"]),
        optional=tuple(facts.get("optional", ())),
        arguments=tuple(Argument(name, **told) for name, told in facts["arguments"].items()),
    )
