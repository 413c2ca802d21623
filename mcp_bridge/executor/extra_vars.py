# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Extra variables as a file in which every string is marked as data.

Ansible templates strings in extra variables, so that a guest named `{{ lookup('pipe', …) }}` would be a shell
command. The YAML tag `!unsafe` prevents that. Before ansible-core 2.19, only strings can have it; from then on, a
string with it is read as if it had no quotes, so that "012" becomes 10, and the object with the strings has it instead.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from importlib.metadata import version
from typing import Any

from yaml import YAMLError

from mcp_bridge.text.yaml import load_yaml

FILE = "env/extravars"
"""Where they are in the folder of a run's phase."""
_UNSAFE = "!unsafe "
# What can't stand between double quotes as it is.
_SPECIAL = re.compile(r"[^ !#-\[\]-~]")


def dump(variables: Mapping[str, Any]) -> str:
    """The variables as YAML (flow style, ASCII) for the installed ansible-core, with every string marked as data.

    Raises TypeError for anything but objects, lists, strings, numbers, booleans and None.
    """
    if _must_mark_strings():
        return f"{_dump_value(variables, _UNSAFE)}\n"
    return f"{_UNSAFE}{_dump_value(variables, '')}\n"


def load(text: str) -> Any:
    """The variables as `dump` has written them. Raises ValueError for what is none of that."""
    try:
        return load_yaml(text, marked=True)
    except YAMLError as error:
        raise ValueError(str(error)) from error


@cache
def _must_mark_strings() -> bool:
    return version("ansible-core").startswith("2.18.")


def _dump_value(value: Any, mark: str) -> str:
    if isinstance(value, str):
        return f"{mark}{_quote(value)}"
    if isinstance(value, Mapping):
        # Keys are marked by `?`, since YAML allows other keys only 1024 characters.
        return (
            "{" + ", ".join(f"? {_quote(str(name))} : {_dump_value(item, mark)}" for name, item in value.items()) + "}"
        )
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_dump_value(item, mark) for item in value) + "]"
    if value is None or isinstance(value, (bool, int, float)):
        return json.dumps(value)
    raise TypeError(f"{type(value).__name__} is not plain data")


def _quote(text: str) -> str:
    """A double-quoted YAML scalar. Like JSON's, but YAML knows no surrogate pairs."""
    return f'"{_SPECIAL.sub(_escape, text)}"'


def _escape(found: re.Match[str]) -> str:
    character = found[0]
    return f"\\{character}" if character in '"\\' else f"\\U{ord(character):08X}"
