# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads YAML with the place of every value, as it is written: what `no` or `0755` means is for its option to say.

It stands on the events of libyaml: they keep the text and the quotes of a value, and a fleet of ten thousand guests is
read in a second.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from playvisor.fleet.disk import DISK, Disk
from playvisor.fleet.nodes import DEEPEST, MOST_VALUES, TEMPLATE_MARKS, Node, Source, is_null, join_path
from playvisor.fleet.problems import Problems

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
MOST_BYTES = 32 * 2**20
_TAGS = frozenset(f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "null", "map", "seq"))

_HINTS = {
    "found character that cannot start any token": "A text that begins with @, % or ` needs quotes.",
    "found unexpected end of stream": "Close the quotes and brackets that are open.",
    "found unknown escape character": "In double quotes a backslash is \\\\; in single quotes it stands for itself.",
}
_RANGE = re.compile(r"\{[0-9]+\.\.[0-9]+\}")
_QUOTE_TEMPLATES = "Put a text with {{ in quotes."


class _Unreadable(Exception):
    """The rest of a file can't be read."""


def read_file(path: Path, problems: Problems, *, name: str = "", via: str = "", disk: Disk = DISK) -> Node | None:
    """The document in a file; None for one without any, or when it can't be read at all, which is a problem."""
    source = Source(name or str(path), via)
    text = _read(path, source, problems, disk)
    if text is None:
        problems.is_incomplete = True
        return None
    return read_text(text, source, problems)


def _read(path: Path, source: Source, problems: Problems, disk: Disk) -> str | None:
    try:
        raw = disk.read(path, MOST_BYTES + 1)
    except OSError as error:
        hint = "Let it be a file that can be read."
        if isinstance(error, (FileNotFoundError, NotADirectoryError)):
            hint = "Look at its name." if source.via else "Name the file of the fleet, or the folder of its files."
        problems.add_at(source.name, 0, 0, "", f"It can't be read: {error.strerror}.", hint)
        return None
    if len(raw) > MOST_BYTES:
        message = f"It has more than {MOST_BYTES >> 20} MiB."
        problems.add_at(source.name, 0, 0, "", message, "Split it into a folder of files.")
        return None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start]
        line = before.count(b"\n") + 1
        column = error.start - (before.rfind(b"\n") + 1) + 1
        problems.add_at(source.name, line, column, "", "It is not UTF-8 here.", "Save it as UTF-8.")
        return None


def read_text(text: str, source: Source, problems: Problems) -> Node | None:
    """The document in a text."""
    loader = None
    try:
        loader = _LOADER(text)
        return _Builder(source, problems).build(iter(loader.get_event, None))
    except _Unreadable:
        pass
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line, mark.column) if mark else (0, 0)
        lines = text.splitlines()
        row = lines[line] if line < len(lines) else ""
        message = f"It is no YAML: {', '.join(filter(None, [error.context, error.problem]))}."
        hint = _HINTS.get(str(error.problem), "Look at indentation, quotes and brackets, here and in the line above.")
        if "\t" in row[: len(row) - len(row.lstrip())] or row[column : column + 1] == "\t":
            message, hint = "A tab stands where YAML wants spaces.", "Indent with spaces."
        elif _RANGE.search(row):
            hint = 'A range inside of { } needs quotes: {"web-{01..12}": …}.'
        elif "{{" in row:
            hint = _QUOTE_TEMPLATES
        elif "mapping values are not allowed" in message:
            hint = "A text with a colon and a space in it needs quotes; keys need the indentation of their neighbours."
        problems.add_at(source.name, line + 1, column + 1, "", message, hint)
    except yaml.YAMLError as error:
        # A character that YAML forbids: PyYAML tells its index.
        position = getattr(error, "position", 0)
        line = text.count("\n", 0, position) + 1
        column = position - text.rfind("\n", 0, position)
        problems.add_at(
            source.name, line, column, "", "A control character stands here.", 'Remove it, or write it as "\\u…".'
        )
    finally:
        if loader is not None:
            loader.dispose()
    problems.is_incomplete = True
    return None


