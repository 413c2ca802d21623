# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a server answers first, made from its command line alone, while everything else is still to be loaded.

A test holds these answers against those of the server itself.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from mcp_bridge.settings import Mode

NAME, TITLE = "playvisor", "Playvisor for Proxmox VE"
# The versions of the protocol that begin with `initialize`, whose list of tools has the same form.
VERSIONS = ("2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25")
_CAPABILITIES = {
    "completions": {},
    "prompts": {"listChanged": False},
    "resources": {"listChanged": True, "subscribe": True},
    "tools": {"listChanged": False},
}
_MODES = ("read", "check", "apply")
_FLAGS = frozenset({"--read-only", "--no-elicitation"})
_OPTIONS = frozenset({"--profile", "--mode", "--toolsets", "--tools", "--aliases", "--transport"})
# What makes no difference to what is offered.
_INDIFFERENT = ("profile", "no-elicitation")


@dataclass(frozen=True)
class FirstAnswers:
    """The answers of a server in one mode that offers these tools."""

    mode: Mode
    tools: list[dict[str, Any]]

    def find(self, method: str, params: Mapping[str, Any], version: str) -> dict[str, Any] | None:
        """The answer to a request of a client that speaks this version; None where only the server has one."""
        if version not in VERSIONS:
            return None
        if method == "tools/list" and not params.get("cursor"):
            return {"tools": self.tools}
        return self._introduce(version) if method == "initialize" else None

    def _introduce(self, version: str) -> dict[str, Any]:
        from mcp_bridge import version as own_version
        from mcp_bridge.mcp.instructions import render_instructions

        return {
            "protocolVersion": version,
            "capabilities": _CAPABILITIES,
            "serverInfo": {"name": NAME, "title": TITLE, "version": own_version()},
            "instructions": render_instructions(self.mode),
        }


def make_first_answers(arguments: Sequence[str]) -> FirstAnswers | None:
    """The answers of a server with this command line, `mcp` and its options or nothing at all.

    None where it takes more than this to tell what the server offers.
    """
    given = _read_options(arguments)
    if given is None or given.pop("transport", "stdio") != "stdio":
        return None
    mode = given.pop("mode", "") or os.environ.get("PLAYVISOR_MODE") or "read"
    if mode not in _MODES:
        return None
    from mcp_bridge.catalogue.offer import read_offer
    from mcp_bridge.errors import UsageError
    from mcp_bridge.mcp.tool_list import describe_tool

    mode = "read" if given.pop("read-only", "") else mode
    try:
        offer = read_offer(mode, **given)
    except UsageError:
        return None
    return FirstAnswers(cast("Mode", mode), [describe_tool(entry) for entry in offer.tools])


def _read_options(words: Sequence[str]) -> dict[str, str] | None:
    """The options of a command line by their names; None where there are others."""
    given: dict[str, str] = {}
    rest = iter(words)
    for word in rest:
        name, equals, value = word.partition("=")
        if word in _FLAGS:
            given[word.removeprefix("--")] = "yes"
        elif name in _OPTIONS:
            given[name.removeprefix("--")] = value if equals else next(rest, "")
        elif word != "mcp":
            return None
    return {name: value for name, value in given.items() if name not in _INDIFFERENT}
