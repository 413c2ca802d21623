# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Turn the compact entries of the facts table into `Schema` objects, each one once and on demand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pve_simulator.schema.indexes import expand_index
from pve_simulator.schema.model import Schema

_RENAMED = {
    "minLength": "min_length",
    "maxLength": "max_length",
    "keyAlias": "key_alias",
    "additionalProperties": "additional_properties",
    "instance-type": "instance_type",
    "type-property": "type_property",
}


class SchemaBuilder:
    """Builds schemas from a list of entries that refer to each other by number."""

    def __init__(self, entries: Sequence[Mapping[str, Any]]) -> None:
        self._entries = entries
        self._built: dict[int, Schema] = {}

    def schema(self, number: int) -> Schema:
        """The schema of one entry."""
        if number not in self._built:
            self._built[number] = self._build(self._entries[number])
        return self._built[number]

    def _build(self, entry: Mapping[str, Any]) -> Schema:
        values: dict[str, Any] = {}
        for key, value in entry.items():
            if key == "enum":
                values["enum"] = tuple(value)
            elif key == "instance-types":
                values["instance_types"] = tuple(value)
            elif key == "format":
                values["format"] = value if isinstance(value, str) else self._build_named(value)
            elif key == "properties":
                values["properties"] = self._build_named(value)
            elif key == "items":
                values["items"] = self.schema(value)
            elif key == "type-property-schema":
                values["type_property_schema"] = self.schema(value)
            elif key == "oneOf":
                values["one_of"] = tuple(self.schema(item) for item in value)
            elif key == "allOf":
                values["all_of"] = tuple(self.schema(item) for item in value)
            elif key in ("optional", "default_key"):
                values[key] = bool(value)
            else:
                values[_RENAMED.get(key, key)] = value
        return Schema(**values)

    def _build_named(self, numbers: Mapping[str, int]) -> dict[str, Schema]:
        return {name: self.schema(number) for key, number in numbers.items() for name in expand_index(key)}


def from_plain(entry: Mapping[str, Any]) -> Schema:
    """A schema from an entry with its inner schemas in place, as code and tests write them."""
    entries: list[Mapping[str, Any]] = []

    def add(schema: Mapping[str, Any]) -> int:
        flat = dict(schema)
        for key in ("properties", "format"):
            if isinstance(flat.get(key), Mapping):
                flat[key] = {name: add(inner) for name, inner in flat[key].items()}
        if "items" in flat:
            flat["items"] = add(flat["items"])
        for key in ("oneOf", "allOf"):
            if key in flat:
                flat[key] = [add(inner) for inner in flat[key]]
        entries.append(flat)
        return len(entries) - 1

    return SchemaBuilder(entries).schema(add(entry))
