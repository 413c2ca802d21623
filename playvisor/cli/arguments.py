# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The arguments of a tool's command: words that name guests, and an option for everything else in its schema. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mcp_bridge.catalogue import Tool
from mcp_bridge.errors import UsageError
from playvisor.cli import parsing

GUESTS = ("guests",)
# What the command line has in its own way: rows are sorted by any column.
_OF_EVERY_COMMAND = ("check", "sort")
_GLOB = re.compile(r"[*?\[]")


@dataclass(frozen=True)
class ToolArgument:
    """An argument or option of a command: its path in the tool's arguments, its schema, and its flag.

    Without a flag it is a positional word. Of the words that name guests there may be several (`may_be_several`); a
    single one may become the tool's vmid or name (`may_be_single`).
    """

    path: tuple[str, ...]
    schema: Mapping[str, Any]
    flag: str | None
    required: bool = False
    may_be_several: bool = False
    may_be_single: bool = True

    @property
    def python_name(self) -> str:
        """Name of the function's parameter."""
        return "__".join(self.path)

    @property
    def metavar(self) -> str | None:
        """How help shows the value; None where the type says enough."""
        if self.path == GUESTS:
            return "GUEST"
        if self.flag is None:
            return self.path[-1].upper()
        items = self.schema.get("items", self.schema)
        if self.schema["type"] in ("array", "object"):
            return "NAME=VALUE,…" if items["type"] == "object" else "VALUE,…"
        if self.schema.get("enum"):
            return "CHOICE"
        return {"integer": "NUMBER", "number": "NUMBER", "string": "TEXT"}.get(self.schema["type"])

    def store(self, value: Any, arguments: dict[str, Any]) -> None:
        """Store a value in the arguments. Raises UsageError when guests are named both by id and by name."""
        if self.path == GUESTS:
            self._store_guests([value] if isinstance(value, str) else list(value), arguments)
            return
        for name in self.path[:-1]:
            arguments = arguments.setdefault(name, {})
        if isinstance(value, (list, tuple)):
            value = self._join_values(value)
        arguments[self.path[-1]] = value

    def _store_guests(self, words: list[str], arguments: dict[str, Any]) -> None:
        """A single guest becomes vmid or name; several guests, or a pattern, become part of the selection.

        A comma separates several, as in every list; none stands in a name.
        """
        if self.may_be_several:
            words = [part for word in words for part in word.split(",") if part]
        ids = [int(word) for word in words if word.isdecimal()]
        if ids and len(ids) < len(words):
            raise UsageError("Guests are named both by id and by name.", "Give either ids or names.")
        is_single = self.may_be_single and len(words) == 1 and "guests" not in arguments
        if is_single and not (self.may_be_several and _GLOB.search(words[0])):
            arguments.update({"vmid": ids[0]} if ids else {"name": words[0]})
        else:
            arguments.setdefault("guests", {}).update({"vmids": ids} if ids else {"names": words})

    def _join_values(self, texts: Sequence[str]) -> Any:
        """One value from an option that was repeated: lists and objects are joined; of others the last one counts."""
        parts = [parsing.parse_value(text, self.schema) for text in texts]
        if len(parts) > 1 and all(isinstance(part, list) for part in parts):
            return [item for part in parts for item in part]
        if len(parts) > 1 and all(isinstance(part, dict) for part in parts):
            return {name: item for part in parts for name, item in part.items()}
        return parts[-1]

    def render_words(self, arguments: Mapping[str, Any]) -> list[str]:
        """The words of a command line that stand for this argument's value."""
        if self.path == GUESTS:
            selection = arguments.get("guests") or {}
            guests = [
                arguments.get("vmid"),
                arguments.get("name"),
                *selection.get("vmids", ()),
                *selection.get("names", ()),
            ]
            return [str(word) for word in guests if word is not None]
        value: Any = arguments
        for name in self.path:
            value = value.get(name) if isinstance(value, Mapping) else None
        if value is None:
            return []
        if self.flag is None:
            return [_format_value(value)]
        if isinstance(value, bool):
            return [self._make_switch(value)]
        if isinstance(value, list) and value and isinstance(value[0], Mapping):
            return [word for item in value for word in (self.flag, _format_value(item))]
        return [self.flag, _format_value(value)]

    def render_default(self) -> str:
        """The schema's default as help shows it: for a switch the flag that says the same, else the value."""
        default = self.schema["default"]
        return self._make_switch(default) if isinstance(default, bool) else _format_value(default)

    def _make_switch(self, value: bool) -> str:
        return str(self.flag) if value else f"--no-{str(self.flag)[2:]}"


