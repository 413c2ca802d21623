# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A guest's configuration for reading: its properties as mappings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .._api import property_strings
from .nics import is_slot, read_nic

# Options that always have several properties, and the name of the one that stands without a name.
_PROPERTIES = (
    (re.compile(r"(scsi|sata|ide|virtio|efidisk|tpmstate|unused|mp)\d+|rootfs"), "volume"),
    (re.compile(r"ipconfig\d+"), "ip"),
    (re.compile(r"(hostpci|usb)\d+"), "host"),
    (re.compile(r"dev\d+"), "path"),
    (re.compile(r"numa\d+"), "cpus"),
    (re.compile(r"startup"), "order"),
    (re.compile(r"features"), ""),
)


def parse_config(kind: str, config: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration (C(GET .../config)) of a guest of type I(kind); what has no properties stays as it is.

    The text of options that may have one value or several properties, such as C(agent), stays, too.
    """
    return {key: _parse_option(kind, config, key) for key in config}


def _parse_option(kind: str, config: Mapping[str, Any], key: str) -> Any:
    if is_slot(key):
        return read_nic(kind, config, key)
    for pattern, default in _PROPERTIES:
        if pattern.fullmatch(key):
            return property_strings.parse(str(config[key]), default)
    return config[key]
