# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Property strings, the `key=value,...` of configurations such as `net0` and `scsi0`: read and write them."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from pve_simulator.schema.check import check_properties
from pve_simulator.schema.errors import FormatError, ParameterError
from pve_simulator.schema.formats.property_strings import named_property_string
from pve_simulator.schema.model import Schema
from pve_simulator.schema.perl import to_number, to_text

_UNITS = "KMGT"
_SIZE = re.compile(r"(\d+(?:\.\d+)?)([KMGT])?")

Format = str | Schema | Mapping[str, Schema]


def format_of(form: Format) -> Mapping[str, Schema]:
    """The inner schemas of a property string, given its name, its schema or themselves.

    Raises KeyError when it is no property string: `config_schema("qemu")["cores"]`.
    """
    if isinstance(form, Schema):
        if form.format is None:
            raise KeyError("not a property string")
        form = form.format
    if isinstance(form, str):
        named = named_property_string(form)
        if named is None:
            raise KeyError(form)
        return named
    return form


def parse_property_string(text: str, form: Format, path: str = "") -> dict[str, str]:
    """The properties of a text, checked, by their real names, values as written (booleans as 1 and 0).

    `path` is the parameter's name for error texts. Raises ParameterError with the server's text for it.
    """
    try:
        return check_properties(text, form if isinstance(form, str) else format_of(form), path)
    except FormatError as error:
        raise ParameterError({path or "_root": f"invalid format - {error.text}"}) from error


def typed_properties(values: Mapping[str, str], form: Format) -> dict[str, Any]:
    """Properties as Python values: int, float and bool where the schema says so, else text."""
    schemas = format_of(form)
    return {
        name: _parse_value(value, schemas[name].type if name in schemas else None) for name, value in values.items()
    }


def _parse_value(value: str, kind: str | None) -> Any:
    if kind == "boolean":
        return value == "1"
    if kind == "integer":
        return int(value)
    return to_number(value) if kind == "number" else value


def print_property_string(values: Mapping[str, Any], form: Format, skip: Collection[str] = ()) -> str:
    """Write properties in the server's order: the default key, required ones, then the rest by name.

    A disk size may be given in bytes. Raises ValueError for unknown properties and values with commas.
    """
    schemas = format_of(form)
    printer = _Printer(values, schemas, set(skip))
    for name in sorted(schemas):
        if schemas[name].default_key:
            printer.add(name, bare=True)
    names = sorted(values)
    for name in names:
        if name in schemas and not schemas[name].optional:
            printer.add(name)
    for name in names:
        printer.add(name)
    return ",".join(printer.parts)


class _Printer:
    def __init__(self, values: Mapping[str, Any], schemas: Mapping[str, Schema], done: set[str]) -> None:
        self.parts: list[str] = []
        self._values = values
        self._schemas = schemas
        self._done = done
        self._combined = {
            schema.key_alias: schema.alias for schema in schemas.values() if schema.key_alias and schema.alias
        }

    def add(self, name: str, *, bare: bool = False) -> None:
        """Write one property once; one whose value is another's key takes that one along."""
        if name in self._done:
            return
        self._done.add(name)
        if self._values.get(name) is None:
            return
        text = self._text(name)
        partner = self._combined.get(name)
        if partner is not None and self._values.get(partner) is not None:
            self._done.add(partner)
            self.parts.append(f"{text}={self._text(partner)}")
        else:
            self.parts.append(text if bare else f"{name}={text}")

    def _text(self, name: str) -> str:
        schema = self._schemas.get(name)
        if schema is None:
            raise ValueError(f"invalid key '{name}'")
        value = self._values[name]
        if schema.format == "disk-size" and isinstance(value, int):
            return format_size(value)
        text = to_text(value)
        if "," in text:
            raise ValueError(f"illegal value with commas for {name}")
        return text


def format_size(size: int) -> str:
    """Bytes in the largest unit that keeps them whole: 34359738368 is 32G."""
    unit = ""
    for bigger in _UNITS:
        if size % 1024:
            break
        size //= 1024
        unit = bigger
    return f"{size}{unit}"


def parse_size(text: str) -> int | None:
    """Bytes of a size such as 32G or 1.5T; None when it is none."""
    match = _SIZE.fullmatch(text)
    if match is None:
        return None
    number, unit = match.groups()
    factor = 1024 ** (_UNITS.index(unit) + 1) if unit else 1
    return int(float(number) * factor) if "." in number else int(number) * factor
