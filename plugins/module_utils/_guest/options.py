# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options of guest configurations by their names in the API: how each is read, compared, written and left unset."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .._api.errors import refuse_values
from .._values.guests import check_name, find_option
from .._values.kinds import Flag, Line, Value
from .._values.properties import Properties

# What is known of options that newer versions of Proxmox VE have.
_ANY_TEXT, _ANY_PROPERTIES = Line(), Properties(is_open=True)
_GENERATED_ID = re.compile("[0-9a-fA-F-]{36}")


def default_value(kind: str, key: str) -> Any:
    """The value, as by L(normalize), that an option has for a guest of type I(kind) when it is not set."""
    option = find_option(kind, key)
    return None if option is None or option.default is None else option.parse(option.default)


def read_option(kind: str, config: Mapping[str, Any], key: str, wished: Any = None) -> Any:
    """An option of a configuration, or its default, for results and comparisons with what is I(wished)."""
    value, option = config.get(key), _find(kind, key, wished)
    found = None if _is_empty(value) else _reduce(option, option.read(value))
    return default_value(kind, key) if found is None else found


def normalize(kind: str, key: str, value: Any) -> Any:
    """What a user wishes, in the form in which Proxmox VE returns it; None: it is not to be set.

    Raises C(invalid_parameter) for what Proxmox VE would refuse.
    """
    if _is_empty(value):
        return None
    option = _find(kind, key, value)
    try:
        check_name(kind, key)
        return _reduce(option, option.check(value))
    except ValueError as error:
        raise refuse_values([(key, value, str(error))]) from error


def encode(kind: str, key: str, value: Any) -> Any:
    """A value that L(normalize) returned, as the API takes it."""
    return _find(kind, key, value).render(value)


def keep_identity(config: Mapping[str, Any], key: str, wished: Any) -> Any:
    """What is wished, with the UUID that the machine has where the wish names none."""
    if key != "smbios1" or not wished:
        return wished
    found = read_option("qemu", config, key) or {}
    return {**{name: found[name] for name in ("uuid",) if name in found}, **wished}


def align_with_wish(key: str, found: Any, wished: Any) -> Any:
    """The value I(found), or I(wished) where both mean the same.

    A machine type without a version means any version: Proxmox VE keeps Windows guests at the version that they were
    created with. C(vmgenid) 1 is an id that Proxmox VE chooses. A machine keeps its UUID unless another one is wished.
    """
    if key == "smbios1" and found and wished and "uuid" not in wished:
        return {name: text for name, text in found.items() if name != "uuid"}
    if key == "machine" and found and wished:
        family = {"pc": "pc-i440fx-", "q35": "pc-q35-"}.get(wished.get("type", ""))
        if family and str(found.get("type")).startswith(family):
            return {**found, "type": wished["type"]}
    if key == "vmgenid" and wished == "1" and _GENERATED_ID.fullmatch(str(found)):
        return wished
    return found


def parse_flag(value: Any) -> bool:
    """A flag of a configuration."""
    return Flag().read(value) is True


def _find(kind: str, key: str, value: Any) -> Value:
    return find_option(kind, key) or (_ANY_PROPERTIES if isinstance(value, Mapping) else _ANY_TEXT)


def _is_empty(value: Any) -> bool:
    return value is None or value in ("", " ", [], {})


def _reduce(option: Value, value: Any) -> Any:
    """A value without what amounts to nothing; None where nothing is left."""
    if isinstance(option, Properties):
        value = option.reduce(value)
    return None if _is_empty(value) else value
