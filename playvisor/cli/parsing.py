# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Parse `name=value` words by the types of a tool's input schema. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

from mcp_bridge.errors import UsageError

_TRUE = frozenset({"true", "yes", "on", "1"})
_FALSE = frozenset({"false", "no", "off", "0"})


def parse(words: Iterable[str], schema: Mapping[str, Any]) -> dict[str, Any]:
    """A tool's arguments. `a.b=c` sets a part of an object; lists are `a,b` or repeated words; any value may be JSON.

    A value that does not fit its type stays as it is: validation says what is wrong with it. Raises UsageError for a
    word that is not `name=value`, and for a name that is given twice.
    """
    arguments: dict[str, Any] = {}
    for word in words:
        path, equals, text = word.partition("=")
        if not equals or not path:
            raise UsageError(f"{word!r} is not an argument.", "Write arguments as name=value, such as name=web-01.")
        _store(arguments, path.split("."), text, schema, path)
    return arguments


def _store(target: dict[str, Any], path: list[str], text: str, schema: Mapping[str, Any], full_path: str) -> None:
    name, rest = path[0], path[1:]
    inner = schema.get("properties", {}).get(name, {})
    if rest:
        nested = target.setdefault(name, {})
        if not isinstance(nested, dict):
            raise UsageError(f"{name} is given both as a value and through {full_path}.", "Give it in only one way.")
        _store(nested, rest, text, inner, full_path)
        return
    value = parse_value(text, inner)
    if name in target and isinstance(target[name], list) and isinstance(value, list):
        target[name] += value
    elif name in target:
        raise UsageError(f"{full_path} is given twice.", "Give it once.")
    else:
        target[name] = value


def parse_value(text: str, schema: Mapping[str, Any]) -> Any:
    """One value, converted to its type. An object is JSON or `name=value,name=value`; a list may have one item."""
    kind = schema.get("type")
    if kind == "integer":
        with suppress(ValueError):
            return int(text)
    elif kind == "number":
        with suppress(ValueError):
            return float(text)
    elif kind == "boolean":
        if text.lower() in _TRUE | _FALSE:
            return text.lower() in _TRUE
    elif kind == "array":
        return _parse_list(text, schema["items"])
    elif kind == "object":
        return _parse_object(text, schema)
    return text


def _parse_list(text: str, items: Mapping[str, Any]) -> Any:
    if text.startswith("["):
        return _parse_json(text)
    if items["type"] == "object":
        return [_parse_object(text, items)]
    return [parse_value(item.strip(), items) for item in text.split(",") if item.strip()]


def _parse_object(text: str, schema: Mapping[str, Any]) -> Any:
    pairs = [part.partition("=") for part in text.split(",")]
    if text.startswith("{") or not all(name and equals for name, equals, _value in pairs):
        return _parse_json(text)
    properties = schema.get("properties", {})
    return {name: parse_value(part, properties.get(name, {})) for name, _equals, part in pairs}


def _parse_json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
