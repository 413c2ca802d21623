# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tools of the catalogue and of the bridge, as the web has them."""

from __future__ import annotations

from mcp_bridge import catalogue
from mcp_bridge.catalogue import Tool
from mcp_bridge.catalogue.run_tools import TOOLS, BridgeTool


def list_all() -> list[Tool | BridgeTool]:
    """All tools, those of the bridge included."""
    playbooks = [tool for tool in catalogue.load().values() if not tool.internal]
    return [*playbooks, *TOOLS.values()]


def is_change(name: str) -> bool:
    """Whether a run of this tool may change something, or decides on something."""
    tool = catalogue.load().get(name) or TOOLS.get(name)
    return tool is None or tool.writes
