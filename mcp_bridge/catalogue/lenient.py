# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads what AI clients are known to send where it can mean one thing only, before it is validated. Pure.

Text that is JSON of the declared type, a single value for a list, and, since clients in a strict mode have to give
every option, an empty value where it is no value.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from mcp_bridge.catalogue.arguments import has_type

CLEARS = "x-clears"
"""In a schema: an empty value is one, and takes away what is there."""

_LONGEST_JSON = 1_000_000


def read_arguments(
    schema: Mapping[str, Any], arguments: Mapping[str, Any], exclusive: Iterable[tuple[str, str]] = ()
) -> dict[str, Any]:
    """The arguments as they were meant; what can't be meant is left as it is, for validation to refuse.

    A call that gives any option a value that only says "not given" comes from a client that has to give all of them: of
    such a call, no empty value of an optional option counts. A false that is the default, or stands beside an option
    that excludes it, says nothing either.
    """
    converted = _read_object(schema, arguments)
    kept = _drop_blanks(schema, converted, all_empties=any(True for _name in _list_blanks(schema, converted)))
    for pair in exclusive:
        if all(kept.get(name) is not None for name in pair):
            for name in pair:
                if kept[name] is False:
                    del kept[name]
    return kept


def _read_value(schema: Mapping[str, Any], value: Any) -> Any:
    kind = schema["type"]
    if kind == "string" or value is None:
        return value
    if isinstance(value, str):
        value = _parse_text(kind, value)
    if kind == "array":
        entries = value if isinstance(value, list) else [] if value == "" else [value]
        return [_read_value(schema["items"], entry) for entry in entries]
    return _read_object(schema, value) if kind == "object" and isinstance(value, Mapping) else value


def _read_object(schema: Mapping[str, Any], value: Mapping[str, Any]) -> dict[str, Any]:
    options = schema.get("properties", {})
    return {name: _read_value(options[name], item) if name in options else item for name, item in value.items()}


def _parse_text(kind: str, text: str) -> Any:
    """What the text is as JSON, if that is of this type; or else the text."""
    if len(text) > _LONGEST_JSON:
        return text
    try:
        value = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        return text
    return value if has_type(kind, value) else text


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def _list_blanks(schema: Mapping[str, Any], value: Mapping[str, Any]) -> Iterator[str]:
    """The names of optional options, at any depth, with a value that only says that they are not given."""
    for name, item, option, is_required in _list_known(schema, value):
        if not is_required and _is_empty(option, item) and not option.get(CLEARS):
            yield name
        for inner in item if isinstance(item, list) else [item]:
            if isinstance(inner, Mapping):
                yield from _list_blanks(option.get("items", option), inner)


def _drop_blanks(schema: Mapping[str, Any], value: Mapping[str, Any], *, all_empties: bool) -> dict[str, Any]:
    kept = dict(value)
    for name, item, option, is_required in _list_known(schema, value):
        if isinstance(item, list):
            element = option.get("items", {})
            kept[name] = [
                _drop_blanks(element, entry, all_empties=all_empties) if isinstance(entry, Mapping) else entry
                for entry in item
            ]
        elif isinstance(item, Mapping):
            inner = _drop_blanks(option, item, all_empties=all_empties)
            # Of an object that is there only because it has to be, a false says as little as what is empty.
            is_false = len(inner) < len(item) and all(value is False for value in inner.values())
            kept[name] = {} if is_false else inner
        if not is_required and _is_blank(option, kept[name], all_empties=all_empties):
            del kept[name]
    return kept


def _is_blank(option: Mapping[str, Any], value: Any, *, all_empties: bool) -> bool:
    """Whether a value of an optional option says nothing."""
    if value is False:
        return option.get("default") is False
    if all_empties and _is_zero(value):
        return True
    return _is_empty(option, value) and (all_empties or not option.get(CLEARS))


def _list_known(
    schema: Mapping[str, Any], value: Mapping[str, Any]
) -> Iterator[tuple[str, Any, Mapping[str, Any], bool]]:
    """Each given option that the schema knows: name, value, schema, and whether it is required."""
    options, required = schema.get("properties", {}), schema.get("required", ())
    for name, item in value.items():
        if name in options:
            yield name, item, options[name], name in required


def _is_empty(schema: Mapping[str, Any], value: Any) -> bool:
    """Whether it is the empty value of its type; for a number, 0 where that is below the least."""
    if isinstance(value, str):
        return not value.strip()
    if isinstance(value, (list, Mapping)):
        return not value
    return _is_zero(value) and schema.get("minimum", 0) > 0


def _is_zero(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value == 0