class _Builder:
    """Makes nodes of events."""

    def __init__(self, source: Source, problems: Problems) -> None:
        self._source = source
        self._problems = problems
        # Anchors with the values that they stand for; None while one is not complete.
        self._anchors: dict[str, tuple[Node, int] | None] = {}
        self._documents = 0
        # Mappings with a key that is no text.
        self._refused: dict[int, Node] = {}

    def build(self, events: Iterable[Any]) -> Node | None:
        """The one document, in which every problem is noted."""
        # Of each collection that is open: its node, the key that waits for a value, how many values it has, its anchor,
        # and the keys that << has brought.
        stack: list[list[Any]] = []
        root: Node | None = None
        for event in events:
            kind = type(event)
            if kind is yaml.ScalarEvent:
                node, size = self._make_scalar(event), 1
            elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
                self._open(event, stack)
                continue
            elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
                node, _key, size, anchor, _merged = stack.pop()
                if node.value == {} and self._refused.get(id(node)):
                    # `cores: {{ x }}` is a mapping whose key is a mapping: nothing more is to be said of it.
                    node.value = None
                if anchor:
                    self._anchors[anchor] = (node, size)
            elif kind is yaml.AliasEvent:
                node, size = self._follow(event)
            else:
                if kind is yaml.DocumentStartEvent:
                    self._start_document(event)
                continue
            if kind is yaml.ScalarEvent and event.anchor:
                self._anchors[event.anchor] = (node, 1)
            if stack:
                self._place(stack, node, size, event)
            else:
                root = node
        # An empty text has a document with nothing in it, or none.
        return None if root is None or (root.value is None and root.is_plain) else root

    def _start_document(self, event: Any) -> None:
        self._documents += 1
        if self._documents > 1:
            mark = event.start_mark
            self._stop(mark, "A second document begins here.", "Put it into a file of its own, in a folder.")

    def _stop(self, mark: Any, message: str, hint: str) -> None:
        self._problems.add_at(self._source.name, mark.line + 1, mark.column + 1, "", message, hint)
        raise _Unreadable

    def _make_scalar(self, event: Any) -> Node:
        text = event.value
        mark = event.start_mark
        is_plain = event.style in (None, "") and event.tag != "tag:yaml.org,2002:str"
        if event.tag:
            is_plain = is_plain or event.tag != "tag:yaml.org,2002:str"
            self._check_tag(event)
        is_dynamic = "{" in text and any(mark in text for mark in TEMPLATE_MARKS)
        value = None if is_plain and is_null(text) else text
        return Node(value, self._source, mark.line + 1, mark.column + 1, is_plain=is_plain, is_dynamic=is_dynamic)

    def _check_tag(self, event: Any) -> None:
        if event.tag and event.tag not in _TAGS and event.tag != "!":
            mark = event.start_mark
            self._problems.add_at(
                self._source.name,
                mark.line + 1,
                mark.column + 1,
                "",
                # A secret that is not quoted may look like one.
                "This tag means nothing in a fleet.",
                "Write the value itself, without a tag.",
            )

    def _open(self, event: Any, stack: list[list[Any]]) -> None:
        mark = event.start_mark
        if len(stack) >= DEEPEST:
            self._stop(mark, f"Values are nested more than {DEEPEST} deep.", "Nothing in a fleet is.")
        self._check_tag(event)
        is_mapping = isinstance(event, yaml.MappingStartEvent)
        node = Node({} if is_mapping else [], self._source, mark.line + 1, mark.column + 1)
        if event.anchor:
            self._anchors[event.anchor] = None
        stack.append([node, None, 1, event.anchor, set()])

    def _follow(self, event: Any) -> tuple[Node, int]:
        target = self._anchors.get(event.anchor, ())
        if target is None:
            self._stop(event.start_mark, "The alias stands inside of what it stands for.", "Write it out.")
        if not target:
            self._stop(
                event.start_mark,
                "There is no anchor of this name above.",
                "Define it first, or quote the text if it begins with *.",
            )
        node, size = target  # type: ignore[misc]
        return node, size

    def _place(self, stack: list[list[Any]], node: Node, size: int, event: Any) -> None:
        """Put a node into the collection that is open."""
        frame = stack[-1]
        parent, key, _size, _anchor, _merged = frame
        frame[2] += size
        if frame[2] > MOST_VALUES:
            self._stop(
                event.start_mark,
                f"There are more than {MOST_VALUES} values, counting what aliases stand for.",
                "Split the fleet, or use profiles in place of aliases.",
            )
        if isinstance(parent.value, list):
            parent.value.append(node)
            parent.is_dynamic = parent.is_dynamic or node.is_dynamic
        elif key is None:
            self._check_key(node)
            frame[1] = node
        else:
            if isinstance(key.value, dict | list) or (key.value is None and not key.is_plain):
                self._refused[id(parent)] = parent
            else:
                self._put(parent, key, node, stack)
            frame[1] = None

    def _check_key(self, node: Node) -> None:
        if isinstance(node.value, dict | list):
            self._problems.add(
                node, "", "A key is no text.", "A text that begins with { or [, as templates do, needs quotes."
            )
        elif node.is_dynamic:
            self._problems.add(
                node, "", "A key can't be a template.", "Ranges such as web-{01..12} make many guests of one entry."
            )

    def _put(self, parent: Node, key: Node, node: Node, stack: list[list[Any]]) -> None:
        mapping: dict[str, Node] = parent.value
        merged: set[str] = stack[-1][4]
        if key.is_plain and key.value == "<<":
            self._merge(parent, key, node, merged)
            return
        name = "" if key.value is None else str(key.value)
        place = (key.line, key.column)
        former = mapping.get(name)
        # What came by << stands elsewhere, and gives way.
        if former is not None and former.key is not None and name not in merged:
            self._problems.add_at(
                self._source.name,
                *place,
                _render_path(stack),
                f"{name or '~'} stands here a second time; the first is in line {former.key[0]}.",
                "Put both together.",
            )
            return
        if node.key is not None and node.key != place:
            # An alias: the same value under another key.
            node = node.copy(node.value)
        node.key = place
        merged.discard(name)
        mapping[name] = node
        parent.is_dynamic = parent.is_dynamic or node.is_dynamic

    def _merge(self, parent: Node, key: Node, node: Node, merged: set[str]) -> None:
        """Take in what `<<` names: what the mapping has itself wins, and what is named earlier."""
        sources = node.value if isinstance(node.value, list) else [node]
        for source in sources:
            if not isinstance(source.value, dict):
                self._problems.add(key, "", "<< names no mapping.", "Write <<: *anchor, or <<: [*one, *other].")
                continue
            new = {name: item for name, item in source.value.items() if name not in parent.value}
            merged.update(new)
            parent.value.update(new)
            parent.is_dynamic = parent.is_dynamic or source.is_dynamic


def _render_path(stack: list[list[Any]]) -> str:
    """The path of the key that is at its value."""
    path = ""
    for _node, key, *_rest in stack:
        path = path if key is None else join_path(path, "~" if key.value is None else key.value)
    return path
