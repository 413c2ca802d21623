# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A guest's configuration for reading: its properties as mappings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .._values.guests import find_option
from .._values.properties import Properties
from . import disks, nics

# Options that always have several properties. One value alone is usual for others, such as agent.
_MAPPINGS = re.compile(r"startup|features|(ipconfig|hostpci|usb|dev|numa)\d+")


def parse_config(kind: str, config: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration (C(GET .../config)) of a guest of type I(kind); what has no properties stays as it is.

    The text of options that may have one value or several properties, such as C(agent), stays, too.
    """
    return {key: _parse_option(kind, config, key) for key in config}


def _parse_option(kind: str, config: Mapping[str, Any], key: str) -> Any:
    if nics.is_slot(key):
        return nics.read_nic(kind, config, key)
    if disks.is_slot(kind, key):
        disk = disks.read_disk(config, key)
        return {"volume": disk.volume, **disk.properties} if disk else None
    option = find_option(kind, key)
    if isinstance(option, Properties) and _MAPPINGS.fullmatch(key):
        return option.read(config[key])
    return config[key]
