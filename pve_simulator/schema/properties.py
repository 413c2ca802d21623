# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Split a property string into its properties, without judging their values (PVE::JSONSchema)."""

from __future__ import annotations

from collections.abc import Mapping

from pve_simulator.schema.errors import FormatError
from pve_simulator.schema.model import Schema

_TRUE = frozenset(("1", "on", "yes", "true"))
_FALSE = frozenset(("0", "off", "no", "false"))
_LIST = "in comma-separated list property"


def parse_boolean(text: str) -> str | None:
    """1 or 0 for the words that property strings take; None for any other."""
    lowered = text.lower()
    if lowered in _TRUE:
        return "1"
    return "0" if lowered in _FALSE else None


def default_key(schemas: Mapping[str, Schema]) -> str | None:
    """The property that a value without a key is for."""
    return next((name for name, schema in schemas.items() if schema.default_key), None)


def split_properties(text: str, schemas: Mapping[str, Schema]) -> dict[str, str]:
    """The properties by their real names; raises FormatError for what cannot be split.

    `virtio=AA:..` of a network device gives model and macaddr: an alias with its key alias.
    """
    properties: dict[str, str] = {}
    bare_key: str | None = None
    for part in text.split(","):
        if not part.strip():
            continue
        if "\n" in part:
            raise FormatError("properties must not contain newlines\n")
        key, equals, value = part.partition("=")
        if equals and (not key or not value):
            raise FormatError(f"missing key {_LIST}\n")
        if equals:
            _put_property(properties, key, value, schemas)
        elif bare_key is not None:
            raise FormatError(f"duplicate key {_LIST}: {bare_key}\n")
        else:
            bare_key = default_key(schemas)
            if bare_key is None:
                raise FormatError("value without key, but schema does not define a default key\n")
            if properties.get(bare_key, "0") not in ("", "0"):
                raise FormatError(f"duplicate key {_LIST}: {bare_key}\n")
            properties[bare_key] = part
    return properties


def _put_property(properties: dict[str, str], key: str, value: str, schemas: Mapping[str, Schema]) -> None:
    if key in properties:
        raise FormatError(f"duplicate key {_LIST}: {key}\n")
    schema = schemas.get(key)
    if schema is not None and schema.alias:
        if schema.key_alias:
            if schema.key_alias in properties:
                raise FormatError(f"key alias '{schema.key_alias}' is already defined\n")
            properties[schema.key_alias] = key
        key = schema.alias
        schema = schemas.get(key)
    if schema is not None and schema.type == "boolean":
        value = parse_boolean(value) or value
    properties[key] = value
