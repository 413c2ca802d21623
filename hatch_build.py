# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Puts the collection inside the wheel, and the built web application into wheel and source distribution.

So an installed playvisor needs neither a checkout nor Node. An editable install carries none of it: there the checkout
is the collection, and `make web` builds the application.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
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
# Set to `as-is`, nothing is built: what stands there already is taken.
WEB = "PLAYVISOR_WEB_BUILD"


class Contents(BuildHookInterface):
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
        if os.environ.get(WEB) != "as-is":
            self._build_web()
        if self.target_name != "wheel":
            return
        for part in PARTS:
            if Path(self.root, part).exists():
                build_data["force_include"][part] = f"{TARGET}/{part}"

    def _build_web(self) -> None:
        script = Path(self.root, "web/build.py")
        spec = importlib.util.spec_from_file_location("web_build", script)
        if not script.is_file() or spec is None or spec.loader is None:
            return
        web = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(web)
        if web.is_current():
            return
        try:
            web.build(web.find_node())
        except (web.NoNode, subprocess.CalledProcessError) as error:
            what = (
                "taken as it was built before" if web.is_built() else "left out, so `playvisor web` serves REST alone"
            )
            self.app.display_warning(f"The web application is {what} ({error}).")
