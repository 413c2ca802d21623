# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes what was found on the cluster back into the files of a fleet, with everything else in them as it is.

A value that an object's own entry has is changed where it stands. One that comes from a profile, or that a template
makes, is shared: the object gets an option of its own instead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from yaml import CollectionNode, MappingNode, Node, ScalarNode, SequenceNode

from mcp_bridge.catalogue.fleets import parse_path
from mcp_bridge.errors import PlayvisorError
from playvisor.fleet.nodes import TEMPLATE_MARKS
from playvisor.fleet.render import Rendered

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_DEVICES = ("disks", "nics")
_SLOT = "slot"
_INDENT = 2
# Of texts on lines of their own.
_BLOCK_STYLES = ("|", ">")


@dataclass(frozen=True)
class Found:
    """A field as it was found on the cluster; None where it is not there."""

    path: str
    value: Any


@dataclass(frozen=True)
class Edit:
    """A field that was written: into which file and line, and why not where its value came from, if so."""

    path: str
    value: Any
    file: str
    line: int
    note: str = ""


@dataclass(frozen=True)
class Accepted:
    """What was written, and what was left, each with the reason."""

    edits: tuple[Edit, ...]
    left: Mapping[str, str]


class _Left(Exception):
    """Why a field is not written."""


def accept_fields(rendered: Rendered, found: Iterable[Found], render: Callable[[], Rendered]) -> Accepted:
    """Write fields into the files of a rendered fleet. `render` renders them again, to see that they say so then.

    Raises PlayvisorError when they don't, or can't be written; then they are as they were.
    """
    before = {file: _read(Path(file)) for file in rendered.files}
    texts = dict(before)
    edits, left, wanted = [], {}, []
    for field in found:
        try:
            edit = _write_field(rendered, texts, field)
        except _Left as reason:
            left[field.path] = str(reason)
        else:
            edits.append(edit)
            wanted.append(field)
    changed = {file: text for file, text in texts.items() if text != before[file]}
    try:
        _write_all(changed)
        _require_accepted(render(), wanted)
    except PlayvisorError:
        _write_all({file: before[file] for file in changed})
        raise
    return Accepted(tuple(edits), left)


def _write_field(rendered: Rendered, texts: dict[str, str], field: Found) -> Edit:
    segments = parse_path(field.path)
    _require_writable(field.value)
    file, entry, depth = _find_entry(texts, segments)
    origin = rendered.origins.get(".".join(segments))
    note = ""
    if origin is not None and origin.template is not None:
        note = f"a template makes it in {origin.describe()}, which stays for others"
    elif origin is not None and origin.via.startswith("profile"):
        note = f"{origin.via} has it ({origin.describe()}), which stays for others"
    text = texts[file]
    place = _find_place(entry, segments[depth:])
    # To take away what a profile gives, there has to be a null; one's own is just taken out.
    if field.value is None and place.node is not None and not note:
        start, end, new = _remove(text, place)
    elif place.node is not None:
        start, end, new = _replace(text, place, field.value)
    else:
        start, end, new = _insert(text, place, field.value)
    texts[file] = text[:start] + new + text[end:]
    line = text.count("\n", 0, start) + 1 + (len(new) - len(new.lstrip("\n")))
    return Edit(field.path, field.value, file, line, note)


@dataclass(frozen=True)
class _Place:
    """Where a field is, or belongs: the innermost collection, the keys that are missing in it, the node if there."""

    parent: Node
    parent_key: Node | None
    missing: tuple[str, ...]
    key: Node | None = None
    node: Node | None = None
    is_item: bool = False


def _find_entry(texts: Mapping[str, str], segments: Sequence[str]) -> tuple[str, tuple[Node | None, Node], int]:
    """The file that has an object's own entry, the entry with its key, and how many segments lead to it."""
    depth = {"access": 1, "firewall": 2 if segments[1:2] == ["cluster"] else 3}.get(segments[0], 2)
    shared = ""
    for file, text in texts.items():
        node: Node | None = _compose(text, file)
        key: Node | None = None
        for segment in segments[:depth]:
            pair = _get_pair(node, segment)
            if pair is None and isinstance(node, MappingNode):
                shared = shared or _find_range(node, segment)
            key, node = pair or (None, None)
        if node is not None:
            return file, (key, node), depth
    name = ".".join(segments[:depth])
    if shared:
        raise _Left(f"{shared} is a range: give {segments[1]} an entry of its own first")
    raise _Left(f"{name} has no entry in these files")


