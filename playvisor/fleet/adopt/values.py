# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Values of the API in the form of the modules' options, by the types in the modules' documentation."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from mcp_bridge.catalogue.docs import read_module_docs

_TRUE, _FALSE = ("1", "on", "yes", "true"), ("0", "off", "no", "false")
_SEPARATORS = re.compile(r"[,;\s\0]+")
_WHOLE = re.compile(r"0|[1-9]\d*")
_NUMBER = re.compile(r"\d+(\.\d+)?")
Options = Mapping[str, Mapping[str, Any]]


def find_options(module: str, *path: str) -> Options:
    """The documented options of a module, or the suboptions at a path of them."""
    options: Options = read_module_docs(module).options
    for name in path:
        options = options[name]["suboptions"]
    return options


def is_unset(value: Any) -> bool:
    """Whether the API has such a value for nothing; it returns a blank for what was emptied."""
    return value is None or (isinstance(value, str) and not value.strip())


def is_on(value: Any) -> bool:
    return str(value).strip().lower() in _TRUE


def read_value(option: Mapping[str, Any], value: Any) -> Any:
    """A value of the API as the option has it; one that does not fit its type stays as it is."""
    text = str(value)
    match option.get("type"):
        case "bool" if text.strip().lower() in (*_TRUE, *_FALSE):
            return is_on(text)
        case "int" if _WHOLE.fullmatch(text.removeprefix("current=")):
            return int(text.removeprefix("current="))
        case "float" if _NUMBER.fullmatch(text):
            return int(text) if _WHOLE.fullmatch(text) else float(text)
        case "list" if not isinstance(value, list):
            items = [item for item in _SEPARATORS.split(text) if item]
            return [int(item) for item in items] if option.get("elements") == "int" else items
        case "raw":
            return to_number(value)
    return value


def to_number(value: Any) -> Any:
    """A whole number or decimal that a text is, and nothing else: `08` and `1e3` stay text."""
    if not isinstance(value, str):
        return value
    if _WHOLE.fullmatch(value):
        return int(value)
    return float(value) if re.fullmatch(r"(0|[1-9]\d*)\.\d*[1-9]", value) else value


def parse_properties(text: str, first: str) -> dict[str, str]:
    """A property string, `key=value,key=value`; `first` is the name of a value without one."""
    parts = [part.partition("=") for part in text.split(",") if part.strip()]
    return {name.strip() if sign else first: value if sign else name for name, sign, value in parts}


def parse_retention(value: Any) -> dict[str, Any]:
    """Which backups are kept, from `prune-backups`."""
    parts = dict(value) if isinstance(value, Mapping) else parse_properties(str(value), "")
    named = {str(name).removeprefix("keep-"): number for name, number in parts.items()}
    return {name: is_on(number) if name == "all" else to_number(str(number)) for name, number in named.items()}
