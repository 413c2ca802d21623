# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rules of PVE::JSONSchema: does a value fit its schema, and how does the server say that it does not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pve_simulator.schema.errors import FormatError
from pve_simulator.schema.formats import VALIDATORS
from pve_simulator.schema.formats.property_strings import PROPERTY_RULES, named_property_string
from pve_simulator.schema.model import Schema
from pve_simulator.schema.perl import is_integer, is_number, ref_name, split_list, to_text
from pve_simulator.schema.properties import split_properties

MISSING = "property is missing and it is not optional"
UNKNOWN = "property is not defined in schema and the schema does not allow additional properties"

Errors = dict[str, str]


def add_error(errors: Errors, path: str, text: str) -> None:
    """Note an error; a second one for the same path is joined by a backslash and an n, as the server does."""
    path = path or "_root"
    errors[path] = f"{errors[path]}\\n{text}" if path in errors else text


def check_object(
    schemas: Mapping[str, Schema],
    required: tuple[str, ...],
    values: Mapping[str, Any],
    path: str,
    errors: Errors,
    *,
    allow_unknown: bool = False,
) -> None:
    """Check values by name: those that are there, those that must be, and what they require."""
    prefix = f"{path}." if path else ""
    for name in required:
        if values.get(name) is None and not _is_other_instance(schemas[name], values):
            add_error(errors, prefix + name, MISSING)
    for name, value in values.items():
        schema = schemas.get(name)
        if schema is None:
            if not allow_unknown:
                add_error(errors, prefix + name, UNKNOWN)
            continue
        if value is None:
            continue
        if schema.type_property and schema.one_of:
            alternative = _alternative(schema, values.get(schema.type_property))
            if alternative is None:
                add_error(errors, prefix + name, UNKNOWN)
                continue
            check_value(value, alternative, prefix + name, errors)
        else:
            check_value(value, schema, prefix + name, errors)
        if schema.requires and values.get(schema.requires) is None:
            add_error(errors, prefix + schema.requires, f"missing property required by '{prefix + name}'")


def _is_other_instance(schema: Schema, values: Mapping[str, Any]) -> bool:
    """Whether a property belongs to a type of section that these values do not have."""
    if not schema.type_property:
        return False
    kind = values.get(schema.type_property)
    if schema.one_of:
        alternative = _alternative(schema, kind)
        return alternative is None or alternative.optional
    return schema.instance_types is not None and kind not in schema.instance_types


def _alternative(schema: Schema, kind: Any) -> Schema | None:
    for alternative in schema.one_of:
        if alternative.instance_types is None or kind in alternative.instance_types:
            return alternative
    return None


def check_value(value: Any, schema: Schema, path: str, errors: Errors) -> None:
    """Check one value that is there: first its type, then format, pattern, length, range and choices."""
    if schema.one_of and not schema.type_property:
        _check_one_of(value, schema, path, errors)
    if isinstance(value, list | dict):
        _check_structure(value, schema, path, errors)
        return
    text = to_text(value)
    if not _check_scalar_type(text, schema.type, path, errors):
        return
    if schema.format is not None:
        try:
            check_format(schema.format, text, path)
        except FormatError as error:
            add_error(errors, path, f"invalid format - {error.text}")
            return
    regex = schema.regex
    if regex is not None and not regex.search(text):
        add_error(errors, path, "value does not match the regex pattern")
    elif schema.max_length is not None and len(text) > schema.max_length:
        add_error(errors, path, f"value may only be {schema.max_length} characters long")
    elif schema.min_length is not None and len(text) < schema.min_length:
        add_error(errors, path, f"value must be at least {schema.min_length} characters long")
    elif not _check_range(text, schema, path, errors):
        return
    elif schema.enum is not None and text not in schema.enum:
        choices = ", ".join(schema.enum)
        add_error(errors, path, f"value '{text}' does not have a value in the enumeration '{choices}'")


