# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Values with their places: what files are read into, merged as, and traced back by."""

from __future__ import annotations

import bisect
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

TEMPLATE_MARKS = ("{{", "{%", "{#")

_NULLS = frozenset(["", "~", "null", "Null", "NULL"])
_TRUE = frozenset(["true", "True", "TRUE"])
_FALSE = frozenset(["false", "False", "FALSE"])
# YAML 1.2, except that a number with leading zeros stays the text that it is: 0755 is a mode, 007 an id.
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|(0|[1-9][0-9]*)(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
NAMING = ("slot", "interface", "key", "name", "cidr", "role", "group", "user", "token", "path")
"""What an element of a list is called by in paths: the first of these keys that it has."""
# Python refuses longer ones, and Proxmox VE has none.
_LONGEST_NUMBER = 300
# How far values may be inside of each other: functions that go through them call themselves.
DEEPEST = 50
MOST_VALUES = 2_000_000


class TooDeepError(Exception):
    """Values are nested more than `DEEPEST` deep."""


@dataclass(frozen=True)
class Origin:
    """Where a value stands, and as part of what: `guest`, `profile web`, `values staging`, `--set`."""

    file: str
    line: int
    column: int
    via: str
    # The template that the value was made from, as it stands there.
    template: str | None = None

    def describe(self) -> str:
        """The place as editors write it."""
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


@dataclass
class Source:
    """A file, or what else values come from; `sections` are the places where its parts begin, with their names."""

    name: str
    via: str = ""
    sections: list[tuple[tuple[int, int], str]] = field(default_factory=list)

    def find_section(self, line: int, column: int) -> str:
        """What a place is a part of."""
        index = bisect.bisect_right(self.sections, (line, column), key=lambda section: section[0])
        return self.sections[index - 1][1] if index else self.via


class Node:
    """A value at a place; a mapping has nodes by keys, a list has nodes. Never changed after it was read."""

    __slots__ = ("below", "column", "is_dynamic", "is_plain", "key", "line", "source", "template", "value")

    def __init__(
        self,
        value: Any,
        source: Source,
        line: int = 0,
        column: int = 0,
        *,
        is_plain: bool = False,
        is_dynamic: bool = False,
        key: tuple[int, int] | None = None,
        below: Node | None = None,
        template: str | None = None,
    ) -> None:
        self.value = value
        self.source = source
        self.line = line
        self.column = column
        # Text without quotes, which means what its option's type makes of it.
        self.is_plain = is_plain
        # Holds a template.
        self.is_dynamic = is_dynamic
        # The place of the key that it stands under.
        self.key = key
        # What it was given in place of.
        self.below = below
        self.template = template

    def copy(self, value: Any, *, below: Node | None = None, template: str | None = None) -> Node:
        """The same place with another value."""
        return Node(
            value,
            self.source,
            self.line,
            self.column,
            is_plain=self.is_plain,
            is_dynamic=self.is_dynamic,
            key=self.key,
            below=below or self.below,
            template=template or self.template,
        )

    @property
    def origin(self) -> Origin:
        """Where the value stands."""
        via = self.source.find_section(self.line, self.column)
        return Origin(self.source.name, self.line, self.column, via, self.template)


def make_node(data: Any, place: Node, *, template: str | None = None, depth: int = 0) -> Node:
    """Nodes of data that has no places of its own, all at one place. Nothing in them is a template.

    Raises TooDeepError."""
    if depth > DEEPEST:
        raise TooDeepError
    if isinstance(data, Mapping):
        value: Any = {
            str(key): make_node(item, place, template=template, depth=depth + 1) for key, item in data.items()
        }
    elif isinstance(data, list | tuple):
        value = [make_node(item, place, template=template, depth=depth + 1) for item in data]
    else:
        value = data
    return Node(value, place.source, place.line, place.column, key=place.key, template=template)


def read_data(node: Node) -> Any:
    """The data of nodes without a shape: plain text means what YAML 1.2 says."""
    value = node.value
    if isinstance(value, dict):
        return {key: read_data(item) for key, item in value.items()}
    if isinstance(value, list):
        return [read_data(item) for item in value]
    return resolve_plain(value) if node.is_plain and value is not None else value


def count_values(node: Node) -> int:
    """How many values there are in a node, with itself."""
    if isinstance(node.value, dict):
        return 1 + sum(map(count_values, node.value.values()))
    return 1 + sum(map(count_values, node.value)) if isinstance(node.value, list) else 1


def is_encodable(text: str) -> bool:
    """Whether a text can be written: what stood for bytes that are none, or half a character, can't."""
    return text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text)


def is_null(text: str) -> bool:
    """Whether plain text means that there is nothing."""
    return text in _NULLS


def resolve_plain(text: str) -> Any:
    """What plain text means where no type says it."""
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    if text in _NULLS:
        return None
    number = parse_number(text)
    return text if number is None else number


def parse_number(text: str) -> int | float | None:
    """The number that a text is by YAML 1.2, or None."""
    if len(text) > _LONGEST_NUMBER:
        return None
    if _INTEGER.fullmatch(text):
        return int(text, 0) if text[:2] in ("0o", "0x") else int(text)
    number = float(text) if _FLOAT.fullmatch(text) else math.inf
    return number if math.isfinite(number) else None


def join_path(path: str, key: str | int) -> str:
    """The path of a part. A name with a dot in it stands in quotes."""
    name = f'"{key}"' if "." in str(key) else str(key)
    return f"{path}.{name}" if path else name


def name_elements(elements: list[Node]) -> Iterator[tuple[str, Node]]:
    """The elements of a list, by what they are called in paths: their slot, name or the like, or else their number."""
    for number, element in enumerate(elements):
        mapping = element.value if isinstance(element.value, dict) else {}
        named = (mapping[key].value for key in NAMING if key in mapping)
        yield (
            str(next((name for name in named if name is not None and not isinstance(name, dict | list)), number)),
            element,
        )


def list_parts(node: Node) -> list[tuple[str, Node]]:
    """The parts of a mapping or a list, by their names."""
    if isinstance(node.value, dict):
        return list(node.value.items())
    return list(name_elements(node.value)) if isinstance(node.value, list) else []


def walk(node: Node, path: str = "") -> Iterator[tuple[str, Node]]:
    """All values of a tree with their paths, apart from mappings and lists that hold others."""
    parts = list_parts(node)
    for name, item in parts:
        yield from walk(item, join_path(path, name))
    if not parts:
        yield path, node


def trace_path(node: Node, path: str) -> list[tuple[str, Node]] | None:
    """The way down to a path, each name with its node; None where there is nothing.

    Names with dots may also be written without quotes."""
    if not path:
        return []
    for name, rest in _split_path(path):
        if isinstance(node.value, dict):
            item = node.value.get(name)
        else:
            item = next((each for called, each in list_parts(node) if called == name), None)
        way = trace_path(item, rest) if item is not None else None
        if item is not None and way is not None:
            return [(name, item), *way]
    return None


def _split_path(path: str) -> Iterator[tuple[str, str]]:
    """Each first part that a path may have, with the rest, the shortest first."""
    if path.startswith('"') and '"' in path[1:]:
        name, _quote, rest = path[1:].partition('"')
        if not rest or rest.startswith("."):
            yield name, rest[1:]
    dot = path.find(".")
    while dot >= 0:
        yield path[:dot], path[dot + 1 :]
        dot = path.find(".", dot + 1)
    yield path, ""


def find_node(node: Node, path: str) -> Node | None:
    """The node at a path."""
    way = trace_path(node, path)
    return None if way is None else way[-1][1] if way else node
