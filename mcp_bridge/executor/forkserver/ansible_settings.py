# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ansible's settings, which it reads from the environment when it is imported."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from functools import cache

from ansible import constants as C  # type: ignore[import-untyped]

_FILE = "ANSIBLE_CONFIG"
_WORD = re.compile(r"[A-Z][A-Z_]+")


def refresh(old_environment: Mapping[bytes, bytes], new_environment: Mapping[bytes, bytes]) -> set[str]:
    """Read the settings again that may differ between two environments; returns their names."""
    changed = {
        name.decode("utf-8", "replace") for name, _value in set(old_environment.items()) ^ set(new_environment.items())
    }
    affected = {name for variable in changed for name in find_settings_by_variable().get(variable, ())}
    if _FILE in changed:
        C.config._config_file = os.fsdecode(new_environment.get(os.fsencode(_FILE), b"")) or None
        C.config._parse_config_file()
        affected = set(C.config.get_configuration_definitions())
    for name in C.config.get_configuration_definitions():
        if name in affected:
            C.set_constant(name, C.config.get_config_value(name, variables=vars(C)))
    return affected


@cache
def find_settings_by_variable() -> dict[str, set[str]]:
    """The settings that depend on each environment variable, directly or through the default of another setting."""
    settings: dict[str, set[str]] = {}
    definitions = C.config.get_configuration_definitions()
    for name, definition in definitions.items():
        default = str(definition.get("default"))
        references = _WORD.findall(default) if "{{" in default else []
        # The settings that a default refers to are defined before it.
        indirect = [readers for readers in settings.values() if not readers.isdisjoint(references)]
        for readers in [
            *indirect,
            *(settings.setdefault(entry["name"], set()) for entry in definition.get("env") or ()),
        ]:
            readers.add(name)
    return settings
