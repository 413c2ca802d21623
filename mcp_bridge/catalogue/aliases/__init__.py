# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Aliases: the names of other servers' tools, for clients and prompts that know those. Each set is a file here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from mcp_bridge import catalogue
from mcp_bridge.catalogue import Tool
from mcp_bridge.errors import UsageError
from mcp_bridge.text.yaml import load_yaml

_FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Alias:
    """Another name of a tool, and how arguments given with it are translated."""

    name: str
    tool: str
    defaults: Mapping[str, Any] = field(default_factory=dict)
    renamed: Mapping[str, str] = field(default_factory=dict)
    contains: Mapping[str, str] = field(default_factory=dict)
    ignored: tuple[str, ...] = ()

    @property
    def target(self) -> Tool:
        """The tool that the alias calls."""
        return catalogue.load()[self.tool]

    def translate(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Translate to the tool's own arguments; unknown ones are kept, and the tool refuses them."""
        translated: dict[str, Any] = {}
        for name, value in arguments.items():
            if name in self.ignored or value is None:
                continue
            if name in self.contains:
                self._set_argument(translated, self.contains[name], f"*{value}*")
            else:
                self._set_argument(translated, self.renamed.get(name, name), value)
        return {**deepcopy(dict(self.defaults)), **translated}

    def as_tool(self) -> Tool:
        """The tool under this name, without the options that the alias presets or renames."""
        hidden = () if self.name == self.tool else (*self.defaults, *self.renamed)
        target = self.target
        kept = tuple(option for option in target.options if option not in hidden)
        return replace(target, name=self.name, options=kept)

    def _set_argument(self, arguments: dict[str, Any], path: str, value: Any) -> None:
        *above, last = path.split(".")
        schema: Mapping[str, Any] = self.target.input_schema
        for name in above:
            schema = schema.get("properties", {}).get(name, {})
            arguments = arguments.setdefault(name, {})
        # Other servers take lists as text.
        is_list_as_text = schema.get("properties", {}).get(last, {}).get("type") == "array" and isinstance(value, str)
        arguments[last] = (
            [part.strip() for part in re.split(r"[,\n]", value) if part.strip()] if is_list_as_text else value
        )


def list_sets() -> list[str]:
    """List the names of all sets."""
    return sorted(path.stem for path in _FOLDER.glob("*.yml"))


@cache
def load(name: str) -> dict[str, Alias]:
    """Load a set's aliases by name. Raises UsageError when there is no such set."""
    if name not in list_sets():
        raise UsageError(f"There are no aliases {name!r}.", f"There are: {', '.join(list_sets())}.")
    entries = load_yaml((_FOLDER / f"{name}.yml").read_text(encoding="utf-8"))
    return {
        alias: Alias(alias, **{**entry, "ignored": tuple(entry.get("ignored", ()))}) for alias, entry in entries.items()
    }
