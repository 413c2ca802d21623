# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A tool's schemas as small as a model can work with: a client loads every tool's with each conversation. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_FIRST_SENTENCE = re.compile(r"^.+?[.;](?=\s|$)", re.S)

# What every result has, whichever tool made it; the instructions say what each means. What a module returns beside it
# is told by `playvisor tools show`.
OUTPUT: dict[str, Any] = {"type": "object", "required": ["run_id", "status", "changed", "summary"]}


def lean_input(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema of a tool's arguments with the first sentence of each description; objects are told in words.

    What it leaves out is checked all the same, by the whole schema.
    """
    return {**schema, "properties": {name: _lean(option) for name, option in schema["properties"].items()}}


def _lean(option: Mapping[str, Any]) -> dict[str, Any]:
    lean = {name: option[name] for name in ("type", "enum", "default") if option.get(name) not in (None, False)}
    # A range that the description gives as well is told once.
    lean |= {name: option[name] for name in ("minimum", "maximum") if name in option and not _told(option, name)}
    said = _first_sentence(option.get("description", ""))
    inner = option.get("items") or option
    if "properties" in inner:
        keys = [_key(name, value, name in inner.get("required", ())) for name, value in inner["properties"].items()]
        said = f"{said}. Keys: {', '.join(keys)}"
    if "items" in option:
        lean["items"] = {"type": option["items"].get("type", "string")}
    return {**lean, "description": said} if said else lean


def _key(name: str, option: Mapping[str, Any], required: bool) -> str:
    kinds = {"array": "[]", "integer": " (int)", "boolean": " (bool)", "object": " {}"}
    choices = f" ({'|'.join(map(str, option['enum']))})" if "enum" in option else ""
    return f"{name}{choices or kinds.get(option.get('type', ''), '')}{' (required)' if required else ''}"


def _told(option: Mapping[str, Any], name: str) -> bool:
    return str(option[name]) in option.get("description", "") or option[name] > 9999


def _first_sentence(text: str) -> str:
    found = _FIRST_SENTENCE.match(text)
    return found[0].rstrip(".;") if found else text