def _find_range(node: MappingNode, name: str) -> str:
    from playvisor.fleet.names import NameProblem, expand_range

    for key, _value in node.value:
        try:
            if "{" in str(key.value) and any(one.name == name for one in expand_range(str(key.value))):
                return str(key.value)
        except NameProblem:
            continue
    return ""


def _find_place(entry: tuple[Node | None, Node], segments: Sequence[str]) -> _Place:
    """Where a field is in an entry, or how far its path leads there."""
    parent_key, parent = entry
    for number, segment in enumerate(segments):
        rest = tuple(segments[number:])
        if isinstance(parent, SequenceNode):
            item = next((one for one in parent.value if _get_slot(one) == segment), None)
            if item is None:
                return _Place(parent, parent_key, rest, is_item=True)
            key, node = None, item
        else:
            pair = _get_pair(parent, segment)
            if pair is None:
                return _Place(parent, parent_key, rest)
            key, node = pair
        if number == len(segments) - 1:
            return _Place(parent, parent_key, (), key, node)
        if not _is_inside(node, parent):
            raise _Left("it is shared by an alias: write it by hand")
        parent_key, parent = key, node
    raise _Left("it is no field")


def _replace(text: str, place: _Place, value: Any) -> tuple[int, int, str]:
    node = place.node
    if node is None or place.key is None:
        raise _Left("it is a whole device: write it by hand")
    if not _is_inside(node, place.parent):
        raise _Left("it is shared by an alias: write it by hand")
    if isinstance(node, SequenceNode) and not node.flow_style and isinstance(value, list) and value:
        return _replace_items(text, node, value)
    if isinstance(node, ScalarNode | SequenceNode) and (isinstance(node, ScalarNode) or node.flow_style):
        if node.start_mark.index == node.end_mark.index:
            # `key:` with nothing behind it.
            return place.key.end_mark.index + 1, place.key.end_mark.index + 1, f" {_dump(value)}"
        return node.start_mark.index, _find_end(text, node), _dump(value)
    return place.key.end_mark.index + 1, _find_end(text, node), f" {_dump(value)}"


def _replace_items(text: str, node: SequenceNode, value: Sequence[Any]) -> tuple[int, int, str]:
    """The lines of a list, without those of entries that are gone and with new ones below."""
    if any(not isinstance(item, ScalarNode) for item in node.value):
        raise _Left("it is a list of several parts: write it by hand")
    start, end = _line_start(text, node.value[0].start_mark.index), _line_end(text, _find_end(text, node))
    wanted = [str(item) for item in value]
    lines = text[start:end].split("\n")
    first = node.value[0].start_mark.line
    gone = {item.start_mark.line - first for item in node.value if str(item.value) not in wanted}
    kept = [line for number, line in enumerate(lines) if number not in gone]
    known = {str(item.value) for item in node.value}
    dash = " " * node.start_mark.column
    new = [f"{dash}- {_dump(item)}" for item in value if str(item) not in known]
    return start, end, "\n".join([*kept, *new])


def _remove(text: str, place: _Place) -> tuple[int, int, str]:
    node, key = place.node, place.key
    if node is None or key is None or not _is_inside(node, place.parent):
        raise _Left("it is a whole device: write it by hand")
    if not _is_open(place.parent) or len(place.parent.value) < 2:
        return node.start_mark.index, max(_find_end(text, node), node.start_mark.index), _dump(None)
    start, end = (
        _line_start(text, key.start_mark.index),
        _line_end(text, max(_find_end(text, node), key.end_mark.index)),
    )
    if text[start : key.start_mark.index].strip():
        raise _Left("it stands on one line with others: write it by hand")
    return start, min(end + 1, len(text)), ""


