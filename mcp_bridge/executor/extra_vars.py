"""Extra variables as a file in which every string is marked as data.

Ansible templates strings in extra variables, so that a guest named `{{ lookup('pipe', …) }}` would be a shell
command. The YAML tag `!unsafe` keeps a string a string, on every supported ansible-core.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def dump(variables: Mapping[str, Any]) -> str:
    """The variables as YAML (flow style, ASCII), with every string below them tagged `!unsafe`."""
    return f"{_value(variables)}\n"


def _value(value: Any) -> str:
    if isinstance(value, str):
        return f"!unsafe {_quoted(value)}"
    if isinstance(value, Mapping):
        # Keys are marked by `?`, since YAML allows others only 1024 characters.
        return "{" + ", ".join(f"? {_quoted(str(name))} : {_value(item)}" for name, item in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_value(item) for item in value) + "]"
    if value is None or isinstance(value, (bool, int, float)):
        return json.dumps(value)
    raise TypeError(f"{type(value).__name__} is no plain data")


def _quoted(text: str) -> str:
    """A double-quoted YAML scalar. Like JSON's, but YAML knows no surrogate pairs."""
    return '"' + "".join(_escaped(character) for character in text) + '"'


def _escaped(character: str) -> str:
    code = ord(character)
    if character in '"\\':
        return f"\\{character}"
    if 0x20 <= code < 0x7F:
        return character
    return f"\\U{code:08X}"
