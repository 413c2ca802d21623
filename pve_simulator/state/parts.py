# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""State that one room adds to the cluster or to a guest without touching their files.

A room declares a dataclass with `@state_part("firewall")` and reaches it with `cluster.part(Firewall)` or
`guest.part(GuestFirewall)`: made empty on first use, dumped and loaded under its key.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

_T = TypeVar("_T")
_KEYS: dict[type[Any], str] = {}
PART_TYPES: dict[str, type[Any]] = {}


def state_part(key: str) -> Callable[[type[_T]], type[_T]]:
    """Register a dataclass as a part of the state, saved under `key`."""

    def register(cls: type[_T]) -> type[_T]:
        if key in PART_TYPES:
            raise ValueError(f"two state parts are called {key!r}")
        PART_TYPES[key] = cls
        _KEYS[cls] = key
        return cls

    return register


def load_part_types() -> dict[str, type[Any]]:
    """All parts, declared in any module of `state`, whether it has been imported yet or not."""
    package = importlib.import_module("pve_simulator.state")
    for module in pkgutil.iter_modules(package.__path__, "pve_simulator.state."):
        importlib.import_module(module.name)
    return PART_TYPES


@dataclass
class WithParts:
    """Something that carries parts."""

    parts: dict[str, Any] = field(default_factory=dict, kw_only=True)

    def part(self, kind: type[_T]) -> _T:
        """The part of this type, made on first use."""
        key = _KEYS[kind]
        if key not in self.parts:
            self.parts[key] = kind()
        part = self.parts[key]
        if not isinstance(part, kind):
            raise TypeError(f"state part {key!r} is a {type(part).__name__}")
        return part
