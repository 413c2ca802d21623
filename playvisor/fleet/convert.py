# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Makes data of nodes, as their options' types say, and finds everything that is not as it has to be."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from playvisor.fleet.nodes import TEMPLATE_MARKS, Node, join_path, name_elements, parse_number, read_data
from playvisor.fleet.problems import Problems
from playvisor.fleet.shape import ANY, LARGEST_NUMBER, Shape

_TRUE = frozenset(["true", "yes", "on", "y", "1"])
_FALSE = frozenset(["false", "no", "off", "n", "0"])
_OCTAL = re.compile(r"[-+]?0[0-9]+")
_LONGEST_SHOWN = 40
_GONE = ("absent", "detached")
# What is said instead of options of a module that fleets don't have.
_LEFT_OUT = {
    "name": "The key of the entry is its name.",
    "new_name": "The key of the entry is its name.",
    "disks": "A fleet takes no disks away; the module pve_guest does.",
    "state": "What stands in a fleet is there; `playvisor fleet prune` deletes what it once held.",
}


class Converter:
    """Converts values; what holds no template is converted once, however many guests share it."""

    def __init__(self, problems: Problems, *, is_written: bool, has_templates: bool = False) -> None:
        self._problems = problems
        # Whether this is what authors have written, before entries stand on their profiles.
        self._is_written = is_written
        # Whether templates still stand in the values: they may become anything.
        self._has_templates = has_templates
        self._done: dict[tuple[int, int], tuple[Node, Any]] = {}

    def convert(self, node: Node, shape: Shape, path: str) -> Any:
        """The data of a node. What is wrong is noted, and left out; null is left out, too."""
        if node.is_dynamic and not isinstance(node.value, dict | list) and (self._has_templates or shape.is_entry):
            if shape.is_entry:
                hint = "Templates stand in the options of guests and profiles. Give it a profile, or write it out."
                self._problems.add(node, path, "A template can't stand for a whole entry.", hint)
            return None
        match shape.kind:
            case "dict":
                return self._convert_mapping(node, shape, path)
            case "list":
                return self._convert_list(node, shape, path)
            case "raw":
                data = read_data(node)
                if shape.pattern and not re.fullmatch(shape.pattern, str(data)):
                    self._refuse(node, path, shape.what, shape)
                return data
        return self._convert_scalar(node, shape, path)

    def _convert_mapping(self, node: Node, shape: Shape, path: str) -> Any:
        if not isinstance(node.value, dict):
            if node.value is not None:
                self._refuse(node, path, "a mapping of keys and values", shape)
            return None
        if shape.options is None and not shape.names:
            return {key: value for key, value in read_data(node).items() if value is not None}
        data = {}
        for key, item in node.value.items():
            inner = shape.find(key)
            place = join_path(path, key)
            is_template = any(mark in key for mark in TEMPLATE_MARKS)
            if shape.names_pattern and not is_template and not re.fullmatch(shape.names_pattern, key):
                message = f"{_quote(key)} can't be the name of a {shape.names}."
                hint = "Names have letters, digits and hyphens, and begin with a letter."
                self._problems.add(item, place, message, hint, at_key=True)
            if inner is None:
                self._refuse_key(item, key, place, shape)
            elif item.value is not None:
                value = self.convert_shared(item, inner, place)
                if value is not None:
                    data[key] = value
        for key in shape.required:
            if key not in node.value or node.value[key].value is None:
                self._problems.add(node, path, f"{key} is missing.", self._describe_option(shape, key), at_key=True)
        self._check_together(node, shape, path)
        return data

    def _check_together(self, node: Node, shape: Shape, path: str) -> None:
        """Check which keys go together, and of which one is needed."""
        given = [key for key, item in node.value.items() if item.value is not None]
        for group in shape.exclusive:
            both = [key for key in given if key in group]
            if len(both) > 1:
                item = node.value[both[1]]
                message = f"{' and '.join(both)} can't be given together."
                self._problems.add(item, join_path(path, both[1]), message, "Keep one of them.", at_key=True)
        # Profiles may give what entries lack.
        if shape.one_of and not self._is_written and not any(key in given for key in shape.one_of):
            self._problems.add(node, path, f"It needs {' or '.join(shape.one_of)}.", "", at_key=True)

    def convert_shared(self, node: Node, shape: Shape, path: str) -> Any:
        """The data of a node that others may have converted before; always a copy of their own."""
        if node.is_dynamic or not isinstance(node.value, dict | list):
            return self.convert(node, shape, path)
        key = (id(node), id(shape))
        if key not in self._done:
            # Keeps the node: its id is in use as long as it lives.
            self._done[key] = (node, self.convert(node, shape, path))
            return self._done[key][1]
        return copy_data(self._done[key][1])

    def _describe_option(self, shape: Shape, key: str) -> str:
        inner = shape.find(key)
        return first_sentence(inner.description) if inner else ""

    def _refuse_key(self, item: Node, key: str, path: str, shape: Shape) -> None:
        inside = [name for name, inner in (shape.options or {}).items() if key in (inner.options or ())]
        if key in shape.left_out:
            hint = _LEFT_OUT.get(key, "It says how a module acts, and a fleet says how things are to be.")
        elif inside:
            hint = f"It stands inside of {' or '.join(inside)}."
        else:
            hint = self._problems.suggest(key, shape.options or {})
        self._problems.add(item, path, f"{_quote(key)} is not known here.", hint, at_key=True)

    def _convert_list(self, node: Node, shape: Shape, path: str) -> Any:
        if not isinstance(node.value, list):
            if node.value is not None:
                is_text = isinstance(node.value, str) and shape.each is not None and shape.each.kind == "str"
                example = f"Write [{', '.join(node.value.split(','))}]." if is_text else ""
                self._refuse(node, path, "a list", shape, example)
            return None
        each = shape.each or ANY
        data = []
        seen: dict[str, Node] = {}
        for name, item in name_elements(node.value):
            place = join_path(path, name)
            if item.value is None:
                self._problems.add(item, place, "An element of the list is empty.", "Remove it, or give it a value.")
                continue
            if shape.by and name in seen and not name.isdigit():
                self._problems.add(item, place, f"{shape.by} {name} stands in this list twice.", "Put both together.")
            seen[name] = item
            value = self.convert_shared(item, each, place)
            if value is not None:
                data.append(value)
        return data

    def _convert_scalar(self, node: Node, shape: Shape, path: str) -> Any:
        if node.value is None:
            return None
        if isinstance(node.value, dict | list):
            self._refuse(node, path, _KINDS[shape.kind], shape)
            return None
        value = _CONVERT[shape.kind](node.value)
        if value is None:
            self._refuse(node, path, _KINDS[shape.kind], shape, self._explain(node, shape))
            return None
        if shape.choices and value not in shape.choices:
            known = [str(choice) for choice in shape.choices]
            hint = self._problems.suggest(str(value), known, lists_all=False)
            if value in _GONE:
                hint = _LEFT_OUT["disks" if ".disks." in path else "state"]
            self._problems.add(node, path, f"{_quote(value)} is not one of {', '.join(known)}.", hint)
            return None
        if shape.pattern and not re.fullmatch(shape.pattern, value):
            self._refuse(node, path, shape.what, shape)
            return None
        if shape.kind in ("int", "float") and not self._check_range(node, shape, value, path):
            return None
        return value

    def _check_range(self, node: Node, shape: Shape, value: int | float, path: str) -> bool:
        least, most = shape.minimum, LARGEST_NUMBER if shape.maximum is None else shape.maximum
        if (least is None or least <= value) and abs(value) <= most:
            return True
        if shape.maximum is None and (least is None or least <= value):
            message = f"{_quote(node.value)} is too large."
        else:
            message = (
                f"{_quote(node.value)} is too {'small' if least is not None and value < least else 'large'}: it has "
            )
            message += f"to be at least {least}." if shape.maximum is None else f"to be {least} to {most}."
        self._problems.add(node, path, message, first_sentence(shape.description))
        return False

    def _explain(self, node: Node, shape: Shape) -> str:
        text = str(node.value)
        if shape.kind == "int" and _OCTAL.fullmatch(text):
            return f"It begins with 0: write {int(text)}, or 0o{text.lstrip('+-0')} if it is octal."
        if shape.kind == "str":
            return "Put it in quotes, or write the text."
        return ""

    def _refuse(self, node: Node, path: str, wanted: str, shape: Shape, hint: str = "") -> None:
        if isinstance(node.value, dict):
            found = "A mapping"
        elif isinstance(node.value, list):
            found = "A list"
        else:
            found = "A secret" if shape.is_secret else _quote(node.value)
        self._problems.add(node, path, f"{found} is not {wanted}.", hint or first_sentence(shape.description))