def _insert(text: str, place: _Place, value: Any) -> tuple[int, int, str]:
    """The option where it belongs: at the end of what there is of the path to it."""
    parent, written = place.parent, _dump_nested(place.missing, value, is_item=place.is_item)
    if isinstance(parent, ScalarNode):
        if parent.value.strip() or place.parent_key is None:
            raise _Left("what it would be part of is something else")
        column = place.parent_key.start_mark.column + _INDENT
        at = place.parent_key.end_mark.index + 1
        return at, _find_end(text, parent), f"\n{' ' * column}{written}"
    if not _is_open(parent):
        end = parent.end_mark.index - 1
        inside = text[parent.start_mark.index + 1 : end].strip()
        comma = "" if not inside or inside.endswith(",") else ", "
        at = parent.start_mark.index + 1 + len(text[parent.start_mark.index + 1 : end].rstrip())
        return at, at, f"{comma}{written}"
    column = parent.value[0].start_mark.column if not isinstance(parent, MappingNode) else None
    if isinstance(parent, MappingNode):
        column = parent.value[0][0].start_mark.column
    else:
        column = parent.start_mark.column
        written = f"- {written}"
    at = _line_end(text, _find_end(text, parent))
    return at, at, f"\n{' ' * (column or 0)}{written}"


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
    text: str = yaml.safe_dump(
        [value], default_flow_style=True, width=float("inf"), allow_unicode=True, sort_keys=False
    )
    return text.strip()[1:-1]


def _require_writable(value: Any) -> None:
    parts = value if isinstance(value, list) else list(value.values()) if isinstance(value, Mapping) else [value]
    if any(isinstance(part, Mapping | list) for part in parts):
        raise _Left("it has several parts: write it by hand")
    if any(mark in str(part) for part in parts for mark in TEMPLATE_MARKS):
        raise _Left("it has the marks of a template in it, and would be one: write it by hand")


def _compose(text: str, file: str) -> Node | None:
    try:
        root: Node | None = yaml.compose(text, Loader=_LOADER)
    except yaml.YAMLError as error:
        raise PlayvisorError(f"{file} can't be read: {error}.") from error
    return root


def _get_pair(node: Node | None, name: str) -> tuple[Node, Node] | None:
    pairs = node.value if isinstance(node, MappingNode) else ()
    return next(((key, value) for key, value in pairs if str(key.value) == name), None)


def _get_slot(node: Node) -> str | None:
    pair = _get_pair(node, _SLOT)
    return str(pair[1].value) if pair else None


def _is_inside(node: Node, parent: Node) -> bool:
    """Whether a node stands where its parent does; an alias leads elsewhere."""
    return bool(parent.start_mark.index <= node.start_mark.index <= parent.end_mark.index)


def _find_end(text: str, node: Node) -> int:
    """Where the text of a node ends; blank lines and comments that follow are not its own."""
    if isinstance(node, MappingNode) and _is_open(node):
        key, value = node.value[-1]
        return max(_find_end(text, value), int(key.end_mark.index) + 1)
    if isinstance(node, SequenceNode) and _is_open(node):
        return _find_end(text, node.value[-1])
    if isinstance(node, ScalarNode) and node.style in _BLOCK_STYLES:
        # It reaches to the next line that is something else.
        return len(text[: node.end_mark.index].rstrip())
    return int(node.end_mark.index)


def _line_start(text: str, index: int) -> int:
    return text.rfind("\n", 0, index) + 1


def _line_end(text: str, index: int) -> int:
    end = text.find("\n", index)
    return len(text) if end < 0 else end


def _require_accepted(rendered: Rendered, wanted: Iterable[Found]) -> None:
    """Raise PlayvisorError unless the files say what was to be written."""
    for field in wanted:
        value: Any = rendered.document
        for segment in parse_path(field.path):
            if isinstance(value, list):
                value = next((one for one in value if str(one.get(_SLOT)) == segment), None)
            else:
                value = value.get(segment) if isinstance(value, Mapping) else None
        if value != field.value and str(value) != str(field.value):
            raise PlayvisorError(
                f"{field.path} would be {value!r} in these files, not {field.value!r}. They are as they were.",
                "Write it by hand.",
            )


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8")
    except (OSError, UnicodeError) as error:
        raise PlayvisorError(f"{path} can't be read: {error}.") from error


def _write_all(texts: Mapping[str, str]) -> None:
    for file, text in texts.items():
        path = Path(file)
        draft = path.with_name(f".{path.name}.draft")
        try:
            draft.write_bytes(text.encode())
            draft.chmod(path.stat().st_mode & 0o777)
            draft.replace(path)
        except OSError as error:
            raise PlayvisorError(f"{path} can't be written: {error.strerror}.") from error
        finally:
            draft.unlink(missing_ok=True)
