# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stacks profiles, and merges what is given later over what was given before. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from playvisor.fleet.nodes import Node
from playvisor.fleet.problems import Problems
from playvisor.fleet.shape import ANY, Shape

PROFILES = "profiles"

_DEEPEST_STACK = 50
_MOST_WAYS = 2_000_000


def merge_nodes(lower: Node, upper: Node, shape: Shape) -> Node:
    """What is given later over what was given before.

    Mappings are merged key by key, lists whose elements have slots are merged slot by slot, and everything else is
    replaced. The nodes remember what they replace.
    """
    if isinstance(lower.value, dict) and isinstance(upper.value, dict):
        value: Any = dict(lower.value)
        for key, item in upper.value.items():
            value[key] = merge_nodes(value[key], item, shape.find(key) or ANY) if key in value else item
    elif shape.by and isinstance(lower.value, list) and isinstance(upper.value, list):
        value = _merge_slots(lower.value, upper.value, shape)
    else:
        return upper.copy(upper.value, below=lower)
    merged = upper.copy(value)
    merged.is_dynamic = lower.is_dynamic or upper.is_dynamic
    return merged


def _merge_slots(lower: list[Node], upper: list[Node], shape: Shape) -> list[Node]:
    merged = list(lower)
    slots = {_get_slot(node, shape.by): index for index, node in enumerate(merged)}
    for node in upper:
        slot = _get_slot(node, shape.by)
        if slot is not None and slot in slots:
            index = slots[slot]
            merged[index] = merge_nodes(merged[index], node, shape.each or ANY)
        else:
            slots[slot] = len(merged)
            merged.append(node)
    return merged


def _get_slot(node: Node, key: str) -> str | None:
    slot = node.value.get(key) if isinstance(node.value, dict) else None
    return None if slot is None or isinstance(slot.value, dict | list) else str(slot.value)


class Profiles:
    """The profiles of a fleet."""

    def __init__(self, nodes: Mapping[str, Node], shape: Shape, problems: Problems) -> None:
        # One without options is one all the same.
        filled = {name: node.copy({}) if node.value is None else node for name, node in nodes.items()}
        self._nodes = {name: node for name, node in filled.items() if isinstance(node.value, dict)}
        self._wrong = filled.keys() - self._nodes.keys()
        self._shape = shape
        self._problems = problems
        self._stacks: dict[tuple[str, ...], Node | None] = {}
        self._lists: dict[str, list[str]] = {}
        self._circles: set[frozenset[str]] = set()
        self._ways_left = _MOST_WAYS
        self.used: set[str] = set()

    def check(self) -> None:
        """Find the profiles that stand on unknown ones, or on themselves."""
        for name in self._nodes:
            self._list_below(name, ())

    def merge(self, entry: Node, named: list[Node], path: str) -> Node:
        """An entry over the profiles that it names; later ones over earlier ones."""
        references = [(node, f"{path}.{PROFILES}") for node in named]
        names = self._list_stack(references, ())
        self.used.update(names)
        stack = self._merge_stack(tuple(names))
        return merge_nodes(stack, entry, self._shape) if stack else entry

    def _merge_stack(self, names: tuple[str, ...]) -> Node | None:
        if names not in self._stacks:
            merged: Node | None = None
            for name in names:
                merged = merge_nodes(merged, self._nodes[name], self._shape) if merged else self._nodes[name]
            self._stacks[names] = merged
        return self._stacks[names]

    def _list_named(self, node: Node, path: str) -> list[tuple[Node, str]]:
        named = node.value.get(PROFILES)
        if named is None:
            return []
        if named.is_dynamic:
            hint = "Guests may choose their profiles by templates."
            self._problems.add(named, f"{path}.{PROFILES}", "A profile can't choose others by a template.", hint)
        if named.is_dynamic or not isinstance(named.value, list):
            return []
        return [(each, f"{path}.{PROFILES}") for each in named.value]

    def _list_stack(self, references: list[tuple[Node, str]], above: tuple[str, ...]) -> list[str]:
        """The names of the profiles, the lowest first, each once, where it is first stood on."""
        names: dict[str, None] = {}
        for node, path in references:
            if node.value is None or isinstance(node.value, dict | list) or node.value in self._wrong:
                # That is a problem already.
                continue
            name = str(node.value)
            if name in above:
                self._refuse_circle(node, path, [*above[above.index(name) :], name])
            elif name not in self._nodes:
                hint = self._problems.suggest(name, self._nodes) or "Define it under profiles."
                self._problems.add(node, path, f"There is no profile {name}.", hint)
            elif len(above) >= _DEEPEST_STACK:
                message = f"More than {_DEEPEST_STACK} profiles stand on each other."
                self._problems.add(node, path, message, "Name several profiles beside each other.")
            elif name not in names and self._ways_left >= 0:
                below = self._list_below(name, above)
                self._ways_left -= len(below)
                names.update(dict.fromkeys(below))
                if self._ways_left < 0:
                    message = f"Profiles stand on each other in more than {_MOST_WAYS} ways."
                    self._problems.add(node, path, message, "Stand on fewer profiles.", kind="ways")
        return list(names)

    def _list_below(self, name: str, above: tuple[str, ...]) -> list[str]:
        """The profiles that one stands on, and itself, the lowest first."""
        if name not in self._lists:
            named = self._list_named(self._nodes[name], f"profiles.{name}")
            self._lists[name] = [*self._list_stack(named, (*above, name)), name]
        return self._lists[name]

    def _refuse_circle(self, node: Node, path: str, circle: list[str]) -> None:
        """Note a circle once, wherever on it somebody comes in."""
        if frozenset(circle) not in self._circles:
            self._circles.add(frozenset(circle))
            message = f"Profiles stand on each other in a circle: {' → '.join(circle)}."
            self._problems.add(node, path, message, "One of them has to stand on none of the others.")
