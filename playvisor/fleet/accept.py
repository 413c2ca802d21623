# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes what was found on the cluster back into the files of a fleet, with everything else in them as it is.

A value that an object's own entry has is changed where it stands. One that comes from a profile, or that a template
makes, is shared: the object gets an option of its own instead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from yaml import MappingNode, Node

from mcp_bridge.catalogue.fleets import parse_path, render_path
from mcp_bridge.errors import PlayvisorError
from playvisor.fleet.disk import DISK, Disk
from playvisor.fleet.edits import CantEditError, compose, find_place, get_pair, require_writable, write_value
from playvisor.fleet.nodes import NAMING
from playvisor.fleet.reading import MOST_BYTES
from playvisor.fleet.render import FleetError, Rendered


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


class _NotAcceptedError(PlayvisorError):
    """The files would not say what was to be written, or something else as well."""


def accept_fields(
    rendered: Rendered, found: Iterable[Found], render: Callable[[], Rendered], disk: Disk = DISK
) -> Accepted:
    """Write fields into the files of a rendered fleet. `render` renders them again, to see that they say so then.

    A field is left, and the files are as they were, where they would not, or where anything else would change as well.
    Raises PlayvisorError when the files are others than those that were rendered.
    """
    before = {file: _read(Path(file), disk) for file in rendered.sources}
    if render().document != rendered.document:
        raise PlayvisorError("The files of the fleet have changed meanwhile.", "Do it again.")
    fields = list(found)
    try:
        return _accept_together(rendered, before, fields, render, disk)
    except (FleetError, _NotAcceptedError) as error:
        if len(fields) == 1:
            return Accepted((), {fields[0].path: _describe(error)})
    # What can't be written keeps nothing else from it.
    done: list[Found] = []
    edits: list[Edit] = []
    left: dict[str, str] = {}
    for field in fields:
        now = {file: _read(Path(file), disk) for file in rendered.sources}
        try:
            accepted = _accept_together(rendered, now, [field], render, disk, done)
        except (FleetError, _NotAcceptedError) as error:
            left[field.path] = _describe(error)
            continue
        edits += accepted.edits
        left |= accepted.left
        done += [field] if accepted.edits else []
    return Accepted(tuple(edits), left)


def _describe(error: PlayvisorError) -> str:
    return f"{error.message.rstrip('.')}: write it by hand"


def _accept_together(
    rendered: Rendered,
    before: Mapping[str, str],
    fields: Iterable[Found],
    render: Callable[[], Rendered],
    disk: Disk,
    done: Iterable[Found] = (),
) -> Accepted:
    """Write fields besides those that are done. Raises PlayvisorError when the files would not say so then."""
    texts = dict(before)
    edits, left, wanted = [], {}, list(done)
    for field in fields:
        try:
            edit, file, text = _write_field(rendered, texts, field)
        except CantEditError as reason:
            left[field.path] = str(reason)
        else:
            texts[file] = text
            edits.append(edit)
            wanted.append(field)
    changed = {file: text for file, text in texts.items() if text != before[file]}
    try:
        disk.write(changed)
        _require_accepted(rendered.document, render().document, wanted)
    except PlayvisorError:
        disk.write({file: before[file] for file in changed})
        raise
    return Accepted(tuple(edits), left)


def _write_field(rendered: Rendered, texts: Mapping[str, str], field: Found) -> tuple[Edit, str, str]:
    segments = parse_path(field.path)
    if not segments:
        raise CantEditError("it is no field")
    require_writable(field.value)
    file, entry, depth = _find_entry(texts, segments)
    origin = rendered.origins.get(".".join(segments))
    note = ""
    if origin is not None and origin.template is not None:
        note = f"a template makes it in {origin.describe()}, which stays for others"
    elif origin is not None and origin.via.startswith("profile"):
        note = f"{origin.via} has it ({origin.describe()}), which stays for others"
    text = texts[file]
    place = find_place(entry, segments[depth:])
    # To take away what a profile gives, there has to be a null; one's own is just taken out.
    written, line = write_value(text, place, field.value, takes_out=field.value is None and not note)
    return Edit(field.path, field.value, file, line, note), file, written


def _find_entry(texts: Mapping[str, str], segments: Sequence[str]) -> tuple[str, tuple[Node | None, Node], int]:
    """The file that has an object's own entry, the entry with its key, and how many segments lead to it."""
    depth = {"access": 1, "firewall": 2 if segments[1:2] == ["cluster"] else 3}.get(segments[0], 2)
    shared = ""
    for file, text in texts.items():
        node: Node | None = compose(text)
        key: Node | None = None
        for segment in segments[:depth]:
            pair = get_pair(node, segment)
            if pair is None and isinstance(node, MappingNode):
                shared = shared or _find_range(node, segment)
            key, node = pair or (None, None)
        if node is not None:
            return file, (key, node), depth
    name = ".".join(segments[:depth])
    if shared:
        raise CantEditError(f"{shared} is a range: give {segments[1]} an entry of its own first")
    raise CantEditError(f"{name} has no entry in these files")


def _find_range(node: MappingNode, name: str) -> str:
    from playvisor.fleet.names import NameProblem, expand_range

    for key, _value in node.value:
        try:
            if "{" in str(key.value) and any(one.name == name for one in expand_range(str(key.value))):
                return str(key.value)
        except NameProblem:
            continue
    return ""


def _require_accepted(before: Any, after: Any, wanted: Iterable[Found]) -> None:
    """Raise PlayvisorError unless a document says what was to be written, and nothing else has changed."""
    fields = {tuple(parse_path(field.path)): field for field in wanted}
    for segments, field in fields.items():
        value: Any = after
        for segment in segments:
            value = _get_part(value, segment)
        if value != field.value and str(value) != str(field.value) and not (value is None and field.value == {}):
            raise _NotAcceptedError(
                f"it would be {value!r} in these files, not {field.value!r}",
            )
    others = [path for path in _find_changes(before, after, ()) if not _is_about(path, fields)]
    if others:
        raise _NotAcceptedError(f"{render_path(*others[0])} would change as well")


def _get_part(value: Any, segment: str) -> Any:
    if isinstance(value, list):
        return next((one for one in value if _name_data(one) == segment), None)
    return value.get(segment) if isinstance(value, Mapping) else None


def _name_data(value: Any) -> str | None:
    names = (value.get(key) for key in NAMING) if isinstance(value, Mapping) else ()
    return next((str(name) for name in names if name is not None), None)


def _is_about(path: tuple[str, ...], fields: Iterable[tuple[str, ...]]) -> bool:
    """Whether a path is that of a field, below it, or what it is the only thing in."""
    return any(path[: len(field)] == field or field[: len(path)] == path for field in fields)


def _find_changes(before: Any, after: Any, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """The paths of what differs in two documents."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        names = [str(name) for name in dict.fromkeys([*before, *after])]
    elif _has_names(before) and _has_names(after):
        names = [str(_name_data(one)) for one in (*before, *after)]
    else:
        if before != after:
            yield path
        return
    for name in dict.fromkeys(names):
        yield from _find_changes(_get_part(before, name), _get_part(after, name), (*path, name))


def _has_names(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and None not in map(_name_data, value)


def _read(path: Path, disk: Disk) -> str:
    try:
        return disk.read(path, MOST_BYTES).decode("utf-8-sig")
    except (OSError, UnicodeError) as error:
        raise PlayvisorError(f"{path} can't be read: {error}.") from error
