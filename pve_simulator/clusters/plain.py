# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Dataclasses to plain JSON-able data and back, by their type hints."""

from __future__ import annotations

import types
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from pve_simulator.state.parts import PART_TYPES, WithParts


def to_plain(value: Any) -> Any:
    """Plain data; fields that have their default value are left out."""
    if is_dataclass(value) and not isinstance(value, type):
        plain: dict[str, Any] = {}
        for field in fields(value):
            content = getattr(value, field.name)
            if field.name == "parts" and isinstance(value, WithParts):
                plain.update({key: to_plain(part) for key, part in content.items()})
            elif content != _get_default(field):
                plain[field.name] = to_plain(content)
        return plain
    if isinstance(value, dict):
        return {key: to_plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set):
        return [to_plain(item) for item in value]
    return value


def from_plain(hint: Any, data: Any) -> Any:
    """A value of the hinted type; raises ValueError for data that does not fit."""
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        inner = [arg for arg in get_args(hint) if arg is not types.NoneType]
        return None if data is None else from_plain(inner[0], data)
    if origin is Literal:
        if data not in get_args(hint):
            raise ValueError(f"{data!r} is none of {get_args(hint)}")
        return data
    if origin is list:
        return [from_plain(get_args(hint)[0], item) for item in data]
    if origin is dict:
        key_hint, value_hint = get_args(hint)
        return {from_plain(key_hint, key): from_plain(value_hint, item) for key, item in data.items()}
    if is_dataclass(hint):
        return _dataclass_from(hint, data)
    if hint is str:
        return _text(data)
    if hint in (int, float, bool):
        return hint(data)
    return data


def _dataclass_from(cls: Any, data: Any) -> Any:
    if not isinstance(data, dict):
        raise ValueError(f"{cls.__name__}: expected a mapping, got {data!r}")
    hints = _get_hints(cls)
    values: dict[str, Any] = {}
    parts: dict[str, Any] = {}
    for key, item in data.items():
        if key in hints and key != "parts":
            values[key] = from_plain(hints[key], item)
        elif key in PART_TYPES and issubclass(cls, WithParts):
            parts[key] = from_plain(PART_TYPES[key], item)
        else:
            raise ValueError(f"{cls.__name__} has no {key!r}")
    instance = cls(**values)
    if parts:
        instance.parts.update(parts)
    return instance


def _text(data: Any) -> str:
    if isinstance(data, bool):
        return "1" if data else "0"
    return str(data)


@cache
def _get_hints(cls: Any) -> dict[str, Any]:
    return get_type_hints(cls)


def _get_default(field: Any) -> Any:
    if field.default is not MISSING:
        return field.default
    if field.default_factory is not MISSING:
        return field.default_factory()
    return MISSING
