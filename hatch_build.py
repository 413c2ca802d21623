# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Puts the collection inside the wheel, so that an installed playvisor needs no checkout.

An editable install carries none: there the checkout is the collection, and a copy would only go stale.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

TARGET = "mcp_bridge/_collections/ansible_collections/playvisor/proxmox"
PARTS = (
    "galaxy.yml",
    "README.md",
    "LICENSE",
    "meta",
    "plugins",
    "playbooks",
    "roles",
    "extensions/audit",
    "extensions/eda",
)


class CollectionInWheel(BuildHookInterface):
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
        for part in PARTS:
            if Path(self.root, part).exists():
                build_data["force_include"][part] = f"{TARGET}/{part}"
