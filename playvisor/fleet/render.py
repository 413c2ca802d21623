# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Renders a fleet: from the files of its authors, or from a document handed over, to the plain document."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from playvisor.fleet import values as layers
from playvisor.fleet.disk import DISK, Disk
from playvisor.fleet.expand import expand_node, make_root
from playvisor.fleet.nodes import Node, Origin, Source, find_node, read_data, walk
from playvisor.fleet.problems import FleetError, Problem, Problems
from playvisor.fleet.reading import read_file
from playvisor.fleet.shape import read_shape
from playvisor.fleet.templates import Templates

__all__ = ["FleetError", "Origin", "Problem", "Rendered", "expand_document", "render_fleet"]

# What the files of a section are called by in origins.
_SINGULAR = {
    "guests": "guest",
    "profiles": "profile",
    "pools": "pool",
    "storages": "storage",
    "backup_jobs": "backup job",
    "ha_rules": "HA rule",
}


@dataclass(frozen=True)
class Rendered:
    """The plain document, where each of its values comes from (by paths such as `guests.web-01.cores`), its files."""

    document: dict[str, Any]
    origins: Mapping[str, Origin]
    files: tuple[str, ...]
    tree: Node = field(repr=False, compare=False)
    values: Node = field(repr=False, compare=False)
    root: Node = field(repr=False, compare=False)
    used_profiles: frozenset[str] = frozenset()
    # Of the files, those in which the fleet itself stands, without values.
    sources: tuple[str, ...] = ()


class _Origins(Mapping[str, Origin]):
    """The origins of a tree's values, which are looked up when somebody asks."""

    def __init__(self, tree: Node) -> None:
        self._tree = tree

    @cached_property
    def _paths(self) -> dict[str, Node]:
        return {path: node for path, node in walk(self._tree) if path and node.value is not None}

    def __getitem__(self, path: str) -> Origin:
        node = find_node(self._tree, path)
        if node is None or not path:
            raise KeyError(path)
        return node.origin

    def __iter__(self) -> Iterator[str]:
        return iter(self._paths)

    def __len__(self) -> int:
        return len(self._paths)


def render_fleet(
    source: Path,
    *,
    environment: str | None = None,
    values_files: Sequence[Path] = (),
    sets: Sequence[str] = (),
    disk: Disk = DISK,
) -> Rendered:
    """The plain document of a file, or of a folder of files. Raises FleetError with everything that is wrong."""
    problems = Problems()
    with _without_collecting():
        files = list_files(source, problems, disk)
        roots = [(file, read_file(file, problems, disk=disk)) for file in files]
        root = _merge_files([(file, node) for file, node in roots if node is not None], source, problems)
        folder = source if source.is_dir() else source.parent
        values, read = layers.read_values(
            folder, problems, environment=environment, files=values_files, sets=sets, disk=disk
        )
        expanded = expand_node(root, read_data(values), problems, templates=Templates())
        problems.require_none()
    names = tuple(str(file) for file in [*files, *read])
    tree = expanded.tree
    used = frozenset(expanded.used_profiles)
    sources = tuple(str(file) for file in files)
    return Rendered(expanded.document, _Origins(tree), names, tree, values, root, used, sources)


def expand_document(data: Mapping[str, Any]) -> Rendered:
    """The plain document of one that somebody hands over: profiles and ranges are expanded, nothing is a template.

    Raises FleetError with everything that is wrong."""
    problems = Problems()
    with _without_collecting():
        root = make_root(data, problems)
        problems.require_none()
        expanded = expand_node(root, {}, problems, templates=None)
        problems.require_none()
    tree = expanded.tree
    return Rendered(
        expanded.document, _Origins(tree), (), tree, Node({}, Source("values")), root, frozenset(expanded.used_profiles)
    )


def list_files(source: Path, problems: Problems, disk: Disk = DISK) -> list[Path]:
    """The files of a fleet: the one that is named, or all YAML files of a folder apart from values and hidden ones."""
    if not source.is_dir():
        return [source]

    def refuse(error: OSError) -> None:
        problems.is_incomplete = True
        problems.add_at(str(error.filename), 0, 0, "", f"It can't be read: {error.strerror}.", "Let it be readable.")

    files = []
    for path in sorted(disk.walk(source, refuse)):
        if not layers.is_yaml(path) or _is_left_out(path.relative_to(source)):
            continue
        if disk.is_file(path):
            files.append(path)
        else:
            # Guests in a file that is not there would be taken for guests that are in none.
            problems.is_incomplete = True
            message = "It is no file." if path.exists() else "It is a link that leads nowhere."
            problems.add_at(str(path), 0, 0, "", message, "Remove it, or put the file there.")
    if not files and not problems.is_incomplete:
        problems.is_incomplete = True
        problems.add_at(str(source), 0, 0, "", "There is no YAML file in this folder.", "Write a fleet.yml.")
    return files


def _is_left_out(path: Path) -> bool:
    return path.parts[0] in (layers.FOLDER, *layers.FILES) or any(part.startswith(".") for part in path.parts)


def _merge_files(roots: Sequence[tuple[Path, Node]], source: Path, problems: Problems) -> Node:
    """One document of all files: each object stands in one of them."""
    merged = Node({}, Source(str(source)))
    if roots:
        merged = Node({}, Source(roots[0][1].source.name), 1, 1)
    if not roots and not problems.is_incomplete:
        problems.is_incomplete = True
        problems.add_at(str(source), 0, 0, "", "The fleet is empty.", "Begin with fleet: NAME and guests:.")
    for _file, root in roots:
        if not isinstance(root.value, dict):
            problems.is_incomplete = True
            problems.add(root, "", "A fleet is a mapping of keys and values.", "Begin with fleet: NAME and guests:.")
            continue
        _name_sections(root)
        merged.is_dynamic = merged.is_dynamic or root.is_dynamic
        for section, node in root.value.items():
            former = merged.value.get(section)
            merged.value[section] = node if former is None else _merge_section(section, former, node, problems)
    return merged


def _merge_section(section: str, former: Node, node: Node, problems: Problems) -> Node:
    shape = read_shape().find(section)
    is_mapping = shape is not None and shape.kind == "dict"
    if not is_mapping or not isinstance(former.value, dict) or not isinstance(node.value, dict):
        if former.value != node.value:
            problems.add(node, section, f"{section} stands in {former.origin.describe()}, too.", "Keep one of them.")
        return former
    merged = former.copy(dict(former.value))
    merged.is_dynamic = former.is_dynamic or node.is_dynamic
    for name, item in node.value.items():
        first = former.value.get(name)
        if first is None:
            merged.value[name] = item
            continue
        line, _column = first.key or (first.line, first.column)
        problems.add(
            item,
            f"{section}.{name}",
            f"{name} stands in {first.source.name}:{line}, too.",
            "Keep one of them, or move what they share into a profile.",
            at_key=True,
        )
    return merged


def _name_sections(root: Node) -> None:
    """Note which part of a file begins where."""
    sections = []
    for section, node in root.value.items():
        sections.append((node.key or (node.line, node.column), _SINGULAR.get(section, section)))
        if section == "profiles" and isinstance(node.value, dict):
            sections += [(item.key or (item.line, item.column), f"profile {name}") for name, item in node.value.items()]
    root.source.sections = sorted(sections)


@contextmanager
def _without_collecting() -> Iterator[None]:
    """Have no garbage looked for among the millions of small objects that are made here, none of which is any."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
