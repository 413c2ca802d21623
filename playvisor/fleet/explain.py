# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Says where the values of a fleet come from: profile, values file and line, and what they were given in place of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from mcp_bridge.errors import UsageError
from playvisor.fleet.convert import Converter
from playvisor.fleet.nodes import Node, find_node, join_path, list_parts, read_data, trace_path, walk
from playvisor.fleet.problems import Problems, suggest
from playvisor.fleet.render import Rendered
from playvisor.fleet.shape import ANY, Shape, read_shape
from playvisor.fleet.templates import find_names

_SECRET = "********"  # noqa: S105


def explain_values(fleet: Rendered, path: str) -> list[dict[str, Any]]:
    """Each value at or below a path such as `web-01.memory` or `pools.prod`, with where it comes from.

    `template` is what the value was made from, with the `values` that are named in it; `overrides` is what it was given
    in place of, the nearest first. Raises UsageError for a path where there is nothing.
    """
    return [_explain(fleet, place) for place in _list_paths(fleet, path)]


def find_paths(fleet: Rendered, file: str, line: int) -> list[str]:
    """The paths of the values that come from a line of a file, or else of the smallest part that begins there."""
    found = [path for path, node in walk(fleet.tree) if path and _comes_from(fleet, node, file, line)]
    return found or _find_parts(fleet.tree, file, line, "")[-1:]


def _comes_from(fleet: Rendered, node: Node, file: str, line: int) -> bool:
    named = (value for _name, value in _find_values(fleet, node.template))
    return any(_stands_at(one, file, line) for one in (node, *_list_below(node), *named))


def _stands_at(node: Node, file: str, line: int) -> bool:
    return node.source.name == file and line in (node.line, node.key[0] if node.key else 0)


def _find_parts(node: Node, file: str, line: int, path: str) -> list[str]:
    """The paths of the mappings and lists whose keys stand there, the outermost first."""
    parts = []
    for name, inner in list_parts(node):
        place = join_path(path, name)
        parts += [place] if isinstance(inner.value, dict | list) and _stands_at(inner, file, line) else []
        parts += _find_parts(inner, file, line, place)
    return parts


def _list_paths(fleet: Rendered, path: str) -> list[str]:
    way = trace_path(fleet.tree, path)
    if way is None:
        way = trace_path(fleet.tree, f"guests.{path}")
    if way is None:
        above, _dot, last = path.rpartition(".")
        parent = find_node(fleet.tree, f"guests.{above}" if above else "guests") or find_node(fleet.tree, above)
        known = [name for name, _node in list_parts(parent)] if parent else []
        hint = suggest(last, known) or "Write NAME.OPTION, such as web-01.memory."
        raise UsageError(f"{above or 'The fleet'} has no {last}.", hint)
    full = ""
    for name, _node in way:
        full = join_path(full, name)
    leaves = walk(way[-1][1], full) if way else walk(fleet.tree)
    return [place for place, node in leaves if node.value is not None or node.below]


def _explain(fleet: Rendered, path: str) -> dict[str, Any]:
    shape = read_shape()
    node = fleet.tree
    for name, inner in trace_path(fleet.tree, path) or ():
        shape = (shape.each if shape.kind == "list" else shape.find(name)) or ANY
        node = inner
    return {
        "path": path,
        **_describe(node, shape),
        "values": [_describe_value(name, found, shape) for name, found in _find_values(fleet, node.template)],
        "overrides": [_describe(below, shape) for below in _list_below(node)],
    }


def _describe(node: Node, shape: Shape) -> dict[str, Any]:
    origin = node.origin
    # As the plain document has it, where it is no template that was never filled.
    value = Converter(Problems(), is_written=False).convert(node, shape, "")
    value = read_data(node) if value is None else value
    return {
        "value": _mask(value, shape),
        "from": origin.via,
        "file": origin.file,
        "line": origin.line,
        "column": origin.column,
        "template": origin.template,
    }


def _mask(data: Any, shape: Shape) -> Any:
    """The data without the secrets in it."""
    if shape.is_secret and data is not None:
        return _SECRET
    if isinstance(data, dict):
        return {key: _mask(value, shape.find(key) or ANY) for key, value in data.items()}
    return [_mask(value, shape.each or ANY) for value in data] if isinstance(data, list) else data


def _describe_value(name: str, node: Node, wanted: Shape) -> dict[str, Any]:
    """A value that a template of an option names; for a secret option it is one, too."""
    shape = replace(ANY, is_secret=wanted.is_secret)
    return {
        "name": name,
        **_describe(node, shape),
        "overrides": [_describe(below, shape) for below in _list_below(node)],
    }


def _find_values(fleet: Rendered, template: str | None) -> Iterator[tuple[str, Node]]:
    for name in find_names(template) if template else ():
        node = find_node(fleet.values, name)
        if node is not None:
            yield name, node


def _list_below(node: Node) -> Iterator[Node]:
    while node.below is not None:
        node = node.below
        yield node
