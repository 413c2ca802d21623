# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads what AI clients are known to send where it can mean one thing only, before it is validated. Pure.

Text that is JSON of the declared type or is written as Python does, a single value for a list, another case of a
choice, 1 and 0 for true and false, digits for text, what a client adds of its own, and, since clients in a strict mode
have to give every option, an empty value where it is no value.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from mcp_bridge.catalogue.arguments import has_type

CLEARS = "x-clears"
"""In a schema: an empty value is one, and takes away what is there."""

WHOLE = "x-whole"
"""In the schema of a list's entries: a comma belongs to them."""

_LONGEST_JSON = 1_000_000
# What clients add to the arguments, and no model can leave out; so is whatever begins with an underscore.
_CLIENTS_OWN = frozenset(
    {"toolCallId", "tool_call_id", "tool_call_description", "random_string", "sessionId", "chatInput"}
)
_NUMBERS = re.compile(r"\s*\d+(?:[\s,;]+\d+)+\s*", re.ASCII)
# A number that is given as a name may be meant as a vmid.
_NAME = "name"


def read_arguments(
    schema: Mapping[str, Any], arguments: Mapping[str, Any], exclusive: Iterable[tuple[str, str]] = ()
) -> dict[str, Any]:
    """The arguments as they were meant; what can't be meant is left as it is, for validation to refuse.

    A call that gives any option a value that only says "not given" comes from a client that has to give all of them: of
    such a call, no empty value of an optional option counts. A false that is the default, or stands beside an option
    that excludes it, says nothing either.
    """
    converted = _read_object(schema, _drop_clients_own(schema, arguments))
    kept = _drop_blanks(schema, converted, all_empties=any(True for _name in _list_blanks(schema, converted)))
    for pair in exclusive:
        if all(kept.get(name) is not None for name in pair):
            for name in pair:
                if kept[name] is False:
                    del kept[name]
    return kept


def _drop_clients_own(schema: Mapping[str, Any], arguments: Mapping[str, Any]) -> dict[str, Any]:
    options = schema.get("properties", {})
    return {
        name: value
        for name, value in arguments.items()
        if name in options or not (name in _CLIENTS_OWN or name.startswith("_"))
    }


def _read_object(schema: Mapping[str, Any], value: Mapping[str, Any]) -> dict[str, Any]:
    options = schema.get("properties", {})
    return {
        name: item if name not in options or (_is_number(item) and name == _NAME) else _read_value(options[name], item)
        for name, item in value.items()
    }


def _read_value(schema: Mapping[str, Any], value: Any) -> Any:
    kind = schema["type"]
    if kind == "string":
        return _read_text(schema, value)
    if isinstance(value, str):
        value = _parse_text(kind, value)
    if value is None:
        return None
    if kind == "array":
        entries = value if isinstance(value, list) else _split_words(schema, value)
        return [
            _read_value(schema["items"], part) for entry in entries for part in _split_entry(schema["items"], entry)
        ]
    if kind == "boolean" and _is_number(value) and value in (0, 1):
        return bool(value)
    return _read_object(schema, value) if kind == "object" and isinstance(value, Mapping) else value


def _read_text(schema: Mapping[str, Any], value: Any) -> Any:
    if _is_number(value) and value == int(value):
        value = str(int(value))
    choices = schema.get("enum", ())
    if not isinstance(value, str) or value in choices:
        return value
    same = [choice for choice in choices if choice.casefold() == value.strip().casefold()]
    return same[0] if len(same) == 1 else value


def _split_words(schema: Mapping[str, Any], value: Any) -> list[Any]:
    """The entries of a list that is given as one value: words with commas between them, or just this value."""
    if not isinstance(value, str) or schema["items"]["type"] != "string" or schema["items"].get(WHOLE):
        return [] if value == "" else [value]
    words = [word.strip() for word in value.split(",") if word.strip()]
    return [value] if any(len(word.split()) > 1 for word in words) else words


def _split_entry(schema: Mapping[str, Any], entry: Any) -> list[Any]:
    """The entries that one entry is: numbers, or choices with commas; other text may have a comma in it."""
    if not isinstance(entry, str):
        return [entry]
    if schema["type"] == "integer" and _NUMBERS.fullmatch(entry):
        return re.split(r"[\s,;]+", entry.strip())
    parts = [part.strip() for part in entry.split(",")]
    return parts if set(parts) <= set(schema.get("enum", ())) else [entry]


def _parse_text(kind: str, text: str) -> Any:
    """What the text is as JSON, or as Python writes it, if that is null or of this type; or else the text."""
    if len(text) > _LONGEST_JSON:
        return text
    try:
        value = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        value = _parse_python(text.strip())
    if isinstance(value, str) and value != text:
        return _parse_text(kind, value)
    is_flag = kind == "boolean" and _is_number(value)
    return value if value is None or is_flag or has_type(kind, value) else text


def _parse_python(text: str) -> Any:
    """What models write that have Python in mind: True, None, and lists and objects in single quotes."""
    if text.title() in ("True", "False"):
        return text.title() == "True"
    if text[:1] not in "{[" and text != "None":
        return text
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return text


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
    return _is_number(value) and value == 0


def _is_number(value: Any) -> bool:
    """Whether it is a number that there is: neither a boolean nor infinite."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < float("inf")