def _check_range(text: str, schema: Schema, path: str, errors: Errors) -> bool:
    if (schema.maximum is None and schema.minimum is None) or not is_number(text):
        return True
    if schema.maximum is not None and float(text) > schema.maximum:
        add_error(errors, path, f"value must have a maximum value of {to_text(schema.maximum)}")
        return False
    if schema.minimum is not None and float(text) < schema.minimum:
        add_error(errors, path, f"value must have a minimum value of {to_text(schema.minimum)}")
        return False
    return True


def _check_scalar_type(text: str, kind: str | None, path: str, errors: Errors) -> bool:
    if kind is None or kind == "string":
        return True
    if kind in ("array", "object"):
        add_error(errors, path, f"type check ('{kind}') failed")
    elif kind == "null":
        add_error(errors, path, "type check ('null') failed - value is not null")
    elif (
        (kind == "boolean" and text not in ("0", "1"))
        or (kind == "integer" and not is_integer(text))
        or (kind == "number" and not is_number(text))
    ):
        add_error(errors, path, f"type check ('{kind}') failed - got '{text}'")
    else:
        return True
    return False


def _check_structure(value: Any, schema: Schema, path: str, errors: Errors) -> None:
    expected = list if schema.type == "array" else dict
    if schema.type in ("array", "object"):
        if not isinstance(value, expected):
            add_error(errors, path, f"type check ('{schema.type}') failed")
            return
    elif schema.type is not None:
        add_error(errors, path, f"type check ('{schema.type}') failed - got {ref_name(value)}")
        return
    if isinstance(value, list):
        if schema.items is not None:
            for index, item in enumerate(value):
                if item is None:
                    add_error(errors, f"{path}[{index}]", MISSING)
                else:
                    check_value(item, schema.items, f"{path}[{index}]", errors)
    elif schema.properties is not None:
        allow_unknown = schema.additional_properties
        check_object(schema.properties, schema.required, value, path, errors, allow_unknown=allow_unknown)


def _check_one_of(value: Any, schema: Schema, path: str, errors: Errors) -> None:
    collected: Errors = {}
    for index, alternative in enumerate(schema.one_of):
        alternative_errors: Errors = {}
        check_value(value, alternative, f"{path}.oneOf[{index}]", alternative_errors)
        if not alternative_errors:
            return
        collected.update(alternative_errors)
    for inner, text in collected.items():
        add_error(errors, inner, text)


def check_format(form: str | Mapping[str, Schema], text: str, path: str) -> None:
    """Check a value against a format: a name, a name with -list, -alist or -opt, or a property string."""
    validate = VALIDATORS.get(form) if isinstance(form, str) else None
    if validate is not None:
        validate(text)
        return
    if isinstance(form, str):
        base, dash, kind = form.rpartition("-")
        validate = VALIDATORS.get(base)
        if dash and validate is not None and kind in ("list", "alist", "opt"):
            for item in split_list(text) if kind != "opt" else [text] if text not in ("", "0") else []:
                validate(item)
            return
    check_properties(text, form, path)


def check_properties(text: str, form: str | Mapping[str, Schema], path: str) -> dict[str, str]:
    """Split and check a property string; raises FormatError with the server's text.

    A format that this table does not know takes everything: a newer schema must not break an older one.
    """
    schemas = named_property_string(form) if isinstance(form, str) else form
    if schemas is None:
        return {}
    values = split_properties(text, schemas)
    errors: Errors = {}
    required = tuple(name for name, schema in schemas.items() if not schema.optional and not schema.alias)
    check_object(schemas, required, values, path, errors)
    if errors:
        lines = "".join(f"{name}: {error}\n" for name, error in sorted(errors.items()))
        raise FormatError(f"format error\n{lines}")
    if isinstance(form, str) and form in PROPERTY_RULES:
        PROPERTY_RULES[form](values)
    return values
