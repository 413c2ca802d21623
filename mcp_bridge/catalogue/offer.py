# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which tools a server offers to its clients. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from mcp_bridge import catalogue
from mcp_bridge.catalogue import Tool, aliases, run_tools
from mcp_bridge.catalogue.aliases import Alias
from mcp_bridge.catalogue.run_tools import BridgeTool
from mcp_bridge.errors import UsageError

ALL = "all"
# What is offered with tools that only plan.
_FOLLOWING = ("wait_run", "apply_plan")
# Toolsets that are offered only by their own name; `all` does not include them.
ONLY_BY_NAME = ("exec",)


@dataclass(frozen=True)
class Offer:
    """The names of the offered tools in the catalogue's order, then those that run no playbook; and the aliases."""

    names: tuple[str, ...]
    aliases: Mapping[str, Alias] = field(default_factory=dict)

    @property
    def tools(self) -> list[Tool | BridgeTool]:
        """The tools, and those under the names of aliases."""
        own = [run_tools.TOOLS.get(name) or catalogue.load()[name] for name in self.names]
        return own + [alias.as_tool() for name, alias in self.aliases.items() if name not in self.names]

    @property
    def callable_names(self) -> tuple[str, ...]:
        """The names of the tools that may be called, directly or by an alias."""
        return tuple(dict.fromkeys((*self.names, *(alias.tool for alias in self.aliases.values()))))

    def resolve(self, name: str, arguments: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
        """Return the tool's name and own arguments for a name, which may be an alias, and its arguments."""
        alias = self.aliases.get(name)
        return (alias.tool, alias.translate(arguments)) if alias else (name, arguments)


def read_offer(mode: str, *, toolsets: str = "", tools: str = "", aliases: str = "") -> Offer:
    """Offer what a command line names, each a list with commas, as far as a server in this mode may do it."""
    listed = (_split_words(toolsets), _split_words(tools))
    return make_offer(*listed, alias_sets=_split_words(aliases), writes=mode != "read", applies=mode == "apply")


def make_offer(
    toolsets: Iterable[str] = (),
    tools: Iterable[str] = (),
    *,
    alias_sets: Iterable[str] = (),
    writes: bool = True,
    applies: bool = True,
) -> Offer:
    """Offer the tools of these toolsets (`all` for all but exec) and these tools; the everyday ones when none is given.

    The aliases of `alias_sets` are offered besides, and with a toolset of tools that only plan what waits for
    and applies these plans. Without `writes`, every tool that changes something is left out, even one that was named;
    without `applies`, those that run no playbook and make no plan are.
    Raises UsageError for a toolset, tool or set of aliases that does not exist.
    """
    names, chosen_toolsets = set(tools), set(toolsets)
    available: list[Tool | BridgeTool] = [*catalogue.list_offered(), *run_tools.TOOLS.values()]
    _require_known("toolset", chosen_toolsets, {tool.toolset for tool in available} | {ALL})
    _require_known("tool", names, {tool.name for tool in available})
    if not chosen_toolsets and not names:
        names = set(catalogue.list_everyday())
    if ALL in chosen_toolsets:
        chosen_toolsets |= {tool.toolset for tool in available} - {*ONLY_BY_NAME}
    of_toolsets = [tool for tool in available if tool.toolset in chosen_toolsets]
    if any(isinstance(tool, Tool) and tool.only_plans for tool in of_toolsets):
        # Its plans are of no use without, and may take long.
        names.update(_FOLLOWING)
    chosen = [tool for tool in available if tool.name in names or tool in of_toolsets]
    allowed_names = [tool.name for tool in chosen if writes or not tool.writes]
    alias_by_name = {name: alias for alias_set in alias_sets for name, alias in aliases.load(alias_set).items()}
    offered_aliases = {name: alias for name, alias in alias_by_name.items() if writes or not alias.target.writes}
    acting_names = {tool.name for tool in run_tools.TOOLS.values() if tool.writes and not tool.plans}
    return Offer(tuple(name for name in allowed_names if applies or name not in acting_names), offered_aliases)


def _split_words(listed: str) -> list[str]:
    return [word.strip() for word in listed.split(",") if word.strip()]


def _require_known(noun: str, names: set[str], known: set[str]) -> None:
    unknown = sorted(names - known)
    if unknown:
        similar = get_close_matches(unknown[0], known, n=1)
        guess = f"Did you mean {similar[0]}? " if similar else ""
        raise UsageError(f"There is no {noun} {unknown[0]!r}.", f"{guess}There are: {', '.join(sorted(known))}.")
