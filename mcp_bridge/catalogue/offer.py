"""Which tools a server offers to its clients. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from mcp_bridge import catalogue
from mcp_bridge.catalogue import Tool, native
from mcp_bridge.catalogue.native import NativeTool
from mcp_bridge.errors import UsageError

ALL = "all"
# Only offered where it is named; `all` is too short a word for it.
NAMED_ONLY = ("exec",)


@dataclass(frozen=True)
class Offer:
    """The tools by name, in the catalogue's order; then those that run no playbook."""

    names: tuple[str, ...]

    @property
    def tools(self) -> list[Tool | NativeTool]:
        """The tools themselves."""
        return [native.TOOLS.get(name) or catalogue.load()[name] for name in self.names]


def make_offer(
    toolsets: Iterable[str] = (), tools: Iterable[str] = (), *, writes: bool = True, applies: bool = True
) -> Offer:
    """The tools of these toolsets (`all` for every one but exec), and these by name; the everyday ones when none is.

    Without `writes`, whatever changes something is left out, however it was named; without `applies`, apply_plan is.
    Raises UsageError for a toolset or tool that does not exist.
    """
    named, sets = set(tools), set(toolsets)
    offered: list[Tool | NativeTool] = [*catalogue.offered(), *native.TOOLS.values()]
    _require_known("toolset", sets, {tool.toolset for tool in offered} | {ALL})
    _require_known("tool", named, {tool.name for tool in offered})
    if not sets and not named:
        named, sets = set(catalogue.everyday()), {native.TOOLSET}
    if ALL in sets:
        sets |= {tool.toolset for tool in offered} - {*NAMED_ONLY}
    wanted = [tool for tool in offered if tool.name in named or tool.toolset in sets]
    allowed = [tool.name for tool in wanted if writes or not tool.writes]
    return Offer(tuple(name for name in allowed if applies or name != "apply_plan"))


def _require_known(noun: str, asked: set[str], known: set[str]) -> None:
    unknown = sorted(asked - known)
    if unknown:
        near = get_close_matches(unknown[0], known, n=1)
        guess = f"Did you mean {near[0]}? " if near else ""
        raise UsageError(f"There is no {noun} {unknown[0]!r}.", f"{guess}There are: {', '.join(sorted(known))}.")
