# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Verify a request's parameters against its endpoint, as the real server does before any of its code runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pve_simulator.schema.check import MISSING, check_object, check_value
from pve_simulator.schema.errors import ParameterError
from pve_simulator.schema.model import Endpoint, Schema
from pve_simulator.schema.perl import to_number, to_text

_CONFLICT = "duplicate parameter (already defined in URI) with conflicting values!"


def merge_params(params: Mapping[str, Any], path_params: Mapping[str, str]) -> dict[str, Any]:
    """Parameters of body, query and path together; the permission check sees these.

    Raises ParameterError for one that says otherwise than the path.
    """
    for name, value in path_params.items():
        sent = params.get(name)
        if sent is not None and (isinstance(sent, list | dict) or to_text(sent) != value):
            raise ParameterError({name: _CONFLICT})
    return {**params, **path_params}


def verify(endpoint: Endpoint, params: Mapping[str, Any], path_params: Mapping[str, str]) -> dict[str, Any]:
    """All parameters by name, typed: int, float, bool, list, dict, else str; raises ParameterError.

    `params` may be form values (text, lists for repeated keys) or values of a JSON body.
    """
    merged = merge_params(params, path_params)
    errors: dict[str, str] = {}
    schema = endpoint.parameters
    if schema.all_of:
        schema = _resolve_section(schema, merged, errors)
    schemas = schema.properties or {}
    values = {name: _normalize(value, schemas.get(name)) for name, value in merged.items() if value is not None}
    check_object(schemas, schema.required, values, "", errors, allow_unknown=schema.additional_properties)
    if errors:
        raise ParameterError(errors)
    return {name: to_python(value, schemas.get(name)) for name, value in values.items()}


def _normalize(value: Any, schema: Schema | None) -> Any:
    """Forms cannot tell one value from a list of one: bend each into what the schema wants."""
    if schema is None:
        return value
    if schema.type == "array" and not isinstance(value, list | dict) and to_text(value) not in ("", "0"):
        return [value]
    if schema.type == "string" and isinstance(value, list) and value:
        name = schema.format if isinstance(schema.format, str) else ""
        return ",".join(to_text(item) for item in value) if name.endswith("-list") else value
    return value


def to_python(value: Any, schema: Schema | None) -> Any:
    """A verified value as Python value by its schema."""
    if isinstance(value, list):
        items = schema.items if schema else None
        return [to_python(item, items) for item in value]
    if isinstance(value, dict):
        inner = (schema.properties if schema else None) or {}
        return {name: to_python(item, inner.get(name)) for name, item in value.items()}
    text = to_text(value)
    kind = schema.type if schema else None
    if kind == "integer":
        return int(text)
    if kind == "boolean":
        return text == "1"
    return to_number(text) if kind == "number" else text


def _resolve_section(schema: Schema, params: Mapping[str, Any], errors: dict[str, str]) -> Schema:
    """The schema for parameters whose set depends on one of them, such as `type` of an HA rule."""
    chooser = next((part for part in schema.all_of if part.one_of and part.type_property), None)
    if chooser is None or chooser.type_property is None:
        return _join_properties(schema.all_of)
    name = chooser.type_property
    kind = params.get(name)
    if kind is None:
        errors[name] = MISSING
    elif chooser.type_property_schema is not None:
        check_value(kind, chooser.type_property_schema, name, errors)
    variants = tuple(part for part in chooser.one_of if kind is not None and part.instance_type == to_text(kind))
    common = tuple(part for part in schema.all_of if part is not chooser)
    typing = Schema(properties={name: Schema(type="string", optional=True)})
    if variants:
        return _join_properties((*common, *variants, typing))
    lenient = tuple(_all_optional(part) for part in chooser.one_of)
    return _join_properties((*common, *lenient, typing))


def _all_optional(schema: Schema) -> Schema:
    known = {name: Schema(optional=True) for name in schema.properties or {}}
    return Schema(properties=known)


def _join_properties(parts: tuple[Schema, ...]) -> Schema:
    properties: dict[str, Schema] = {}
    for part in parts:
        properties.update(part.properties or {})
    return Schema(properties=properties, additional_properties=False)
