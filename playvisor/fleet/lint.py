# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finds what is right as it stands, and yet seldom meant."""

from __future__ import annotations

import re
from collections.abc import Iterator

from playvisor.fleet.nodes import Node, join_path, list_parts, parse_number, walk
from playvisor.fleet.problems import Problem, Problems
from playvisor.fleet.profiles import PROFILES
from playvisor.fleet.render import Rendered
from playvisor.fleet.shape import ANY, Shape, read_shape
from playvisor.fleet.templates import find_names

_WORDS = frozenset(["yes", "no", "on", "off", "y", "n"])
# Other readers of YAML take these for numbers.
_NUMBERS = re.compile(r"0[0-9]+|[0-9]{1,2}(:[0-9]{2}){1,2}|[0-9][0-9_]*_[0-9_]*")
_OWN_NAMES = ("name", "index", "parts")


def find_warnings(fleet: Rendered) -> list[Problem]:
    """What is worth a second look in a fleet without problems, in the order of its files."""
    warnings = Problems()
    profiles = fleet.root.value.get(PROFILES)
    for name, node in list_parts(profiles) if profiles is not None else ():
        if name not in fleet.used_profiles:
            warnings.add(node, f"profiles.{name}", f"No guest has the profile {name}.", "Remove it.", at_key=True)
    _check_values(fleet, warnings)
    _check_names(fleet, warnings)
    for path, node in _find_secrets(fleet.root, read_shape(), ""):
        if not node.is_dynamic:
            hint = "Give it with --set or in a --values file that is in no repository, and name it in a template."
            warnings.add(node, path, "A secret stands here in clear.", hint)
    return warnings.list_sorted()


def _check_names(fleet: Rendered, warnings: Problems) -> None:
    """Find guests whose names are one to people, and to DNS."""
    known: dict[str, str] = {}
    guests = fleet.tree.value.get("guests")
    for name, node in list_parts(guests) if guests is not None else ():
        first = known.setdefault(name.lower(), name)
        if first != name:
            message = f"{name} and {first} differ in capitals only."
            warnings.add(node, join_path("guests", name), message, "Rename one of them.", at_key=True)


def _check_values(fleet: Rendered, warnings: Problems) -> None:
    texts = {node.value for _path, node in walk(fleet.root) if node.is_dynamic}
    names = {name for text in texts for name in find_names(text)}
    used = {part for name in names for part in _list_prefixes(name)}
    for path, node in walk(fleet.values):
        if not path:
            continue
        if path in _OWN_NAMES:
            warnings.add(node, path, f"A guest has its own {path}, which hides this one.", "Rename it.", at_key=True)
        elif path not in used and not any(prefix in names for prefix in _list_prefixes(path)):
            warnings.add(node, path, f"No template names {path}.", "Remove it.", at_key=True)
        if node.is_plain and isinstance(node.value, str):
            _check_plain(node, path, warnings)


def _list_prefixes(path: str) -> list[str]:
    parts = path.split(".")
    return [".".join(parts[:length]) for length in range(1, len(parts) + 1)]


def _check_plain(node: Node, path: str, warnings: Problems) -> None:
    """Find values without quotes that may be taken for something else: they have no option that says their type."""
    text = node.value
    number = parse_number(text)
    if text.lower() in _WORDS:
        meant = str(text.lower() in ("yes", "on", "y")).lower()
        warnings.add(node, path, f"{text} is text here.", f'Write {meant}, or "{text}" if text is meant.')
    elif _NUMBERS.fullmatch(text):
        warnings.add(node, path, f"{text} is text here.", f'Write "{text}", or the number that is meant.')
    elif isinstance(number, float) and str(number) != text:
        warnings.add(node, path, f"{text} is the number {number}.", f'Write "{text}" if text is meant.')


def _find_secrets(node: Node, shape: Shape, path: str) -> Iterator[tuple[str, Node]]:
    if shape.is_secret and node.value not in (None, ""):
        yield path, node
        return
    for name, item in list_parts(node):
        inner = (shape.each if shape.kind == "list" else shape.find(name)) or ANY
        yield from _find_secrets(item, inner, join_path(path, name))
