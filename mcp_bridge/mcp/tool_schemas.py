# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Makes a tool's schemas as short as models can work with: clients load all of them in each conversation. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_FIRST_SENTENCE = re.compile(r"^.+?[.;](?=\s|$)", re.S)

# What every result has, whichever tool made it; the instructions say what each means. `playvisor tools show` says what
# a module returns besides.
OUTPUT: dict[str, Any] = {"type": "object", "required": ["run_id", "status", "changed", "summary"]}


def shorten_input_schema(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Shorten the schema of a tool's arguments to first sentences; descriptions name the keys of objects.

    Arguments are still validated by the whole schema.
    """
    return {**schema, "properties": {name: _shorten_option(option) for name, option in schema["properties"].items()}}


def _shorten_option(option: Mapping[str, Any]) -> dict[str, Any]:
    shortened = {name: option[name] for name in ("type", "enum", "default") if option.get(name) not in (None, False)}
    # A range that the description gives as well is not repeated.
    shortened |= {
        name: option[name]
        for name in ("minimum", "maximum")
        if name in option and not _is_redundant_limit(option, name)
    }
    description = _get_first_sentence(option.get("description", ""))
    element = option.get("items") or option
    if "properties" in element:
        keys = [
            _describe_key(name, value, name in element.get("required", ()))
            for name, value in element["properties"].items()
        ]
        description = f"{description}. Keys: {', '.join(keys)}"
    if "items" in option:
        shortened["items"] = {"type": option["items"].get("type", "string")}
    return {**shortened, "description": description} if description else shortened


def _describe_key(name: str, option: Mapping[str, Any], required: bool) -> str:
    kinds = {"array": "[]", "integer": " (int)", "boolean": " (bool)", "object": " {}"}
    choices = f" ({'|'.join(map(str, option['enum']))})" if "enum" in option else ""
    return f"{name}{choices or kinds.get(option.get('type', ''), '')}{' (required)' if required else ''}"


def _is_redundant_limit(option: Mapping[str, Any], name: str) -> bool:
    """Whether the description gives this limit as well, or it is only a bound against nonsense."""
    return str(option[name]) in option.get("description", "") or option[name] > 9999


def _get_first_sentence(text: str) -> str:
    match = _FIRST_SENTENCE.match(text)
    return match[0].rstrip(".;") if match else text
