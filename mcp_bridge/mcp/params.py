# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads the parameters of requests as clients mean them, and says what is wrong with those that can't be read. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

_WITH_ARGUMENTS = ("tools/call", "prompts/get")
_NAMED = 3


def read_params(method: str, params: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """The parameters with `arguments` as they were meant: as an object, whose values are text where it is a prompt's.

    Some clients pass on the text that their model wrote, and in some languages an empty object is an empty list.
    """
    if method not in _WITH_ARGUMENTS or params is None or params.get("arguments") is None:
        return params
    arguments = params["arguments"]
    if isinstance(arguments, str):
        arguments = _parse_object(arguments)
    if arguments == []:
        arguments = {}
    if method == "prompts/get" and isinstance(arguments, Mapping):
        arguments = {name: _write_text(value) for name, value in arguments.items() if value is not None}
    return {**params, "arguments": arguments}


def describe_error(error: ValidationError) -> str:
    """Say which parameters are wrong, and how, without their values."""
    found = [f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}" for problem in error.errors()[:_NAMED]]
    return f"The parameters are wrong: {'; '.join(found)}."


def _parse_object(text: str) -> Any:
    try:
        value = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return text
    return value if isinstance(value, Mapping) else text


def _write_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
