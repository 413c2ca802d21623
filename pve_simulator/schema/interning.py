# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Store each distinct schema once: nested schemas become numbers into one list."""

from __future__ import annotations

import json
from typing import Any

# What a value must be; everything else in a dump is prose or hints for documentation and command lines.
_SCALARS = ("type", "pattern", "default", "requires", "alias", "keyAlias", "type-property", "instance-type")
_NUMBERS = ("minimum", "maximum", "minLength", "maxLength")
_FLAGS = ("optional", "default_key")
_LISTS = ("enum", "instance-types")


class Interner:
    """Collects schemas; `add` gives the number under which a schema is kept."""

    def __init__(self) -> None:
        self.schemas: list[dict[str, Any]] = []
        self._numbers: dict[str, int] = {}

    def add(self, schema: dict[str, Any]) -> int:
        """Keep a schema without its prose, and those inside it."""
        facts = self._extract_facts(schema)
        key = json.dumps(facts, sort_keys=True)
        if key not in self._numbers:
            self._numbers[key] = len(self.schemas)
            self.schemas.append(facts)
        return self._numbers[key]

    def _extract_facts(self, schema: dict[str, Any]) -> dict[str, Any]:
        facts: dict[str, Any] = {}
        for key in (*_SCALARS, *_LISTS):
            if schema.get(key) is not None:
                facts[key] = schema[key]
        for key in _NUMBERS:
            if schema.get(key) is not None:
                facts[key] = _number(schema[key])
        for key in _FLAGS:
            if schema.get(key) in (1, "1"):
                facts[key] = 1
        if schema.get("additionalProperties") in (0, "0"):
            facts["additionalProperties"] = False
        self._add_nested(schema, facts)
        return facts

    def _add_nested(self, schema: dict[str, Any], facts: dict[str, Any]) -> None:
        form = schema.get("format")
        if isinstance(form, dict):
            facts["format"] = self._add_named(form)
        elif form is not None:
            facts["format"] = form
        if isinstance(schema.get("properties"), dict):
            facts["properties"] = self._add_named(schema["properties"])
        for key in ("items", "type-property-schema"):
            if isinstance(schema.get(key), dict):
                facts[key] = self.add(schema[key])
        for key in ("oneOf", "allOf"):
            if isinstance(schema.get(key), list):
                facts[key] = [self.add(item) for item in schema[key]]

    def _add_named(self, schemas: dict[str, dict[str, Any]]) -> dict[str, int]:
        return {name: self.add(schema) for name, schema in sorted(schemas.items())}


def _number(value: Any) -> int | float:
    if isinstance(value, int | float):
        return value
    return float(value) if "." in value else int(value)
