# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The JSON Schema of fleets' files, with which editors complete and check them. Pure."""

from __future__ import annotations

from typing import Any

from playvisor.fleet.shape import Shape, read_shape

# What the YAML extensions of editors know best.
_DIALECT = "http://json-schema.org/draft-07/schema#"
# What any option may be besides what its type says: a template; and nothing, which takes away what a profile gives.
_DEFINITIONS: dict[str, Any] = {
    "template": {"type": "string", "pattern": r"\{\{|\{%"},
    "nothing": {"type": "null"},
    "text": {"type": ["string", "number"]},
    "integer": {"type": "integer"},
    "number": {"type": "number"},
    "switch": {"anyOf": [{"type": "boolean"}, {"enum": ["yes", "no", "on", "off"]}]},
}
_SCALARS = {"str": "text", "int": "integer", "float": "number", "bool": "switch"}


def build_schema() -> dict[str, Any]:
    """The schema of a fleet's file; one of a folder may hold any part of it."""
    shape = read_shape()
    definitions = dict(_DEFINITIONS)
    guest = shape.options["guests"].each if shape.options else None
    if guest is not None:
        definitions["guest"] = _build(guest)
    properties = {name: _build(inner) for name, inner in (shape.options or {}).items()}
    for section in ("guests", "profiles"):
        properties[section]["anyOf"][0]["additionalProperties"] = _allow_others({"$ref": "#/definitions/guest"})
    return {
        "$schema": _DIALECT,
        "title": "Playvisor fleet",
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
        "definitions": definitions,
    }


def _build(shape: Shape) -> dict[str, Any]:
    schema = _allow_others(_build_value(shape))
    if shape.description:
        schema["description"] = shape.description
    if shape.default not in (None, [], {}):
        schema["default"] = shape.default
    return schema


def _allow_others(schema: dict[str, Any]) -> dict[str, Any]:
    others = [{"$ref": "#/definitions/template"}, {"$ref": "#/definitions/nothing"}]
    return {"anyOf": [schema, *others]}


def _build_value(shape: Shape) -> dict[str, Any]:
    if shape.kind == "list":
        return {"type": "array", "items": _build(shape.each)} if shape.each else {"type": "array"}
    if shape.kind == "dict":
        schema: dict[str, Any] = {"type": "object"}
        if shape.options is not None:
            schema["properties"] = {name: _build(inner) for name, inner in shape.options.items()}
            schema["additionalProperties"] = False
        if shape.names and shape.each:
            schema["additionalProperties"] = _build(shape.each)
        return {**schema, "required": list(shape.required)} if shape.required else schema
    if shape.choices:
        return {"enum": list(shape.choices)}
    if shape.pattern:
        return {"type": ["string", "integer"], "pattern": f"^({shape.pattern})$"}
    return {"$ref": f"#/definitions/{_SCALARS[shape.kind]}"} if shape.kind in _SCALARS else {}
