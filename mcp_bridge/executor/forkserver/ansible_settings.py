# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ansible's settings, which it takes from the environment when it is imported."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from functools import cache

from ansible import constants as C  # type: ignore[import-untyped]

_FILE = "ANSIBLE_CONFIG"
_WORD = re.compile(r"[A-Z][A-Z_]+")


def renew(former: Mapping[bytes, bytes], present: Mapping[bytes, bytes]) -> set[str]:
    """Read those anew, and return them, that another environment may have another value for."""
    changed = {name.decode("utf-8", "replace") for name, _value in set(former.items()) ^ set(present.items())}
    found = {name for variable in changed for name in readers().get(variable, ())}
    if _FILE in changed:
        C.config._config_file = os.fsdecode(present.get(os.fsencode(_FILE), b"")) or None
        C.config._parse_config_file()
        found = set(C.config.get_configuration_definitions())
    for name in C.config.get_configuration_definitions():
        if name in found:
            C.set_constant(name, C.config.get_config_value(name, variables=vars(C)))
    return found


@cache
def readers() -> dict[str, set[str]]:
    """The settings that depend on each environment variable, be it through the default of another setting."""
    found: dict[str, set[str]] = {}
    definitions = C.config.get_configuration_definitions()
    for name, definition in definitions.items():
        default = str(definition.get("default"))
        named = _WORD.findall(default) if "{{" in default else []
        # What a default is made of is defined before it.
        through = [reading for reading in found.values() if not reading.isdisjoint(named)]
        for reading in [*through, *(found.setdefault(entry["name"], set()) for entry in definition.get("env") or ())]:
            reading.add(name)
    return found
