# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Property strings, the C(key=value,key=value) values of guest configurations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def parse(text: str, default_key: str = "") -> dict[str, str]:
    """The properties of a value; one without a name is called I(default_key)."""
    properties = {}
    for part in filter(None, text.split(",")):
        key, sign, value = part.partition("=")
        properties[key if sign else default_key] = value if sign else key
    return properties


def render(properties: Mapping[str, Any]) -> str:
    """A property string; None is left out, booleans are 1 and 0."""
    return ",".join(
        f"{key}={int(value) if isinstance(value, bool) else value}"
        for key, value in properties.items()
        if value is not None
    )
