# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Edits single values in the text of a YAML file, and leaves every other character as it is.

A library that writes the whole document anew keeps comments, but lays out indentation, blanks and long lines its own
way, so that the difference which people review would be about more than the value.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import yaml
from yaml import CollectionNode, MappingNode, Node, ScalarNode, SequenceNode

from playvisor.fleet.nodes import NAMING, TEMPLATE_MARKS, is_null

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_DEVICES = ("disks", "nics")
_SLOT = "slot"
_INDENT = 2


class CantEditError(Exception):
    """Why a value can't be written; the message ends a sentence that begins with its field."""


@dataclass(frozen=True)
class Place:
    """Where a field is, or belongs: the innermost collection, the keys that are missing in it, the node if there."""

    parent: Node
    parent_key: Node | None
    missing: tuple[str, ...]
    key: Node | None = None
    node: Node | None = None
    is_item: bool = False


def find_place(entry: tuple[Node | None, Node], segments: Sequence[str]) -> Place:
    """Where a field is in an entry, or how far its path leads there."""
    parent_key, parent = entry
    for number, segment in enumerate(segments):
        rest = tuple(segments[number:])
        if isinstance(parent, SequenceNode):
            item = next((one for one in parent.value if _get_name(one) == segment), None)
            if item is None and (not number or segments[number - 1] not in _DEVICES):
                raise CantEditError("the list does not have it yet: write it by hand")
            if item is None:
                return Place(parent, parent_key, rest, is_item=True)
            key, node = None, item
        else:
            pair = get_pair(parent, segment)
            if pair is None:
                return Place(parent, parent_key, rest)
            key, node = pair
        if number == len(segments) - 1:
            return Place(parent, parent_key, (), key, node)
        if not _is_inside(node, parent):
            raise CantEditError("it is shared by an alias: write it by hand")
        parent_key, parent = key, node
    raise CantEditError("it is no field")


def write_value(text: str, place: Place, value: Any, *, takes_out: bool = False) -> tuple[str, int]:
    """The text with a value at its place, or without it where it `takes_out` what is there, and the line of that.

    Raises CantEditError where it can't be written, or where a comment would be lost.
    """
    if takes_out and place.node is not None:
        start, end, new = _remove(text, place)
    elif place.node is not None:
        start, end, new = _replace(text, place, value)
    else:
        start, end, new = _insert(text, place, value)
    new = new.replace("\r\n", "\n").replace("\n", _find_newline(text))
    line = text.count("\n", 0, start) + 1 + (len(new) - len(new.lstrip("\r\n"))) // len(_find_newline(text))
    written = text[:start] + new + text[end:]
    _require_kept(text[start:end], text, written)
    return written, line


def _replace(text: str, place: Place, value: Any) -> tuple[int, int, str]:
    node = place.node
    if node is None or place.key is None:
        raise CantEditError("it is a whole device: write it by hand")
    if not _is_inside(node, place.parent):
        raise CantEditError("it is shared by an alias: write it by hand")
    if isinstance(node, SequenceNode) and not node.flow_style and isinstance(value, list) and value:
        return _replace_items(text, node, value)
    start, end = int(node.start_mark.index), _find_end(text, node)
    if isinstance(node, CollectionNode) and not node.flow_style:
        start = _find_value(text, place.key)
    elif start == end:
        # `key:` with nothing behind it.
        start = end = _find_value(text, place.key)
    else:
        return start, end, _dump(value)
    return start, end, f" {_dump(value)}"


def _replace_items(text: str, node: SequenceNode, value: Sequence[Any]) -> tuple[int, int, str]:
    """The lines of a list, without those of entries that are gone and with new ones below."""
    if any(not isinstance(item, ScalarNode) for item in node.value):
        raise CantEditError("it is a list of several parts: write it by hand")
    start, end = _line_start(text, node.value[0].start_mark.index), _line_end(text, _find_end(text, node))
    wanted = [str(item) for item in value]
    lines = text[start:end].split("\n")
    first = node.value[0].start_mark.line
    dash = " " * node.start_mark.column
    # The comment behind one that is gone stays.
    notes = {
        item.start_mark.line - first: text[item.end_mark.index : _line_end(text, item.end_mark.index)].strip()
        for item in node.value
        if str(item.value) not in wanted
    }
    numbered = [(notes.get(number), line) for number, line in enumerate(lines)]
    kept = [line if note is None else f"{dash}{note}" for note, line in numbered if note is None or note]
    known = {str(item.value) for item in node.value}
    new = [f"{dash}- {_dump(item)}" for item in value if str(item) not in known]
    return start, end, "\n".join([*kept, *new])


