# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The secrets of a plain document: the options that modules declare as such. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from playvisor.fleet.nodes import Node, Source, join_path, list_parts, make_node, read_data
from playvisor.fleet.shape import ANY, Shape, read_shape


def leave_out_secrets(document: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """The document without its secrets, which then are not managed, and the paths of those that were left out."""
    root = make_node(document, Node({}, Source("document")))
    left: list[str] = []
    kept = _leave_out(root, read_shape(is_authored=False), "", left)
    return kept if left else dict(document), left


def _leave_out(node: Node, shape: Shape, path: str, left: list[str]) -> Any:
    if not isinstance(node.value, dict | list):
        return read_data(node)
    kept = []
    for name, item in list_parts(node):
        inner = (shape.each if shape.kind == "list" else shape.find(name)) or ANY
        if inner.is_secret and item.value is not None:
            left.append(join_path(path, name))
        else:
            kept.append((name, _leave_out(item, inner, join_path(path, name), left)))
    return dict(kept) if isinstance(node.value, dict) else [value for _name, value in kept]