def list_arguments(tool: Tool) -> list[ToolArgument]:
    """Every argument of the tool's command, positional words first."""
    properties = dict(tool.input_schema["properties"])
    for name in _OF_EVERY_COMMAND:
        properties.pop(name, None)
    required = tool.input_schema.get("required", ())
    takes: list[ToolArgument] = []
    names_guests = "guests" in properties or "vmid" in tool.needs_one_of
    if names_guests:
        takes.append(_make_guest_argument(tool, properties))
    for name, schema in properties.items():
        # Where no words name guests, the arguments that nobody does without are words.
        is_word = not names_guests and name in (*required, *tool.defaults) and schema["type"] in ("string", "integer")
        if schema["type"] == "object" and schema.get("properties"):
            takes += _list_inner_arguments(name, schema)
        else:
            takes.append(ToolArgument((name,), schema, None if is_word else _make_flag(name), name in required))
    own = {argument.flag for argument in takes if len(argument.path) == 1}
    # What the tool itself calls so decides over what a selection of guests calls so.
    chosen = [argument for argument in takes if len(argument.path) == 1 or argument.flag not in own]
    return sorted(chosen, key=lambda argument: argument.flag is not None)


def collect_arguments(pairs: Iterable[tuple[ToolArgument, Any]]) -> dict[str, Any]:
    """The tool's arguments from the values given. Raises UsageError when guests are named both by id and by name."""
    arguments: dict[str, Any] = {}
    # Whether a word is a single guest or part of a selection depends on the rest of the selection, so guests come last.
    for argument, value in sorted(pairs, key=lambda pair: pair[0].path == GUESTS):
        if value not in (None, [], ()):
            argument.store(value, arguments)
    return arguments


def _make_guest_argument(tool: Tool, properties: dict[str, Any]) -> ToolArgument:
    """The argument for the words that name guests; takes the options that it replaces out of `properties`."""
    several, alone = "guests" in properties, "vmid" in properties
    description = "Ids, names, or patterns such as 'web-*'." if several else "Its id or name."
    properties.pop("vmid", None)
    properties.pop("name", None)
    if several:
        selection = dict(properties["guests"]["properties"])
        selection.pop("vmids", None)
        selection.pop("names", None)
        properties["guests"] = {**properties["guests"], "properties": selection}
    required = not several and bool(tool.needs_one_of)
    return ToolArgument(GUESTS, {"type": "string", "description": description}, None, required, several, alone)


def _list_inner_arguments(name: str, schema: Mapping[str, Any]) -> Iterator[ToolArgument]:
    """An option for each part of an object; the parts of a guest selection get no prefix."""
    for inner, part in schema["properties"].items():
        flag = _make_flag(inner.removesuffix("s") if inner == "tags" else inner)
        yield ToolArgument((name, inner), part, flag if name == "guests" else _make_flag(f"{name}_{inner}"))


def _make_flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _format_value(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list) and not any(isinstance(item, (Mapping, list)) for item in value):
        return ",".join(map(_format_value, value))
    if isinstance(value, Mapping) and not any(isinstance(item, (Mapping, list)) for item in value.values()):
        return ",".join(f"{name}={_format_value(item)}" for name, item in value.items())
    return json.dumps(value)
