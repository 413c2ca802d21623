# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where in the files of a fleet stands what a result speaks of. Pure."""

from __future__ import annotations

from typing import Any

from mcp_bridge.result import Result
from playvisor.fleet.nodes import find_node
from playvisor.fleet.render import Origin, Rendered


def find_origin(rendered: Rendered, path: str) -> Origin | None:
    """Where the value at a path stands, or else what it is part of."""
    # In results, names with dots stand in quotes.
    plain = path.replace('"', "")
    while plain:
        origin = rendered.origins.get(plain)
        if origin is not None and origin.line:
            return origin
        plain = plain.rpartition(".")[0]
    return None


def find_entry(rendered: Rendered, path: str) -> tuple[str, int] | None:
    """File and line of the key of an object, or of where it stands otherwise."""
    node = find_node(rendered.tree, path)
    if node is not None and node.key:
        return node.source.name, node.key[0]
    origin = find_origin(rendered, path)
    return (origin.file, origin.line) if origin else None


def with_places(result: Result, rendered: Rendered) -> Result:
    """The result with file and line of what its failure names, and of each conflict."""
    failure = result.failure
    if failure and failure.fields:
        places = {path: find_origin(rendered, path) for path in failure.fields}
        named = {path: f"{origin.describe()}: {failure.fields[path]}" for path, origin in places.items() if origin}
        first = next((f"{origin.describe()}: " for origin in places.values() if origin), "")
        failure = failure.model_copy(
            update={"fields": {**failure.fields, **named}, "message": f"{first}{failure.message}"}
        )
    conflicts: list[dict[str, Any]] = [
        {**conflict, **_describe_place(rendered, conflict["path"])} for conflict in result.data.get("conflicts") or ()
    ]
    return result.model_copy(update={"failure": failure, **({"conflicts": conflicts} if conflicts else {})})


def _describe_place(rendered: Rendered, path: str) -> dict[str, str]:
    origin = find_origin(rendered, path)
    return {"place": origin.describe()} if origin else {}