def _remove(text: str, place: Place) -> tuple[int, int, str]:
    node, key = place.node, place.key
    if node is None or key is None or not _is_inside(node, place.parent):
        raise CantEditError("it is a whole device: write it by hand")
    start, end = _line_start(text, key.start_mark.index), max(_find_end(text, node), _find_value(text, key))
    behind = text[end : _line_end(text, end)]
    is_noted = isinstance(node, ScalarNode) and behind.strip()
    if is_noted or not _is_open(place.parent) or len(place.parent.value) < 2:
        # A comment behind it stays, with a null that says what it said.
        return _replace(text, place, None)
    if text[start : key.start_mark.index].strip():
        raise CantEditError("it stands on one line with others: write it by hand")
    return start, min(_line_end(text, end) + len(_find_newline(text)), len(text)), ""


def _insert(text: str, place: Place, value: Any) -> tuple[int, int, str]:
    """The option where it belongs: at the end of what there is of the path to it."""
    parent, written = place.parent, _dump_nested(place.missing, value, is_item=place.is_item)
    if isinstance(parent, ScalarNode):
        return _fill(text, place, written)
    if not _is_open(parent):
        return _append(text, parent, written)
    if isinstance(parent, MappingNode):
        column = parent.value[0][0].start_mark.column
    else:
        column = parent.start_mark.column
        written = f"- {written}"
    at = _line_end(text, _find_end(text, parent))
    return at, at, f"\n{' ' * column}{written}"


def _fill(text: str, place: Place, written: str) -> tuple[int, int, str]:
    """Something where there was nothing."""
    node, key = place.parent, place.parent_key
    if not isinstance(node, ScalarNode):
        raise CantEditError("what it would be part of is something else")
    if key is None or node.style not in (None, "") or not is_null(node.value):
        is_template = any(mark in node.value for mark in TEMPLATE_MARKS)
        raise CantEditError(
            "a template makes what it is part of: write it by hand"
            if is_template
            else "what it would be part of is something else"
        )
    if node.value:
        # `null`, or `~`.
        return node.start_mark.index, node.end_mark.index, f"{{{written}}}"
    start = _find_value(text, key)
    at = _line_end(text, start)
    if text[start:at].strip() and not text[start:at].lstrip().startswith("#"):
        return start, start, f" {{{written}}}"
    return at, at, f"\n{' ' * (key.start_mark.column + _INDENT)}{written}"


def _append(text: str, parent: Node, written: str) -> tuple[int, int, str]:
    """One more in a collection in brackets: behind the last one, in front of comments."""
    if not parent.value:
        at = parent.start_mark.index + text[parent.start_mark.index : parent.end_mark.index].find(
            "{" if isinstance(parent, MappingNode) else "["
        )
        return at + 1, at + 1, written
    last = parent.value[-1]
    if isinstance(parent, MappingNode):
        key, value = last
        end = max(_find_end(text, value), _find_value(text, key))
    else:
        end = _find_end(text, last)
    return end, end, f", {written}"


def _is_open(node: Node) -> bool:
    """Whether a collection is written on lines of its own, and has some."""
    return isinstance(node, CollectionNode) and not node.flow_style and bool(node.value)


def _dump_nested(missing: Sequence[str], value: Any, *, is_item: bool) -> str:
    """An option on one line, with what it is nested in."""
    data = value
    for number, segment in reversed(list(enumerate(missing))):
        outer = missing[number - 1] if number else ""
        if (is_item and number == 0) or outer in _DEVICES:
            data = {_SLOT: segment, **data} if isinstance(data, Mapping) else data
            data = data if is_item and number == 0 else [data]
        else:
            data = {segment: data}
    text = _dump(data)
    return text[1:-1] if isinstance(data, Mapping) and not is_item else text


