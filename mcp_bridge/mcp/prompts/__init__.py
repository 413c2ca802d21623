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
_SEPARATOR = "\n---\n"
_LONGEST_TEXT = 500
# What a value of each kind looks like, as a pattern and in words. Text is anything that fits on a line.
_PATTERNS: dict[str, tuple[str, str]] = {
    "guest": (r"[A-Za-z0-9][A-Za-z0-9.-]{0,62}", "a guest's name or vmid"),
    "node": (r"[A-Za-z0-9][A-Za-z0-9-]{0,62}", "a node's name"),
    "storage": (r"[A-Za-z][A-Za-z0-9._-]{0,99}", "a storage's name"),
    "tool": (r"[a-z][a-z_]{0,63}", "a tool's name"),
    "number": (r"[1-9][0-9]{0,3}", "a whole number above 0"),
    "text": (rf".{{1,{_LONGEST_TEXT}}}", f"one line of at most {_LONGEST_TEXT} characters"),
}


@dataclass(frozen=True)
class Argument:
    """An argument of a procedure: its `kind` says what it looks like, and what completes it."""

    name: str
    kind: str
    description: str
    required: bool = False
    default: str = ""

    def validate(self, value: str) -> str:
        """Return the value as it is filled into the text. Raises UsageError for one that does not fit the kind."""
        pattern, description = _PATTERNS[self.kind]
        text = one_line(value)
        if not re.fullmatch(pattern, text):
            raise UsageError(f"{self.name} is {value[:80]!r}.", f"It has to be {description}.")
        return text


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

    def render(self, arguments: Mapping[str, str]) -> str:
        """Render the text for these arguments. Raises UsageError for unknown, missing and wrong ones."""
        argument_by_name = {argument.name: argument for argument in self.arguments}
        unknown = sorted(set(arguments) - set(argument_by_name))
        if unknown:
            raise UsageError(f"{self.name} has no argument {unknown[0]}.", f"It takes: {', '.join(argument_by_name)}.")
        values = {name: argument.default for name, argument in argument_by_name.items()}
        for argument in self.arguments:
            value = arguments.get(argument.name, "").strip()
            if value:
                values[argument.name] = argument.validate(value)
            elif argument.required:
                raise UsageError(f"{self.name} needs {argument.name}.", f"{argument.description}.")
        # In one pass, so that a {{name}} within a value is never replaced.
        return re.sub(r"{{(\w+)}}", lambda match: values[match[1]], self.text)


@cache
def load() -> dict[str, Prompt]:
    """Load every procedure by name."""
    return {file.stem: _read_prompt(file) for file in sorted(_FOLDER.glob("*.md"))}


def _read_prompt(file: Path) -> Prompt:
    head, text = file.read_text(encoding="utf-8").split(_SEPARATOR, 1)
    facts: dict[str, Any] = load_yaml(head)
    return Prompt(
        name=file.stem,
        title=facts["title"],
        description=facts["description"],
        text=text,
        tools=tuple(facts["tools"]),
        optional=tuple(facts.get("optional", ())),
        arguments=tuple(Argument(name, **argument) for name, argument in facts["arguments"].items()),
    )
