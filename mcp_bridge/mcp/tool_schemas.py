# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Makes a tool's schemas as short as models can work with: clients load all of them in each conversation. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_FIRST_SENTENCE = re.compile(r"^.+?[.;](?=\s|$)", re.S)

# Options that many tools have and whose name says enough, with what there is to say all the same.
_TERSE = {
    **dict.fromkeys(("name", "vmid", "limit", "offset", "wait", "content", "history", "sort"), ""),
    "guests": "Names take patterns (web-*)",
    "timeout": "Seconds",
}

# What callers of tools that change something seldom need, and may give all the same.
_RARE = {"": ("moved", "last_applied"), "guests": ("type", "templates")}

# What every result has, whichever tool made it; the instructions say what each means. `playvisor tools show` says what
# a module returns besides.
OUTPUT: dict[str, Any] = {"type": "object"}


def shorten_input_schema(schema: Mapping[str, Any], *, changes: bool = False) -> dict[str, Any]:
    """Shorten the schema of a tool's arguments to first sentences, with all that is nested spelled out.

    Of a tool that `changes` something, options that are seldom needed are left out.

    Arguments are still validated by the whole schema. It says neither null nor additionalProperties, which converters
    of some clients can't read, nor default, which strict modes refuse: descriptions do.
    """
    shortened = _shorten_object(_leave_out_rare(schema) if changes else schema, is_described=True)
    return {"type": "object", "properties": shortened.pop("properties", {}), **shortened}


def _leave_out_rare(schema: Mapping[str, Any]) -> dict[str, Any]:
    properties = {name: option for name, option in schema["properties"].items() if name not in _RARE[""]}
    for name in properties.keys() & _RARE.keys():
        shown = {key: option for key, option in properties[name]["properties"].items() if key not in _RARE[name]}
        properties[name] = {**properties[name], "properties": shown}
    return {**schema, "properties": properties}


def _shorten_object(schema: Mapping[str, Any], *, is_described: bool) -> dict[str, Any]:
    properties = {
        name: _shorten_option(option, is_described=is_described and name not in _TERSE)
        for name, option in schema["properties"].items()
    }
    if is_described:
        for name in properties.keys() & _TERSE.keys():
            option = {**schema["properties"][name], "description": _TERSE[name]}
            description = _describe_option(option) if _TERSE[name] or option.get("default") is True else ""
            properties[name] |= {"description": description} if description else {}
    return {"properties": properties, **({"required": list(schema["required"])} if schema.get("required") else {})}


def _shorten_option(option: Mapping[str, Any], *, is_described: bool) -> dict[str, Any]:
    shortened = {name: option[name] for name in ("type", "enum") if option.get(name)}
    # A range that the description gives as well is not repeated.
    shortened |= {
        name: option[name]
        for name in ("minimum", "maximum")
        if name in option and is_described and not _is_redundant_limit(option, name)
    }
    if "properties" in option:
        shortened |= _shorten_object(option, is_described=is_described)
    if "items" in option:
        shortened["items"] = _shorten_option({**option["items"], "description": ""}, is_described=is_described)
    description = _describe_option(option)
    return {**shortened, "description": description} if description and is_described else shortened


def _describe_option(option: Mapping[str, Any]) -> str:
    """The first sentence of its description, and its default where that is not evident."""
    sentence, default = _get_first_sentence(option.get("description", "")), option.get("default")
    if default in (None, False, []) or sentence.startswith("false:"):
        return sentence
    words = ", ".join(map(str, default)) if isinstance(default, list) else str(default)
    shown = words.lower() if default is True else words
    return f"{sentence} (default {shown})" if sentence else f"Default {shown}"


def _is_redundant_limit(option: Mapping[str, Any], name: str) -> bool:
    """Whether the description gives this limit as well, or it is only a bound against nonsense."""
    return str(option[name]) in option.get("description", "") or option[name] > 9999


def _get_first_sentence(text: str) -> str:
    match = _FIRST_SENTENCE.match(text)
    return match[0].rstrip(".;") if match else text
