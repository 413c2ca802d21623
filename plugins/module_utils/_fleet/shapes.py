# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Shapes: check parts of a document by the argument specs of modules, and say at which path what is wrong."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from .._api.missing import find_near
from .paths import render_path

# What is checked between the options of one level.
_BETWEEN = ("mutually_exclusive", "required_by", "required_if", "required_one_of", "required_together")
_UNASKED = ("default", "fallback", "required")
_NAMED = re.compile(r"^(?:Elements value for option|argument|value of) '?(?P<name>[\w-]+)'?")
_UNLIKE = re.compile(
    r"(?P<what>argument|Elements value for option) '[^']+' is of type .* and we were unable to convert to (?P<type>\w+)"
)
_MISSING = re.compile(r"missing required arguments: (?P<names>\S+(?:, \S+)*)$")
_TYPES = {
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "list": "a list",
    "dict": "a mapping of options",
}
# What names an entry of a list, the first that it has.
_KEYS = ("slot", "interface", "key", "name", "cidr", "role", "group", "user", "token", "path")


class Shape:
    """The options that a part of a document may have.

    I(find_other): what is said of an option that there is none of, where it is a known one.
    """

    def __init__(
        self,
        spec: Mapping[str, Mapping[str, Any]],
        rules: Mapping[str, Any] | None = None,
        find_other: Callable[[str], str | None] | None = None,
    ) -> None:
        inside = ("options", *_BETWEEN)
        flat = {name: {k: v for k, v in option.items() if k not in inside} for name, option in spec.items()}
        self.names = frozenset(spec)
        self._find_other = find_other or (lambda name: None)
        self._defaults = {name: option.get("default") for name, option in spec.items()}
        self._flat, self._rules = flat, rules or {}
        # What counts where it is not declared, too.
        self._always = [name for name, option in flat.items() if any(option.get(key) is not None for key in _UNASKED)]
        # By the options that are declared: guests of a fleet declare much the same ones, of which there are many more.
        self._validators: dict[frozenset[str], ArgumentSpecValidator] = {}
        self._inner = {
            name: Shape(option["options"], {rule: option[rule] for rule in _BETWEEN if rule in option})
            for name, option in spec.items()
            if option.get("options")
        }

    def check(
        self, value: Any, path: Sequence[str], problems: dict[str, str], secrets: set[str] | None = None
    ) -> dict[str, Any]:
        """The options that a value declares, each of its type; what is wrong goes into I(problems), by its path.

        The values that are not to be shown go into I(secrets).
        """
        if value is None:
            return {}
        if not isinstance(value, Mapping):
            problems[render_path(path)] = "it is no mapping of options"
            return {}
        for name in value:
            if name not in self.names:
                problems[render_path((*path, str(name)))] = self._describe_unknown(str(name))
        declared = {name: value[name] for name in value if name in self.names and value[name] is not None}
        result = self._find_validator(declared).validate(declared)
        for error in result.errors:
            match = _NAMED.match(error.msg)
            place = (*path, match["name"]) if match else path
            problems.setdefault(render_path(place), _describe_error(error.msg))
        if secrets is not None:
            secrets.update(result._no_log_values)
        checked = {name: result.validated_parameters[name] for name in declared}
        for name, shape in self._inner.items():
            if isinstance(checked.get(name), list):
                checked[name] = [
                    shape.check(item, (*path, name, _name_item(item, number)), problems, secrets)
                    for number, item in enumerate(checked[name])
                ]
            elif name in checked:
                checked[name] = shape.check(checked[name], (*path, name), problems, secrets)
        return checked

    def _find_validator(self, declared: Iterable[str]) -> ArgumentSpecValidator:
        """What checks these options as a validator of all would, which looks at each that there is."""
        names = frozenset((*declared, *self._always))
        if names not in self._validators:
            self._validators[names] = ArgumentSpecValidator({name: self._flat[name] for name in names}, **self._rules)
        return self._validators[names]

    def complete(self, declared: Mapping[str, Any]) -> dict[str, Any]:
        """All options, as a module has them: those that are declared, and the others with their defaults."""
        values = {**self._defaults, **declared}
        for name, shape in self._inner.items():
            value = values[name]
            if isinstance(value, list):
                values[name] = [shape.complete(item) for item in value]
            elif value is not None:
                values[name] = shape.complete(value)
        return values

    def _describe_unknown(self, name: str) -> str:
        other = self._find_other(name)
        near = find_near(name, self.names)
        return other or "there is no such option" + (f"; did you mean {' or '.join(near)}?" if near else "")


def _describe_error(message: str) -> str:
    """What Ansible says of options, in fewer words where those are known."""
    unlike, missing = _UNLIKE.match(message), _MISSING.match(message)
    if unlike and unlike["type"] in _TYPES:
        return f"{'it' if unlike['what'] == 'argument' else 'each of it'} has to be {_TYPES[unlike['type']]}"
    return f"{missing['names']} has to be given" if missing else message


def _name_item(item: Any, number: int) -> str:
    """What names an entry of a list in a path: its slot or name, else its number."""
    named = (item[key] for key in _KEYS if item.get(key) is not None) if isinstance(item, Mapping) else iter(())
    return str(next(named, number))
