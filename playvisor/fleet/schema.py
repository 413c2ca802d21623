# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The JSON Schema of fleets' files, with which editors complete and check them. Pure."""

from __future__ import annotations

import re
from itertools import combinations
from typing import Any

from playvisor.fleet.shape import LARGEST_NUMBER, Shape, read_shape

# What the YAML extensions of editors know best.
_DIALECT = "http://json-schema.org/draft-07/schema#"
_ANY_CASE = "|".join(
    "".join(f"[{letter.upper()}{letter}]" for letter in word)
    for word in ("true", "false", "yes", "no", "on", "off", "y", "n", "1", "0")
)
# What any option may be besides what its type says: a template; and nothing, which takes away what a profile gives.
_DEFINITIONS: dict[str, Any] = {
    "template": {"type": "string", "pattern": r"\{\{|\{%"},
    "nothing": {"type": "null"},
    "text": {"type": ["string", "number"]},
    "switch": {
        "anyOf": [
            {"type": "boolean"},
            {"enum": ["yes", "no", "on", "off", 1, 0]},
            # However it is written.
            {
                "type": "string",
                "pattern": f"^({_ANY_CASE})$",
            },
        ]
    },
    # Numbers in quotes are numbers where an option wants one.
    "number-text": {"type": "string", "pattern": r"^\s*[-+]?([0-9]|\.[0-9])[0-9a-fA-Fox.+-]*\s*$"},
}
_GUEST_NAMES = r"^([A-Za-z0-9.-]|\{[0-9]+\.\.[0-9]+\}|\{[^{}.]*,[^{}]*\})+$"


def build_schema() -> dict[str, Any]:
    """The schema of a fleet's file; one of a folder may hold any part of it."""
    shape = read_shape()
    definitions = dict(_DEFINITIONS)
    guest = shape.options["guests"].each if shape.options else None
    if guest is not None:
        definitions["guest"] = _build(guest)
    properties = {name: _build(inner) for name, inner in (shape.options or {}).items()}
    for section in ("guests", "profiles"):
        properties[section]["anyOf"][0]["additionalProperties"] = {"$ref": "#/definitions/guest"}
    properties["guests"]["anyOf"][0]["propertyNames"] = {"pattern": _GUEST_NAMES}
    return {
        "$schema": _DIALECT,
        "title": "Playvisor fleet",
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
        "definitions": definitions,
    }


def _build(shape: Shape, *, may_be_nothing: bool = True) -> dict[str, Any]:
    others = [] if shape.is_entry else [{"$ref": "#/definitions/template"}]
    others += [{"$ref": "#/definitions/nothing"}] if may_be_nothing else []
    schema: dict[str, Any] = {"anyOf": [_build_value(shape), *others]}
    if shape.description:
        schema["description"] = shape.description
    if shape.default not in (None, [], {}):
        schema["default"] = shape.default
    return schema


def _build_value(shape: Shape) -> dict[str, Any]:
    if shape.kind == "list":
        return {"type": "array", "items": _build(shape.each, may_be_nothing=False)} if shape.each else {"type": "array"}
    if shape.kind == "dict":
        return _build_mapping(shape)
    if shape.choices:
        # `compress: 0` is the text 0.
        numbers = [int(choice) for choice in shape.choices if str(choice).isdigit()]
        return {"enum": list(dict.fromkeys([*shape.choices, *numbers]))}
    if shape.pattern:
        return _build_pattern(shape)
    if shape.kind in ("int", "float"):
        return _build_number(shape)
    names = {"str": "text", "bool": "switch"}
    return {"$ref": f"#/definitions/{names[shape.kind]}"} if shape.kind in names else {}


def _build_mapping(shape: Shape) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "object"}
    if shape.options is not None:
        schema["properties"] = {
            name: _build(inner, may_be_nothing=name not in shape.required) for name, inner in shape.options.items()
        }
        schema["additionalProperties"] = False
    if shape.names and shape.each:
        schema["additionalProperties"] = _build(shape.each)
    if shape.names_pattern:
        schema["propertyNames"] = {"pattern": f"^({shape.names_pattern})$"}
    if shape.required:
        schema["required"] = list(shape.required)
    pairs = [pair for group in shape.exclusive for pair in combinations(group, 2)]
    if pairs:
        schema["allOf"] = [{"not": _have_both(*pair)} for pair in pairs]
    return schema


def _have_both(one: str, other: str) -> dict[str, Any]:
    something = {"not": {"type": "null"}}
    return {"required": [one, other], "properties": {one: something, other: something}}


def _build_pattern(shape: Shape) -> dict[str, Any]:
    """Text that looks like something; numbers that do so may stand without quotes."""
    schema: dict[str, Any] = {"type": "string", "pattern": f"^({shape.pattern})$"}
    kinds = {"number": "1.5", "integer": "1"}
    kind = next((kind for kind, text in kinds.items() if re.fullmatch(shape.pattern, text)), None)
    if kind is None:
        return schema
    least = 0 if re.fullmatch(shape.pattern, "0") else 1
    return {"anyOf": [schema, {"type": kind, "minimum": least, "maximum": 999_999_999}]}


def _build_number(shape: Shape) -> dict[str, Any]:
    number: dict[str, Any] = {"type": "integer" if shape.kind == "int" else "number"}
    number["minimum"] = -LARGEST_NUMBER if shape.minimum is None else shape.minimum
    number["maximum"] = LARGEST_NUMBER if shape.maximum is None else shape.maximum
    return {"anyOf": [number, {"$ref": "#/definitions/number-text"}]}