def _to_text(value: Any) -> str | None:
    # True is no text: which one would it be?
    return None if isinstance(value, bool) else str(value)


def _to_int(value: Any) -> int | None:
    number = parse_number(value.strip()) if isinstance(value, str) else value
    if isinstance(number, bool) or not isinstance(number, int | float):
        return None
    return int(number) if isinstance(number, int) or number.is_integer() else None


def _to_float(value: Any) -> float | None:
    number = parse_number(value.strip()) if isinstance(value, str) else value
    if isinstance(number, bool) or not isinstance(number, int | float):
        return None
    return float(number) if math.isfinite(number) else None


def _to_bool(value: Any) -> bool | None:
    if isinstance(value, bool):
        return value
    text = str(value).strip().lower()
    return True if text in _TRUE else False if text in _FALSE else None


_CONVERT: Mapping[str, Callable[[Any], Any]] = {
    "str": _to_text,
    "int": _to_int,
    "float": _to_float,
    "bool": _to_bool,
}
_KINDS = {"str": "text", "int": "a whole number", "float": "a number", "bool": "true or false"}


def _quote(value: Any) -> str:
    text = " ".join(str(value).split())
    return f"`{text[:_LONGEST_SHOWN]}{'…' if len(text) > _LONGEST_SHOWN else ''}`"


def first_sentence(text: str) -> str:
    """The first sentence of a description."""
    return re.split(r"(?<=[.!?]) (?=[A-Z])", text, maxsplit=1)[0]


def copy_data(data: Any) -> Any:
    """A copy of data that shares nothing with it."""
    if isinstance(data, dict):
        return {key: copy_data(value) for key, value in data.items()}
    return [copy_data(value) for value in data] if isinstance(data, list) else data
