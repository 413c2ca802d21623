# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Property strings, C(key=value,key=value), as a kind of value: their properties are values themselves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .kinds import Text, Value, to_text

_TEXT = Text()
# Longer lists of properties don't help.
_LISTED = 15


@dataclass(frozen=True)
class Properties(Value):
    """A property string; users may write a mapping or a list instead.

    I(first) is the property that is written without its name. I(aliases) are other names of properties. I(list_key):
    the property that a bare list is. I(needs): properties that can't be without another one. I(is_open): it has other
    properties, too. I(names_all): the first one is written with its name as well. I(required): properties that it must
    have.
    """

    table: Mapping[str, Value] = field(default_factory=dict)
    first: str = ""
    aliases: Mapping[str, str] = field(default_factory=dict)
    list_key: str = ""
    needs: Mapping[str, str] = field(default_factory=dict)
    is_open: bool = False
    names_all: bool = False
    required: tuple[str, ...] = ()

    def check(self, value: Any) -> dict[str, str]:
        """The properties that are set, as the API has their values; raises ValueError for what it would refuse."""
        properties: dict[str, str] = {}
        for name, item in self._split(value, is_strict=True):
            if name in properties:
                raise ValueError(f"{name or item} is there twice, once as {properties[name]} and once as {item}")
            text = self.check_property(name, item)
            if text:
                properties[name] = text
        for name, needed in self.needs.items():
            if name in properties and needed not in properties:
                raise ValueError(f"{name} needs {needed}")
        lacking = [name for name in self.required if name not in properties]
        if properties and lacking:
            raise ValueError(f"it needs {', '.join(lacking)}")
        return properties

    def check_property(self, name: str, value: Any) -> str:
        """The text of one property, empty for one that is not to be set; raises ValueError as L(check) does."""
        if name not in self.table and not self.is_open:
            known = f"; there are {', '.join(sorted(self.table))}" if len(self.table) <= _LISTED else ""
            raise ValueError(f"there is no property {name or value}{known}")
        try:
            text = "" if value is None or value == "" else self.table.get(name, _TEXT).check_text(value)
        except ValueError as error:
            raise ValueError(f"{name} is {value!r}; {error}") from error
        if "," in text:
            raise ValueError(f"{name} is {text!r}; a property can't have a comma")
        return text

    def check_text(self, value: Any) -> str:
        return self.render(self.check(value))

    def parse(self, text: str) -> Any:
        return self.read(text)

    def read(self, value: Any) -> dict[str, str]:
        """The properties of what the API returned, which is not judged."""
        return {name: self.read_property(name, item) for name, item in self._split(value, is_strict=False)}

    def read_property(self, name: str, text: Any) -> str:
        """One property of what the API returned."""
        try:
            return self.table.get(name, _TEXT).check_text(text)
        except ValueError:
            return str(text)

    def render(self, value: Any) -> Any:
        """Properties as the API takes them."""
        if isinstance(value, str):
            return value
        bare = "" if self.names_all else self.first
        first = [value[bare]] if bare in value else []
        return ",".join(first + [f"{name}={text}" for name, text in value.items() if name != bare])

    def reduce(self, properties: Mapping[str, str]) -> dict[str, str]:
        """The properties without those that amount to what is there without them, but for what it must have."""
        return {
            name: text
            for name, text in properties.items()
            if name in (self.first, *self.required) or name not in self.table or text != self.table[name].default
        }

    def find_default(self, name: str) -> str | None:
        """What a property amounts to that is not set."""
        return self.table[name].default if name in self.table else None

    def _is_list(self, value: Any) -> bool:
        """Whether a value is a list of what the property has that a bare list is, rather than properties."""
        if not isinstance(value, str):
            return isinstance(value, list | tuple)
        try:
            return "=" not in value and bool(self.table[self.list_key].check_text(value))
        except ValueError:
            return False

    def _split(self, value: Any, *, is_strict: bool) -> list[tuple[str, Any]]:
        if self.list_key and self._is_list(value):
            value = {self.list_key: value}
        parts: list[tuple[str, Any]]
        if isinstance(value, Mapping):
            parts = [(str(name), item) for name, item in value.items() if item is not None]
        elif isinstance(value, bool):
            # Users write `agent: true`.
            parts = [(self.first, value)]
        else:
            if isinstance(value, list | tuple):
                value = ",".join(map(to_text, value))
            text = to_text(value) if is_strict else str(value)
            parts = [
                (name.strip(), item) if sign else (self.first, name)
                for name, sign, item in (part.partition("=") for part in text.split(",") if part.strip())
            ]
        return [(self.aliases.get(name, name), item) for name, item in parts]
