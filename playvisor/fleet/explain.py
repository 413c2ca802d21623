# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Says where the values of a fleet come from: profile, values file and line, and what they were given in place of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mcp_bridge.errors import UsageError
from playvisor.fleet.nodes import Node, find_node, join_path, list_parts, read_data, walk
from playvisor.fleet.problems import suggest
from playvisor.fleet.render import Rendered
from playvisor.fleet.shape import ANY, Shape, read_shape
from playvisor.fleet.templates import find_names

_SECRET = "********"  # noqa: S105


def explain_values(fleet: Rendered, path: str) -> list[dict[str, Any]]:
    """Each value at or below a path such as `web-01.memory` or `pools.prod`, with where it comes from.

    `template` is what the value was made from, with the `values` that are named in it; `overrides` is what it was given
    in place of, the nearest first. Raises UsageError for a path where there is nothing.
    """
    full, node = _find(fleet, path)
    return [_explain(fleet, place, leaf) for place, leaf in walk(node, full) if leaf.value is not None or leaf.below]


def _find(fleet: Rendered, path: str) -> tuple[str, Node]:
    for full in (path, f"guests.{path}"):
        node = find_node(fleet.tree, full)
        if node is not None and full:
            return full, node
    above, _dot, last = path.rpartition(".")
    parent = find_node(fleet.tree, f"guests.{above}" if above else "guests") or find_node(fleet.tree, above)
    known = list(parent.value) if parent is not None and isinstance(parent.value, dict) else []
    where = f"{above} has" if above else "The fleet has"
    raise UsageError(f"{where} no {last}.", suggest(last, known) or "Write NAME.OPTION, such as web-01.memory.")


def _explain(fleet: Rendered, path: str, node: Node) -> dict[str, Any]:
    shape = _find_shape(fleet, path)
    return {
        "path": path,
        **_describe(node, shape),
        "values": [_describe_value(name, found) for name, found in _find_values(fleet, node.template)],
        "overrides": [_describe(below, shape) for below in _list_below(node)],
    }


def _find_shape(fleet: Rendered, path: str) -> Shape:
    """The shape at a path, by which secrets are known."""
    shape, node, rest = read_shape(), fleet.tree, path
    while rest:
        part = next(
            (
                (name, item, written)
                for name, item in list_parts(node)
                for written in (name, join_path("", name))
                if rest == written or rest.startswith(f"{written}.")
            ),
            None,
        )
        if part is None:
            return ANY
        name, node, written = part
        shape = (shape.each if shape.kind == "list" else shape.find(name)) or ANY
        rest = rest[len(written) + 1 :]
    return shape


def _describe(node: Node, shape: Shape) -> dict[str, Any]:
    origin = node.origin
    value = read_data(node)
    return {
        "value": _SECRET if shape.is_secret and value is not None else value,
        "from": origin.via,
        "file": origin.file,
        "line": origin.line,
        "column": origin.column,
        "template": origin.template,
    }


def _describe_value(name: str, node: Node) -> dict[str, Any]:
    return {
        "name": name,
        **_describe(node, ANY),
        "overrides": [_describe(below, ANY) for below in _list_below(node)],
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