def _dump(value: Any) -> str:
    """A value on one line."""
    # Text of several lines, or with what only double quotes can say.
    style = '"' if isinstance(value, str) and not value.isprintable() else None
    text: str = yaml.safe_dump(
        [value], default_flow_style=True, default_style=style, width=float("inf"), allow_unicode=True, sort_keys=False
    )
    return text.strip()[1:-1].strip()


def require_writable(value: Any) -> None:
    parts = value if isinstance(value, list) else list(value.values()) if isinstance(value, Mapping) else [value]
    if any(isinstance(part, Mapping | list) for part in parts):
        raise CantEditError("it has several parts: write it by hand")
    if any(mark in str(part) for part in parts for mark in TEMPLATE_MARKS):
        raise CantEditError("it has the marks of a template in it, and would be one: write it by hand")


@lru_cache(maxsize=64)
def compose(text: str) -> Node | None:
    try:
        root: Node | None = yaml.compose(text, Loader=_LOADER)
    except yaml.YAMLError as error:
        raise CantEditError("the file is no YAML: write it by hand") from error
    return root


def get_pair(node: Node | None, name: str) -> tuple[Node, Node] | None:
    pairs = node.value if isinstance(node, MappingNode) else ()
    return next(((key, value) for key, value in pairs if str(key.value) == name), None)


def _get_name(node: Node) -> str | None:
    """What an element of a list is called by in paths."""
    pairs = (get_pair(node, key) for key in NAMING)
    return next((str(pair[1].value) for pair in pairs if pair and isinstance(pair[1], ScalarNode)), None)


def _is_inside(node: Node, parent: Node) -> bool:
    """Whether a node stands where its parent does; an alias leads elsewhere."""
    return bool(parent.start_mark.index <= node.start_mark.index <= parent.end_mark.index)


def _find_end(text: str, node: Node) -> int:
    """Where the text of a node ends; blank lines and comments that follow are not its own."""
    if isinstance(node, MappingNode) and _is_open(node):
        key, value = node.value[-1]
        return max(_find_end(text, value), _find_value(text, key))
    if isinstance(node, SequenceNode) and _is_open(node):
        return _find_end(text, node.value[-1])
    end = int(node.end_mark.index)
    if isinstance(node, ScalarNode) and node.style in ("|", ">"):
        # The lines that a block ends with are its own, and reach to the next key.
        return int(node.start_mark.index) + len(text[node.start_mark.index : end].rstrip())
    return end


def _find_value(text: str, key: Node) -> int:
    """Where the value of a key may begin: behind the colon, which may stand some blanks behind the key."""
    colon = re.compile(r"\s*:").match(text, key.end_mark.index)
    return colon.end() if colon else int(key.end_mark.index)


def _line_start(text: str, index: int) -> int:
    return text.rfind("\n", 0, index) + 1


def _line_end(text: str, index: int) -> int:
    end = text.find("\n", index)
    end = len(text) if end < 0 else end
    return end - 1 if text[max(index, end - 1) : end] == "\r" else end


def _require_kept(replaced: str, before: str, after: str) -> None:
    """Refuse an edit that would take a comment with it, or leave what is no YAML."""
    try:
        compose(after)
    except CantEditError as error:
        raise CantEditError("the file would be no YAML any more, or an alias names it: write it by hand") from error
    if "#" in replaced and Counter(_list_comments(before)) - Counter(_list_comments(after)):
        raise CantEditError("a comment stands in what it would replace: write it by hand")


def _list_comments(text: str) -> list[str]:
    """The comments of a file: what stands between its tokens, apart from blanks."""
    comments, end = [], 0
    for token in yaml.scan(text, Loader=_LOADER):
        comments += _split_comments(text[end : token.start_mark.index])
        end = max(end, token.end_mark.index)
        if isinstance(token, yaml.ScalarToken) and token.style in ("|", ">"):
            # A block reaches to the next token, and has no comments in it, apart from those after its mark.
            header = text[token.start_mark.index : end].partition("\n")[0]
            comments += _split_comments(header[1:])
    return [*comments, *_split_comments(text[end:])]


def _split_comments(gap: str) -> list[str]:
    return [line.partition("#")[2].strip() for line in gap.splitlines() if "#" in line]


def _find_newline(text: str) -> str:
    """How the lines of a file end."""
    return "\r\n" if "\r\n" in text else "\n"
