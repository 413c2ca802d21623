# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names the catalogue's tools as commands of two words, a noun and a verb: start_guest is `guest start`. Pure."""

from __future__ import annotations

from functools import cache

from mcp_bridge import catalogue
from mcp_bridge.catalogue import Tool

# Tools whose name begins with what they are about, as in guest_network.
_NOUNS = frozenset({"cluster", "guest", "node"})
_READS = {"list": "list", "get": "show"}


def split_name(tool: Tool) -> tuple[str, str]:
    """Return noun and verb: the tool's own `command`, or the words of its name."""
    if tool.command:
        noun, verb = tool.command
        return noun, verb
    verb, noun, *rest = tool.name.split("_")
    if verb in _NOUNS:
        return verb, "-".join([noun, *rest])
    noun = _make_singular(noun)
    if verb in _READS:
        return noun, "-".join(rest) or _READS[verb]
    return noun, "-".join([verb, *rest])


@cache
def list_commands() -> dict[str, dict[str, Tool]]:
    """List by noun and verb, in the catalogue's order, the offered tools that commands are made from."""
    tools_by_command: dict[str, dict[str, Tool]] = {}
    for tool in catalogue.list_offered():
        if tool.own_command:
            continue
        noun, verb = split_name(tool)
        tools_by_command.setdefault(noun, {})[verb] = tool
    return tools_by_command


def _make_singular(noun: str) -> str:
    return noun[:-1] if noun.endswith("s") and not noun.endswith("ss") else noun
