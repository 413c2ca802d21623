# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The facts table of the API: which endpoints there are, and which one serves a path."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from pve_simulator.schema.build import SchemaBuilder
from pve_simulator.schema.model import Endpoint, Match

# Below these the rest of the path is one parameter, slashes and all: volume ids and networks have them.
_WHOLE_REST = ("/content/{volume}", "/ipset/{name}/{cidr}")


@dataclass(slots=True)
class _Node:
    template: str = ""
    children: dict[str, _Node] = field(default_factory=dict)
    parameter: str = ""
    below_parameter: _Node | None = None
    takes_rest: bool = False
    methods: dict[str, dict[str, Any]] = field(default_factory=dict)


class Facts:
    """Looks up endpoints. Made once, by `load_facts`; endpoints are built when they are first asked for."""

    def __init__(self, table: dict[str, Any]) -> None:
        self._builder = SchemaBuilder(table["schemas"])
        self._root = _Node()
        self._endpoints: dict[tuple[str, str], Endpoint] = {}
        for template, methods in table["endpoints"].items():
            self._insert(template, methods)

    def find(self, method: str, path: str) -> Match | None:
        """The endpoint for a method and a decoded path below /api2/json; None when there is none."""
        match = self._walk(path)
        if match is None:
            return None
        node, path_params = match
        if method not in node.methods:
            return None
        return Match(self._endpoint(method, node), path_params)

    def methods(self, path: str) -> frozenset[str]:
        """The methods of a path; empty when the path is unknown."""
        match = self._walk(path)
        return frozenset(match[0].methods) if match else frozenset()

    def endpoint(self, method: str, path_template: str) -> Endpoint:
        """The endpoint of a template such as /nodes/{node}/qemu; raises KeyError when there is none."""
        node: _Node | None = self._root
        for part in path_template.strip("/").split("/") if path_template.strip("/") else ():
            if node is not None:
                node = node.below_parameter if part.startswith("{") else node.children.get(part)
        if node is None or method not in node.methods or node.template != path_template:
            raise KeyError(f"{method} {path_template}")
        return self._endpoint(method, node)

    def endpoints(self) -> Iterator[Endpoint]:
        """All endpoints."""
        waiting = [self._root]
        while waiting:
            node = waiting.pop()
            for method in node.methods:
                yield self._endpoint(method, node)
            waiting.extend(node.children.values())
            if node.below_parameter is not None:
                waiting.append(node.below_parameter)

    def _insert(self, template: str, methods: dict[str, Any]) -> None:
        node = self._root
        parts = [part for part in template.split("/") if part]
        for part in parts:
            if part.startswith("{"):
                node.parameter = part[1:-1]
                node.below_parameter = node.below_parameter or _Node()
                node = node.below_parameter
            else:
                node = node.children.setdefault(part, _Node())
        node.template = template
        node.takes_rest = template.endswith(_WHOLE_REST)
        node.methods = methods

    def _walk(self, path: str) -> tuple[_Node, dict[str, str]] | None:
        node = self._root
        path_params: dict[str, str] = {}
        parts = [part for part in path.split("/") if part]
        for index, part in enumerate(parts):
            child = node.children.get(part)
            if child is None:
                child = node.below_parameter
                if child is None:
                    return None
                value = "/".join(parts[index:]) if child.takes_rest else part
                # A path parameter is \S+ to the server: "a b" names no path at all.
                if any(character.isspace() for character in value):
                    return None
                path_params[node.parameter] = value
                if child.takes_rest:
                    return child, path_params
            node = child
        return (node, path_params) if node.methods else None

    def _endpoint(self, method: str, node: _Node) -> Endpoint:
        key = (method, node.template)
        if key not in self._endpoints:
            facts = node.methods[method]
            self._endpoints[key] = Endpoint(
                method=method,
                path_template=node.template,
                parameters=self._builder.schema(facts["parameters"]),
                permissions=facts.get("permissions"),
                protected=bool(facts.get("protected")),
                proxyto=facts.get("proxyto"),
                allow_token=facts.get("allowtoken", 1) != 0,
                returns=facts.get("returns"),
            )
        return self._endpoints[key]


@cache
def load_facts() -> Facts:
    """The facts of the table that comes with the package (Proxmox VE 9.2)."""
    text = files("pve_simulator.schema").joinpath("data", "facts.json").read_text(encoding="utf-8")
    return Facts(json.loads(text))
